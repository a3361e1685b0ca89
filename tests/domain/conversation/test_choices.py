"""START, OK, PAUSE and the like; a hold is told to nobody who may not know of it (CARE 2, 5, 6, 8)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from bot.domain.conversation import effects as e
from bot.domain.conversation.person import Person
from bot.domain.conversation.turn import Talk, Turn
from bot.domain.family import Hold, HoldKind, Purpose, Role
from bot.domain.inbound import InboundKind
from bot.domain.meaning import Word
from tests.speakers import MOTHER, RELATIVE, hold, keys, kinds, known, says

RELATIVES = (Role.FATHER, Role.PARTNER, Role.GRANDPARENT)
ORDINARY: list[dict[str, Any]] = [
    {"word": word} for word in Word if word not in (Word.UNDO, Word.LANGUAGE)
] + [{"topic": "sleep"}, {"digit": 1}, {}]  # fmt: skip


@pytest.mark.parametrize("role", RELATIVES)
@pytest.mark.parametrize("held", [HoldKind.LOSS, HoldKind.MOTHER_AWAY, HoldKind.SILENCE])
def test_care_8_a_held_relative_is_answered_to_the_letter_as_a_paused_one(role: Role, held: HoldKind) -> None:
    away = known(role, hold(held))
    paused = known(role)
    assert paused.member is not None
    paused = replace(paused, member=replace(paused.member, paused_until=date(2027, 3, 2)))
    for text in ORDINARY:
        assert says(away, **text).replies == says(paused, **text).replies, text


def test_care_2_an_ok_ends_ones_own_unclear_loss() -> None:
    turn = says(known(Role.MOTHER, hold(HoldKind.UNCLEAR_LOSS)), word=Word.OK)
    assert turn.effects == (e.LiftHolds(frozenset({HoldKind.UNCLEAR_LOSS})),)


@pytest.mark.parametrize("text", [{"word": Word.OK}, {"word": Word.YES}, {"digit": 1}])
def test_care_2_an_ok_never_ends_a_plain_loss(text: dict[str, Any]) -> None:
    person = known(Role.MOTHER, hold(), hold(HoldKind.UNCLEAR_LOSS))
    for talk in (Talk.none(), Talk("held")):
        assert says(person, talk, **text).effects == ()


@pytest.mark.parametrize("word", [None, Word.OK, Word.PAUSE, Word.BORN, Word.THANKS])
def test_care_6_her_next_text_is_told_that_a_relatives_word_paused_her(word: Word | None) -> None:
    turn = says(known(Role.MOTHER, hold(by=RELATIVE)), word=word)
    assert (keys(turn), turn.effects) == (["held_ok"], ())


@pytest.mark.parametrize("text", [{"word": Word.OK}, {"digit": 1}])
def test_care_6_her_ok_to_that_question_lets_her_messages_go_on(text: dict[str, Any]) -> None:
    turn = says(known(Role.MOTHER, hold(by=RELATIVE)), Talk("held"), **text)
    assert (kinds(turn), keys(turn)) == ([e.LiftHolds], ["resumed"])


def test_care_6_a_relatives_ok_never_ends_the_mothers_word() -> None:
    assert says(known(Role.FATHER, hold()), Talk("held"), word=Word.OK).effects == ()


def test_care_8_a_relatives_ok_is_not_told_of_the_mothers_unclear_word() -> None:
    assert says(known(Role.FATHER, hold(HoldKind.UNCLEAR_LOSS)), word=Word.OK) == Turn()


def test_care_6_her_ok_ends_nothing_while_her_own_word_stands_beside_a_relatives() -> None:
    both = known(Role.MOTHER, hold(), hold(by=RELATIVE))
    for talk in (Talk.none(), Talk("held")):
        assert says(both, talk, word=Word.OK).effects == ()


def test_p2_after_texts_that_ended_in_silence_only_start_brings_them_back() -> None:
    person = known()
    assert person.member is not None
    ended = replace(person, member=replace(person.member, consents=frozenset()))
    assert says(ended, word=Word.START).effects == (e.StartAddress(), e.Resume())
    assert (keys(says(ended, word=Word.RESUME)), says(ended, word=Word.RESUME).effects) == (["stopped"], ())


def test_less_is_the_essential_only_and_all_is_everything_again() -> None:
    assert says(known(), word=Word.LESS).effects == (e.SetEssentialOnly(True),)
    assert says(known(), word=Word.ALL).effects == (e.SetEssentialOnly(False),)


def test_care_11_a_language_that_is_not_offered_is_not_chosen() -> None:
    two = known(offered=(("en", "English"), ("ur", "Urdu")))
    turn = says(two, word=Word.LANGUAGE, language="pl")
    assert (keys(turn), turn.effects) == (["ask_language"], ())


def test_care_5_telegrams_own_start_resumes_nothing() -> None:
    stopped = says(known(stopped=True), kind=InboundKind.START)
    assert (keys(stopped), stopped.effects) == (["stopped"], ())
    assert says(known(), kind=InboundKind.START).effects == ()


def test_start_from_a_stopped_member_is_a_start() -> None:
    turn = says(known(stopped=True), word=Word.START)
    assert (turn.effects, keys(turn)) == ((e.StartAddress(), e.Resume()), ["started"])


@pytest.mark.parametrize("word", [Word.START, Word.RESUME])
@pytest.mark.parametrize(
    ("held", "by", "answer"),
    [
        (HoldKind.LOSS, MOTHER, "start_after_loss"), (HoldKind.LOSS, RELATIVE, "held_ok"),
        (HoldKind.UNCLEAR_LOSS, MOTHER, "held_ok"), (HoldKind.SILENCE, None, "check_in"),
    ],
)  # fmt: skip
def test_she_is_never_told_that_texts_go_on_while_a_hold_stands(
    word: Word, held: HoldKind, by: int | None, answer: str
) -> None:
    talk = Talk("held") if by == RELATIVE else Talk.none()
    turn = says(known(Role.MOTHER, hold(held, by)), talk, word=word)
    assert (keys(turn), e.LiftHolds in kinds(turn)) == ([answer], False)


def _withdrew(*holds: Hold, **more: Any) -> Person:
    """A mother who took her consent back by itself, not by a STOP."""
    person = known(Role.MOTHER, *holds, withdrew=True, **more)
    assert person.member is not None
    return replace(person, member=replace(person.member, consents=frozenset()))


@pytest.mark.parametrize("stopped", [False, True])
def test_p1_who_took_consent_back_is_asked_for_it_and_not_told_that_texts_go_on(stopped: bool) -> None:
    turn = says(_withdrew(stopped=stopped), word=Word.START)
    assert (keys(turn), kinds(turn)) == (["consent"], [e.StartAddress])


def test_p1_only_a_plain_yes_is_consent_again() -> None:
    asked = says(_withdrew(), word=Word.START).talk
    agreed = says(_withdrew(), asked, digit=1)
    assert (keys(agreed), agreed.effects) == (["started"], (e.RecordConsent(Purpose.PREGNANCY_AND_BABY),))
    for found in ({"digit": 2}, {"topic": "sleep"}, {}):
        assert e.RecordConsent not in kinds(says(_withdrew(), asked, **found)), found


def test_p3_after_her_loss_start_asks_for_no_consent_to_baby_messages() -> None:
    assert keys(says(_withdrew(hold()), word=Word.START)) == ["start_after_loss"]


def test_p1_an_ok_to_a_hold_does_not_say_that_withdrawn_texts_go_on() -> None:
    turn = says(_withdrew(hold(by=RELATIVE)), Talk("held"), word=Word.OK)
    assert (kinds(turn), keys(turn)) == ([e.LiftHolds], ["stopped"])


def test_a_pause_lasts_four_weeks() -> None:
    assert says(known(), word=Word.PAUSE).effects == (e.Pause(date(2027, 3, 2)),)


def test_care_23_my_data_gives_role_language_and_topics_and_no_more() -> None:
    turn = says(known(), word=Word.MY_DATA)
    assert turn.replies[0].values == {"role": "mother", "language": "en", "topics": "all"}


def test_my_data_names_as_many_topics_as_one_text_holds() -> None:
    topics = {f"t{number}": True for number in range(8)}
    person = known()
    assert person.member is not None
    turn = says(replace(person, member=replace(person.member, topics=topics)), word=Word.MY_DATA)
    assert turn.replies[0].values["topics"] == "t0, t1, t2, t3, t4, t5, +2"


def _delete(**person: Any) -> Turn:
    asked = says(known(**person), word=Word.DELETE)
    assert asked.effects == ()
    return says(known(**person), asked.talk, digit=1)


@pytest.mark.parametrize("stopped", [False, True])
def test_a_deletion_is_asked_back_and_then_done_even_after_a_stop(stopped: bool) -> None:
    assert _delete(stopped=stopped).effects == (e.EraseMe(),)
