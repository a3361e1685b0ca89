"""Every row and every absence has an answer (P5)."""

from __future__ import annotations

from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa

from bot.domain.campaign import Anchor, Calendar, CapRules, Moment, Step
from bot.domain.family import Role
from bot.errors import NotFound
from bot.services import families, plan
from bot.services.why import history, members, why
from bot.store import families as rows
from bot.store import household
from bot.store.database import Database
from bot.store.sealed import Seal
from bot.store.tables import pregnancies
from tests import line
from tests.clock import Clock
from tests.people import DUE, People
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


def test_before_a_birth_is_known_nobody_is_said_not_to_be_meant(at: Any, clock: Clock) -> None:
    """It is for her as soon as there is one: of two reasons, one would be wrong."""
    people = at(offer(when=Moment(Anchor.BIRTH, days=1)))
    [mother] = people.family()
    plan.plan(people.desk, clock.now)
    assert "not for this person" not in asked(people, mother)


def _pregnant_again(people: People, who: Someone, due_on: date) -> tuple[str, str]:
    """Her first baby was born, and she is pregnant anew; gives the names of both pregnancies."""

    def work(conn: sa.Connection) -> tuple[str, str]:
        [first] = household.load(conn, [who.family_id])[0].pregnancies
        rows.update_pregnancy(
            conn, who.family_id, first.id, due_on=date(2025, 6, 1), born_on=date(2025, 6, 1)
        )
        return f"p{first.id}", f"p{rows.add_pregnancy(conn, who.family_id, due_on=due_on)}"

    return people.desk.database.write(work)


def test_of_two_pregnancies_each_has_its_own_reason(at: Any, clock: Clock) -> None:
    people = at(offer(opens_in=10))
    [mother] = people.family()
    first, second = _pregnant_again(people, mother, DUE)
    said = asked(people, mother)
    assert f"No row: {first} is not for this person, because: born. {first}: open from" in said
    assert f"{second}: open from 2027-02-12, closed from 2027-02-19." in said
    assert f"{second} is not for" not in said


def test_a_window_of_an_ended_pregnancy_is_not_said_to_be_planned_next(at: Any, clock: Clock) -> None:
    """It is open by its dates, and only the other pregnancy's step is still for her."""
    people = at(offer())
    [mother] = people.family()
    first, second = _pregnant_again(people, mother, DUE + timedelta(days=100))
    lost = sa.update(pregnancies).where(pregnancies.c.pregnancy_id == int(first[1:]))
    change = lost.values(due_on=DUE, born_on=None, lost_on=clock.now.date())
    people.desk.database.write(lambda conn: conn.execute(change))
    plan.plan(people.desk, clock.now)
    said = asked(people, mother)
    assert f"No row: {first} is not for this person, because: ended. {first}: open from 2027-02-02" in said
    assert f"{second}: open from" in said
    assert "next plan" not in said


def test_a_yearly_step_after_a_loss_is_not_said_to_be_planned_next(at: Any, clock: Clock) -> None:
    """The newest pregnancy decides, as it does for the plan."""
    people = at(offer(when=Moment(Anchor.JOINED, days=32)))
    [mother] = people.family()
    _first, second = _pregnant_again(people, mother, DUE)
    lost = sa.update(pregnancies).where(pregnancies.c.pregnancy_id == int(second[1:]))
    people.desk.database.write(lambda conn: conn.execute(lost.values(lost_on=clock.now.date())))
    plan.plan(people.desk, clock.now)
    said = asked(people, mother)
    assert "because: ended." in said
    assert "next plan" not in said


def test_a_window_that_closed_before_they_joined_says_so(at: Any, clock: Clock) -> None:
    people = at(offer(opens_in=-60))
    [mother] = people.family()
    plan.plan(people.desk, clock.now)
    assert "closed from 2026-12-11. They joined later." in asked(people, mother)


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
