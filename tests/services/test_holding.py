"""P3 and CARE 2, 6, 16-18: one word holds the whole family; who may take it back; what comes after."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from bot.domain.family import BabyStatus, HoldKind, Role
from bot.domain.outbox import Kind
from bot.services import holding
from bot.store import families
from tests.people import People
from tests.rows import Someone

TODAY = date(2027, 2, 2)


def _loss(people: People, who: Someone, *, clear: bool = True) -> None:
    now = people.clock.now
    people.desk.database.write(
        lambda conn: holding.loss(conn, who.family_id, who.member_id, now, clear=clear)
    )


def _undo(people: People, who: Someone, member_id: int | None = None) -> int:
    now, by = people.clock.now, who.member_id if member_id is None else member_id or None
    return people.desk.database.write(lambda conn: holding.undo(conn, who.family_id, by, now))


def _kinds(people: People, who: Someone) -> list[HoldKind]:
    return [hold.kind for hold in people.load(who).holds]


@pytest.mark.parametrize("kind", [Kind.STAGED, Kind.CHECK_IN, Kind.STAFF])
@pytest.mark.parametrize("writer", [0, 1, 2])
def test_p3_a_loss_by_anyone_cancels_everyones_open_messages(people: People, kind: Kind, writer: int) -> None:
    everyone = people.family(Role.MOTHER, Role.FATHER, Role.GRANDPARENT)
    rows = [people.row(who, kind) for who in everyone]
    _loss(people, everyone[writer])
    assert {people.state(row) for row in rows} == {("cancelled", "hold")}


@pytest.mark.parametrize("kind", [Kind.CHOSEN, Kind.REPLY, Kind.CRISIS])
def test_p3_what_was_asked_for_and_answers_still_go(people: People, kind: Kind) -> None:
    (mother,) = people.family()
    more = {"inbound_id": 1} if kind is not Kind.CHOSEN else {}
    row = people.row(mother, kind, **more)
    _loss(people, mother)
    assert people.state(row)[0] == "queued"


def test_p3_a_loss_keeps_its_london_day_and_who_told(people: People) -> None:
    mother, father = people.family(Role.MOTHER, Role.FATHER)
    _loss(people, father)
    family = people.load(mother)
    assert family.current().lost_on == TODAY  # type: ignore[union-attr]
    assert [(hold.kind, hold.member_id) for hold in family.holds] == [(HoldKind.LOSS, father.member_id)]
    assert people.events(mother) == ["hold", "loss"]


def test_p3_a_second_report_keeps_the_first_day(people: People) -> None:
    mother, father = people.family(Role.MOTHER, Role.FATHER)
    _loss(people, father)
    people.clock.pass_(days=2)
    _loss(people, mother)
    assert people.load(mother).pregnancies[0].lost_on == TODAY
    assert len(people.load(mother).holds) == 2


def test_p3_a_loss_infers_nothing_about_a_baby(people: People) -> None:
    (mother,) = people.family()
    _loss(people, mother)
    assert [baby.status for baby in people.load(mother).pregnancies[0].babies] == [BabyStatus.EXPECTED]


def test_a_loss_in_a_family_that_gave_no_date_is_kept_too(people: People) -> None:
    (mother,) = people.family(due_on=None)
    _loss(people, mother)
    assert people.load(mother).pregnancies[0].lost_on == TODAY


def test_care_02_an_unclear_loss_pauses_at_once_and_keeps_no_day(people: People) -> None:
    (mother,) = people.family()
    row = people.row(mother)
    _loss(people, mother, clear=False)
    assert people.state(row) == ("cancelled", "hold")
    assert _kinds(people, mother) == [HoldKind.UNCLEAR_LOSS]
    assert people.load(mother).pregnancies[0].lost_on is None


def test_care_06_one_undoes_ones_own_report(people: People) -> None:
    mother, father = people.family(Role.MOTHER, Role.FATHER)
    _loss(people, father)
    people.clock.pass_(days=6, hours=23)
    assert _undo(people, father) == 1
    family = people.load(mother)
    assert (family.held, family.pregnancies[0].lost_on, family.epoch) == (False, None, 1)


def test_care_06_after_seven_days_nothing_is_undone(people: People) -> None:
    (mother,) = people.family()
    _loss(people, mother)
    people.clock.pass_(days=7, seconds=1)
    assert _undo(people, mother) == 0
    assert people.load(mother).held


def test_care_06_the_mother_undoes_everybodys_reports(people: People) -> None:
    mother, father, grandmother = people.family(Role.MOTHER, Role.FATHER, Role.GRANDPARENT)
    for who in (father, grandmother):
        _loss(people, who)
    assert _undo(people, mother) == 2
    assert people.load(mother).pregnancies[0].lost_on is None


def test_care_06_nobody_undoes_the_mothers_report(people: People) -> None:
    mother, father = people.family(Role.MOTHER, Role.FATHER)
    _loss(people, mother)
    _loss(people, father)
    assert _undo(people, father) == 1
    family = people.load(mother)
    assert family.held
    assert family.pregnancies[0].lost_on == TODAY


def test_care_06_staff_undo_at_any_time(people: People) -> None:
    (mother,) = people.family()
    _loss(people, mother)
    people.clock.pass_(days=30)
    assert _undo(people, mother, member_id=0) == 1
    assert not people.load(mother).held


def test_an_undo_leaves_an_earlier_loss_as_it_was(people: People) -> None:
    (mother,) = people.family()
    earlier = people.load(mother).pregnancies[0].id

    def before(conn: Any) -> None:
        families.update_pregnancy(conn, mother.family_id, earlier, lost_on=date(2026, 1, 5))
        families.add_pregnancy(conn, mother.family_id, due_on=date(2027, 9, 1))

    people.desk.database.write(before)
    _loss(people, mother)
    _undo(people, mother)
    assert [pregnancy.lost_on for pregnancy in people.load(mother).pregnancies] == [date(2026, 1, 5), None]


def test_care_18_silence_holds_and_infers_no_loss(people: People) -> None:
    (mother,) = people.family()
    row = people.row(mother)
    people.desk.database.write(lambda conn: holding.silence(conn, mother.family_id, people.clock.now))
    assert _kinds(people, mother) == [HoldKind.SILENCE]
    assert people.state(row) == ("cancelled", "hold")
    assert people.load(mother).pregnancies[0].lost_on is None


def test_an_undo_does_not_end_a_hold_that_is_no_loss(people: People) -> None:
    (mother,) = people.family()
    people.desk.database.write(lambda conn: holding.silence(conn, mother.family_id, people.clock.now))
    assert _undo(people, mother) == 0


def _lift(people: People, who: Someone, *kinds: HoldKind) -> int:
    now = people.clock.now
    return people.desk.database.write(
        lambda conn: holding.lift(conn, who.family_id, who.member_id, kinds, now)
    )


def test_care_02_ok_by_its_writer_ends_an_unclear_loss(people: People) -> None:
    _, father = people.family(Role.MOTHER, Role.FATHER)
    _loss(people, father, clear=False)
    assert _lift(people, father, HoldKind.UNCLEAR_LOSS) == 1
    assert not people.load(father).held


def test_care_02_an_ok_that_is_for_an_unclear_loss_ends_no_plain_one(people: People) -> None:
    _, father = people.family(Role.MOTHER, Role.FATHER)
    _loss(people, father)
    assert _lift(people, father, HoldKind.UNCLEAR_LOSS) == 0
    assert people.load(father).held


def test_care_18_a_silence_is_nobodys_so_a_fathers_word_of_the_birth_ends_it(people: People) -> None:
    mother, father = people.family(Role.MOTHER, Role.FATHER)
    people.desk.database.write(lambda conn: holding.silence(conn, mother.family_id, people.clock.now))
    assert _lift(people, father, HoldKind.SILENCE) == 1
    assert not people.load(mother).held


def test_care_06_ok_by_the_mother_ends_a_relatives_loss(people: People) -> None:
    mother, father = people.family(Role.MOTHER, Role.FATHER)
    _loss(people, father)
    assert _lift(people, mother, HoldKind.LOSS) == 1
    assert people.load(mother).pregnancies[0].lost_on is None


def test_care_06_ok_by_a_relative_does_not_end_the_mothers_loss(people: People) -> None:
    mother, father = people.family(Role.MOTHER, Role.FATHER)
    _loss(people, mother)
    assert _lift(people, father, HoldKind.LOSS) == 0
    assert people.load(mother).held


def test_what_was_asked_for_after_a_loss_waits_for_the_planner_once_it_is_undone(people: People) -> None:
    (mother,) = people.family()
    _loss(people, mother)
    row = people.row(mother, Kind.CHOSEN)
    _undo(people, mother)
    assert people.state(row) == ("waiting", "moved")


def test_an_undo_leaves_the_day_of_a_loss_that_was_told_long_before(people: People) -> None:
    """A mother asked for her living twin; a father's mistaken word weeks later is not that loss."""
    mother, father = people.family(Role.MOTHER, Role.FATHER)
    _loss(people, mother)
    people.desk.database.write(
        lambda conn: holding.resume_living(conn, mother.family_id, [mother.member_id], people.clock.now)
    )
    people.clock.pass_(days=20)
    _loss(people, father)
    assert _undo(people, father) == 1
    assert people.load(mother).pregnancies[0].lost_on == TODAY
    assert people.load(mother).pregnancies[0].resumed_for == frozenset({mother.member_id})


def test_care_07_asking_for_a_living_baby_does_not_say_that_she_can_be_reached(people: People) -> None:
    (mother,) = people.family()
    people.desk.database.write(
        lambda conn: families.open_hold(
            conn, mother.family_id, HoldKind.MOTHER_AWAY, mother.member_id, people.clock.now
        )
    )
    people.desk.database.write(
        lambda conn: holding.resume_living(conn, mother.family_id, [mother.member_id], people.clock.now)
    )
    assert _kinds(people, mother) == [HoldKind.MOTHER_AWAY]


def test_care_17_asking_for_a_living_baby_ends_a_silence_too(people: People) -> None:
    (mother,) = people.family()
    people.desk.database.write(lambda conn: holding.silence(conn, mother.family_id, people.clock.now))
    people.desk.database.write(
        lambda conn: holding.resume_living(conn, mother.family_id, [mother.member_id], people.clock.now)
    )
    assert not people.load(mother).held


def test_care_17_a_living_baby_is_resumed_for_whom_asked_and_the_loss_stays(people: People) -> None:
    mother, father = people.family(Role.MOTHER, Role.FATHER)
    _loss(people, mother)
    people.desk.database.write(
        lambda conn: holding.resume_living(conn, mother.family_id, [mother.member_id], people.clock.now)
    )
    family = people.load(mother)
    assert not family.held
    assert family.pregnancies[0].lost_on == TODAY
    assert family.pregnancies[0].resumed_for == frozenset({mother.member_id})
    assert father.member_id not in family.pregnancies[0].resumed_for


@pytest.mark.parametrize("kind", [Kind.STAGED, Kind.CHOSEN])
def test_p8_what_was_queued_before_a_hold_ended_is_looked_at_again_before_it_leaves(
    people: People, kind: Kind
) -> None:
    """What was queued by how things stood during the hold (a chosen message, or one from a race with it)."""
    (mother,) = people.family()
    _loss(people, mother)
    row = people.row(mother, kind)
    assert _undo(people, mother) == 1
    assert people.state(row) == ("waiting", "moved")
