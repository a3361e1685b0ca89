"""What somebody may ask for after a loss, or while baby is apart, each by itself (CARE 15, 17, 18)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import product

import pytest

from bot.domain.audience import OWN_RECOVERY
from bot.domain.conversation import effects as e
from bot.domain.conversation.turn import Talk
from bot.domain.family import Baby, BabyStatus, Hold, HoldKind, Pregnancy, Purpose, Role
from bot.domain.meaning import LossKind, SaidDate, Word
from tests.speakers import RELATIVE, TODAY, hold, keys, kinds, known, says

EARLY = Pregnancy(1, due_on=TODAY + timedelta(weeks=8))
_ELSEWHERE = replace(EARLY, born_on=date(2027, 1, 20), babies=(Baby(1, BabyStatus.APART),))


@pytest.mark.parametrize(
    ("role", "answer"),
    [(Role.MOTHER, "support_mother"), (Role.FATHER, "support_partner"),
     (Role.GRANDPARENT, "support_grandparent"), (Role.SIBLING, "support_other")],
)  # fmt: skip
def test_care_17_support_is_for_the_one_who_asks(role: Role, answer: str) -> None:
    asked = says(known(role, hold()), Talk("held"), word=Word.SUPPORT)
    assert keys(asked) == ["support_menu"]
    assert keys(says(known(role, hold()), asked.talk, digit=1)) == [answer]


def test_care_17_messages_for_a_living_baby_are_hers_to_ask_for() -> None:
    assert says(known(Role.MOTHER, hold()), Talk("support"), digit=2).effects == (e.ResumeLivingBaby(),)
    assert says(known(Role.FATHER, hold()), Talk("support"), digit=2).effects == ()


def test_care_17_without_a_loss_there_is_no_living_baby_to_ask_for() -> None:
    turn = says(known(), Talk("support"), digit=2)
    assert (keys(turn), turn.effects) == (["resumed"], ())


@pytest.mark.parametrize(("digit", "topic"), [(1, "after_loss"), (2, "baby_loss_awareness_week")])
def test_care_17_what_is_chosen_is_agreed_to_and_is_that_topic(digit: int, topic: str) -> None:
    turn = says(known(Role.MOTHER, hold()), Talk("support:which"), digit=digit)
    assert turn.effects == (e.RecordConsent(Purpose.SUPPORT_AFTER_LOSS), e.WantTopic(topic))


def test_care_17_a_relative_who_was_not_invited_to_the_lost_pregnancy_is_promised_nothing() -> None:
    """Nor one who told of no loss: the answer is the same whatever happened in the family (CARE 8)."""
    for role, lost in product((Role.GRANDPARENT, Role.FATHER), (TODAY, None)):
        person = known(role, *([hold()] if lost else []), pregnancy=Pregnancy(1, due_on=TODAY, lost_on=lost))
        turn = says(person, Talk("support:which"), digit=1)
        assert keys(turn) == ["support_messages_noted"]
    told = known(Role.FATHER, hold(by=RELATIVE), pregnancy=Pregnancy(1, lost_on=TODAY))
    assert keys(says(told, Talk("support:which"), digit=1)) == ["support_messages_on"]
    assert told.family is not None
    later = replace(told.family, pregnancies=(Pregnancy(1), Pregnancy(2, lost_on=TODAY)))
    assert keys(says(replace(told, family=later), Talk("support:which"), digit=1)) == [
        "support_messages_noted"
    ]


def test_care_17_kind_messages_after_her_silence_or_unclear_word_count_from_the_day_she_asks() -> None:
    for kind in (HoldKind.SILENCE, HoldKind.UNCLEAR_LOSS):
        turn = says(known(Role.MOTHER, hold(kind)), Talk("support:which"), digit=1)
        assert keys(turn) == ["support_messages_on"]
        assert turn.effects[0] == e.ReportLoss(LossKind.PLAIN)
    assert keys(says(known(), Talk("support:which"), digit=1)) == ["support_messages_noted"]


def test_care_17_a_due_date_after_a_loss_begins_nothing_that_she_did_not_agree_to() -> None:
    person = known(Role.MOTHER, hold())
    assert person.family is not None
    assert person.member is not None
    agreed = frozenset(one for one in person.member.consents if one[0] is not Purpose.NEXT_PREGNANCY)
    alone = replace(
        person,
        member=replace(person.member, consents=agreed),
        family=replace(person.family, members=person.family.members[:1]),
    )
    turn = says(alone, word=Word.DUE, said_date=SaidDate(day=TODAY + timedelta(weeks=30)))
    assert (keys(turn), turn.effects) == (["support_menu"], ())


def test_care_17_a_new_pregnancy_is_agreed_to_by_itself() -> None:
    turn = says(known(Role.MOTHER, hold()), Talk("support"), digit=3)
    assert turn.effects == (e.RecordConsent(Purpose.NEXT_PREGNANCY), e.WantTopic("next_pregnancy"))


def test_care_17_four_is_nothing_more() -> None:
    """What was chosen before ends with it."""
    turn = says(known(Role.MOTHER, hold()), Talk("support"), digit=4)
    ended = (e.StopTopic("after_loss"), e.StopTopic("baby_loss_awareness_week"))
    assert (keys(turn), turn.effects) == (["support_nothing"], ended)


def test_care_17_four_in_a_family_that_nothing_holds_pauses_it_and_says_so() -> None:
    turn = says(known(), Talk("support"), digit=4)
    assert (keys(turn), e.ReportLoss(LossKind.UNCLEAR) in turn.effects) == (["loss_unclear"], True)


@pytest.mark.parametrize("holds", [(), (hold(),)])
def test_care_17_four_of_a_relative_is_for_themselves_held_or_not(
    holds: tuple[Hold, ...],
) -> None:
    turn = says(known(Role.GRANDPARENT, *holds), Talk("support"), digit=4)
    assert (keys(turn), kinds(turn)) == (["support_nothing"], [e.StopTopic, e.StopTopic, e.Pause])


@pytest.mark.parametrize("digit", [1, 2, 3])
def test_care_17_after_a_stop_the_menu_resumes_nothing(digit: int) -> None:
    person = known(Role.MOTHER, hold(), stopped=True)
    assert says(person, Talk("support"), digit=digit).effects == ()


def test_care_18_support_after_the_check_in_is_quiet_at_once() -> None:
    """Not only after four days: the check-in said that our texts have stopped."""
    asked = known(last_campaign="check_in")
    assert says(asked, word=Word.SUPPORT).effects == (e.ReportLoss(LossKind.UNCLEAR),)
    assert says(known(), word=Word.SUPPORT).effects == ()


def test_care_17_a_living_baby_after_silence_is_told_first_so_that_relatives_stay_quiet() -> None:
    turn = says(known(Role.MOTHER, hold(HoldKind.SILENCE, None)), Talk("support"), digit=2)
    assert turn.effects == (e.ReportLoss(LossKind.PLAIN), e.ResumeLivingBaby())
    assert (keys(turn), turn.talk) == (["support_living_baby", "born_ask_date"], Talk("born:date"))


def test_care_17_a_due_date_begins_the_next_pregnancy_she_agreed_to() -> None:
    alone = known(Role.MOTHER, hold())
    assert alone.family is not None
    alone = replace(alone, family=replace(alone.family, members=alone.family.members[:1]))
    due = SaidDate(day=TODAY + timedelta(weeks=30))
    turn = says(alone, word=Word.DUE, said_date=due)
    assert (keys(turn), kinds(turn)) == (["due_saved"], [e.SetDue, e.LiftHolds])


def test_care_15_own_recovery_after_apart_comes_only_when_she_asks_for_it() -> None:
    her = known(pregnancy=_ELSEWHERE)
    assert e.WantTopic not in kinds(says(known(), word=Word.APART))
    asked = says(her, says(her, word=Word.SUPPORT).talk, digit=1)
    assert (keys(asked), asked.effects) == (["support_apart"], ())
    assert says(her, asked.talk, digit=1).effects == (e.WantTopic(OWN_RECOVERY),)
    assert says(her, asked.talk, digit=0).effects == (e.StopTopic(OWN_RECOVERY),)


def test_care_15_nobody_is_offered_grief_for_a_baby_who_lives_elsewhere() -> None:
    assert keys(says(known(Role.FATHER, pregnancy=_ELSEWHERE), Talk("support"), digit=1)) == [
        "support_apart_other"
    ]


def test_care_15_a_baby_who_is_with_her_again_is_hers_to_tell() -> None:
    turn = says(known(pregnancy=_ELSEWHERE), Talk("support"), digit=2)
    assert (keys(turn), turn.effects) == (["home"], (e.SetHome(),))


def test_p2_own_recovery_is_not_to_be_had_after_a_stop_but_by_start() -> None:
    her = known(pregnancy=_ELSEWHERE, stopped=True)
    turn = says(her, Talk("support:own"), digit=1)
    assert (keys(turn), turn.effects) == (["stopped"], ())
