"""INVITE, JOIN by code, REMOVE, LEAVE, NEWPHONE: what is answered, and what no answer tells (CARE 8-10)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.conversation import effects as e
from bot.domain.conversation.household import GOOD_FOR, HERE, MOVE_WITHIN
from bot.domain.conversation.person import Codes
from bot.domain.conversation.turn import Talk
from bot.domain.conversation.urgent import urgent
from bot.domain.family import HoldKind, Purpose, Role
from bot.domain.inbound import InboundKind
from bot.domain.meaning import LossKind, Meaning, Word
from tests.domain.conversation.test_rights import alone
from tests.speakers import NOW, STRANGER, TODAY, hold, keys, kinds, known, says

CODE = "48271639"
GOOD, BAD = Codes(tried=True, opens=7), Codes(tried=True)
ASKS_MORE = Codes(fresh=CODE)
AGREED = e.RecordConsent(Purpose.PREGNANCY_AND_BABY)


def test_care_10_an_invitation_is_two_texts_the_second_clean_to_pass_on() -> None:
    turn = says(known(codes=ASKS_MORE), word=Word.INVITE, label="dad")
    assert keys(turn) == ["invite_first", "invite_pass_on"]
    assert turn.replies[1].values == {"code": CODE, "date": TODAY + GOOD_FOR}
    assert turn.effects == (e.Invite(CODE, "dad", TODAY + GOOD_FOR),)


def test_care_10_who_asked_too_often_has_no_code() -> None:
    turn = says(known(codes=Codes(fresh=None)), word=Word.INVITE, label="dad")
    assert (keys(turn), turn.effects) == (["invite_enough"], ())


def test_care_19_after_a_loss_she_told_of_nobody_is_invited() -> None:
    turn = says(known(Role.MOTHER, hold(), codes=ASKS_MORE), word=Word.INVITE)
    assert (keys(turn), turn.effects) == (["start_after_loss"], ())


@pytest.mark.parametrize(
    ("text", "codes", "removed"),
    [
        ({"label": "dad", "role": Role.FATHER}, Codes(), e.Remove("dad", Role.FATHER)),
        ({"label": "ali"}, Codes(named=True, invited=3), e.Remove("ali")),
        ({"label": "ali"}, Codes(named=False, invited=1), None),
        ({}, Codes(invited=1), e.Remove("")),
        ({}, Codes(invited=2), None),
        ({}, Codes(), None),
    ],
)
def test_care_10_remove_goes_by_her_own_word_or_a_roles(
    text: dict[str, Any], codes: Codes, removed: e.Remove | None
) -> None:
    turn = says(known(codes=codes), word=Word.REMOVE, **text)
    assert turn.effects == (() if removed is None else (removed,))
    assert keys(turn) == ["remove_whom" if removed is None else "removed"]


@pytest.mark.parametrize("text", [{"word": Word.JOIN}, {"kind": InboundKind.START}])
def test_who_has_a_code_is_asked_for_consent_and_who_and_no_date(text: dict[str, Any]) -> None:
    first = says(replace(STRANGER, codes=GOOD), **text)
    assert (keys(first), first.effects) == (["consent"], (e.TakeCode(7),))
    who = says(STRANGER, first.talk, digit=1)
    assert keys(who) == ["ask_who_invited"]
    mother = says(STRANGER, who.talk, digit=1)
    assert (keys(mother), mother.effects) == (["ask_who_invited"], ())
    last = says(STRANGER, who.talk, digit=2)
    assert keys(last) == ["welcome_no_date"]
    assert last.effects == (e.CreateMember(Role.FATHER, "en", None, None, 7), AGREED)


def test_a_code_half_way_through_joining_begins_anew_with_it() -> None:
    asked = Talk("join:date", {"language": "en", "role": "mother"})
    turn = says(replace(STRANGER, codes=GOOD), asked, word=Word.JOIN)
    assert (keys(turn), turn.effects) == (["consent"], (e.TakeCode(7),))
    wrong = says(replace(STRANGER, codes=BAD), asked, word=Word.JOIN)
    assert (keys(wrong), wrong.talk) == (["code_wrong"], asked)


@pytest.mark.parametrize("person", [STRANGER, known(Role.GRANDPARENT), known(), alone()])
def test_a_wrong_code_changes_nothing_and_is_told_so(person: Any) -> None:
    for word in (Word.JOIN, Word.NEWPHONE):
        turn = says(replace(person, codes=BAD), word=word)
        assert (keys(turn), turn.effects) == (["code_wrong"], ())


def test_care_9_a_relative_who_was_alone_is_linked_by_the_code() -> None:
    turn = says(replace(alone(), codes=GOOD), word=Word.JOIN)
    assert (keys(turn), turn.effects) == (["welcome_no_date"], (e.TakeCode(7), e.JoinByCode(7)))


def test_her_own_code_sent_to_us_is_not_used_up() -> None:
    turn = says(known(codes=replace(GOOD, own=True)), word=Word.JOIN)
    assert (keys(turn), turn.effects) == (["already_joined"], ())


def test_a_second_person_on_one_phone_agrees_for_themselves() -> None:
    grandad = known(Role.GRANDPARENT, codes=GOOD)
    first = says(grandad, word=Word.JOIN)
    assert (keys(first), first.effects) == (["consent"], (e.TakeCode(7),))
    who = says(known(Role.GRANDPARENT), first.talk, digit=1)
    last = says(known(Role.GRANDPARENT), who.talk, digit=4)
    assert last.effects == (e.CreateMember(Role.GRANDPARENT, "en", None, None, 7), AGREED)


def test_p2_to_a_stopped_phone_a_code_opens_nothing() -> None:
    for person in (STRANGER, known(Role.GRANDPARENT)):
        for word in (Word.JOIN, Word.NEWPHONE):
            turn = says(replace(person, stopped=True, codes=GOOD), word=word)
            assert (keys(turn), turn.effects) == (["stopped"], ())


@pytest.mark.parametrize("held", HoldKind)
@pytest.mark.parametrize("word", [Word.JOIN, Word.LEAVE, Word.NEWPHONE, Word.INVITE, Word.REMOVE])
@pytest.mark.parametrize("codes", [Codes(), GOOD, BAD, ASKS_MORE])
def test_care_8_a_held_relative_cannot_tell_by_any_word_of_the_household(
    held: HoldKind, word: Word, codes: Codes
) -> None:
    for role in (Role.FATHER, Role.GRANDPARENT):
        away = says(known(role, hold(held), codes=codes), word=word)
        here = says(known(role, codes=codes), word=word)
        assert (away.replies, away.talk) == (here.replies, here.talk)


def test_leave_is_ones_own_and_who_has_nobody_to_leave_is_asked_about_all_texts() -> None:
    assert says(known(Role.FATHER), word=Word.LEAVE).effects == (e.Leave(),)
    for person in (known(), alone()):
        turn = says(person, word=Word.LEAVE)
        assert (keys(turn), turn.talk, turn.effects) == (["stop_unclear"], Talk("stop?"), ())


def test_care_23_newphone_gives_a_code_on_the_old_phone_and_asks_for_a_yes_on_the_new() -> None:
    old = says(known(codes=ASKS_MORE), word=Word.NEWPHONE)
    assert (keys(old), old.effects) == (["newphone"], (e.AskNewPhone(CODE, TODAY + MOVE_WITHIN),))
    asked = says(replace(STRANGER, codes=GOOD), word=Word.NEWPHONE)
    assert (keys(asked), asked.effects, asked.talk.name) == (["consent"], (e.TakeCode(7),), HERE)
    new = replace(STRANGER, codes=Codes(opens=7))
    assert says(new, asked.talk, digit=1).effects == (e.MoveHere(7),)
    assert says(new, asked.talk, digit=2).effects == ()
    assert says(new, asked.talk).effects == ()


def test_care_23_a_yes_that_comes_too_late_moves_nobody() -> None:
    turn = says(replace(STRANGER, codes=Codes(opens=None)), Talk(HERE, {"code": "7"}), digit=1)
    assert (keys(turn), turn.effects) == (["code_wrong"], ())


def test_from_a_strangers_phone_newphone_alone_is_told_how_to_join() -> None:
    assert keys(says(STRANGER, word=Word.NEWPHONE)) == ["join_first"]


def test_a_code_is_good_for_a_week_and_a_move_for_a_day() -> None:
    assert (timedelta(days=7), timedelta(days=1)) == (GOOD_FOR, MOVE_WITHIN)


def test_care_17_of_twins_one_may_live_and_staff_look() -> None:
    told = urgent(Meaning(loss=LossKind.PLAIN, several=True), known(), InboundKind.TEXT, NOW)
    assert e.Alert("loss_of_twin") in told.effects
    assert e.ReportLoss in kinds(told)
    one = urgent(Meaning(loss=LossKind.PLAIN), known(), InboundKind.TEXT, NOW)
    assert e.Alert("loss_of_twin") not in one.effects
