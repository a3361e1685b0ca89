"""Who may tell what of a pregnancy, what a held family is answered, and UNDO (CARE 6, 8, 15, 16)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.conversation import effects as e
from bot.domain.conversation.turn import Talk
from bot.domain.family import HoldKind, Link, Pregnancy, Role
from bot.domain.meaning import SaidDate, Word
from tests.speakers import MOTHER, NOW, RELATIVE, TODAY, asked_for_nothing, hold, keys, kinds, known, says

YESTERDAY = SaidDate(day=TODAY - timedelta(days=1))
OUTSIDERS = (Role.GRANDPARENT, Role.SIBLING, Role.CARER)
_TELL = (Word.BORN, Word.NEONATAL, Word.HOME, Word.APART, Word.DUE)
_BORN = Pregnancy(1, due_on=TODAY + timedelta(weeks=5), born_on=TODAY - timedelta(days=2))


@pytest.mark.parametrize("role", OUTSIDERS)
@pytest.mark.parametrize("word", _TELL)
def test_care_6_a_linked_relative_changes_nothing_of_the_family(role: Role, word: Word) -> None:
    turn = says(known(role), word=word, said_date=YESTERDAY)
    assert (keys(turn), turn.effects) == (["not_yours"], ())


@pytest.mark.parametrize("role", [Role.MOTHER, Role.FATHER, Role.PARTNER])
def test_care_6_mother_and_linked_parents_may_say_born(role: Role) -> None:
    assert e.SetBorn in kinds(says(known(role), word=Word.BORN, said_date=YESTERDAY))


@pytest.mark.parametrize(
    ("writer", "reporter", "undone"),
    [(Role.MOTHER, MOTHER, True), (Role.MOTHER, RELATIVE, True), (Role.FATHER, RELATIVE, True),
     (Role.FATHER, MOTHER, False)],
)  # fmt: skip
def test_care_6_undo_is_for_ones_own_word_and_the_mothers_for_all(
    writer: Role, reporter: int, undone: bool
) -> None:
    turn = says(known(writer, hold(by=reporter)), word=Word.UNDO)
    assert turn.effects == ((e.UndoLoss(),) if undone else ())


def test_an_undo_comes_too_late_after_a_week() -> None:
    assert keys(says(known(Role.MOTHER, hold(days_ago=8)), word=Word.UNDO)) == ["undo_nothing"]


def test_care_6_an_undo_is_in_time_for_seven_days() -> None:
    assert says(known(Role.MOTHER, hold(days_ago=7)), word=Word.UNDO).effects == (e.UndoLoss(),)


def test_p3_an_undo_is_for_a_loss_and_not_for_a_silence() -> None:
    assert keys(says(known(Role.MOTHER, hold(HoldKind.SILENCE, None)), word=Word.UNDO)) == ["undo_nothing"]


def test_care_6_a_relative_who_joined_alone_owns_no_dates_once_she_is_there() -> None:
    father = known(Role.FATHER)
    assert father.member is not None
    own = replace(father, member=replace(father.member, link=Link.OWN))
    due = SaidDate(day=TODAY + timedelta(weeks=3))
    assert keys(says(own, word=Word.DUE, said_date=due)) == ["not_yours"]


def test_care_15_apart_stops_baby_content_and_home_resumes() -> None:
    assert says(known(), word=Word.APART).effects == (e.SetApart(),)
    assert says(known(), word=Word.HOME).effects == (e.SetHome(),)


@pytest.mark.parametrize("word", _TELL)
def test_care_16_after_her_loss_no_word_brings_baby_messages_back(word: Word) -> None:
    her = asked_for_nothing(known(Role.MOTHER, hold()))
    turn = says(her, word=word, said_date=YESTERDAY)
    assert (keys(turn), turn.effects) == (["support_menu"], ())


@pytest.mark.parametrize("word", [Word.BORN, Word.HOME, Word.NEONATAL])
def test_care_8_a_fathers_news_in_a_held_family_changes_nothing_and_staff_look(word: Word) -> None:
    turn = says(known(Role.FATHER, hold()), word=word, said_date=YESTERDAY)
    assert turn.effects == (e.Alert("told_during_hold"),)


def test_care_6_nothing_is_called_saved_to_her_while_a_relatives_word_holds_it_back() -> None:
    asked = Talk("born:where", {"born": (TODAY - timedelta(days=1)).isoformat()})
    turn = says(known(Role.MOTHER, hold(by=RELATIVE)), asked, digit=1)
    assert (keys(turn), turn.effects) == (["held_ok"], ())


@pytest.mark.parametrize(("days", "answer"), [(6, "birth_to_come"), (8, "undo_nothing")])
def test_undo_of_ones_own_birth_is_asked_about_for_seven_days(days: int, answer: str) -> None:
    her = known(pregnancy=_BORN, told_birth_at=NOW - timedelta(days=days))
    turn = says(her, word=Word.UNDO)
    assert (keys(turn), turn.effects) == ([answer], ())


def test_undo_takes_back_no_birth_that_somebody_else_told() -> None:
    assert keys(says(known(pregnancy=_BORN), word=Word.UNDO)) == ["undo_nothing"]


def test_undo_of_a_birth_keeps_the_due_date_that_was_known() -> None:
    her = known(pregnancy=_BORN, told_birth_at=NOW)
    turn = says(her, says(her, word=Word.UNDO).talk, digit=1)
    assert (turn.effects, turn.replies[0].values) == ((e.TakeBackBirth(),), {"date": _BORN.due_on})


def test_undo_of_a_birth_asks_for_the_due_date_where_none_is_known() -> None:
    her = known(pregnancy=replace(_BORN, due_on=None), told_birth_at=NOW)
    turn = says(her, says(her, word=Word.UNDO).talk, digit=1)
    assert (keys(turn), turn.effects, turn.talk) == (["due_ask"], (e.TakeBackBirth(),), Talk("due:date"))


def test_p2_after_a_stop_undo_asks_nothing_that_could_not_be_answered() -> None:
    her = known(pregnancy=_BORN, told_birth_at=NOW, stopped=True)
    assert keys(says(her, word=Word.UNDO)) == ["undo_nothing"]
