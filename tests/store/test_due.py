"""Narrowing finds every family whose step may have opened, by the anchors' indexes, on both databases."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot.domain.campaign import Anchor, Moment, Step
from bot.domain.family import Purpose, Role
from bot.domain.timeline import DateRange
from bot.store import due, families
from bot.store.database import Database
from bot.store.due import Opened
from bot.store.sealed import Seal
from bot.store.tables import due as work
from tests import line, rows
from tests.clock import Clock

DAY = date(2027, 2, 2)
INDEXES = {
    Anchor.DUE: "ix_pregnancies_due_on",
    Anchor.BIRTH: "ix_pregnancies_born_on",
    Anchor.CORRECTED: "ix_pregnancies_corrected_on",
    Anchor.LOSS: "ix_pregnancies_lost_on",
    Anchor.JOINED: "ix_members_joined_on",
    Anchor.AFTER: "ix_outbox_parent",
}


def hangs_on(anchor: Anchor, **changes: Any) -> Step:
    moment = Moment(anchor, days=1, step="offer" if anchor is Anchor.AFTER else None)
    return line.step("nudge", when=moment, **changes)


def plan_of(database: Database, query: sa.Select[Any]) -> str:
    """How the database goes about a query; PostgreSQL is told that reading everything is dear."""

    def explain(conn: sa.Connection) -> str:
        sqlite = conn.dialect.name == "sqlite"
        if not sqlite:
            conn.exec_driver_sql("SET LOCAL enable_seqscan = off")
        text = str(query.compile(conn, compile_kwargs={"literal_binds": True}))
        lines = conn.exec_driver_sql(("EXPLAIN QUERY PLAN " if sqlite else "EXPLAIN ") + text)
        return "\n".join(" ".join(str(part) for part in line) for line in lines)

    return database.read(explain)


def a_family(database: Database, seal: Seal, clock: Clock, number: int = 0, **who: Any) -> int:
    """A family due on DAY with one member; gives its id."""

    def make(conn: sa.Connection) -> int:
        someone = rows.someone(conn, seal, clock.now, number, **who)
        families.add_pregnancy(conn, someone.family_id, due_on=DAY)
        return someone.family_id

    return database.write(make)


def noted(database: Database) -> list[tuple[int, str, str, date]]:
    query = sa.select(work.c.family_id, work.c.campaign, work.c.step, work.c.since)
    return [tuple(row) for row in database.read(lambda conn: conn.execute(query.order_by(*work.c)).all())]


@pytest.mark.parametrize("anchor", INDEXES)
def test_narrowing_goes_by_the_index_of_its_anchor(database: Database, anchor: Anchor) -> None:
    query = due.families_of(hangs_on(anchor), DateRange(DAY, DAY))
    assert re.search(rf"\b{INDEXES[anchor]}\b", plan_of(database, query))


def test_the_rows_that_wait_are_found_by_their_index(database: Database) -> None:
    """From where a page begins to where it ends, not all that waits."""
    page = ((DAY - timedelta(days=3), 7), (DAY, 9))
    found = plan_of(database, due.families_waiting(page))
    assert re.search(
        r"\bix_outbox_waiting\b(.|\n)*(\(look_on,family_id\)>|ROW\(look_on, family_id\) >)", found
    )


@pytest.mark.parametrize(("days", "found"), [(-1, 0), (0, 1), (1, 0)])
def test_only_who_has_the_anchor_in_range_is_noted(
    database: Database, seal: Seal, clock: Clock, days: int, found: int
) -> None:
    a_family(database, seal, clock)
    day = DAY + timedelta(days=days)
    made = database.write(
        lambda conn: due.fill(conn, [Opened(hangs_on(Anchor.DUE), [DateRange(day, day)], DAY)])
    )
    assert (made, len(noted(database))) == (found, found)


@pytest.mark.parametrize(
    "changes",
    [{"to": frozenset({Role.GRANDPARENT})}, {"purpose": Purpose.REMINDERS}],
    ids=["role", "purpose"],
)
def test_whom_a_step_is_not_for_is_not_noted(
    database: Database, seal: Seal, clock: Clock, changes: dict[str, Any]
) -> None:
    a_family(database, seal, clock)
    step = hangs_on(Anchor.DUE, **changes)
    assert database.write(lambda conn: due.fill(conn, [Opened(step, [DateRange(DAY, DAY)], DAY)])) == 0


def test_noting_twice_keeps_one_row_and_the_earlier_day(database: Database, seal: Seal, clock: Clock) -> None:
    family_id = a_family(database, seal, clock)
    step, span = hangs_on(Anchor.DUE), [DateRange(DAY, DAY)]
    for since in (DAY, DAY - timedelta(days=3), DAY + timedelta(days=3)):
        database.write(lambda conn, since=since: due.fill(conn, [Opened(step, span, since)]))
    assert noted(database) == [(family_id, "flu", "nudge", DAY - timedelta(days=3))]


def test_a_parent_that_left_under_its_former_name_is_found(
    database: Database, seal: Seal, clock: Clock
) -> None:
    def make(conn: sa.Connection) -> None:
        who = rows.someone(conn, seal, clock.now)
        rows.row(conn, who, clock.now, step="once", state="sent", day=DAY)

    database.write(make)
    step, span = hangs_on(Anchor.AFTER), [DateRange(DAY, DAY)]
    assert database.write(lambda conn: due.fill(conn, [Opened(step, span, DAY)])) == 0
    assert (
        database.write(lambda conn: due.fill(conn, [Opened(step, span, DAY, frozenset({"offer", "once"}))]))
        == 1
    )


def test_taking_gives_each_family_once_and_leaves_nothing(
    database: Database, seal: Seal, clock: Clock
) -> None:
    family_id = a_family(database, seal, clock)
    one, two = hangs_on(Anchor.DUE), line.step("offer", when=Moment(Anchor.DUE, days=1))
    for step in (one, two):
        database.write(lambda conn, step=step: due.fill(conn, [Opened(step, [DateRange(DAY, DAY)], DAY)]))
    taken = database.write(lambda conn: due.take(conn, 10, clock.now))
    assert taken == [due.DueFamily(family_id, frozenset({one.key, two.key}), DAY)]
    assert noted(database) == []
    assert database.write(lambda conn: due.take(conn, 10, clock.now)) == []


def test_a_changed_family_is_looked_at_in_everything(database: Database, seal: Seal, clock: Clock) -> None:
    family_id = a_family(database, seal, clock)
    database.write(lambda conn: due.fill(conn, [Opened(hangs_on(Anchor.DUE), [DateRange(DAY, DAY)], DAY)]))
    database.write(lambda conn: families.mark_due(conn, family_id, DAY))
    assert database.write(lambda conn: due.take(conn, 10, clock.now)) == [due.DueFamily(family_id, None, DAY)]


def _filled(database: Database, today: date, size: int) -> list[int]:
    """How many families each page of what waits brought."""
    pages = database.read(lambda conn: due.waiting_pages(conn, today, size))
    return [database.write(lambda conn, page=page: due.fill_waiting(conn, today, page)) for page in pages]


def test_what_waits_is_noted_page_by_page_and_nobody_is_left_out(
    database: Database, seal: Seal, clock: Clock
) -> None:
    """Families whose rows wait for several days, the same family twice, and one whose day has not come."""
    days = [DAY, DAY - timedelta(days=9), DAY, DAY - timedelta(days=1), DAY + timedelta(days=1)]

    def make(conn: sa.Connection) -> list[int]:
        everybody = [rows.someone(conn, seal, clock.now, number) for number in range(len(days))]
        for who, day in zip([*everybody, everybody[0]], [*days, DAY - timedelta(days=2)], strict=True):
            rows.row(conn, who, clock.now, state="waiting", look_on=day, day=None, occurrence=str(day))
        return [who.family_id for who in everybody]

    families = database.write(make)
    brought = _filled(database, DAY, 2)
    found = [one.family_id for one in database.write(lambda conn: due.take(conn, 10, clock.now))]
    assert (found, len(brought), max(brought)) == (sorted(families[:4]), 3, 2)


def test_a_row_to_be_looked_at_brings_its_family_on_that_day(
    database: Database, seal: Seal, clock: Clock
) -> None:
    def make(conn: sa.Connection) -> int:
        who = rows.someone(conn, seal, clock.now)
        rows.row(conn, who, clock.now, state="waiting", look_on=DAY, day=None)
        return who.family_id

    family_id = database.write(make)
    assert _filled(database, DAY - timedelta(days=1), 10) == [0]
    assert _filled(database, DAY, 10) == [1]
    assert database.write(lambda conn: due.take(conn, 10, clock.now)) == [
        due.DueFamily(family_id, frozenset(), DAY)
    ]
