"""What is put aside: work that tripped over a fault of ours for one family, and when it is tried again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa

from bot.store.bulk import among_ids
from bot.store.prepared import Prepared
from bot.store.tables import put_aside


class Work(StrEnum):
    """What is done for families one by one, and can be put aside."""

    PLAN = "plan"
    CHECK_IN = "check_in"  # the question after the due date
    SILENCE = "silence"  # the hold when nobody answered it
    STILL_WANTED = "still_wanted"  # the question after a year, and its end


@dataclass(frozen=True, slots=True)
class Aside:
    """One piece of work that is put aside: how often it failed, since when, by what type of error."""

    family_id: int
    work: str
    tries: int
    error: str
    since: datetime
    next_at: datetime


_MENDED = Prepared(
    sa.delete(put_aside)
    .where(among_ids(put_aside.c.family_id), put_aside.c.work == sa.bindparam("kind"))
    .returning(put_aside.c.family_id)
)


def ready(
    family_id: sa.ColumnElement[int], work: Work, now: datetime | sa.BindParameter[datetime]
) -> sa.ColumnElement[bool]:
    """A condition: this work is not put aside for the family, or its next try has come."""
    return ~sa.exists().where(
        put_aside.c.family_id == family_id, put_aside.c.work == work.value, put_aside.c.next_at > now
    )


def waiting(conn: sa.Connection, work: Work, family_ids: Sequence[int], now: datetime) -> frozenset[int]:
    """Those of these families for whom this work is put aside until later."""
    query = sa.select(put_aside.c.family_id).where(
        put_aside.c.family_id.in_(list(family_ids)), put_aside.c.work == work.value, put_aside.c.next_at > now
    )
    return frozenset(conn.execute(query).scalars())


def of_family(conn: sa.Connection, family_id: int) -> list[Aside]:
    """What is put aside for a family."""
    query = sa.select(put_aside).where(put_aside.c.family_id == family_id).order_by(put_aside.c.work)
    return [
        Aside(row.family_id, row.work, row.tries, row.error, row.since, row.next_at)
        for row in conn.execute(query)
    ]


def tries(conn: sa.Connection, family_id: int, work: Work) -> int:
    """How often this work failed for the family."""
    return next((one.tries for one in of_family(conn, family_id) if one.work == work.value), 0)


def put(
    conn: sa.Connection, family_id: int, work: Work, error: str, now: datetime, tried: int, next_at: datetime
) -> None:
    """It failed for the `tried`th time, and is tried again at `next_at`."""
    key = (put_aside.c.family_id == family_id, put_aside.c.work == work.value)
    values = {"tries": tried, "error": error[:60], "next_at": next_at}
    if conn.execute(sa.update(put_aside).where(*key).values(values)).rowcount == 0:
        conn.execute(
            sa.insert(put_aside).values(values | {"family_id": family_id, "work": work.value, "since": now})
        )


def mended(conn: sa.Connection, work: Work, family_ids: Sequence[int]) -> list[int]:
    """This work was done for these families; gives those for whom it had been put aside."""
    found = _MENDED.run(conn, {"ids": family_ids, "kind": work.value}).fetchall()
    return [family_id for (family_id,) in found]


def counts(conn: sa.Connection) -> dict[str, int]:
    """For how many families each kind of work is put aside."""
    rows = conn.execute(
        sa.select(put_aside.c.work, sa.func.count().label("number"))
        .group_by(put_aside.c.work)
        .order_by(put_aside.c.work)
    )
    return {row.work: row.number for row in rows}
