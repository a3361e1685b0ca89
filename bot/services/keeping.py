"""Decisions become rows: what frees a day is written first, then what takes one, all of a kind at once."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from bot.domain import hours
from bot.services.planned import Planned
from bot.services.planning import busy, is_staged
from bot.store import occurrences
from bot.store.prepared import kept_apart


@dataclass
class Kept:
    """How many rows were made, and how many came to each state."""

    made: int = 0
    states: Counter[str] = field(default_factory=Counter)

    def add(self, other: Kept) -> None:
        """Count what was written beside it."""
        self.made += other.made
        self.states += other.states


def keep(
    conn: sa.Connection, planned: Sequence[Planned], days: Mapping[tuple[int, date], int], now: datetime
) -> Kept:
    """Write every decision down. `days`: the row that has an address's day; of two on one phone the second
    waits, and so does one who meets another planner's there."""
    today = hours.local_day(now)
    ours = {one.stored.id for one in planned if one.stored is not None}
    taken = {key for key, outbox_id in days.items() if outbox_id not in ours}
    frees = [one for one in planned if not one.queues]
    takes: list[Planned] = []
    for one in planned:
        if not one.queues:
            continue
        key = (_address(one), one.values["day"])
        if is_staged(one) and key in taken:
            frees.append(busy(one, today))
            continue
        if is_staged(one):
            taken.add(key)
        takes.append(one)
    kept = Kept()
    for rows, move, make in ((frees, _move, _make), (takes, _queue, _make_queued)):
        kept.add(move(conn, [one for one in rows if one.stored is not None], now))
        kept.add(make(conn, [one for one in rows if one.stored is None], now))
    return kept


def _move(conn: sa.Connection, rows: Sequence[Planned], now: datetime) -> Kept:
    """Stored rows as they are decided; rows of the same columns and state together."""
    groups: dict[tuple[str, frozenset[str]], list[Planned]] = defaultdict(list)
    for one in rows:
        groups[one.values["state"], frozenset(one.values)].append(one)
    kept = Kept()
    for (state, _), alike in groups.items():
        moves = [(one.stored.id, one.stored.state, one.values) for one in alike if one.stored is not None]
        kept.states[state] += occurrences.move_all(conn, moves, now)
    return kept


def _queue(conn: sa.Connection, rows: Sequence[Planned], now: datetime) -> Kept:
    """Stored rows that take their address's day. A race for it is lost politely, by the one who lost it."""
    if not rows:
        return Kept()
    try:
        with kept_apart(conn):
            return _move(conn, rows, now)
    except IntegrityError:
        if len(rows) == 1:
            return _move(conn, [busy(rows[0], hours.local_day(now))], now)
    kept = Kept()
    for one in rows:
        kept.add(_queue(conn, [one], now))
    return kept


def _make(conn: sa.Connection, rows: Sequence[Planned], now: datetime) -> Kept:
    made = occurrences.insert_all(conn, [one.values for one in rows], now)
    states = Counter(one.values["state"] for one, there in zip(rows, made, strict=True) if there)
    return Kept(sum(made), states)


def _make_queued(conn: sa.Connection, rows: Sequence[Planned], now: datetime) -> Kept:
    """New rows that take a day; where one was not made, its row may be there, or only its day be taken."""
    made = occurrences.insert_all(conn, [one.values for one in rows], now)
    states = Counter(one.values["state"] for one, there in zip(rows, made, strict=True) if there)
    kept = Kept(sum(made), states)
    late = [one for one, there in zip(rows, made, strict=True) if not there and is_staged(one)]
    kept.add(_make(conn, [busy(one, hours.local_day(now)) for one in late], now))
    return kept


def _address(one: Planned) -> int:
    return one.stored.address_id if one.stored is not None else int(one.values["address_id"])
