"""After the due date: one neutral question, and quiet when nobody answers (P3, CARE 9, 18)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa

from bot.content.config import CheckIn
from bot.domain.address import ChannelName
from bot.domain.family import HoldKind, Role
from bot.services import dates, dispatch, families
from bot.services.check_ins import check_ins
from bot.store.database import Database
from bot.store.sealed import Seal
from bot.store.tables import outbox
from tests import line
from tests.clock import Clock
from tests.people import People
from tests.rows import Someone

DUE = date(2027, 1, 23)  # ten days before the clock starts


@pytest.fixture
def people(database: Database, seal: Seal, clock: Clock) -> People:
    """A desk that asks after 10 days and waits 4."""
    config = SimpleNamespace(authors=frozenset(), check_in=CheckIn(after_due_days=10, silence_days=4))
    return People(line.desk(database, seal, config=config), clock)


def asked(people: People) -> list[sa.Row[Any]]:
    query = sa.select(outbox).where(outbox.c.kind == "check_in").order_by(outbox.c.outbox_id)
    return list(people.desk.database.read(lambda conn: conn.execute(query).all()))


def sent(people: People) -> None:
    """The question left now."""
    change = sa.update(outbox).values(state="sent", sent_at=people.clock.now)
    people.desk.database.write(lambda conn: conn.execute(change))


def holds(people: People, who: Someone) -> set[HoldKind]:
    return {hold.kind for hold in people.load(who).holds}


def test_p3_ten_days_after_the_due_date_one_question_is_ready(people: People, clock: Clock) -> None:
    [mother] = people.family(due_on=DUE)
    assert check_ins(people.desk, clock.now) == 1
    [row] = asked(people)
    assert (row.state, row.member_id, row.send_at) == ("queued", mother.member_id, clock.now)
    assert (row.not_after.hour, row.closes_on) == (19, clock.now.date() + timedelta(days=4))


def test_p3_nothing_is_asked_a_day_before(people: People, clock: Clock) -> None:
    people.family(due_on=DUE + timedelta(days=1))
    assert check_ins(people.desk, clock.now) == 0
    assert asked(people) == []


def test_p3_it_is_asked_once(people: People, clock: Clock) -> None:
    people.family(due_on=DUE)
    check_ins(people.desk, clock.now)
    assert check_ins(people.desk, clock.pass_(hours=1)) == 0
    assert len(asked(people)) == 1


def test_p6_in_the_evening_it_is_kept_for_the_morning(people: People, clock: Clock) -> None:
    people.family(due_on=DUE)
    clock.now = datetime(2027, 2, 2, 21, tzinfo=UTC)
    check_ins(people.desk, clock.now)
    [row] = asked(people)
    assert row.send_at == datetime(2027, 2, 3, 10, tzinfo=UTC)


def test_care_18_the_question_leaves_in_the_words_of_the_check_in(people: People, clock: Clock) -> None:
    people.family(due_on=DUE)
    check_ins(people.desk, clock.now)
    [job] = dispatch.claim(people.desk, ChannelName.SMS, 5, clock.now)
    assert job.message.body == "Our texts have now stopped."


@pytest.mark.parametrize("told", ["born", "loss"])
def test_p3_nothing_is_asked_once_we_were_told(people: People, clock: Clock, told: str) -> None:
    [mother] = people.family(due_on=DUE)
    if told == "born":
        families.born(people.desk, mother.family_id, DUE, clock.now, "tests")
    else:
        families.loss(people.desk, mother.family_id, mother.member_id, clock.now, "tests")
    assert check_ins(people.desk, clock.now) == 0
    assert asked(people) == []


def test_the_mother_is_asked_and_not_the_father(people: People, clock: Clock) -> None:
    mother, _father = people.family(Role.MOTHER, Role.FATHER, due_on=DUE)
    check_ins(people.desk, clock.now)
    assert [row.member_id for row in asked(people)] == [mother.member_id]


def test_care_09_a_relative_alone_has_their_own_check_in(people: People, clock: Clock) -> None:
    [father] = people.family(Role.FATHER, due_on=DUE)
    check_ins(people.desk, clock.now)
    assert [row.member_id for row in asked(people)] == [father.member_id]


def test_who_said_stop_is_not_asked(people: People, clock: Clock) -> None:
    [mother] = people.family(due_on=DUE)
    stopped = sa.text("UPDATE addresses SET stopped_at = created_at")
    people.desk.database.write(lambda conn: conn.execute(stopped))
    assert check_ins(people.desk, clock.now) == 0
    assert asked(people) == []
    assert holds(people, mother) == set()


@pytest.mark.parametrize("why", ["no consent", "stopped"])
def test_whoever_of_a_family_can_be_asked_is_asked(people: People, clock: Clock, why: str) -> None:
    mother, father = people.family(Role.MOTHER, Role.FATHER, due_on=DUE)
    change = {
        "no consent": "UPDATE consent_states SET live = false WHERE member_id = :member",
        "stopped": "UPDATE addresses SET stopped_at = created_at WHERE address_id = :address",
    }
    given = {"member": mother.member_id} if why == "no consent" else {"address": mother.address_id}
    people.desk.database.write(lambda conn: conn.execute(sa.text(change[why]), given))
    check_ins(people.desk, clock.now)
    assert [row.member_id for row in asked(people)] == [father.member_id]


def test_p3_a_question_that_could_not_be_delivered_is_given_its_four_days_too(
    people: People, clock: Clock
) -> None:
    [mother] = people.family(due_on=DUE)
    check_ins(people.desk, clock.now)
    people.desk.database.write(lambda conn: conn.execute(sa.update(outbox).values(state="failed")))
    assert check_ins(people.desk, clock.pass_(days=3)) == 0
    assert check_ins(people.desk, clock.pass_(days=1)) == 1
    assert holds(people, mother) == {HoldKind.SILENCE}


def test_p3_four_days_without_an_answer_are_quiet(people: People, clock: Clock) -> None:
    [mother] = people.family(due_on=DUE)
    check_ins(people.desk, clock.now)
    sent(people)
    assert check_ins(people.desk, clock.pass_(days=3, hours=23)) == 0
    assert check_ins(people.desk, clock.pass_(hours=1)) == 1
    assert holds(people, mother) == {HoldKind.SILENCE}
    assert people.load(mother).pregnancies[0].lost_on is None


def test_an_answer_keeps_the_quiet_away(people: People, clock: Clock) -> None:
    [mother] = people.family(due_on=DUE)
    check_ins(people.desk, clock.now)
    sent(people)
    clock.pass_(days=1)
    people.desk.database.write(lambda conn: dates.answered_check_in(conn, mother.family_id, clock.now))
    assert check_ins(people.desk, clock.pass_(days=10)) == 0
    assert holds(people, mother) == set()


def test_a_loss_is_an_answer_though_it_is_undone(people: People, clock: Clock) -> None:
    [mother] = people.family(due_on=DUE)
    check_ins(people.desk, clock.now)
    sent(people)
    families.loss(people.desk, mother.family_id, mother.member_id, clock.pass_(days=1), "tests")
    families.undo(people.desk, mother.family_id, clock.now, "tests")
    assert check_ins(people.desk, clock.pass_(days=10)) == 0
    assert holds(people, mother) == set()


def test_p3_after_a_loss_that_was_undone_the_question_is_still_asked(people: People, clock: Clock) -> None:
    """Else a LOSS by mistake at 20 weeks would leave a family of whom nothing is known unasked for ever."""
    [mother] = people.family(due_on=DUE + timedelta(days=5))
    families.loss(people.desk, mother.family_id, mother.member_id, clock.now, "tests")
    families.undo(people.desk, mother.family_id, clock.now, "tests")
    assert check_ins(people.desk, clock.pass_(days=5)) == 1
    assert [row.member_id for row in asked(people)] == [mother.member_id]


def test_the_four_days_count_from_when_the_question_left(people: People, clock: Clock) -> None:
    [mother] = people.family(due_on=DUE)
    check_ins(people.desk, clock.now)
    clock.pass_(days=2)
    sent(people)
    assert check_ins(people.desk, clock.pass_(days=3)) == 0
    assert check_ins(people.desk, clock.pass_(days=1)) == 1
    assert holds(people, mother) == {HoldKind.SILENCE}


def test_a_corrected_due_date_is_asked_about_anew(people: People, clock: Clock) -> None:
    [mother] = people.family(due_on=DUE)
    check_ins(people.desk, clock.now)
    sent(people)
    families.correct_due(people.desk, mother.family_id, DUE + timedelta(days=7), clock.now, "tests")
    assert check_ins(people.desk, clock.pass_(days=6)) == 0
    assert check_ins(people.desk, clock.pass_(days=1)) == 1
    assert len(asked(people)) == 2


def test_many_families_are_asked_in_one_go(people: People, clock: Clock) -> None:
    for number in range(55):
        people.family(numbers=(number,), due_on=DUE)
    assert check_ins(people.desk, clock.now) == 55
    assert check_ins(people.desk, clock.now) == 0
