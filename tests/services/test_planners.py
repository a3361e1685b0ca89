"""Two planners at once make what one would have made: no row twice, no day twice, no family left out."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from bot.domain.campaign import Anchor, Calendar, CapRules, Moment, Step
from bot.domain.family import Role
from bot.services import plan
from bot.services.desk import Desk
from bot.store.database import Database
from bot.store.sealed import Seal
from bot.store.tables import due, outbox
from tests import line
from tests.clock import Clock
from tests.people import People

FAMILIES = 40
STEPS = 8  # so many rows in `due` a family that a batch ends in the middle of one


def _step(number: int) -> Step:
    return line.step(f"step{number}", when=Moment(Anchor.JOINED, days=32), timing_hash=f"t{number}")


@pytest.fixture
def people(database: Database, seal: Seal, clock: Clock) -> People:
    config = SimpleNamespace(authors=frozenset(), calendar=Calendar(), cap=CapRules())
    steps = [_step(number) for number in range(STEPS)]
    made = People(line.desk(database, seal, shelf=line.shelf(*steps), config=config), clock)
    for number in range(0, 2 * FAMILIES, 2):  # a grandmother on her daughter's phone
        made.family(Role.MOTHER, Role.GRANDPARENT, numbers=(number, number))
    return made


def _together(desk: Desk, clock: Clock, planners: int = 2) -> None:
    ready = Barrier(planners)

    def one(_number: int) -> None:
        ready.wait()
        while plan.plan_batch(desk, clock.now, limit=7):
            pass

    with ThreadPoolExecutor(planners) as pool:
        list(pool.map(one, range(planners)))


def test_p4_two_planners_at_once_make_each_row_once_and_miss_none(people: People, clock: Clock) -> None:
    plan.narrow(people.desk, clock.now)
    _together(people.desk, clock)
    rows = people.desk.database.read(lambda conn: conn.execute(sa.select(outbox)).all())
    keys = Counter((row.member_id, row.step, row.occurrence) for row in rows)
    assert len(keys) == 2 * FAMILIES * STEPS
    assert set(keys.values()) == {1}


def test_p8_two_planners_at_once_give_a_phone_one_message_a_day(people: People, clock: Clock) -> None:
    plan.narrow(people.desk, clock.now)
    _together(people.desk, clock)
    rows = people.desk.database.read(lambda conn: conn.execute(sa.select(outbox)).all())
    queued = Counter(row.address_id for row in rows if row.state == "queued")
    assert len(queued) == FAMILIES
    assert set(queued.values()) == {1}


def test_two_planners_at_once_leave_nothing_due(people: People, clock: Clock) -> None:
    plan.narrow(people.desk, clock.now)
    _together(people.desk, clock)
    left = sa.select(sa.func.count()).select_from(due)
    assert people.desk.database.read(lambda conn: conn.execute(left).scalar()) == 0
