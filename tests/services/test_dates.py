"""P7 and CARE 14, 15: a corrected date, a birth and what is told of a baby re-plan by themselves."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot.domain.family import BabyStatus, HoldKind, Pregnancy, Role
from bot.domain.outbox import Kind
from bot.services import dates, holding, wishes
from bot.store import families
from bot.store.behind import told_births
from bot.store.tables import due
from tests.people import DUE, People
from tests.rows import Someone


def _do(people: People, what: Any, who: Someone, *arguments: Any, **more: Any) -> Any:
    now = people.clock.now
    return people.desk.database.write(
        lambda conn: what(conn, who.family_id, *arguments, who.member_id, now, **more)
    )


def _pregnancy(people: People, who: Someone) -> Pregnancy:
    found = people.load(who).current()
    assert found is not None
    return found


def _statuses(people: People, who: Someone) -> list[BabyStatus]:
    return [baby.status for baby in _pregnancy(people, who).babies]


def _answered(people: People, who: Someone) -> frozenset[tuple[str, str]]:
    (member,) = people.load(who).members
    return member.answered


def test_p7_a_corrected_due_date_recalls_what_was_queued_and_calls_the_planner(people: People) -> None:
    mother, father = people.family(Role.MOTHER, Role.FATHER)
    rows = [people.row(mother), people.row(father, Kind.CHOSEN)]
    _do(people, dates.set_due, mother, DUE + timedelta(days=21))
    assert {people.state(row) for row in rows} == {("waiting", "moved")}
    assert _pregnancy(people, mother).due_on == DUE + timedelta(days=21)
    marked = people.desk.database.read(lambda conn: conn.execute(sa.select(due)).one())
    assert (marked.family_id, marked.since) == (mother.family_id, date(2027, 2, 2))


def test_done_holds_for_one_pregnancy_and_not_for_the_next(people: People) -> None:
    """Else who had her flu vaccine once would never be offered it in a second pregnancy."""
    (mother,) = people.family()
    people.desk.database.write(
        lambda conn: wishes.answer(conn, mother.family_id, mother.member_id, "flu", "done", people.clock.now)
    )
    _do(people, dates.set_due, mother, DUE + timedelta(days=21))
    assert _answered(people, mother) == {("flu", "done")}
    _do(people, dates.set_born, mother, DUE)
    _do(people, dates.set_due, mother, DUE + timedelta(days=500))
    assert _answered(people, mother) == set()


def test_p7_a_change_leaves_alone_what_has_left_and_other_families(people: People) -> None:
    (mother,) = people.family(numbers=(1,))
    (other,) = people.family(numbers=(2,))
    sent, others = people.row(mother, state="sent"), people.row(other)
    _do(people, dates.set_due, mother, DUE + timedelta(days=21))
    assert (people.state(sent)[0], people.state(others)[0]) == ("sent", "queued")


def test_p5_a_changed_date_is_written_down_with_the_one_before(people: People) -> None:
    (mother,) = people.family()
    _do(people, dates.set_due, mother, DUE + timedelta(days=21))
    event = people.desk.database.read(lambda conn: families.events(conn, mother.family_id))[-1]
    assert (event.kind, event.member_id) == ("due", mother.member_id)
    assert (event.detail["before"], event.detail["due_on"]) == ("2027-06-01", "2027-06-22")


def test_a_first_due_date_makes_the_pregnancy(people: People) -> None:
    (mother,) = people.family(due_on=None)
    _do(people, dates.set_due, mother, DUE)
    assert [pregnancy.due_on for pregnancy in people.load(mother).pregnancies] == [DUE]


def test_a_due_date_after_a_loss_is_a_new_pregnancy(people: People) -> None:
    (mother,) = people.family()
    people.desk.database.write(
        lambda conn: holding.loss(conn, mother.family_id, mother.member_id, people.clock.now)
    )
    _do(people, dates.set_due, mother, date(2027, 11, 1))
    lost, new = people.load(mother).pregnancies
    assert (lost.lost_on, lost.due_on) == (date(2027, 2, 2), DUE)
    assert (new.lost_on, new.due_on) == (None, date(2027, 11, 1))


def test_a_due_date_long_after_a_birth_is_a_new_pregnancy(people: People) -> None:
    (mother,) = people.family(due_on=date(2026, 6, 1))
    _do(people, dates.set_born, mother, date(2026, 6, 3))
    _do(people, dates.set_due, mother, date(2027, 9, 1))
    assert len(people.load(mother).pregnancies) == 2


@pytest.mark.parametrize(
    ("days", "another"), [(17 * 7, False), (120, False), (121, True), (40 * 7 - 1, True)]
)
def test_a_due_date_can_be_the_born_baby_s_own_as_far_as_the_earliest_that_lives(
    people: People, days: int, another: bool
) -> None:
    """Born at 23 weeks it is due 17 weeks on; later than that it must not be counted from it."""
    (mother,) = people.family()
    born = people.clock.now.date() - timedelta(days=7)
    _do(people, dates.set_born, mother, born)
    _do(people, dates.set_due, mother, born + timedelta(days=days))
    [first, *more] = people.load(mother).pregnancies
    assert bool(more) is another
    assert first.born_on == born
    assert first.corrected_on == (DUE if another else born + timedelta(days=days))


def test_a_birth_is_kept_with_its_corrected_day(people: People) -> None:
    (mother,) = people.family(due_on=date(2027, 2, 4))
    _do(people, dates.set_born, mother, date(2027, 2, 1))
    pregnancy = _pregnancy(people, mother)
    assert (pregnancy.born_on, pregnancy.corrected_on) == (date(2027, 2, 1), date(2027, 2, 1))
    assert _statuses(people, mother) == [BabyStatus.BORN]


@pytest.mark.parametrize(("early", "from_due"), [(22, True), (21, False)])
def test_a_baby_born_before_37_weeks_is_counted_from_the_due_date(
    people: People, early: int, from_due: bool
) -> None:
    born_on = date(2027, 2, 1)
    due_on = born_on + timedelta(days=early)
    (mother,) = people.family(due_on=due_on)
    _do(people, dates.set_born, mother, born_on)
    assert _pregnancy(people, mother).corrected_on == (due_on if from_due else born_on)


def test_a_due_date_corrected_after_the_birth_corrects_the_count(people: People) -> None:
    (mother,) = people.family(due_on=date(2027, 2, 10))
    _do(people, dates.set_born, mother, date(2027, 2, 1))
    _do(people, dates.set_due, mother, date(2027, 3, 10))
    assert len(people.load(mother).pregnancies) == 1
    assert _pregnancy(people, mother).corrected_on == date(2027, 3, 10)


def test_twins_are_two_babies(people: People) -> None:
    (mother,) = people.family()
    _do(people, dates.set_born, mother, date(2027, 2, 1), babies=2)
    assert _statuses(people, mother) == [BabyStatus.BORN] * 2


def test_a_birth_says_nothing_of_a_baby_that_died(people: People) -> None:
    (mother,) = people.family()
    pregnancy_id = _pregnancy(people, mother).id
    people.desk.database.write(
        lambda conn: families.set_babies(
            conn, mother.family_id, pregnancy_id, [BabyStatus.DIED, BabyStatus.EXPECTED]
        )
    )
    _do(people, dates.set_born, mother, date(2027, 2, 1))
    assert _statuses(people, mother) == [BabyStatus.DIED, BabyStatus.BORN]


def test_p3_a_birth_ends_the_silence_and_its_check_in(people: People) -> None:
    (mother,) = people.family()
    row = people.row(mother, Kind.CHECK_IN)
    people.desk.database.write(
        lambda conn: families.open_hold(conn, mother.family_id, HoldKind.SILENCE, None, people.clock.now)
    )
    _do(people, dates.set_born, mother, date(2027, 2, 1))
    assert people.state(row) == ("cancelled", "answered")
    assert not people.load(mother).held


def test_p3_a_birth_does_not_end_a_hold_for_a_loss(people: People) -> None:
    (mother,) = people.family()
    people.desk.database.write(
        lambda conn: holding.loss(conn, mother.family_id, mother.member_id, people.clock.now)
    )
    _do(people, dates.set_born, mother, date(2027, 2, 1))
    assert people.load(mother).held


def test_care_15_neonatal_and_home(people: People) -> None:
    (mother,) = people.family()
    row = people.row(mother)
    _do(people, dates.set_neonatal, mother)
    assert _pregnancy(people, mother).neonatal
    assert people.state(row)[0] == "waiting"
    _do(people, dates.set_home, mother)
    assert not _pregnancy(people, mother).neonatal
    assert people.events(mother) == ["neonatal", "home"]


def test_care_15_apart_and_home_again(people: People) -> None:
    (mother,) = people.family()
    _do(people, dates.set_born, mother, date(2027, 2, 1), babies=2)
    before = people.load(mother).epoch
    _do(people, dates.set_apart, mother)
    assert _pregnancy(people, mother).apart
    _do(people, dates.set_home, mother)
    assert _statuses(people, mother) == [BabyStatus.BORN] * 2
    assert people.load(mother).epoch > before


def test_care_15_of_twins_of_whom_one_died_apart_and_home_are_said_of_the_other(people: People) -> None:
    (mother,) = people.family()
    _do(people, dates.set_born, mother, date(2027, 2, 1), babies=2)
    pregnancy = _pregnancy(people, mother)
    people.desk.database.write(
        lambda conn: families.set_babies(
            conn, mother.family_id, pregnancy.id, [BabyStatus.DIED, BabyStatus.BORN]
        )
    )
    _do(people, dates.set_apart, mother)
    assert _statuses(people, mother) == [BabyStatus.DIED, BabyStatus.APART]
    _do(people, dates.set_home, mother)
    assert _statuses(people, mother) == [BabyStatus.DIED, BabyStatus.BORN]


def test_p3_an_answer_to_the_check_in_is_kept(people: People) -> None:
    (mother,) = people.family()
    now = people.clock.now
    people.desk.database.write(lambda conn: dates.answered_check_in(conn, mother.family_id, now))
    kept = people.desk.database.read(
        lambda conn: conn.execute(sa.text("SELECT check_in_answered_at FROM pregnancies")).scalar_one()
    )
    assert kept is not None


def _born(people: People, *roles: Role, day: date = date(2027, 2, 1), **more: Any) -> list[Someone]:
    """A family whose mother told a birth, as it turns out by mistake."""
    members = people.family(*roles)
    _do(people, dates.set_born, members[0], day, **more)
    return members


def test_a_birth_taken_back_leaves_the_baby_expected_by_the_due_date(people: People) -> None:
    (mother,) = _born(people, babies=2)
    assert _do(people, dates.take_back_birth, mother)
    pregnancy = _pregnancy(people, mother)
    assert (pregnancy.born_on, pregnancy.corrected_on, pregnancy.due_on) == (None, None, DUE)
    assert _statuses(people, mother) == [BabyStatus.EXPECTED] * 2
    assert people.events(mother) == ["born", "not_born"]


def test_p7_what_the_mistaken_birth_began_ends_at_once_in_the_old_epoch(people: People) -> None:
    """So it can come round when the baby is born, and what the birth ended can come round now."""
    mother, father = _born(people, Role.MOTHER, Role.FATHER)
    pregnancy, before = _pregnancy(people, mother), people.load(mother).epoch
    rows = [people.row(one, pregnancy_id=pregnancy.id) for one in (mother, father)]
    spent = people.row(mother, state="sent", pregnancy_id=pregnancy.id, day=date(2027, 2, 1))
    _do(people, dates.take_back_birth, mother)
    assert {people.state(row) for row in rows} == {("skipped", "moved")}
    assert people.state(spent)[0] == "sent"
    assert people.load(mother).epoch == before + 1


def test_p3_a_birth_beside_a_loss_is_not_taken_back(people: People) -> None:
    (mother,) = _born(people)
    people.desk.database.write(
        lambda conn: holding.loss(conn, mother.family_id, mother.member_id, people.clock.now)
    )
    assert not _do(people, dates.take_back_birth, mother)
    assert _pregnancy(people, mother).born_on == date(2027, 2, 1)


def test_no_birth_is_taken_back_twice(people: People) -> None:
    (mother,) = _born(people)
    _do(people, dates.take_back_birth, mother)
    assert not _do(people, dates.take_back_birth, mother)


def test_born_with_another_date_corrects_the_day_of_birth(people: People) -> None:
    (mother,) = _born(people)
    _do(people, dates.set_born, mother, date(2027, 1, 30))
    assert [one.born_on for one in people.load(mother).pregnancies] == [date(2027, 1, 30)]


def _told(people: People, who: Someone) -> bool:
    """Whether the birth that stands is this one's to take back."""
    theirs = (who.family_id, who.member_id)
    return theirs in people.desk.database.read(lambda conn: told_births(conn, [theirs]))


def test_a_birth_is_hers_who_told_it_until_anything_else_is_told_of_the_baby(people: People) -> None:
    mother, father = _born(people, Role.MOTHER, Role.FATHER)
    assert (_told(people, mother), _told(people, father)) == (True, False)
    _do(people, dates.set_neonatal, mother)  # in the same text, at the same moment
    assert _told(people, mother)
    people.clock.pass_(minutes=5)
    _do(people, dates.set_home, father)
    assert not _told(people, mother)


def test_care_8_a_hold_does_not_change_what_a_father_may_take_back(people: People) -> None:
    """Else his UNDO would tell him that the family is held."""
    mother, father = people.family(Role.MOTHER, Role.FATHER)
    _do(people, dates.set_born, father, date(2027, 2, 1))
    people.clock.pass_(minutes=5)
    people.desk.database.write(
        lambda conn: holding.loss(conn, mother.family_id, mother.member_id, people.clock.now)
    )
    assert _told(people, father)
