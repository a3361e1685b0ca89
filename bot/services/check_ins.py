"""The one neutral question after the due date, and the quiet when nobody answers it (P3, CARE 9, 18)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa

from bot.domain import hours
from bot.domain.family import Family, Member, Pregnancy, Purpose
from bot.domain.outbox import Kind, State
from bot.domain.revision import Mode
from bot.services import aside, holding
from bot.services.desk import Desk
from bot.store import asked, families, household, occurrences, pace
from bot.store.aside import Work
from bot.store.asked import Waiting, Which

CHECK_IN = "check_in"  # its campaign and its step
AT = time(10)
"""When it goes, in London."""
_BATCH = 50
_Listed = Callable[[sa.Connection, datetime, date, timedelta, Which], list[Waiting]]
_Change = Callable[[sa.Connection, Desk, Family, Pregnancy, datetime], bool]


def check_ins(desk: Desk, now: datetime) -> int:
    """Ask who is due to be asked, and let be quiet who did not answer; gives how many families changed.

    Nothing is asked of a family that is held, or whose birth or loss is known.
    """
    asked_now = _each(desk, now, Work.CHECK_IN, asked.to_ask, _ask)
    return asked_now + _each(desk, now, Work.SILENCE, asked.unanswered, _fall_silent)


def _each(desk: Desk, now: datetime, work: Work, listed: _Listed, change: _Change) -> int:
    """Do something for every family listed, each in a transaction that looks again."""
    rules = desk.config.check_in
    due_by = hours.local_day(now) - timedelta(days=rules.after_due_days)
    silence = timedelta(days=rules.silence_days)

    def found(conn: sa.Connection, which: Which) -> list[Waiting]:
        return listed(conn, now, due_by, silence, which)

    def changed(conn: sa.Connection, one: Waiting) -> bool:
        families.begin_change(conn, one.family_id, hours.local_day(now))
        if one not in found(conn, Which(only=one)):  # told, held or asked by another meanwhile
            return False
        family = household.load(conn, [one.family_id], trial=desk.mode is Mode.TRIAL)[0]
        pregnancy = family.current()
        return pregnancy is not None and not pregnancy.apart and change(conn, desk, family, pregnancy, now)

    done, which = 0, Which(limit=_BATCH)
    while batch := desk.database.read(partial(found, which=which)):
        done += sum(aside.each(desk, work, batch, changed, now))
        which = Which(batch[-1].family_id, _BATCH)
    return done


def _ask(conn: sa.Connection, desk: Desk, family: Family, pregnancy: Pregnancy, now: datetime) -> bool:
    member = _whom(family)
    if member is None:
        return False
    occurrences.insert(conn, [_row(conn, desk, family, pregnancy, member, now)], now)
    families.update_pregnancy(conn, family.id, pregnancy.id, checked_in_at=now)
    families.event(conn, family.id, CHECK_IN, now, member.id, pregnancy_id=pregnancy.id)
    return True


def _fall_silent(
    conn: sa.Connection, _desk: Desk, family: Family, _pregnancy: Pregnancy, now: datetime
) -> bool:
    holding.silence(conn, family.id, now)
    return True


def _whom(family: Family) -> Member | None:
    """The mother where she can be asked, else whoever joined first: a relative alone has their own."""
    can = [member for member in family.members if _may_be_asked(member)]
    mother = family.mother()
    return mother if mother in can else min(can, key=lambda member: member.id, default=None)


def _may_be_asked(member: Member) -> bool:
    address = member.address
    if address is None or address.stopped or address.suspended or not address.guest:
        return False
    return member.consented(Purpose.PREGNANCY_AND_BABY)


def _row(
    conn: sa.Connection, desk: Desk, family: Family, pregnancy: Pregnancy, member: Member, now: datetime
) -> dict[str, Any]:
    assert member.address is not None  # who has none is not asked
    channel = member.address.channel
    today = hours.local_day(now)
    day = today if now < hours.last_moment(today) else today + timedelta(days=1)
    return {
        "kind": Kind.CHECK_IN.value, "state": State.QUEUED.value, "family_id": family.id,
        "member_id": member.id, "address_id": member.address.id, "channel": channel.value,
        "sender_id": pace.sender_id(conn, channel, desk.senders[channel], now), "campaign": CHECK_IN,
        "step": CHECK_IN, "occurrence": _occurrence(conn, family, pregnancy),
        "pregnancy_id": pregnancy.id, "purpose": Purpose.PREGNANCY_AND_BABY.value,
        "language": member.language, "epoch": family.epoch, "day": day, "opens_on": today,
        "closes_on": _closes(day, desk), "send_at": max(now, hours.sending_moment(day, AT)),
        "not_after": hours.last_moment(day),
    }  # fmt: skip


def _closes(day: date, desk: Desk) -> date:
    return day + timedelta(days=desk.config.check_in.silence_days)


def _occurrence(conn: sa.Connection, family: Family, pregnancy: Pregnancy) -> str:
    """Once a pregnancy; once more when the due date was corrected since, for then it is a new question."""
    name = f"p{pregnancy.id}"
    if not asked.was_asked(conn, family.id, CHECK_IN, name) or pregnancy.due_on is None:
        return name
    return f"{name}-{pregnancy.due_on.isoformat()}"
