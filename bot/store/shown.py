"""What PRIVATE covers on the screen: what left lately and was not read, and what is to be removed again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from bot.domain.outbox import OPEN, Kind, State
from bot.store.ids import new_id, public_id
from bot.store.tables import outbox

REMOVED_AFTER = timedelta(minutes=10)
_LEFT = outbox.c.state.in_([State.SENT.value, State.DELIVERED.value, State.UNCERTAIN.value])


@dataclass(frozen=True, slots=True)
class Covered:
    """A message that left."""

    id: int
    kind: Kind
    day: date
    shown: bool


def left_since(
    conn: sa.Connection, family_id: int, member_id: int, kinds: Iterable[Kind], since: datetime
) -> list[Covered]:
    """What left for a member since then, of these kinds, oldest first."""
    query = (
        sa.select(outbox.c.outbox_id, outbox.c.kind, outbox.c.day, outbox.c.shown_at)
        .where(outbox.c.family_id == family_id, outbox.c.member_id == member_id, _LEFT)
        .where(outbox.c.kind.in_(sorted(kinds)), outbox.c.sent_at > since, outbox.c.day.is_not(None))
        .order_by(outbox.c.sent_at, outbox.c.outbox_id)
    )
    return [
        Covered(row.outbox_id, Kind(row.kind), row.day, row.shown_at is not None)
        for row in conn.execute(query)
    ]


def mark(conn: sa.Connection, ids: Sequence[int], now: datetime) -> None:
    """These were shown now."""
    conn.execute(sa.update(outbox).where(outbox.c.outbox_id.in_(list(ids))).values(shown_at=now))


def remove_later(conn: sa.Connection, outbox_id: int, now: datetime) -> None:
    """What this row brings to a chat is taken from it again; the row that does it names it."""
    row = conn.execute(sa.select(outbox).where(outbox.c.outbox_id == outbox_id)).one()
    conn.execute(
        sa.insert(outbox).values(
            outbox_id=new_id(), public_id=public_id(), kind=Kind.REMOVAL.value, state=State.QUEUED.value,
            family_id=row.family_id, member_id=row.member_id, address_id=row.address_id, channel=row.channel,
            sender_id=row.sender_id, step=row.step, occurrence=str(outbox_id), language=row.language,
            send_at=now + REMOVED_AFTER, created_at=now, updated_at=now,
        )
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Target:
    """What a removal is about. `wait_until`: not before then; None: now. `theirs` None: nothing came."""

    theirs: str | None
    wait_until: datetime | None


def target(conn: sa.Connection, removal_id: int, now: datetime) -> Target:
    """The message that a removal takes back, by the provider's id, once it was there for ten minutes."""
    of = sa.select(sa.cast(outbox.c.occurrence, sa.BigInteger)).where(outbox.c.outbox_id == removal_id)
    row = conn.execute(sa.select(outbox).where(outbox.c.outbox_id == of.scalar_subquery())).first()
    if row is None:
        return Target(None, None)
    if State(row.state) in OPEN or row.state == State.SENDING.value:
        return Target(row.provider_id, now + REMOVED_AFTER)
    until = None if row.sent_at is None else row.sent_at + REMOVED_AFTER
    return Target(row.provider_id, until if until is not None and until > now else None)
