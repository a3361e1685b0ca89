"""The planner's narrowing: whose steps may have opened, found by the anchors' indexes, set-based."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from itertools import pairwise
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from bot.domain.campaign import Anchor, Step
from bot.domain.family import Role
from bot.domain.hours import local_day
from bot.domain.timeline import YEARLY, DateRange
from bot.store import aside
from bot.store.bulk import among_ids
from bot.store.columns import Id, Moment
from bot.store.prepared import Prepared, Query
from bot.store.tables import consent_states, due, families, members, outbox, pregnancies

WAITING = "-"  # in `campaign`: rows of this family wait for a decision; nothing new opened
_ANCHORS: dict[Anchor, sa.Column[date]] = {
    Anchor.DUE: pregnancies.c.due_on,
    Anchor.BIRTH: pregnancies.c.born_on,
    Anchor.CORRECTED: pregnancies.c.corrected_on,
    Anchor.LOSS: pregnancies.c.lost_on,
}
_ROLES = tuple(f"role_{number}" for number in range(len(Role)))  # always as many, so that batches can be made
Place = tuple[date, int]  # in the index of what waits: the day, the family
_PLACE = (outbox.c.look_on, outbox.c.family_id)
_WAITS = outbox.c.state == sa.text("'waiting'")
_BY_TODAY = due.c.since <= sa.bindparam("today", type_=sa.Date)
_LEFT = sa.text("outbox.state IN ('sent', 'delivered', 'uncertain')")


@dataclass(frozen=True, slots=True)
class DueFamily:
    """A family to look at: at the steps named, or (None) at everything, that opened from `since` on."""

    family_id: int
    steps: frozenset[tuple[str, str]] | None
    since: date


@dataclass(frozen=True, slots=True)
class Opened:
    """A step that opened, from `since` on, for everybody whose anchor lies in one of `ranges`.

    `parents`: every name that the parent of an `after` step has or had. `families`: only those whose id
    lies between these two, the first left out; so a step for everybody is noted page by page. `named`: only
    these families, for whom it was found to have opened; so a day on which it opened for very many is.
    """

    step: Step
    ranges: Sequence[DateRange]
    since: date
    parents: frozenset[str] = frozenset()
    families: tuple[int, int] | None = None
    named: Sequence[int] | None = None


def fill(conn: sa.Connection, opened: Iterable[Opened]) -> int:
    """Note every family for which one of these steps may have opened; gives how many rows.

    Never fewer than for whom it opened; the decision looks closer. One batch a kind of anchor.
    """
    batches: dict[tuple[Anchor, bool], list[dict[str, Any]]] = defaultdict(list)
    made = 0
    for one in opened:
        noted = {"campaign": one.step.campaign, "step": one.step.id, "since": one.since}
        if one.named is not None:
            naming = _naming(conn.dialect.name)
            made += max(conn.execute(naming, noted | {"ids": one.named}).rowcount, 0)
            continue
        if one.families is not None:
            noted |= {"past": one.families[0], "until": one.families[1]}
        batches[one.step.when.anchor, one.families is not None] += [
            values | noted for span in one.ranges for values in _values(one.step, span, one.parents)
        ]
    return made + sum(_note(conn, *which, batch) for which, batch in batches.items())


def found(conn: sa.Connection, opened: Opened) -> list[int]:
    """The families for which a step may have opened, by id."""
    query = _finding(opened.step.when.anchor)
    ids: set[int] = set()
    for span in opened.ranges:
        for values in _values(opened.step, span, opened.parents):
            ids.update(family_id for (family_id,) in query.run(conn, values).fetchall())
    return sorted(ids)


@lru_cache(maxsize=len(Anchor))
def _finding(anchor: Anchor) -> Prepared:
    """Asked for each step of each day, and found empty for most."""
    return Prepared(_query(anchor, paged=False))


def is_for_fewer(conn: sa.Connection, opened: Opened, most: int) -> bool:
    """Whether a step opened for fewer families than so many, about; looks no further than that."""
    count, found = _counting(opened.step.when.anchor), 0
    for span in opened.ranges:
        for values in _values(opened.step, span, opened.parents):
            found += conn.execute(count, values | {"most": most}).scalar_one()
    return found < most


@lru_cache(maxsize=len(Anchor))
def _counting(anchor: Anchor) -> sa.Select[Any]:
    """Who is found twice counts twice: to be told apart all of them would have to be found first."""
    some = _found(anchor, paged=False).limit(sa.bindparam("most", type_=sa.Integer))
    return sa.select(sa.func.count()).select_from(some.subquery())


def pages(conn: sa.Connection, size: int) -> list[tuple[int, int]]:
    """All families there are or will be, in ranges of ids that hold about so many each."""
    numbered = sa.select(families.c.family_id, sa.func.row_number().over(order_by=families.c.family_id))
    rows = numbered.subquery()
    ends = sa.select(rows.c.family_id).where(rows.c[1] % size == 0).order_by(rows.c.family_id)
    bounds = [-1, *conn.execute(ends).scalars(), _LAST_ID]
    return list(pairwise(bounds))


_LAST_ID = (1 << 63) - 1


def waiting_pages(conn: sa.Connection, today: date, size: int) -> list[tuple[Place, Place]]:
    """All rows that are to be looked at by today, in stretches of the index that hold about so many each."""
    numbered = sa.select(*_PLACE, sa.func.row_number().over(order_by=_PLACE)).where(_WAITS)
    rows = numbered.where(outbox.c.look_on <= today).subquery()
    ends = sa.select(rows.c.look_on, rows.c.family_id).where(rows.c[2] % size == 0).order_by(*rows.c[:2])
    bounds = [(date.min, -1), *((day, family_id) for day, family_id in conn.execute(ends)), (today, _LAST_ID)]
    return list(pairwise(bounds))


def fill_waiting(conn: sa.Connection, today: date, page: tuple[Place, Place]) -> int:
    """Note every family with a row, within this page, that is to be looked at by today."""
    noted = {"campaign": WAITING, "step": "", "since": today}
    return _note(conn, None, False, [noted | _between(page)])


def families_waiting(page: tuple[Place, Place]) -> sa.Select[Any]:
    """The families with a row within this page."""
    return _waiting().params(**_between(page))


def _between(page: tuple[Place, Place]) -> dict[str, Any]:
    (after, past), (last, until) = page
    return {"after": after, "past": past, "last": last, "until": until}


def _waiting() -> sa.Select[Any]:
    place = sa.tuple_(*_PLACE)
    past = sa.tuple_(sa.bindparam("after", type_=sa.Date), sa.bindparam("past", type_=Id))
    until = sa.tuple_(sa.bindparam("last", type_=sa.Date), sa.bindparam("until", type_=Id))
    return sa.select(_id(outbox)).where(_WAITS, place > past, place <= until).distinct()


def take(conn: sa.Connection, limit: int, now: datetime) -> list[DueFamily]:
    """Up to `limit` families, their rows deleted: the transaction that reads them plans them.

    It holds them until it ends, so that no change and no erasure crosses a plan; a family that is just
    being changed is left for the next turn, one that is put aside for its own. Nothing here waits. What was
    noted for a later day than `now`'s stays: who noted it is ahead of a process that stood still, which would
    find nothing open yet.
    """
    today = local_day(now)
    some = _some().run(conn, {"most": limit * 2, "now": now, "today": today}).fetchall()
    return take_these(conn, list(dict.fromkeys([family_id for (family_id,) in some]))[:limit], today)


def take_these(conn: sa.Connection, family_ids: Sequence[int], today: date) -> list[DueFamily]:
    """Those of these families that are due by `today`, as `take` takes them."""
    ids = _held(conn, family_ids)
    if not ids:
        return []
    rows: dict[int, list[Any]] = {}
    for family_id, *row in _taken(conn.dialect.name).rows(conn, {"ids": ids, "today": today}):
        rows.setdefault(family_id, []).append(row)
    return [_due(family_id, rows[family_id]) for family_id in sorted(rows)]


@lru_cache(maxsize=1)
def _some() -> Prepared:
    now = sa.bindparam("now", type_=Moment)
    return Prepared(
        sa.select(due.c.family_id)
        .where(aside.ready(due.c.family_id, aside.Work.PLAN, now), _BY_TODAY)
        .order_by(due.c.family_id, due.c.campaign, due.c.step)
        .limit(sa.bindparam("most", type_=sa.Integer))
        .with_for_update(skip_locked=True)
    )


_EVERY = sa.select(families.c.family_id).where(among_ids(families.c.family_id))
_THERE = Prepared(_EVERY)
_FREE = Prepared(_EVERY.order_by(families.c.family_id).with_for_update(skip_locked=True, key_share=True))


def _held(conn: sa.Connection, family_ids: Sequence[int]) -> list[int]:
    """Those that nobody else holds, held by us from now on; erased ones, too, whose rows are to go."""
    if not family_ids or conn.dialect.name == "sqlite":  # where one transaction writes at a time
        return list(family_ids)
    ids = {"ids": family_ids}
    ours = {family_id for (family_id,) in _FREE.run(conn, ids).fetchall()}
    missing = len(ours) < len(family_ids)
    others = {family_id for (family_id,) in _THERE.run(conn, ids).fetchall()} - ours if missing else set()
    return [family_id for family_id in family_ids if family_id not in others]


@lru_cache(maxsize=2)
def _taken(dialect: str) -> Query:
    """Rows of families, deleted and given; one that a change has in hand stays, for that is after us."""
    key = (due.c.family_id, due.c.campaign, due.c.step)
    gone = sa.delete(due).where(among_ids(due.c.family_id), _BY_TODAY)
    if dialect != "sqlite":
        free = (
            sa.select(*key)
            .where(among_ids(due.c.family_id), _BY_TODAY)
            .with_for_update(skip_locked=True)
            .cte("free")
        )
        gone = gone.where(sa.tuple_(*key).in_(sa.select(free)))
    return Query(gone.returning(*key, due.c.since))


def _due(family_id: int, rows: Sequence[Any]) -> DueFamily:
    since: date = rows[0][2] if len(rows) == 1 else min([row[2] for row in rows])
    return DueFamily(family_id, _steps(tuple([(campaign, step) for campaign, step, _ in rows])), since)


@lru_cache(maxsize=2000)  # a morning has some hundreds; and those due for the same have the very same
def _steps(noted: tuple[tuple[str, str], ...]) -> frozenset[tuple[str, str]] | None:
    """What a family is due for; None: it is to be looked at for everything."""
    if any(campaign == "" for campaign, _ in noted):
        return None
    return frozenset([key for key in noted if key[0] != WAITING])


def families_of(step: Step, span: DateRange) -> sa.Select[Any]:
    """The families of members this step may be for, whose anchor lies in `span`."""
    return _query(step.when.anchor, paged=False).params(**_values(step, span, frozenset())[0])


def _values(step: Step, span: DateRange, parents: frozenset[str]) -> list[dict[str, Any]]:
    """What is bound to `_query` for a step: once, or once for each name of its parent."""
    anchor = step.when.anchor
    dates = {} if anchor in YEARLY else {"first": span.first, "last": span.last}
    if anchor is Anchor.AFTER:
        names = sorted({step.when.step or "", *parents})
        return [dates | {"of": step.campaign, "parent": name} for name in names]
    roles = sorted(step.to)
    filled = {name: roles[min(place, len(roles) - 1)] for place, name in enumerate(_ROLES)}
    return [dates | filled | {"purpose": step.purpose.value}]


@lru_cache(maxsize=2 * len(Anchor))
def _query(anchor: Anchor, *, paged: bool) -> sa.Select[Any]:
    """Whose step of this anchor it may be; built once, since there is one for each step and day."""
    return _found(anchor, paged=paged).distinct()


def _found(anchor: Anchor, *, paged: bool) -> sa.Select[Any]:
    """The same, a family once for each of its members and pregnancies.

    By the index of the anchor; a page goes by the families' ids instead.
    """
    between = (sa.bindparam("first", type_=sa.Date), sa.bindparam("last", type_=sa.Date))
    if anchor is Anchor.AFTER:
        return _after(*between, paged=paged)
    on: sa.ColumnElement[date] | None = None
    if anchor in _ANCHORS:
        on, table = _ANCHORS[anchor], pregnancies
        same = members.c.family_id == pregnancies.c.family_id
        query = sa.select(_id(pregnancies)).join_from(pregnancies, members, same)
    elif anchor is Anchor.MOVED:
        on, table = families.c.moved_on, families
        same = members.c.family_id == families.c.family_id
        query = sa.select(_id(families)).join_from(families, members, same)
    else:
        table, query = members, sa.select(_id(members))
        on = members.c.joined_on if anchor is Anchor.JOINED else None
    if on is not None:
        query = query.where((_by_page(on) if paged else on).between(*between))
    if paged:
        query = query.where(*_page(table))
    roles = members.c.role.in_([sa.bindparam(name, type_=sa.String) for name in _ROLES])
    return query.where(roles, members.c.left_at.is_(None), _agreed())


def _id(table: sa.Table) -> sa.ColumnElement[int]:
    """The family's id, said so that SQLite does not walk the whole table in its order to be DISTINCT."""
    return (table.c.family_id + 0).label("family_id")


def _page(table: sa.Table) -> tuple[sa.ColumnElement[bool], ...]:
    first, last = sa.bindparam("past", type_=Id), sa.bindparam("until", type_=Id)
    return table.c.family_id > first, table.c.family_id <= last


def _by_page(column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """The column, said so that its own index is not taken: every page would read all of it."""
    return sa.func.coalesce(column, sa.null(), type_=column.type)


def _after(first: sa.BindParameter[date], last: sa.BindParameter[date], *, paged: bool) -> sa.Select[Any]:
    campaign = _by_page(outbox.c.campaign) if paged else outbox.c.campaign
    which = (
        campaign == sa.bindparam("of"),
        outbox.c.step == sa.bindparam("parent"),
        outbox.c.day.between(first, last),
        _LEFT,
    )
    return sa.select(_id(outbox)).where(*which, *(_page(outbox) if paged else ()))


def _agreed() -> sa.ColumnElement[bool]:
    return sa.exists().where(
        consent_states.c.family_id == members.c.family_id,
        consent_states.c.member_id == members.c.member_id,
        consent_states.c.purpose == sa.bindparam("purpose"),
        consent_states.c.live,
    )


@lru_cache(maxsize=4 * len(Anchor) + 2)
def _noting(anchor: Anchor | None, paged: bool, dialect: str) -> Any:
    """The INSERT for one kind of anchor (None: rows that wait), built once for each database."""
    return _insert(_waiting() if anchor is None else _query(anchor, paged=paged), dialect)


@lru_cache(maxsize=2)
def _naming(dialect: str) -> Any:
    """The INSERT of families by their ids; one that was erased meanwhile is left out."""
    return _insert(sa.select(families.c.family_id).where(among_ids(families.c.family_id)), dialect)


def _insert(which: sa.Select[Any], dialect: str) -> Any:
    insert = sqlite.insert if dialect == "sqlite" else postgresql.insert
    found = which.subquery()
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


def _note(conn: sa.Connection, anchor: Anchor | None, paged: bool, batch: Sequence[dict[str, Any]]) -> int:
    if not batch:
        return 0
    return max(conn.execute(_noting(anchor, paged, conn.dialect.name), batch).rowcount, 0)
