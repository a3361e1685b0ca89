"""A due date, and a birth told by mistake: asked about, and only a yes takes it back (P3, CARE 6)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from bot.domain.conversation import effects as e
from bot.domain.conversation.turn import Talk
from bot.domain.family import Hold, HoldKind, Link, Pregnancy, Role
from bot.domain.meaning import SaidDate, Word
from tests.speakers import TODAY, asked_for_nothing, hold, keys, kinds, known, says

YESTERDAY = SaidDate(day=TODAY - timedelta(days=1))
_BORN = Pregnancy(1, due_on=TODAY + timedelta(weeks=5), born_on=TODAY - timedelta(days=2))
_TO_COME = SaidDate(day=TODAY + timedelta(weeks=6))
_BACK = (e.TakeBackBirth(), e.SetDue(TODAY + timedelta(weeks=6)))


def test_care_6_due_is_hers_alone() -> None:
    due = SaidDate(day=TODAY + timedelta(weeks=3))
    assert e.SetDue in kinds(says(known(), word=Word.DUE, said_date=due))
    assert keys(says(known(Role.FATHER), word=Word.DUE, said_date=due)) == ["not_yours"]


def test_a_birth_that_is_still_to_come_is_asked_again() -> None:
    said = SaidDate(day=TODAY + timedelta(days=1))
    turn = says(known(), word=Word.BORN, said_date=said)
    assert (keys(turn), turn.effects) == (["ask_date_again"], ())


def test_care_18_a_birth_ends_the_silence_after_the_due_date() -> None:
    person = known(Role.MOTHER, hold(HoldKind.SILENCE, None))
    turn = says(person, word=Word.BORN, said_date=YESTERDAY)
    born = e.SetBorn(date(2027, 2, 1))
    assert turn.effects == (born, e.LiftHolds(frozenset({HoldKind.SILENCE})), e.AnsweredCheckIn())


def test_care_17_a_next_pregnancy_begins_though_relatives_are_linked() -> None:
    """They came by a code, and hear of it only when invited anew."""
    due = SaidDate(day=TODAY + timedelta(weeks=30))
    turn = says(known(Role.MOTHER, hold()), word=Word.DUE, said_date=due)
    assert (keys(turn), kinds(turn)) == (["due_saved"], [e.SetDue, e.LiftHolds])


def test_care_8_a_next_pregnancy_is_told_to_nobody_whose_own_family_it_is_too() -> None:
    her = known(Role.MOTHER, hold())
    assert her.family is not None
    mother, dad = her.family.members
    her = replace(her, family=replace(her.family, members=(mother, replace(dad, link=Link.OWN))))
    turn = says(her, word=Word.DUE, said_date=SaidDate(day=TODAY + timedelta(weeks=30)))
    assert (keys(turn), turn.effects) == (["support_menu"], ())


def test_a_due_date_to_come_after_a_birth_is_asked_about_and_changes_nothing_yet() -> None:
    """P3: a birth is not inferred, and neither is that there was none."""
    turn = says(known(pregnancy=_BORN), word=Word.DUE, said_date=_TO_COME)
    assert (keys(turn), turn.effects) == (["birth_to_come"], ())


def test_weeks_of_pregnancy_after_a_birth_are_asked_about_too() -> None:
    turn = says(known(pregnancy=_BORN), word=Word.DUE, said_date=SaidDate(gestation_days=34 * 7))
    assert (keys(turn), turn.effects) == (["birth_to_come"], ())


def test_the_question_comes_too_when_the_date_was_asked_for() -> None:
    turn = says(known(pregnancy=_BORN), Talk("due:date"), said_date=_TO_COME)
    assert keys(turn) == ["birth_to_come"]


@pytest.mark.parametrize("found", [{"digit": 1}, {"word": Word.YES}])
def test_one_takes_the_birth_back_and_saves_the_due_date(found: dict[str, int | Word]) -> None:
    asked = says(known(pregnancy=_BORN), word=Word.DUE, said_date=_TO_COME).talk
    turn = says(known(pregnancy=_BORN), asked, **found)
    assert (keys(turn), turn.effects) == (["due_saved"], _BACK)
    assert turn.replies[0].values == {"date": _TO_COME.day}


@pytest.mark.parametrize("found", [{"digit": 2}, {"word": Word.NO}])
def test_two_changes_nothing_and_says_so(found: dict[str, int | Word]) -> None:
    asked = says(known(pregnancy=_BORN), word=Word.DUE, said_date=_TO_COME).talk
    turn = says(known(pregnancy=_BORN), asked, **found)
    assert (keys(turn), turn.effects) == (["birth_stands"], ())


def test_a_one_of_last_week_takes_no_birth_back() -> None:
    asked = Talk("due:to_come", {"asked": (TODAY - timedelta(days=2)).isoformat()})
    assert says(known(pregnancy=_BORN), asked, digit=1).effects == ()


def test_a_due_date_that_only_another_baby_can_have_is_the_next_pregnancys() -> None:
    """Nobody is asked to take back the birth of a child who is nine months old."""
    older = replace(_BORN, born_on=TODAY - timedelta(days=270))
    turn = says(known(pregnancy=older), word=Word.DUE, said_date=SaidDate(day=TODAY + timedelta(days=60)))
    assert (keys(turn), kinds(turn)) == (["due_saved"], [e.SetDue, e.LiftHolds])


@pytest.mark.parametrize("role", [Role.FATHER, Role.PARTNER])
def test_care_6_a_linked_parent_may_take_a_birth_back_and_her_due_date_stands(role: Role) -> None:
    """Who may say BORN may say that it was not so; DUE is hers."""
    asked = says(known(role, pregnancy=_BORN), word=Word.DUE, said_date=_TO_COME)
    assert keys(asked) == ["birth_to_come"]
    turn = says(known(role, pregnancy=_BORN), asked.talk, digit=1)
    assert (turn.effects, turn.replies[0].values) == ((e.TakeBackBirth(),), {"date": _BORN.due_on})


def test_care_6_a_linked_parents_due_date_counts_where_she_gave_none() -> None:
    undated = replace(_BORN, due_on=None)
    asked = says(known(Role.FATHER, pregnancy=undated), word=Word.DUE, said_date=_TO_COME).talk
    assert says(known(Role.FATHER, pregnancy=undated), asked, digit=1).effects == _BACK


def test_care_9_a_relative_alone_takes_back_the_birth_they_told_themselves() -> None:
    alone = known(Role.GRANDPARENT, pregnancy=_BORN)
    assert alone.family is not None
    assert alone.member is not None
    own = replace(alone.member, link=Link.OWN)
    alone = replace(alone, member=own, family=replace(alone.family, members=(own,)))
    asked = says(alone, word=Word.DUE, said_date=_TO_COME).talk
    assert says(alone, asked, digit=1).effects == _BACK


@pytest.mark.parametrize("holds", [(), (hold(),)])
def test_care_8_a_father_is_asked_alike_whether_the_family_is_held_or_not(holds: tuple[Hold, ...]) -> None:
    lost = replace(_BORN, lost_on=TODAY) if holds else _BORN
    father = known(Role.FATHER, *holds, pregnancy=lost)
    asked = says(father, word=Word.DUE, said_date=_TO_COME)
    answered = says(father, asked.talk, digit=1)
    assert (keys(asked), keys(answered)) == (["birth_to_come"], ["due_saved"])
    assert answered.effects == ((e.Alert("told_during_hold"),) if holds else (e.TakeBackBirth(),))


def test_care_16_after_her_loss_nobody_asks_her_whether_baby_is_to_come() -> None:
    bereaved = asked_for_nothing(known(Role.MOTHER, hold(), pregnancy=replace(_BORN, lost_on=TODAY)))
    assert keys(says(bereaved, word=Word.DUE, said_date=_TO_COME)) == ["support_menu"]
    asked = Talk("due:to_come", {"asked": TODAY.isoformat(), "due": "2027-03-16"})
    assert (keys(says(bereaved, asked, digit=1)), says(bereaved, asked, digit=1).effects) == (
        ["support_menu"], (),
    )  # fmt: skip
