"""Every row and every absence has an answer (P5)."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa

from bot.domain.campaign import Anchor, Calendar, CapRules, Moment, Step
from bot.domain.family import Role
from bot.errors import NotFound
from bot.services import families, plan
from bot.services.why import history, members, why
from bot.store.database import Database
from bot.store.sealed import Seal
from tests import line
from tests.clock import Clock
from tests.people import People
from tests.rows import Someone

PREGNANT_DAYS = 161  # on 2 February 2027, of a mother due on 1 June


def offer(opens_in: int = 0, **changes: Any) -> Step:
    when = Moment(Anchor.DUE, days=PREGNANT_DAYS + opens_in)
    return line.step("offer", **({"when": when, "timing_hash": "t1"} | changes))


@pytest.fixture
def at(database: Database, seal: Seal, clock: Clock) -> Any:
    """Makes people at a desk with these steps."""
    config = SimpleNamespace(authors=frozenset(), calendar=Calendar(), cap=CapRules())

    def make(*steps: Step) -> People:
        return People(line.desk(database, seal, shelf=line.shelf(*steps), config=config), clock)

    return make


def asked(people: People, who: Someone, step: str = "offer") -> str:
    return " ".join(why(people.desk, who.family_id, who.member_id, "flu", step, people.clock.now))


def test_a_queued_row_says_its_day_and_its_end(at: Any, clock: Clock) -> None:
    people = at(offer())
    [mother] = people.family()
    plan.plan(people.desk, clock.now)
    said = asked(people, mother)
    assert "planned on 2027-02-02, queued for 2027-02-02; it closes on 2027-02-09." in said
    assert "No row" not in said


def test_a_row_that_ended_says_why(at: Any, clock: Clock) -> None:
    people = at(offer())
    [mother] = people.family()
    plan.plan(people.desk, clock.now)
    families.loss(people.desk, mother.family_id, mother.member_id, clock.now, "tests")
    said = asked(people, mother)
    assert "cancelled" in said
    assert "because: hold" in said
    assert "2027-02-02: loss." in said


def test_an_absence_says_when_the_step_opens(at: Any, clock: Clock) -> None:
    people = at(offer(opens_in=10))
    [mother] = people.family()
    plan.plan(people.desk, clock.now)
    assert "open from 2027-02-12, closed from 2027-02-19." in asked(people, mother)


def test_an_absence_says_that_the_family_is_held(at: Any, clock: Clock) -> None:
    people = at(offer())
    [mother] = people.family()
    families.loss(people.desk, mother.family_id, mother.member_id, clock.now, "tests")
    plan.plan(people.desk, clock.now)
    assert "No row: the family is held since 2027-02-02." in asked(people, mother)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"to": frozenset({Role.FATHER})}, "No row: the step is not for the role mother."),
        ({"purpose": line.Purpose.REMINDERS}, "No row: no live consent for reminders."),
        ({"when": Moment(Anchor.BIRTH, days=1)}, "No row: nothing known to count from (birth)."),
    ],
    ids=["role", "consent", "dates"],
)
def test_an_absence_says_what_stands_against_it(
    at: Any, clock: Clock, changes: dict[str, Any], sentence: str
) -> None:
    people = at(offer(**changes))
    [mother] = people.family()
    plan.plan(people.desk, clock.now)
    assert sentence in asked(people, mother)


def test_what_is_not_live_says_so(at: Any) -> None:
    people = at(offer())
    [mother] = people.family()
    assert "nothing of this name may be sent now" in asked(people, mother, "unknown")


def test_a_stopped_address_says_so(at: Any) -> None:
    people = at(offer())
    [mother] = people.family()
    stopped = sa.text("UPDATE addresses SET stopped_at = created_at")
    people.desk.database.write(lambda conn: conn.execute(stopped))
    assert "No row: the address is stopped." in asked(people, mother)


def test_a_stranger_is_not_found(at: Any, clock: Clock) -> None:
    people = at(offer())
    with pytest.raises(NotFound):
        why(people.desk, 1, 2, "flu", "offer", clock.now)


def test_a_members_history_has_every_row_then_the_events(at: Any, clock: Clock) -> None:
    people = at(offer())
    [mother] = people.family()
    plan.plan(people.desk, clock.now)
    families.loss(people.desk, mother.family_id, mother.member_id, clock.now, "tests")
    said = history(people.desk, mother.family_id, mother.member_id)
    assert said[0].startswith("flu/offer p")
    assert "because: hold" in said[0]
    assert "2027-02-02: loss." in said[1:]
    assert members(people.desk, mother.family_id) == [(mother.member_id, Role.MOTHER)]


def test_the_history_of_a_stranger_is_not_found(at: Any) -> None:
    people = at(offer())
    [mother] = people.family()
    with pytest.raises(NotFound):
        history(people.desk, mother.family_id, 5)
    with pytest.raises(NotFound):
        members(people.desk, 5)
