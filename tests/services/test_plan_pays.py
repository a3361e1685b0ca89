"""What a plan pays for: what is due, and nothing else; counted in statements and rows, never in seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from benchmarks.counting import Said, listening
from bot.domain.campaign import Anchor, Calendar, CapRules, Moment, MonthDay, Step
from bot.services import families, narrowing, plan, publish
from bot.services.desk import Desk
from bot.store import due
from bot.store.database import Database
from bot.store.sealed import Seal
from bot.store.tables import due as work
from bot.store.tables import outbox
from tests import line
from tests.clock import Clock
from tests.people import DUE, People
from tests.services import shelves

TODAY = date(2027, 2, 2)
PREGNANT_DAYS = 280 - (DUE - TODAY).days  # of a mother due on DUE, on TODAY


def week_step(step_id: str = "offer", opens_in: int = 0, **changes: Any) -> Step:
    """Opens in so many days from TODAY for who is due on DUE, and is open for a week."""
    when = Moment(Anchor.DUE, days=PREGNANT_DAYS + opens_in)
    return line.step(step_id, **({"when": when, "timing_hash": f"t-{step_id}"} | changes))


def desk_of(database: Database, seal: Seal, *steps: Step) -> Desk:
    config = SimpleNamespace(authors=frozenset(), calendar=Calendar(), cap=CapRules())
    return line.desk(database, seal, shelf=line.shelf(*steps), config=config)


@contextmanager
def transactions(database: Database) -> Iterator[list[int]]:
    """How many families each transaction of the block noted, where it noted any."""
    noted: list[int] = []
    now = [0]

    def heard(_conn: Any, cursor: Any, statement: str, *_more: Any) -> None:
        if statement.startswith("INSERT INTO due"):
            now[0] += max(cursor.rowcount, 0)

    def committed(_conn: Any) -> None:
        noted.extend(now if now[0] else [])
        now[0] = 0

    event.listen(database.engine, "after_cursor_execute", heard)
    event.listen(database.engine, "commit", committed)
    yield noted
    event.remove(database.engine, "after_cursor_execute", heard)
    event.remove(database.engine, "commit", committed)


def said_by(desk: Desk, deed: Callable[[], object]) -> Said:
    with listening(desk.database) as said:
        deed()
    return said


@pytest.mark.parametrize("step", [week_step(), week_step(until=Moment(Anchor.DUE, days=PREGNANT_DAYS + 30))])
def test_a_batch_says_as_much_for_many_families_as_for_few(
    database: Database, seal: Seal, clock: Clock, step: Step
) -> None:
    people = People(desk_of(database, seal, step), clock)
    for number in range(3):
        people.family(numbers=(number,))
    few = said_by(people.desk, lambda: plan.plan(people.desk, clock.now))
    for number in range(3, 33):
        people.family(numbers=(number,))
    database.write(lambda conn: conn.execute(sa.delete(outbox)))
    mark_everybody(database)
    many = said_by(people.desk, lambda: plan.plan(people.desk, clock.now))
    rows = database.read(lambda conn: conn.execute(sa.select(sa.func.count()).select_from(outbox)).scalar())
    assert rows == 33
    assert many.statements <= few.statements + 1


def mark_everybody(database: Database) -> None:
    """Every family is due for the one step."""

    def fill(conn: sa.Connection) -> None:
        opened = due.Opened(week_step(), [due.DateRange(DUE, DUE)], TODAY)
        due.fill(conn, [opened])

    database.write(fill)


def test_an_idle_tick_says_as_much_for_many_families_as_for_few(
    database: Database, seal: Seal, clock: Clock
) -> None:
    people = People(desk_of(database, seal, week_step(), week_step("later", 9)), clock)
    people.family(numbers=(0,))
    plan.plan(people.desk, clock.now)
    few = said_by(people.desk, lambda: plan.plan(people.desk, clock.now))
    for number in range(1, 21):
        people.family(numbers=(number,), due_on=DUE + timedelta(days=90))
    many = said_by(people.desk, lambda: plan.plan(people.desk, clock.now))
    assert (many.statements, many.rows) == (few.statements, 0)


def test_a_corrected_date_writes_as_much_whatever_the_number_of_steps(
    database: Database, seal: Seal, clock: Clock
) -> None:
    steps = [week_step(f"s{number}", 20 + number) for number in range(40)]
    written = []
    for number, desk in enumerate((desk_of(database, seal, steps[0]), desk_of(database, seal, *steps))):
        [mother] = People(desk, clock).family(numbers=(number,))
        plan.plan(desk, clock.now)
        correct = lambda desk=desk, mother=mother: families.correct_due(  # noqa: E731
            desk, mother.family_id, DUE + timedelta(days=4), clock.now, "tests"
        )
        written.append(said_by(desk, correct).rows)
    assert written[0] == written[1]


def test_a_step_published_at_another_time_writes_as_much_whatever_the_number_of_families(
    database: Database, seal: Seal, clock: Clock
) -> None:
    desk = shelves.desk(database, seal)
    publish.publish(desk, shelves.content(), "officer", clock.now)
    retimed = [
        shelves.content("campaigns/flu.yaml", "pregnancy: 32w", f"pregnancy: {weeks}w") for weeks in (33, 34)
    ]
    few = said_by(desk, lambda: publish.publish(desk, retimed[0], "officer", clock.now))
    for number in range(12):
        People(desk, clock).family(numbers=(number,))
    many = said_by(desk, lambda: publish.publish(desk, retimed[1], "officer", clock.now))
    assert (many.statements, many.rows) == (few.statements, few.rows)


def test_after_a_step_is_retimed_only_those_it_is_open_for_are_looked_at(
    database: Database, seal: Seal, clock: Clock
) -> None:
    people = People(desk_of(database, seal, week_step()), clock)
    for number in range(6):  # the step opened on six days, three days apart
        people.family(numbers=(number,), due_on=DUE - timedelta(days=3 * number))
    plan.plan(people.desk, clock.now)
    people.desk.shelf.published = line.shelf(week_step(opens_in=-2, timing_hash="t2")).published  # type: ignore[attr-defined]
    report = plan.plan(people.desk, clock.now)
    assert report.families == 2  # open since two days ago and since five; for the others it is closed
    assert report.made <= 2


@pytest.mark.parametrize(
    "when",
    [Moment(Anchor.DATE, on=MonthDay(2, 2)), Moment(Anchor.JOINED, days=1)],
    ids=["for everybody", "with an end that hangs on another date"],
)
def test_a_step_without_an_end_to_its_dates_is_noted_page_by_page_and_misses_nobody(
    database: Database, seal: Seal, clock: Clock, when: Moment
) -> None:
    until = Moment(Anchor.DUE, days=280) if when.anchor is Anchor.JOINED else None
    step = line.step("all", when=when, until=until, timing_hash="t1")
    people = People(desk_of(database, seal, step), clock)
    ids = [people.family(numbers=(number,))[0].family_id for number in range(7)]
    narrowing.narrow(people.desk, clock.now)
    noted = database.read(lambda conn: conn.execute(sa.select(work.c.family_id)).scalars().all())
    assert sorted(noted) == sorted(ids)


@pytest.mark.parametrize("on_days", [25, 1])
@pytest.mark.parametrize(("at_once", "least", "most"), [(1000, 50, 50), (5, 2, 6)], ids=["few", "many"])
def test_a_step_that_opened_for_few_is_noted_at_once_and_for_many_in_parts(
    database: Database, seal: Seal, clock: Clock, at_once: int, least: int, most: int, on_days: int
) -> None:
    """Each part is a transaction of its own: who brings a STOP waits for one of them."""
    step = week_step(until=Moment(Anchor.DUE, days=PREGNANT_DAYS + 30), timing_hash="new")
    people = People(desk_of(database, seal, step), clock)
    days = [DUE - timedelta(days=number % on_days) for number in range(50)]
    ids = [people.family(numbers=(n,), due_on=day)[0].family_id for n, day in enumerate(days)]
    with transactions(database) as noted:
        narrowing.narrow(people.desk, clock.now, at_once)
    found = database.read(lambda conn: conn.execute(sa.select(work.c.family_id)).scalars().all())
    assert sorted(found) == sorted(ids)
    assert least <= max(noted) <= most


@pytest.mark.parametrize("size", [1, 2, 3, 50])
def test_pages_hold_every_family_once(database: Database, seal: Seal, clock: Clock, size: int) -> None:
    people = People(desk_of(database, seal, week_step()), clock)
    ids = [people.family(numbers=(number,))[0].family_id for number in range(7)]
    pages = database.read(lambda conn: due.pages(conn, size))
    assert [sum(first < one <= last for first, last in pages) for one in ids] == [1] * 7
    assert all(sum(first < one <= last for one in ids) <= size for first, last in pages)
    opened = [due.Opened(week_step(), [due.DateRange(DUE, DUE)], TODAY, frozenset(), page) for page in pages]
    assert database.write(lambda conn: due.fill(conn, opened)) == 7
