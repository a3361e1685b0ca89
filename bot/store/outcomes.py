"""What became of a claimed row: answers, receipts, leases that ended, look-ups, and time that passed.

Every move is a conditional UPDATE on the states that `domain.outbox.MOVES` allows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from bot.domain.address import ChannelName
from bot.domain.inbound import Receipt
from bot.domain.outbox import Kind, Reason, State, before_states, may_receipt_move
from bot.store.columns import Moment
from bot.store.restored import KEPT
from bot.store.tables import outbox

_IN_FLIGHT = sa.text("outbox.state IN ('sending', 'uncertain')")  # as the partial index says it


@dataclass(frozen=True, slots=True)
class Attempt:
    """A row that was tried, as its outcome needs it."""

    id: int
    kind: Kind
    state: State
    family_id: int
    address_id: int
    channel: ChannelName
    sender_id: int
    campaign: str
    step: str
    attempts: int
    attempted_at: datetime | None
    provider_id: str | None
    sealed: bytes | None
    not_after: datetime | None
    closes_on: date | None
    reason: str | None


_COLUMNS = (
    outbox.c.outbox_id, outbox.c.kind, outbox.c.state, outbox.c.family_id, outbox.c.address_id,
    outbox.c.channel, outbox.c.sender_id, outbox.c.campaign, outbox.c.step, outbox.c.attempts,
    outbox.c.attempted_at, outbox.c.provider_id, outbox.c.sealed, outbox.c.not_after, outbox.c.closes_on,
    outbox.c.reason,
)  # fmt: skip


def _attempt(row: Any) -> Attempt:
    return Attempt(
        row.outbox_id, Kind(row.kind), State(row.state), row.family_id, row.address_id,
        ChannelName(row.channel), row.sender_id, row.campaign, row.step, row.attempts, row.attempted_at,
        row.provider_id, row.sealed, row.not_after, row.closes_on, row.reason,
    )  # fmt: skip


def attempts(conn: sa.Connection, ids: Sequence[int]) -> dict[int, Attempt]:
    """The rows of these ids, by id; erased ones are absent."""
    rows = conn.execute(sa.select(*_COLUMNS).where(outbox.c.outbox_id.in_(list(ids))))
    return {row.outbox_id: _attempt(row) for row in rows}


def end(
    conn: sa.Connection,
    outbox_id: int,
    state: State,
    reason: Reason,
    code: str | None,
    now: datetime,
    *,
    holder: str | None = None,
) -> bool:
    """A tried row becomes failed or uncertain; False when it was already further, or is no longer ours."""
    values = {"reason": reason.value, "provider_code": _short(code)}
    return _move(conn, outbox_id, state, holder, now, values)


def again(
    conn: sa.Connection,
    outbox_id: int,
    reason: Reason,
    send_at: datetime,
    code: str | None,
    now: datetime,
    *,
    holder: str | None = None,
    doubted: bool = False,
) -> bool:
    """A row goes back to queued, for not before `send_at`: it was certainly not accepted or, `doubted`, it
    may have left on its day, which then counts as taken."""
    values: dict[str, Any] = {"reason": reason.value, "provider_code": _short(code), "send_at": send_at}
    if doubted:
        values["doubted_on"] = outbox.c.day
    return _move(conn, outbox_id, State.QUEUED, holder, now, values)


def _move(
    conn: sa.Connection,
    outbox_id: int,
    state: State,
    holder: str | None,
    now: datetime,
    values: dict[str, Any],
) -> bool:
    """From `sending` (of this holder, or of any when None) or `uncertain`, as far as MOVES allows it."""
    before = before_states(state) & {State.SENDING, State.UNCERTAIN}
    ours = sa.true() if holder is None else outbox.c.claimed_by == holder
    which = sa.or_(
        *(
            sa.and_(outbox.c.state == one.value, ours if one is State.SENDING else sa.true())
            for one in sorted(before)
        )
    )
    given = {"state": state.value, "claimed_by": None, "claimed_until": None, "updated_at": now}
    done = conn.execute(
        sa.update(outbox).where(outbox.c.outbox_id == outbox_id, which).values(given | values)
    )
    return done.rowcount == 1


def _short(code: str | None) -> str | None:
    return None if code is None else code[:40]


def receipt(conn: sa.Connection, said: Receipt, now: datetime) -> Attempt | None:
    """Move the row a receipt is about, forward by rank only; the row as it was when it moved, else None.

    Repeated, late, unordered receipts and those for unknown or erased rows change nothing.
    """
    found = _about(conn, said)
    if found is None or not _moves(found, said.state):
        return None
    values: dict[str, Any] = {"state": said.state.value, "claimed_until": None, "updated_at": now}
    values |= {"provider_id": found.provider_id or said.provider_id, "provider_code": _short(said.code)}
    values["reason"] = Reason.REFUSED.value if said.state is State.FAILED else None
    if said.state in (State.SENT, State.DELIVERED):
        values["sent_at"] = sa.func.coalesce(outbox.c.sent_at, outbox.c.attempted_at)
    if said.state is State.DELIVERED:
        values["delivered_at"] = now
    moved = conn.execute(
        sa.update(outbox)
        .where(outbox.c.outbox_id == found.id, outbox.c.state == found.state.value)
        .values(values)
    )
    return found if moved.rowcount == 1 else None


def _moves(found: Attempt, said: State) -> bool:
    """By rank; and what is to go once more need not, when a receipt says that the first try left."""
    once_more = found.state is State.QUEUED and found.attempts > 0
    return may_receipt_move(found.state, said) or (once_more and said in (State.SENT, State.DELIVERED))


def _about(conn: sa.Connection, said: Receipt) -> Attempt | None:
    ours = sa.select(*_COLUMNS).where(outbox.c.channel == said.channel.value).with_for_update()
    row = None
    if said.public_id is not None:
        row = conn.execute(ours.where(outbox.c.public_id == said.public_id)).first()
    if row is None and said.provider_id is not None:
        row = conn.execute(ours.where(outbox.c.provider_id == said.provider_id)).first()
    return None if row is None else _attempt(row)


def leases_ended(conn: sa.Connection, at: datetime, limit: int = 500) -> list[Attempt]:
    """Rows in `sending` whose lease ended (database clock): nobody knows whether they left."""
    rows = conn.execute(
        sa.select(*_COLUMNS)
        .where(_IN_FLIGHT, outbox.c.state == State.SENDING.value, outbox.c.claimed_until < at)
        .limit(limit)
        .with_for_update(skip_locked=True, of=outbox)
    )
    return [_attempt(row) for row in rows]


def held_by(conn: sa.Connection, holder: str, channel: ChannelName) -> list[Attempt]:
    """Rows of this channel in `sending` that this process claimed."""
    rows = conn.execute(
        sa.select(*_COLUMNS).where(
            _IN_FLIGHT,
            outbox.c.state == State.SENDING.value,
            outbox.c.claimed_by == holder,
            outbox.c.channel == channel.value,
        )
    )
    return [_attempt(row) for row in rows]


def under_way(conn: sa.Connection, address_id: int) -> bool:
    """Whether something is being sent to this address now."""
    which = (_IN_FLIGHT, outbox.c.state == State.SENDING.value, outbox.c.address_id == address_id)
    return conn.execute(sa.select(sa.exists().where(*which))).scalar_one()


def uncertain(
    conn: sa.Connection, channel: ChannelName, tried_before: datetime, limit: int, now: datetime
) -> list[Attempt]:
    """Rows in doubt that were tried before this moment and may be settled, in turn: those that were given
    before come last, so that a few which nobody can settle never keep the others from being asked about."""
    waiting = (
        sa.select(outbox.c.outbox_id)
        .where(
            _IN_FLIGHT,
            outbox.c.state == State.UNCERTAIN.value,
            outbox.c.channel == channel.value,
            outbox.c.attempted_at <= tried_before,
            outbox.c.provider_code.is_distinct_from(KEPT),
        )
        .order_by(outbox.c.updated_at, outbox.c.attempted_at)
        .limit(limit)
    )
    ids = list(conn.execute(waiting).scalars())
    still = sa.and_(outbox.c.outbox_id.in_(ids), outbox.c.state == State.UNCERTAIN.value)
    rows = conn.execute(sa.update(outbox).where(still).values(updated_at=now).returning(*_COLUMNS))
    return sorted((_attempt(row) for row in rows), key=lambda row: ids.index(row.id))


def known_provider_ids(conn: sa.Connection, theirs: Sequence[str]) -> frozenset[str]:
    """Which of these provider ids already belong to a row of ours."""
    found = conn.execute(
        sa.select(outbox.c.provider_id).where(
            outbox.c.provider_id.is_not(None), outbox.c.provider_id.in_(list(theirs))
        )
    )
    return frozenset(found.scalars())


def expire_answers(conn: sa.Connection, now: datetime) -> int:
    """Queued replies and staff messages that have become useless; gives how many."""
    return conn.execute(
        sa.update(outbox)
        .where(
            outbox.c.state == sa.text("'queued'"),
            sa.text("outbox.kind IN ('reply', 'crisis', 'staff')"),
            outbox.c.not_after <= now,
        )
        .values(state=State.EXPIRED.value, reason=Reason.REPLY_EXPIRED.value, updated_at=now)
    ).rowcount


def evening_instead(
    conn: sa.Connection, now: datetime, today: date, send_at: datetime, not_after: datetime
) -> int:
    """Today's queued steps that were to leave before an earlier moment of the day than `not_after`, and did
    not, go today still: between these two; gives how many."""
    return conn.execute(
        sa.update(outbox)
        .where(
            outbox.c.state == sa.text("'queued'"),
            sa.text("outbox.kind IN ('staged', 'chosen')"),
            outbox.c.day == today,
            outbox.c.not_after <= now,
            outbox.c.not_after < not_after,
        )
        .values(send_at=send_at, not_after=not_after, reason=Reason.TOO_LATE.value, updated_at=now)
    ).rowcount


def too_late_today(conn: sa.Connection, now: datetime, today: date, look_on: date) -> int:
    """Queued steps whose sending time is over wait again: the planner decides on `look_on`.

    That is every step row meant for an earlier day (look today), and of today's those whose
    `not_after` has passed (look on `look_on`); gives how many.
    """
    over = sa.and_(outbox.c.day == today, outbox.c.not_after <= now)
    earlier = outbox.c.day < today
    return conn.execute(
        sa.update(outbox)
        .where(
            outbox.c.state == sa.text("'queued'"),
            sa.text("outbox.kind IN ('staged', 'chosen')"),
            sa.or_(over, earlier),
        )
        .values(
            state=State.WAITING.value,
            reason=Reason.TOO_LATE.value,
            look_on=sa.case((earlier, today), else_=look_on),
            updated_at=now,
        )
    ).rowcount


def check_ins_tomorrow(
    conn: sa.Connection, now: datetime, today: date, send_at: datetime, not_after: datetime
) -> int:
    """Queued check-ins whose day is over go on their next day, or expire at the end of their window."""
    over = [
        outbox.c.state == sa.text("'queued'"),
        outbox.c.kind == sa.text("'check_in'"),
        sa.or_(outbox.c.day < today, outbox.c.not_after <= now),
    ]
    closed = outbox.c.closes_on <= today
    gone = conn.execute(
        sa.update(outbox)
        .where(*over, closed)
        .values(state=State.EXPIRED.value, reason=Reason.OUTAGE.value, updated_at=now)
    ).rowcount
    moved = conn.execute(
        sa.update(outbox)
        .where(*over)
        .values(day=None, send_at=send_at, not_after=not_after, reason=Reason.TOO_LATE.value, updated_at=now)
    ).rowcount
    return gone + moved


def counts(conn: sa.Connection) -> Mapping[State, int]:
    """How many rows are in each state that is not an end, for health."""
    rows = conn.execute(
        sa.select(outbox.c.state, sa.func.count())
        .where(sa.text("outbox.state IN ('sending', 'uncertain')"))
        .group_by(outbox.c.state)
    )
    return {State(state): number for state, number in rows}


def oldest_queued(conn: sa.Connection, now: datetime) -> datetime | None:
    """Since when the longest-waiting sendable row waits; None when nothing is due."""
    moment: datetime | None = conn.execute(
        sa.select(sa.func.min(outbox.c.send_at, type_=Moment())).where(
            outbox.c.state == sa.text("'queued'"), outbox.c.send_at <= now
        )
    ).scalar()
    return moment


def next_queued(conn: sa.Connection, after: datetime) -> datetime | None:
    """The first moment after this one for which something is queued; None when nothing is."""
    moment: datetime | None = conn.execute(
        sa.select(sa.func.min(outbox.c.send_at, type_=Moment())).where(
            outbox.c.state == sa.text("'queued'"), outbox.c.send_at > after
        )
    ).scalar()
    return moment
