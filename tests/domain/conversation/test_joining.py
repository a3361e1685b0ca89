"""Joining: what is asked, in which order, and what is saved (CARE 11 to 14)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from bot.domain.conversation import effects as e
from bot.domain.conversation.person import Person
from bot.domain.conversation.turn import Talk, Turn
from bot.domain.family import Purpose, Role
from bot.domain.inbound import InboundKind
from bot.domain.meaning import SaidDate, StopKind, Word
from tests.speakers import STRANGER, TODAY, keys, kinds, says

TWO = replace(STRANGER, offered=(("en", "English"), ("ur", "Urdu")))
ASKED_DATE = Talk("join:date", {"language": "en", "role": "mother"})
AGREED = e.RecordConsent(Purpose.PREGNANCY_AND_BABY)


def _through(person: Person, *texts: dict[str, Any]) -> list[Turn]:
    turns, talk = [], Talk.none()
    for text in texts:
        turns.append(says(person, talk, **text))
        talk = turns[-1].talk
    return turns


def test_care_11_language_consent_who_date_and_read_back_are_five_texts() -> None:
    due = SaidDate(day=date(2027, 5, 25))
    turns = _through(TWO, {"word": Word.JOIN}, {"digit": 2}, {"digit": 1}, {"digit": 1}, {"said_date": due})
    assert [keys(turn) for turn in turns] == [
        ["ask_language"], ["consent"], ["ask_who"], ["ask_date_mother"], ["welcome"],
    ]  # fmt: skip
    assert turns[-1].effects == (e.CreateMember(Role.MOTHER, "ur", date(2027, 5, 25)), AGREED)


def test_care_4_each_language_stands_on_its_own_line_beside_its_number() -> None:
    """In one line, two that run from right to left change places, and each stands at the other's number."""
    asked = says(replace(STRANGER, offered=(*TWO.offered, ("ar", "العربية"))), Talk.none(), word=Word.JOIN)
    assert asked.replies[0].values["menu"] == "1 English\n2 Urdu\n3 العربية"


def test_care_4_who_may_be_said_in_a_word_too() -> None:
    turn = says(STRANGER, Talk("join:who", {"language": "en"}), role=Role.FATHER)
    assert turn.talk.data["role"] == "father"


def test_a_day_that_can_hardly_be_a_due_date_yet_is_a_birth() -> None:
    """ "10 September", said in late November, is a baby of ten weeks, not a pregnancy of one day."""
    said = SaidDate(day=TODAY + timedelta(weeks=41), past=TODAY - timedelta(weeks=11))
    assert keys(says(STRANGER, ASKED_DATE, said_date=said)) == ["born_where"]


def test_care_14_something_else_while_joining_is_quiet_at_once() -> None:
    home = Talk("join:home", {"language": "en", "role": "mother", "born": TODAY.isoformat()})
    turn = says(STRANGER, home, digit=3)
    assert (keys(turn), kinds(turn)) == (["support_menu"], [e.CreateMember, e.RecordConsent, e.ReportLoss])


def test_care_14_something_else_while_joining_keeps_no_day_of_birth() -> None:
    home = Talk("join:home", {"language": "en", "role": "mother", "born": TODAY.isoformat()})
    assert says(STRANGER, home, digit=3).effects[0] == e.CreateMember(Role.MOTHER, "en", None, None)


def test_a_due_date_further_off_than_any_pregnancy_is_asked_again() -> None:
    for weeks, answer in ((42, "welcome"), (43, "ask_date_again")):
        said = SaidDate(day=TODAY + timedelta(weeks=weeks))
        assert keys(says(STRANGER, ASKED_DATE, said_date=said)) == [answer]


def test_care_11_nothing_is_kept_before_the_last_answer() -> None:
    turns = _through(TWO, {"word": Word.JOIN}, {"digit": 1}, {"digit": 1}, {"digit": 1})
    assert [turn.effects for turn in turns] == [()] * 4


def test_care_11_where_one_language_is_offered_consent_comes_first() -> None:
    assert keys(says(STRANGER, word=Word.JOIN)) == ["consent"]


def test_care_11_the_questions_come_in_the_language_that_was_chosen() -> None:
    turns = _through(TWO, {"word": Word.JOIN}, {"language": "ur"}, {"digit": 1})
    assert [turn.replies[0].language for turn in turns] == [None, "ur", "ur"]


def test_care_12_who_does_not_agree_is_not_kept() -> None:
    turn = says(STRANGER, Talk("join:consent", {"language": "en"}), digit=2)
    assert (keys(turn), turn.effects, turn.talk) == (["consent_declined"], (), Talk.none())


@pytest.mark.parametrize("answer", [{"digit": 3}, {"word": Word.THANKS}, {}])
def test_care_12_only_a_plain_yes_is_consent(answer: dict[str, Any]) -> None:
    assert keys(says(STRANGER, Talk("join:consent", {"language": "en"}), **answer)) == ["consent"]


def test_care_13_a_number_that_is_no_mobile_is_told_so_once() -> None:
    foreign = replace(STRANGER, not_a_mobile="foreign")
    assert keys(says(foreign, word=Word.JOIN)) == ["not_a_mobile"]
    for text in ({"word": Word.JOIN}, {"word": Word.HELP}, {"word": Word.START}, {}):
        assert keys(says(replace(foreign, told_off=True), **text)) == []


def test_care_13_who_stopped_half_way_starts_again_at_the_beginning() -> None:
    turn = says(replace(STRANGER, stopped=True), ASKED_DATE, word=Word.START)
    assert (kinds(turn), keys(turn)) == ([e.StartAddress], ["consent"])


def test_care_14_a_day_that_has_gone_is_asked_about_before_it_is_a_birth() -> None:
    turn = says(STRANGER, ASKED_DATE, said_date=SaidDate(day=TODAY - timedelta(days=3)))
    assert (keys(turn), turn.effects) == (["born_where"], ())
    assert kinds(says(STRANGER, turn.talk, digit=2)) == [e.CreateMember, e.RecordConsent, e.SetNeonatal]
    assert keys(says(STRANGER, turn.talk, digit=3)) == ["support_menu"]


@pytest.mark.parametrize("weeks", [39, 40, 41])
def test_so_many_weeks_pregnant_is_never_a_birth(weeks: int) -> None:
    turn = says(STRANGER, ASKED_DATE, said_date=SaidDate(gestation_days=7 * weeks))
    due = TODAY + timedelta(weeks=40 - weeks)
    assert turn.effects[0] == e.CreateMember(Role.MOTHER, "en", due_on=due)


@pytest.mark.parametrize("said", [SaidDate(impossible=True), SaidDate(gestation_days=7 * 44), None])
def test_a_date_that_cannot_be_is_asked_again(said: SaidDate | None) -> None:
    turn = says(STRANGER, ASKED_DATE, said_date=said)
    assert (keys(turn), turn.talk) == (["ask_date_again"], ASKED_DATE)


def test_who_does_not_know_the_date_joins_without_it() -> None:
    turn = says(STRANGER, ASKED_DATE, digit=0)
    assert (keys(turn), turn.effects[0]) == (["welcome_no_date"], e.CreateMember(Role.MOTHER, "en"))


def test_a_start_half_way_asks_the_same_question_again() -> None:
    for kind in (InboundKind.TEXT, InboundKind.START):
        assert keys(says(STRANGER, ASKED_DATE, kind, word=Word.START)) == ["ask_date_mother"]


def test_care_11_a_stop_ends_the_questions() -> None:
    assert says(STRANGER, ASKED_DATE, stop=StopKind.TOTAL).talk == Talk.none()
