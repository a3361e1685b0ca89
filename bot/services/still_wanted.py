"""Twelve months without a word: one neutral question, and an end when nobody answers it (CARE 18)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa

from bot.domain import hours
from bot.domain.conversation.converse import STILL_WANTED
from bot.domain.family import Family, Member, Purpose
from bot.domain.outbox import Kind, State
from bot.domain.revision import Mode
from bot.services import aside, stopping
from bot.services.desk import Desk
from bot.store import conversations, families, household, occurrences, pace, unheard
from bot.store.aside import Work
from bot.store.unheard import Unheard, Which

QUESTION = "check_in_12_months"  # its campaign, its step and its words
A_YEAR = timedelta(days=365)
SILENCE = timedelta(days=7)  # as long as an unfinished conversation is remembered
_LOOKED_BACK = timedelta(days=60)  # an outage longer than this ends nobody's texts by itself
_AT = time(10)
_BATCH = 50
_List = Callable[..., list[Unheard]]
_Change = Callable[..., bool]


def still_wanted(desk: Desk, now: datetime) -> int:
    """Ask who has not written for a year, once a year; end the texts of who was asked and did not write.

    Nothing is asked of a held family, or of one that lost a baby and did not ask for messages since.
    Gives how many members were asked or ended.
    """
    return _each(desk, now, _to_ask, _ask) + _each(desk, now, _silent, _end)


def _each(desk: Desk, now: datetime, listed: _List, change: _Change) -> int:
    """Change everyone listed, each in a transaction that looks again; one that trips us holds up nobody."""
    changed, which = 0, Which(limit=_BATCH)
    while found := desk.database.read(partial(listed, now=now, which=which)):
        work = partial(change, desk=desk, now=now)
        changed += sum(aside.each(desk, Work.STILL_WANTED, found, work, now))
        which = Which((found[-1].family_id, found[-1].member_id), _BATCH)
    return changed


def _to_ask(conn: sa.Connection, now: datetime, which: Which) -> list[Unheard]:
    joined_by = hours.local_day(now) - A_YEAR
    return unheard.to_ask(conn, QUESTION, now - A_YEAR, joined_by, which)


def _silent(conn: sa.Connection, now: datetime, which: Which) -> list[Unheard]:
    sent_by = now - SILENCE
    return unheard.silent(conn, QUESTION, sent_by, sent_by - _LOOKED_BACK, which)


def _ask(conn: sa.Connection, one: Unheard, desk: Desk, now: datetime) -> bool:
    families.begin_change(conn, one.family_id, hours.local_day(now))
    if one not in _to_ask(conn, now, Which(only=one)):
        return False
    family = household.load(conn, [one.family_id], trial=desk.mode is Mode.TRIAL)[0]
    member = next(member for member in family.members if member.id == one.member_id)
    if member.address is None or not member.address.guest or _quiet(family, member):
        return False
    if not occurrences.insert(conn, [_row(conn, desk, family, member, now)], now):
        return False
    conversations.save(conn, desk.seal, one.address_id, STILL_WANTED, {"asked": now.isoformat()}, now)
    families.event(conn, family.id, QUESTION, now, member.id)
    return True


def _end(conn: sa.Connection, one: Unheard, desk: Desk, now: datetime) -> bool:
    families.begin_change(conn, one.family_id, hours.local_day(now))
    if one not in _silent(conn, now, Which(only=one)):
        return False
    stopping.lapse(conn, one.address_id, now)
    return True


def _quiet(family: Family, member: Member) -> bool:
    """Whether the family's newest baby died or is apart, and this member did not ask for more since."""
    pregnancy = family.current()
    if pregnancy is None:
        return False
    lost = pregnancy.lost_on is not None and member.id not in pregnancy.resumed_for
    return lost or pregnancy.apart


def _row(conn: sa.Connection, desk: Desk, family: Family, member: Member, now: datetime) -> dict[str, Any]:
    assert member.address is not None  # who has none is not asked
    channel, today = member.address.channel, hours.local_day(now)
    day = today if now < hours.last_moment(today) else today + timedelta(days=1)
    return {
        "kind": Kind.CHECK_IN.value, "state": State.QUEUED.value, "family_id": family.id,
        "member_id": member.id, "address_id": member.address.id, "channel": channel.value,
        "sender_id": pace.sender_id(conn, channel, desk.senders[channel], now), "campaign": QUESTION,
        "step": QUESTION, "occurrence": today.isoformat(), "purpose": Purpose.PREGNANCY_AND_BABY.value,
        "language": member.language, "epoch": family.epoch, "day": day, "opens_on": today,
        "closes_on": day + SILENCE, "send_at": max(now, hours.sending_moment(day, _AT)),
        "not_after": hours.last_moment(day),
    }  # fmt: skip
