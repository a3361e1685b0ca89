"""The planner's side of the outbox: what rows a family has, and the decisions written down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from bot.domain.outbox import CLOSED_UNSENT, OPEN, Kind, Reason, State
from bot.store.conflicts import insert_new
from bot.store.ids import new_id, public_id
from bot.store.tables import outbox

_IDS: sa.BindParameter[Any] = sa.bindparam("ids", expanding=True)
_STEPS = sa.text("outbox.kind IN ('staged', 'chosen')")
_A_DAY_TAKEN = sa.text(  # as the index of one staged message an address and day says it
    "outbox.kind = 'staged' AND outbox.state IN ('queued', 'sending', 'sent', 'delivered', 'uncertain')"
)
_WEEK = timedelta(days=7)

_OF_FAMILIES = sa.select(
    outbox.c.outbox_id, outbox.c.family_id, outbox.c.member_id, outbox.c.campaign, outbox.c.step,
    outbox.c.occurrence, outbox.c.state, outbox.c.reason, outbox.c.kind, outbox.c.epoch,
    outbox.c.timing_hash, outbox.c.pregnancy_id, outbox.c.day, outbox.c.closes_on, outbox.c.created_at,
).where(outbox.c.family_id.in_(_IDS), _STEPS)  # fmt: skip

_AFTER: sa.BindParameter[date] = sa.bindparam("after", type_=sa.Date)
_DOUBTED = sa.text("outbox.doubted_on IS NOT NULL")  # as the partial index says it
_STAGED = sa.text("outbox.kind = 'staged'")
_NOBODY_S = sa.literal(0)  # whatever becomes of the row, on that day it may have left

_DAYS_TAKEN = sa.union_all(
    sa.select(outbox.c.outbox_id, outbox.c.address_id, outbox.c.day, outbox.c.in_first_days).where(
        outbox.c.address_id.in_(_IDS), outbox.c.day > _AFTER, _A_DAY_TAKEN
    ),
    sa.select(
        _NOBODY_S.label("outbox_id"), outbox.c.address_id, outbox.c.doubted_on, outbox.c.in_first_days
    ).where(outbox.c.address_id.in_(_IDS), outbox.c.doubted_on > _AFTER, _DOUBTED, _STAGED),
)


@dataclass(frozen=True, slots=True)
class Stored:
    """A step's row as it is."""

    id: int
    family_id: int
    member_id: int
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
    rows = conn.execute(_OF_FAMILIES, {"ids": list(family_ids)})
    return [
        Stored(
            row.outbox_id, row.family_id, row.member_id, row.campaign, row.step, row.occurrence,
            State(row.state), None if row.reason is None else Reason(row.reason), Kind(row.kind),
            row.epoch, row.timing_hash, row.pregnancy_id, row.day, row.closes_on, row.created_at,
        )
        for row in rows
    ]  # fmt: skip


def days_taken(conn: sa.Connection, address_ids: Sequence[int], today: date) -> list[Taken]:
    """The days of the last week, today among them, on which these addresses have a staged message."""
    rows = conn.execute(_DAYS_TAKEN, {"ids": list(address_ids), "after": today - _WEEK})
    taken: dict[tuple[int, date], Taken] = {}
    for row in rows:  # one a day: what was in doubt may have been settled for that same day
        here = taken.get((row.address_id, row.day))
        if here is None or here.outbox_id == 0:
            one = Taken(row.outbox_id, row.address_id, row.day, row.in_first_days)
            taken[row.address_id, row.day] = one
    return list(taken.values())


def insert(conn: sa.Connection, rows: Sequence[dict[str, Any]], now: datetime) -> int:
    """New rows, whole; one that exists already is left alone. Gives how many were made."""
    made = 0
    statement = insert_new(conn, outbox).execution_options(preserve_rowcount=True)  # PostgreSQL: else -1
    for row in rows:
        fresh = {
            "outbox_id": new_id(), "public_id": public_id(), "created_at": now, "updated_at": now,
        }  # fmt: skip
        made += conn.execute(statement, row | fresh).rowcount == 1
    return made


def move(conn: sa.Connection, outbox_id: int, before: State, values: dict[str, Any], now: datetime) -> bool:
    """Change a row that still is in the state it was read in; False when somebody was quicker."""
    changes = {f"new_{name}": value for name, value in values.items()}
    which = {"row": outbox_id, "before": before.value, "new_updated_at": now}
    return conn.execute(_moving(frozenset(values)), changes | which).rowcount == 1


@lru_cache(maxsize=20)
def _moving(names: frozenset[str]) -> sa.Update:
    """The UPDATE of these columns of one row, built once."""
    here = (outbox.c.outbox_id == sa.bindparam("row"), outbox.c.state == sa.bindparam("before"))
    new = {
        name: sa.bindparam(f"new_{name}", type_=outbox.c[name].type)
        for name in sorted(names | {"updated_at"})
    }
    return sa.update(outbox).where(*here).values(new)


def address_of(conn: sa.Connection, outbox_id: int) -> int:
    """The address a row goes to."""
    return int(
        conn.execute(sa.select(outbox.c.address_id).where(outbox.c.outbox_id == outbox_id)).scalar_one()
    )
