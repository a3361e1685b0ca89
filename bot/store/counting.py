"""Counting what metrics tell: by indexes of what is open, and by the newest ids of what was made lately.

An id begins with its millisecond, so "made in the last day" is a range of the primary key: a scrape costs
what a day holds, however long the history is.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.domain.outbox import GATES, Gate, Kind
from bot.store.columns import Moment
from bot.store.ids import first_id
from bot.store.tables import addresses, due, holds, inbox, outbox

Counts = Mapping[tuple[str, ...], int]

_OPEN = ("waiting", "queued", "sending", "uncertain")
_STOPPED = [kind.value for kind in Kind if Gate.STOP in GATES[kind]]
_HELD = [kind.value for kind in Kind if Gate.HOLD in GATES[kind]]


def open_rows(conn: sa.Connection) -> Counts:
    """How many rows are in each state that is no end; each by its own partial index."""
    found: dict[tuple[str, ...], int] = {}
    for state in _OPEN:
        one = sa.text(f"outbox.state = '{state}'")
        which = [one] if state in ("waiting", "queued") else [_IN_FLIGHT, one]
        found[(state,)] = int(conn.execute(_count(outbox, *which)).scalar_one())
    return found


_IN_FLIGHT = sa.text("outbox.state IN ('sending', 'uncertain')")  # as the partial index says it


def due_now(conn: sa.Connection, now: datetime) -> Counts:
    """How many queued rows of each channel could go now."""
    query = (
        sa.select(outbox.c.channel, sa.func.count())
        .where(sa.text("outbox.state = 'queued'"), outbox.c.send_at <= now)
        .group_by(outbox.c.channel)
    )
    return _grouped(conn, query)


def made_since(conn: sa.Connection, since: datetime) -> Counts:
    """What became of the rows made since then: (channel, kind, state, reason) -> how many."""
    keys = (outbox.c.channel, outbox.c.kind, outbox.c.state, sa.func.coalesce(outbox.c.reason, ""))
    query = sa.select(*keys, sa.func.count()).where(outbox.c.outbox_id >= first_id(since)).group_by(*keys)
    return _grouped(conn, query)


def received_since(conn: sa.Connection, since: datetime) -> Counts:
    """What came in since then: (channel, kind, state) -> how many."""
    keys = (inbox.c.channel, inbox.c.kind, inbox.c.state)
    query = sa.select(*keys, sa.func.count()).where(inbox.c.inbound_id >= first_id(since)).group_by(*keys)
    return _grouped(conn, query)


def families_due(conn: sa.Connection) -> int:
    """How many families the planner has still to look at."""
    return int(conn.execute(_count(due)).scalar_one())


def oldest_stored(conn: sa.Connection) -> datetime | None:
    """Since when the longest-waiting text is stored and not processed."""
    oldest = sa.select(sa.func.min(inbox.c.at, type_=Moment())).where(sa.text("inbox.state = 'stored'"))
    moment: datetime | None = conn.execute(oldest).scalar()
    return moment


def longest_after_stop(conn: sa.Connection, since: datetime) -> float:
    """Of the rows made since then: how many seconds after a STOP the last call began that it should have
    kept from beginning; 0 when none did."""
    began = sa.func.coalesce(outbox.c.sent_at, outbox.c.attempted_at, type_=sa.BigInteger)
    at = sa.type_coerce(addresses.c.stopped_at, sa.BigInteger)
    query = (
        sa.select(sa.func.max(began - at))
        .select_from(outbox.join(addresses, addresses.c.address_id == outbox.c.address_id))
        .where(_made(since), outbox.c.kind.in_(_STOPPED), addresses.c.stopped_at.is_not(None))
    )
    return _seconds(conn, query)


def longest_after_loss(conn: sa.Connection, since: datetime) -> float:
    """The same after a family's loss, of what a hold keeps from beginning."""
    began = sa.func.coalesce(outbox.c.sent_at, outbox.c.attempted_at, type_=sa.BigInteger)
    at = sa.type_coerce(holds.c.at, sa.BigInteger)
    open_loss = sa.and_(holds.c.kind == "loss", holds.c.lifted_at.is_(None))
    query = (
        sa.select(sa.func.max(began - at))
        .select_from(outbox.join(holds, holds.c.family_id == outbox.c.family_id))
        .where(_made(since), outbox.c.kind.in_(_HELD), open_loss)
    )
    return _seconds(conn, query)


def _made(since: datetime) -> sa.ColumnElement[bool]:
    return outbox.c.outbox_id >= first_id(since)


def _seconds(conn: sa.Connection, query: sa.Select[Any]) -> float:
    longest: int | None = conn.execute(query).scalar()
    return max(longest or 0, 0) / 1_000_000


def _count(table: sa.Table, *which: sa.TextClause) -> sa.Select[Any]:
    return sa.select(sa.func.count()).select_from(table).where(*which)


def _grouped(conn: sa.Connection, query: sa.Select[Any]) -> Counts:
    return {tuple(map(str, row[:-1])): row[-1] for row in conn.execute(query).all()}
