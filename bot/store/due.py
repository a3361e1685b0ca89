"""The planner's narrowing: whose steps may have opened, found by the anchors' indexes, set-based."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from bot.domain.campaign import Anchor, Step
from bot.domain.outbox import State
from bot.domain.timeline import YEARLY, DateRange
from bot.store.tables import consent_states, due, families, members, outbox, pregnancies

WAITING = "-"  # in `campaign`: rows of this family wait for a decision; nothing new opened
_ANCHORS: dict[Anchor, sa.Column[date]] = {
    Anchor.DUE: pregnancies.c.due_on,
    Anchor.BIRTH: pregnancies.c.born_on,
    Anchor.CORRECTED: pregnancies.c.corrected_on,
    Anchor.LOSS: pregnancies.c.lost_on,
}
_LEFT = (State.SENT.value, State.DELIVERED.value, State.UNCERTAIN.value)


@dataclass(frozen=True, slots=True)
class DueFamily:
    """A family to look at: at the steps named, or (None) at everything, that opened from `since` on."""

    family_id: int
    steps: frozenset[tuple[str, str]] | None
    since: date


def fill(
    conn: sa.Connection,
    step: Step,
    ranges: Iterable[DateRange],
    since: date,
    parents: Collection[str] = (),
) -> int:
    """Note every family for which the step's anchor lies in one of `ranges`; gives how many rows.

    Never fewer than for whom it opened; the decision looks closer. `parents`: every name that the
    parent of an `after` step has or had.
    """
    made = 0
    for span in ranges:
        values = _values(step, span, parents)
        made += _note(conn, step.when.anchor, values, step.key, since)
    return made


def fill_waiting(conn: sa.Connection, today: date) -> int:
    """Note every family with a row that is to be looked at by today."""
    return _note(conn, None, {"today": today}, (WAITING, ""), today)


def families_waiting(today: date) -> sa.Select[Any]:
    """The families with a row that is to be looked at by today."""
    return _waiting().params(today=today)


def _waiting() -> sa.Select[Any]:
    waits = outbox.c.state == sa.text("'waiting'")
    due_by = sa.bindparam("today", type_=sa.Date)
    return sa.select(_id(outbox)).where(waits, outbox.c.look_on <= due_by).distinct()


def take(conn: sa.Connection, limit: int) -> list[DueFamily]:
    """Up to `limit` families, their rows deleted: the transaction that reads them plans them."""
    some = sa.select(due.c.family_id).order_by(due.c.family_id, due.c.campaign, due.c.step).limit(limit * 4)
    ids = list(dict.fromkeys(conn.execute(some.with_for_update(skip_locked=True)).scalars()))[:limit]
    if not ids:
        return []
    gone = sa.delete(due).where(due.c.family_id.in_(ids))
    rows: Sequence[Any] = conn.execute(
        gone.returning(due.c.family_id, due.c.campaign, due.c.step, due.c.since)
    ).all()
    return [_due(family_id, [row for row in rows if row.family_id == family_id]) for family_id in sorted(ids)]


def _due(family_id: int, rows: Sequence[Any]) -> DueFamily:
    everything = any(row.campaign == "" for row in rows)
    named = frozenset((row.campaign, row.step) for row in rows if row.campaign != WAITING)
    return DueFamily(family_id, None if everything else named, min(row.since for row in rows))


def families_of(step: Step, span: DateRange, parents: Collection[str] = ()) -> sa.Select[Any]:
    """The families of members this step may be for, whose anchor lies in `span`; `parents` as in `fill`."""
    return _query(step.when.anchor).params(**_values(step, span, parents))


def _values(step: Step, span: DateRange, parents: Collection[str]) -> dict[str, Any]:
    anchor = step.when.anchor
    dates = {} if anchor in YEARLY else {"first": span.first, "last": span.last}
    if anchor is Anchor.AFTER:
        return dates | {"of": step.campaign, "parents": sorted({step.when.step or "", *parents})}
    return dates | {"roles": sorted(step.to), "purpose": step.purpose.value}


@lru_cache(maxsize=len(Anchor))
def _query(anchor: Anchor) -> sa.Select[Any]:
    """Whose step of this anchor it may be; built once, since there is one for each step and day."""
    between = (sa.bindparam("first", type_=sa.Date), sa.bindparam("last", type_=sa.Date))
    if anchor is Anchor.AFTER:
        return _after(*between)
    if anchor in _ANCHORS:
        query = sa.select(_id(pregnancies)).join_from(
            pregnancies, members, members.c.family_id == pregnancies.c.family_id
        )
        query = query.where(_ANCHORS[anchor].between(*between))
    elif anchor is Anchor.JOINED:
        query = sa.select(_id(members)).where(members.c.joined_on.between(*between))
    elif anchor is Anchor.MOVED:
        query = sa.select(_id(families)).join_from(
            families, members, members.c.family_id == families.c.family_id
        )
        query = query.where(families.c.moved_on.between(*between))
    else:
        query = sa.select(_id(members))
    roles = members.c.role.in_(sa.bindparam("roles", expanding=True))
    return query.where(roles, members.c.left_at.is_(None), _agreed()).distinct()


def _id(table: sa.Table) -> sa.ColumnElement[int]:
    """The family's id, said so that SQLite does not walk the whole table in its order to be DISTINCT."""
    return (table.c.family_id + 0).label("family_id")


def _after(first: sa.BindParameter[date], last: sa.BindParameter[date]) -> sa.Select[Any]:
    return (
        sa.select(_id(outbox))
        .where(
            outbox.c.campaign == sa.bindparam("of"),
            outbox.c.step.in_(sa.bindparam("parents", expanding=True)),
            outbox.c.day.between(first, last),
            outbox.c.state.in_(_LEFT),
        )
        .distinct()
    )


def _agreed() -> sa.ColumnElement[bool]:
    return sa.exists().where(
        consent_states.c.family_id == members.c.family_id,
        consent_states.c.member_id == members.c.member_id,
        consent_states.c.purpose == sa.bindparam("purpose"),
        consent_states.c.live,
    )


@lru_cache(maxsize=2 * len(Anchor) + 2)
def _noting(anchor: Anchor | None, dialect: str) -> Any:
    """The INSERT for one kind of anchor (None: rows that wait), built once for each database."""
    insert = sqlite.insert if dialect == "sqlite" else postgresql.insert
    found = (_waiting() if anchor is None else _query(anchor)).subquery()
    chosen = sa.select(
        found.c.family_id,
        sa.bindparam("campaign", type_=sa.String),
        sa.bindparam("step", type_=sa.String),
        sa.bindparam("since", type_=sa.Date),
    ).where(sa.true())  # SQLite's grammar wants a WHERE before ON CONFLICT
    statement = insert(due).from_select(["family_id", "campaign", "step", "since"], chosen)
    earlier = sa.case((due.c.since < statement.excluded.since, due.c.since), else_=statement.excluded.since)
    noted = statement.on_conflict_do_update(
        index_elements=["family_id", "campaign", "step"], set_={"since": earlier}
    )
    return noted.execution_options(preserve_rowcount=True)


def _note(
    conn: sa.Connection, anchor: Anchor | None, values: dict[str, Any], key: tuple[str, str], since: date
) -> int:
    wanted = values | {"campaign": key[0], "step": key[1], "since": since}
    return max(conn.execute(_noting(anchor, conn.dialect.name), wanted).rowcount, 0)
