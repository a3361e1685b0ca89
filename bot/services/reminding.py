"""Reminding: one later message on a day that somebody chose, about what the last one was about."""

from __future__ import annotations

from datetime import date, datetime, time

import sqlalchemy as sa

from bot.domain import hours
from bot.domain.family import Purpose
from bot.domain.outbox import Kind, Reason, State
from bot.services.desk import Desk
from bot.store import families, household, outbox, pace, reminders

AT = time(10)


def remind(
    conn: sa.Connection, desk: Desk, family_id: int, member_id: int, day: date, inbound_id: int | None,
    now: datetime,
) -> None:  # fmt: skip
    """Queue the reminder, in the part of the day they like; an earlier one that still waits is over.

    It is a row like any other: it leaves once, in the sending hours, while they agree, are not stopped and
    the family is not quiet, and as long as what it is about may still be sent.
    """
    families.begin_change(conn, family_id, hours.local_day(now))
    about = reminders.last_step(conn, family_id, member_id)
    members = household.load(conn, [family_id])[0].members
    member = next((one for one in members if one.id == member_id), None)
    if about is None or member is None or member.address is None:
        return
    outbox.close_open(
        conn, family_id=family_id, member_id=member_id, kinds=(Kind.REMINDER,), state=State.CANCELLED,
        reason=Reason.OVERTAKEN, now=now,
    )  # fmt: skip
    at = AT if member.preferred_time is None else hours.AT[member.preferred_time]
    reminders.add(
        conn, family_id, member_id, address_id=member.address.id, channel=member.address.channel,
        sender_id=pace.sender_id(
            conn, member.address.channel, desk.senders[member.address.channel], now
        ),
        about=about, purpose=Purpose.REMINDERS, language=member.language, day=day,
        send_at=hours.sending_moment(day, at), asked=inbound_id or 0, now=now,
    )  # fmt: skip
    families.event(conn, family_id, "remind", now, member_id, until=day)
