"""The planner's side of the outbox: what rows a family has, and the decisions written down."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from operator import itemgetter
from typing import Any

import sqlalchemy as sa

from bot.domain.outbox import CLOSED_UNSENT, OPEN, Kind, Reason, State
from bot.store.bulk import Bulk, among_ids
from bot.store.conflicts import insert_new_on
from bot.store.ids import new_id, public_ids
from bot.store.prepared import Prepared, Query
from bot.store.tables import outbox

_STEPS = sa.text("outbox.kind IN ('staged', 'chosen')")
_OPEN = sa.text("outbox.state IN ('waiting', 'queued')")  # as the index of open rows says it
_A_DAY_TAKEN = sa.text(  # as the index of one staged message an address and day says it
    "outbox.kind = 'staged' AND outbox.state IN ('queued', 'sending', 'sent', 'delivered', 'uncertain')"
)
_WEEK = timedelta(days=7)
_STATES, _KINDS = {one.value: one for one in State}, {one.value: one for one in Kind}
_REASONS: dict[str | None, Reason | None] = {None: None, **{one.value: one for one in Reason}}

Key = tuple[int, int, str, str]  # family, member, campaign, step
_COLUMNS = (
    outbox.c.outbox_id, outbox.c.family_id, outbox.c.member_id, outbox.c.address_id, outbox.c.campaign,
    outbox.c.step, outbox.c.occurrence, outbox.c.state, outbox.c.reason, outbox.c.kind, outbox.c.epoch,
    outbox.c.timing_hash, outbox.c.pregnancy_id, outbox.c.day, outbox.c.closes_on, outbox.c.created_at,
)  # fmt: skip
_EVERY = sa.select(*_COLUMNS).where(among_ids(outbox.c.family_id), _STEPS)
_OF_FAMILIES, _OPEN_ROWS = Query(_EVERY), Query(_EVERY.where(_OPEN))

_AFTER: sa.BindParameter[date] = sa.bindparam("after", type_=sa.Date)
_DOUBTED = sa.text("outbox.doubted_on IS NOT NULL")  # as the partial index says it
_STAGED = sa.text("outbox.kind = 'staged'")
_NOBODY_S = sa.literal(0)  # whatever becomes of the row, on that day it may have left

_DAYS_TAKEN = Query(
    sa.union_all(
        sa.select(outbox.c.outbox_id, outbox.c.address_id, outbox.c.day, outbox.c.in_first_days).where(
            among_ids(outbox.c.address_id), outbox.c.day > _AFTER, _A_DAY_TAKEN
        ),
        sa.select(
            _NOBODY_S.label("outbox_id"), outbox.c.address_id, outbox.c.doubted_on, outbox.c.in_first_days
        ).where(among_ids(outbox.c.address_id), outbox.c.doubted_on > _AFTER, _DOUBTED, _STAGED),
    )
)
# The keys come as one value, so that the statement is the same for any number of them, and the database
# goes from each key to its rows by the delivery key's index (whose words `kind IN ...` repeats).
_KEYS = {
    "sqlite": """(SELECT json_extract(value, '$[0]') AS family_id, json_extract(value, '$[1]') AS member_id,
                         json_extract(value, '$[2]') AS campaign, json_extract(value, '$[3]') AS step
                  FROM json_each(:keys)) AS wanted CROSS JOIN outbox""",
    "postgresql": """(SELECT (value->>0)::bigint AS family_id, (value->>1)::bigint AS member_id,
                             value->>2 AS campaign, value->>3 AS step
                      FROM jsonb_array_elements(CAST(:keys AS jsonb))) AS wanted CROSS JOIN outbox""",
}
_SAME = " AND ".join(
    f"outbox.{name} = wanted.{name}" for name in ("family_id", "member_id", "campaign", "step")
)


@dataclass(frozen=True, slots=True)
class Stored:
    """A step's row as it is."""

    id: int
    family_id: int
    member_id: int
    address_id: int
    campaign: str
    step: str
    occurrence: str
    state: State
    reason: Reason | None
    kind: Kind
    epoch: int
    timing_hash: str
    pregnancy_id: int | None
    day: date | None
    closes_on: date | None
    created_at: datetime

    @property
    def open(self) -> bool:
        """Whether it still waits or is queued."""
        return self.state in OPEN

    @property
    def closed_unsent(self) -> bool:
        """Whether it ended without being sent, and might come round again."""
        return self.state in CLOSED_UNSENT


@dataclass(frozen=True, slots=True)
class Taken:
    """A day on which an address has its staged message, or (no row's: 0) may have had one."""

    outbox_id: int
    address_id: int
    day: date
    in_first_days: bool


def of_families(conn: sa.Connection, family_ids: Sequence[int]) -> list[Stored]:
    """Every step's row of these families, whatever became of it."""
    return _stored(_OF_FAMILIES.rows(conn, {"ids": family_ids})) if family_ids else []


def open_rows(conn: sa.Connection, family_ids: Sequence[int]) -> list[Stored]:
    """The rows of these families that wait or are queued."""
    return _stored(_OPEN_ROWS.rows(conn, {"ids": family_ids})) if family_ids else []


def of_steps(conn: sa.Connection, keys: Iterable[Key]) -> list[Stored]:
    """Every row of these members' steps: (family, member, campaign, step), whatever became of it."""
    wanted = json.dumps(sorted(set(keys)))
    if wanted == "[]":
        return []
    return _stored(_of_steps(conn.dialect.name).rows(conn, {"keys": wanted}))


@lru_cache(maxsize=2)
def _of_steps(dialect: str) -> Query:
    names = ", ".join(f"outbox.{column.name}" for column in _COLUMNS)
    one_a_step = "outbox.kind IN ('staged', 'chosen', 'check_in') AND outbox.kind <> 'check_in'"
    text = f"SELECT {names} FROM {_KEYS[dialect]} WHERE {_SAME} AND {one_a_step}"  # noqa: S608 - all ours
    return Query(sa.text(text).columns(*_COLUMNS))


def _stored(rows: Iterable[Any]) -> list[Stored]:
    return [
        Stored(
            outbox_id, family_id, member_id, address_id, campaign, step, occurrence, _STATES[state],
            _REASONS[reason], _KINDS[kind], epoch, timing_hash, pregnancy_id, day, closes_on, created_at,
        )
        for outbox_id, family_id, member_id, address_id, campaign, step, occurrence, state, reason, kind,
            epoch, timing_hash, pregnancy_id, day, closes_on, created_at in rows
    ]  # fmt: skip


def days_taken(conn: sa.Connection, address_ids: Sequence[int], today: date) -> list[Taken]:
    """The days of the last week, today among them, on which these addresses have a staged message."""
    rows = _DAYS_TAKEN.rows(conn, {"ids": address_ids, "after": today - _WEEK})
    taken: dict[tuple[int, date], Taken] = {}
    for outbox_id, address_id, day, in_first_days in rows:
        # One a day: what was in doubt may have been settled for that same day.
        here = taken.get((address_id, day))
        if here is None or here.outbox_id == 0:
            taken[address_id, day] = Taken(outbox_id, address_id, day, in_first_days)
    return list(taken.values())


def insert(conn: sa.Connection, rows: Sequence[dict[str, Any]], now: datetime) -> int:
    """New rows of the same columns, whole; one that is there already is left alone. Gives how many."""
    return sum(insert_all(conn, rows, now))


def insert_all(conn: sa.Connection, rows: Sequence[dict[str, Any]], now: datetime) -> list[bool]:
    """The same, all at once; gives for each whether it was made."""
    if not rows:
        return []
    names = tuple(rows[0])
    values = itemgetter(*names)
    public = public_ids(len(rows))
    fresh = [(*values(row), new_id(), one, now, now) for row, one in zip(rows, public, strict=True)]
    if _making(conn.dialect.name, names).run(conn, fresh) == len(fresh):
        return [True] * len(fresh)
    ids = [row[len(names)] for row in fresh]
    made = {outbox_id for (outbox_id,) in _THERE.run(conn, {"ids": ids}).fetchall()}
    return [one in made for one in ids]


@lru_cache(maxsize=20)
def _making(dialect: str, names: tuple[str, ...]) -> Bulk:
    """The INSERT of rows with these columns, built once."""
    named = (*names, "outbox_id", "public_id", "created_at", "updated_at")
    new = {name: sa.bindparam(f"new_{name}", type_=outbox.c[name].type) for name in named}
    return Bulk(insert_new_on(dialect, outbox).values(new), [f"new_{name}" for name in named], dialect)


_THERE = Prepared(sa.select(outbox.c.outbox_id).where(among_ids(outbox.c.outbox_id)))


def move_all(
    conn: sa.Connection, moves: Sequence[tuple[int, State, Mapping[str, Any]]], now: datetime
) -> int:
    """Change rows, each (id, state it was read in, its new values; the same columns for all), that still
    are as they were read; gives how many."""
    if not moves:
        return 0
    names = tuple(moves[0][2])
    get = itemgetter(*names)
    rows = [(outbox_id, before.value, now, *get(values)) for outbox_id, before, values in moves]
    return _moving(conn.dialect.name, names).run(conn, rows)


def move(
    conn: sa.Connection, outbox_id: int, before: State, values: Mapping[str, Any], now: datetime
) -> bool:
    """Change a row that still is in the state it was read in; False when somebody was quicker."""
    return move_all(conn, [(outbox_id, before, values)], now) == 1


@lru_cache(maxsize=20)
def _moving(dialect: str, names: tuple[str, ...]) -> Bulk:
    """The UPDATE of these columns of one row, built once."""
    here = (outbox.c.outbox_id == sa.bindparam("row"), outbox.c.state == sa.bindparam("before"))
    named = ("updated_at", *names)
    new = {name: sa.bindparam(f"new_{name}", type_=outbox.c[name].type) for name in named}
    change = sa.update(outbox).where(*here).values(new)
    return Bulk(change, ["row", "before", *(f"new_{name}" for name in named)], dialect)
