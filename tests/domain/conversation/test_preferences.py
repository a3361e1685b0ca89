"""TIME, REMIND ME, PRIVATE and the "5" that reads what was kept from the screen (CARE 22)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from bot.domain.conversation import effects as e
from bot.domain.conversation.converse import STILL_WANTED
from bot.domain.conversation.person import Person
from bot.domain.conversation.turn import Talk
from bot.domain.family import Purpose, Role
from bot.domain.hours import PartOfDay
from bot.domain.meaning import SaidDate, Word
from tests.speakers import TODAY, hold, keys, known, says


@pytest.mark.parametrize("answer", [{"digit": 3}, {"part": PartOfDay.EVENING}])
def test_time_is_asked_by_number_and_may_be_said_in_a_word(answer: dict[str, Any]) -> None:
    asked = says(known(), word=Word.TIME)
    assert (keys(asked), asked.effects) == (["time_when"], ())
    assert says(known(), asked.talk, **answer).effects == (e.SetTime(PartOfDay.EVENING),)
    assert says(known(), word=Word.TIME, part=PartOfDay.MIDDAY).effects == (e.SetTime(PartOfDay.MIDDAY),)


def test_time_is_asked_again_for_what_is_no_part_of_the_day_and_another_wish_goes_first() -> None:
    asked = says(known(), word=Word.TIME)
    assert keys(says(known(), asked.talk, digit=7)) == ["time_when"]
    assert keys(says(known(), asked.talk, word=Word.HELP)) == ["help"]


ABOUT = known(last_topic="flu")


@pytest.mark.parametrize(
    ("answer", "day"),
    [
        ({"digit": 1}, TODAY + timedelta(days=1)),
        ({"digit": 2}, TODAY + timedelta(days=3)),
        ({"digit": 3}, TODAY + timedelta(days=7)),
        ({"digit": 4}, TODAY + timedelta(days=14)),
        ({"said_date": SaidDate(day=date(2027, 3, 3))}, date(2027, 3, 3)),
    ],
)
def test_p1_a_reminder_is_agreed_to_by_choosing_its_day(answer: dict[str, Any], day: date) -> None:
    asked = says(ABOUT, word=Word.REMIND)
    assert (keys(asked), asked.effects) == (["remind_when"], ())
    turn = says(ABOUT, asked.talk, **answer)
    assert turn.effects == (e.RecordConsent(Purpose.REMINDERS, asked="remind_when"), e.Remind(day))
    assert turn.replies[0].values == {"date": day}


@pytest.mark.parametrize("day", [TODAY, TODAY - timedelta(days=3), TODAY + timedelta(weeks=13)])
def test_no_reminder_is_for_today_the_past_or_next_year(day: date) -> None:
    turn = says(ABOUT, word=Word.REMIND, said_date=SaidDate(day=day))
    assert (keys(turn), turn.effects) == (["remind_when"], ())


@pytest.mark.parametrize("topic", [None, "after_loss", "baby_loss_awareness_week"])
def test_without_anything_to_be_reminded_of_nothing_is_promised(topic: str | None) -> None:
    assert keys(says(known(last_topic=topic), word=Word.REMIND)) == ["remind_of_what"]


def test_care_19_after_a_loss_nobody_is_reminded_of_a_baby() -> None:
    turn = says(known(Role.MOTHER, hold(), last_topic="flu"), word=Word.REMIND)
    assert (keys(turn), turn.effects) == (["start_after_loss"], ())


def _private(*unread: int, **more: Any) -> Person:
    person = known(unread=unread, **more)
    assert person.member is not None
    return replace(person, member=replace(person.member, private=True))


def test_care_22_private_is_on_and_off_by_a_word() -> None:
    assert says(known(), word=Word.PRIVATE).effects == (e.SetPrivate(True),)
    assert says(known(), word=Word.NOT_PRIVATE).effects == (e.SetPrivate(False),)


def test_care_22_five_shows_what_was_kept_from_the_screen() -> None:
    turn = says(_private(11, 12), digit=5)
    assert [one.values for one in turn.replies] == [{"row": "11"}, {"row": "12"}]
    assert turn.effects == (e.Shown((11, 12)),)


def test_care_22_five_says_so_when_there_is_nothing_to_read_and_is_no_word_of_others() -> None:
    assert keys(says(_private(), digit=5)) == ["nothing_to_read"]
    assert keys(says(known(unread=(11,)), digit=5)) == ["not_understood"]


def test_care_22_after_a_stop_five_shows_nothing() -> None:
    assert says(_private(11, stopped=True), digit=5).replies == ()


def test_care_22_reading_leaves_the_question_standing() -> None:
    assert says(_private(11), Talk(STILL_WANTED), digit=5).talk == Talk(STILL_WANTED)
