"""What a member wants of their own messages: a pause, a topic, a language, fewer; and what they answered."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa

from bot.domain import hours
from bot.domain.address import ChannelName
from bot.domain.consent import Consent
from bot.domain.family import Member, Purpose, joins_for
from bot.domain.hours import PartOfDay
from bot.domain.outbox import Kind, Reason, State
from bot.store import consents, families, outbox
from bot.store.behind import last_campaign
from bot.store.recall import recall


def pause(conn: sa.Connection, family_id: int, member_id: int, until: date, now: datetime) -> None:
    """Nothing staged to this member before `until`; what is queued waits."""
    _begin(conn, family_id, now)
    families.update_member(conn, family_id, member_id, paused_until=until)
    families.event(conn, family_id, "pause", now, member_id, until=until)
    _recall(conn, family_id, member_id, now)


def resume(conn: sa.Connection, family_id: int, member_id: int, now: datetime) -> None:
    """A pause ends before its day. It ends no hold and no STOP."""
    _begin(conn, family_id, now)
    families.update_member(conn, family_id, member_id, paused_until=None)
    families.raise_epoch(conn, family_id)
    families.event(conn, family_id, "resume", now, member_id)
    _recall(conn, family_id, member_id, now)


def topic(
    conn: sa.Connection, family_id: int, member_id: int, name: str, wanted: bool, now: datetime
) -> None:
    """A member asks for a topic, or wants no more of it."""
    _begin(conn, family_id, now)
    families.set_topic(conn, family_id, member_id, name, wanted, now)
    if wanted:
        families.raise_epoch(conn, family_id)
    families.event(conn, family_id, "topic", now, member_id, topic=name, wanted=wanted)
    _recall(conn, family_id, member_id, now)


def language(conn: sa.Connection, family_id: int, member_id: int, code: str, now: datetime) -> None:
    """A member's messages come in this language from now on, as far as its words may be sent."""
    _begin(conn, family_id, now)
    families.update_member(conn, family_id, member_id, language=code)
    families.event(conn, family_id, "language", now, member_id, language=code)
    _recall(conn, family_id, member_id, now)


def area(conn: sa.Connection, family_id: int, member_id: int, where: str, now: datetime) -> None:
    """Where a member lives, as they said; "" when they were asked and did not say."""
    _begin(conn, family_id, now)
    families.update_member(conn, family_id, member_id, area=where)
    families.event(conn, family_id, "area" if where else "area_asked", now, member_id)
    _recall(conn, family_id, member_id, now)


def moved(conn: sa.Connection, family_id: int, member_id: int, now: datetime) -> None:
    """A family moved home today; its messages on moving are counted from it."""
    _begin(conn, family_id, now)
    families.set_moved(conn, family_id, hours.local_day(now))
    families.event(conn, family_id, "moved", now, member_id)
    recall(conn, family_id, hours.local_day(now), now)


def less(conn: sa.Connection, family_id: int, member_id: int, essential_only: bool, now: datetime) -> None:
    """Only what is essential, or everything again."""
    _begin(conn, family_id, now)
    families.update_member(conn, family_id, member_id, essential_only=essential_only)
    if not essential_only:
        families.raise_epoch(conn, family_id)
    families.event(conn, family_id, "less" if essential_only else "all", now, member_id)
    _recall(conn, family_id, member_id, now)


def answer(
    conn: sa.Connection, family_id: int, member_id: int, campaign: str | None, meaning: str, now: datetime
) -> str | None:
    """A member answered a campaign (None: that of their last message); gives which, None if there is none."""
    of = last_campaign(conn, family_id, member_id) if campaign is None else campaign
    if of is None:
        return None
    _begin(conn, family_id, now)
    families.set_answer(conn, family_id, member_id, of, meaning, now)
    families.event(conn, family_id, "answer", now, member_id, campaign=of, meaning=meaning)
    outbox.close_open(
        conn, family_id=family_id, member_id=member_id, campaign=of, kinds=(Kind.REMINDER,),
        state=State.SKIPPED, reason=Reason.ANSWERED, now=now,
    )  # fmt: skip
    _recall(conn, family_id, member_id, now)
    return of


def agree(
    conn: sa.Connection,
    family_id: int,
    member_id: int,
    channel: ChannelName,
    purposes: tuple[Purpose, ...],
    how: str,
    words: str,
    now: datetime,
) -> None:
    """A member agrees to messages for these purposes; `words` is the version agreed to."""
    _begin(conn, family_id, now)
    for purpose in purposes:
        consents.record(conn, Consent(family_id, member_id, purpose, channel, True, now, how, words))
        families.event(conn, family_id, "consent", now, member_id, purpose=purpose.value)


def withdraw(
    conn: sa.Connection,
    family_id: int,
    member_id: int,
    channel: ChannelName,
    purposes: tuple[Purpose, ...],
    how: str,
    now: datetime,
) -> None:
    """A member takes back their consent for these purposes; START does not give it back."""
    _begin(conn, family_id, now)
    for purpose in purposes:
        consents.record(conn, Consent(family_id, member_id, purpose, channel, False, now, how, ""))
        families.event(conn, family_id, "withdrawn", now, member_id, purpose=purpose.value)
    _recall(conn, family_id, member_id, now)


def carry_over(
    conn: sa.Connection,
    member: Member,
    before: ChannelName,
    channel: ChannelName,
    how: str,
    words: str,
    now: datetime,
) -> None:
    """A member moved to another phone and agreed there: what was live goes on, on that phone's channel."""
    live = [
        purpose
        for (_, one, purpose, on), given in consents.states(conn, member.family_id).items()
        if given and one == member.id and on is before
    ]
    agreed = sorted({*live, joins_for(member.role)})
    if before is not channel:
        withdraw(conn, member.family_id, member.id, before, tuple(live), how, now)
    agree(conn, member.family_id, member.id, channel, tuple(agreed), how, words, now)


def time_of_day(conn: sa.Connection, family_id: int, member_id: int, part: PartOfDay, now: datetime) -> None:
    """A member's messages come in this part of the day."""
    _begin(conn, family_id, now)
    families.update_member(conn, family_id, member_id, preferred_time=part.value)
    families.event(conn, family_id, "time", now, member_id, part=part.value)
    _recall(conn, family_id, member_id, now)


def private(conn: sa.Connection, family_id: int, member_id: int, on: bool, now: datetime) -> None:
    """What comes by itself says nothing any more, or says it again (CARE 22)."""
    _begin(conn, family_id, now)
    families.update_member(conn, family_id, member_id, private=on)
    families.event(conn, family_id, "private" if on else "not_private", now, member_id)


def _recall(conn: sa.Connection, family_id: int, member_id: int, now: datetime) -> None:
    recall(conn, family_id, hours.local_day(now), now, member_id)


def _begin(conn: sa.Connection, family_id: int, now: datetime) -> None:
    families.begin_change(conn, family_id, hours.local_day(now))
