"""Reminders: rows that somebody asked for, each about the step that they had last."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import sqlalchemy as sa

from bot.domain.address import ChannelName
from bot.domain.family import Purpose
from bot.domain.outbox import Kind, Reason, State
from bot.store.conflicts import insert_new
from bot.store.ids import new_id, public_id
from bot.store.tables import outbox

WORTH = timedelta(days=3)  # how long after its day a reminder that was held up still goes
_STEPS = sa.text("kind IN ('staged', 'chosen', 'reminder')")


def last_step(conn: sa.Connection, family_id: int, member_id: int) -> tuple[str, str] | None:
    """The campaign and the step that left last for this member."""
    row = conn.execute(
        sa.select(outbox.c.campaign, outbox.c.step)
        .where(outbox.c.family_id == family_id, outbox.c.member_id == member_id, _STEPS)
        .where(outbox.c.sent_at.is_not(None))
        .order_by(outbox.c.sent_at.desc(), outbox.c.outbox_id.desc())
        .limit(1)
    ).first()
    return None if row is None else (row.campaign, row.step)


def add(
    conn: sa.Connection, family_id: int, member_id: int, *, address_id: int, channel: ChannelName,
    sender_id: int, about: tuple[str, str], purpose: Purpose, language: str, day: date, send_at: datetime,
    asked: int, now: datetime,
) -> None:  # fmt: skip
    """Queue a reminder for this moment; `asked` is the inbound message that asked for it, once."""
    row = {
        "outbox_id": new_id(), "public_id": public_id(), "kind": Kind.REMINDER.value,
        "state": State.QUEUED.value, "family_id": family_id, "member_id": member_id,
        "address_id": address_id, "channel": channel.value, "sender_id": sender_id, "campaign": about[0],
        "step": about[1], "occurrence": f"r{asked}", "purpose": purpose.value, "language": language,
        "opens_on": day, "closes_on": day + WORTH, "send_at": send_at, "created_at": now, "updated_at": now,
    }  # fmt: skip
    conn.execute(insert_new(conn, outbox), row)


def expire(conn: sa.Connection, today: date, now: datetime) -> int:
    """Reminders that were held up for too long end; gives how many."""
    return conn.execute(
        sa.update(outbox)
        .where(
            outbox.c.state == sa.text("'queued'"), outbox.c.kind == sa.text("'reminder'"),
            outbox.c.closes_on <= today,
        )
        .values(state=State.EXPIRED.value, reason=Reason.OUTAGE.value, updated_at=now)
    ).rowcount  # fmt: skip
