"""A birth, as told: the day read back, an early one asked about, in hospital (CARE 14, 15)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.choosing import Choice
from bot.domain.conversation import born
from bot.domain.conversation import effects as e
from bot.domain.conversation.turn import Talk
from bot.domain.family import Pregnancy, Purpose
from bot.domain.meaning import LossKind, SaidDate, Word
from tests.speakers import TODAY, keys, kinds, known, says

YESTERDAY = SaidDate(day=TODAY - timedelta(days=1))
EARLY = Pregnancy(1, due_on=TODAY + timedelta(weeks=8))
_BORN = Pregnancy(1, due_on=TODAY + timedelta(weeks=5), born_on=TODAY - timedelta(days=2))


@pytest.mark.parametrize(("days", "answer"), [(21, "born_saved"), (22, "born_where")])
def test_care_14_thirty_seven_weeks_to_the_day_is_not_early(days: int, answer: str) -> None:
    said = SaidDate(day=TODAY)
    expecting = known(pregnancy=Pregnancy(1, due_on=TODAY + timedelta(days=days)))
    assert keys(says(expecting, word=Word.BORN, said_date=said)) == [answer]


def test_care_15_neonatal_is_kept_while_the_day_is_asked() -> None:
    asked = says(known(pregnancy=EARLY), word=Word.NEONATAL)
    assert keys(asked) == ["born_ask_date"]
    assert e.SetNeonatal in kinds(says(known(pregnancy=EARLY), asked.talk, said_date=YESTERDAY))


@pytest.mark.parametrize("said", [None, YESTERDAY])
def test_care_14_an_early_birth_is_asked_about_first(said: SaidDate | None) -> None:
    turn = says(known(pregnancy=EARLY), word=Word.BORN, said_date=said)
    assert (keys(turn), turn.effects) == (["born_where"], ())


def test_care_14_two_is_in_hospital_and_three_the_support_menu() -> None:
    asked = says(known(pregnancy=EARLY), word=Word.BORN, said_date=YESTERDAY).talk
    hospital = says(known(pregnancy=EARLY), asked, digit=2)
    assert (keys(hospital), e.SetNeonatal in kinds(hospital)) == (["neonatal"], True)
    assert keys(says(known(pregnancy=EARLY), asked, digit=3)) == ["support_menu"]


def test_the_day_of_an_early_birth_is_read_back_too() -> None:
    """Whether it came with BORN, with NEONATAL, or was known."""
    day = YESTERDAY.day
    asked = says(known(pregnancy=EARLY), word=Word.BORN, said_date=YESTERDAY).talk
    turns = [
        says(known(pregnancy=EARLY), asked, digit=2),
        says(known(pregnancy=EARLY), word=Word.NEONATAL, said_date=YESTERDAY),
        says(known(pregnancy=replace(EARLY, born_on=day)), word=Word.NEONATAL),
    ]
    assert [turn.replies[0].values for turn in turns] == [{"date": day, "ward": ""}] * 3


@pytest.mark.parametrize(("wanted", "word"), [(False, "WARD"), (True, "")])
def test_care_15_who_has_a_baby_on_a_ward_is_told_what_may_be_chosen_for_these_days(
    wanted: bool, word: str
) -> None:
    """Once: who has chosen it already is not told again."""
    ward = Choice(born.WARD, "WARD", "Time on a ward", Purpose.PREGNANCY_AND_BABY, wanted=wanted)
    person = known(pregnancy=_BORN, choices=(ward,))
    assert says(person, word=Word.NEONATAL).replies[0].values["ward"] == word
    asked = replace(person, family=known(pregnancy=EARLY).family)
    hospital = says(asked, Talk("born:where", {"born": TODAY.isoformat()}), digit=2)
    assert hospital.replies[0].values["ward"] == word
    none = replace(ward, offered=False)
    assert says(replace(person, choices=(none,)), word=Word.NEONATAL).replies[0].values["ward"] == ""


@pytest.mark.parametrize(("days", "told"), [(0, ["born_saved"]), (1, ["born_saved", "paused"])])
def test_who_paused_before_the_birth_is_reminded_that_texts_wait(days: int, told: list[str]) -> None:
    """The first nights are when they matter; START ends the pause, and BORN does not."""
    person = known()
    assert person.member is not None
    paused = replace(person, member=replace(person.member, paused_until=TODAY + timedelta(days=days)))
    turn = says(paused, word=Word.BORN, said_date=YESTERDAY)
    assert (keys(turn), e.Resume in kinds(turn)) == (told, False)


def test_care_14_something_else_is_quiet_at_once() -> None:
    turn = says(known(pregnancy=EARLY), Talk("born:where"), digit=3)
    assert (keys(turn), turn.effects[0]) == (["support_menu"], e.ReportLoss(LossKind.UNCLEAR))


def test_born_with_another_date_corrects_the_day() -> None:
    turn = says(known(pregnancy=replace(_BORN, due_on=TODAY)), word=Word.BORN, said_date=YESTERDAY)
    assert e.SetBorn(TODAY - timedelta(days=1)) in turn.effects
