"""Reply to signpost: three services, MORE, where one lives, after a loss, and to one who is alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.conversation import effects as e
from bot.domain.conversation.converse import converse
from bot.domain.conversation.person import Person
from bot.domain.conversation.signposts import ALONE_FOR, fewer
from bot.domain.conversation.turn import Talk, Turn
from bot.domain.family import Baby, BabyStatus, Hold, HoldKind, Pregnancy, Role
from bot.domain.inbound import InboundKind
from bot.domain.meaning import Meaning, StopKind, Word
from tests.speakers import DIRECTORY, DUE, NOW, RELATIVE, STRANGER, hold, keys, kinds, known, says


def _who(role: Role = Role.MOTHER, *holds: Hold, area: str | None = None, **more: Any) -> Person:
    person = known(role, *holds, **more)
    assert person.member is not None
    return replace(person, member=replace(person.member, area=area))


def _later(person: Person, talk: Talk, after: timedelta, **found: Any) -> Turn:
    return converse(Meaning(**found), person, talk, InboundKind.TEXT, "", NOW + after)


def named(turn: Turn) -> list[str]:
    """The ids of the services in the one answer."""
    [reply] = turn.replies
    return [service.id for service, _ in reply.services]


def test_an_answer_names_three_and_more_gives_the_next_and_then_says_that_there_is_none() -> None:
    first = says(_who(), topic="sleep")
    assert named(first) == ["sleep1", "sleep2", "sleep3"]
    second = says(_who(), first.talk, word=Word.MORE)
    assert named(second) == ["sleep4", "sleep5"]
    assert keys(says(_who(), second.talk, word=Word.MORE)) == ["more_nothing"]
    assert keys(says(_who(), word=Word.MORE)) == ["more_nothing"]


def test_a_tap_gives_more_where_there_is_more() -> None:
    first = says(_who(), topic="sleep")
    assert first.replies[0].buttons == ((("More", "MORE"),),)
    assert says(_who(), first.talk, word=Word.MORE).replies[0].buttons == ()


def test_somebody_we_do_not_know_is_answered_alike_and_asked_nothing() -> None:
    first = says(STRANGER, topic="sleep")
    assert named(says(STRANGER, first.talk, word=Word.MORE)) == ["sleep4", "sleep5"]
    assert says(STRANGER, topic="hub").effects == ()


def test_a_topic_without_a_service_is_said_so() -> None:
    assert keys(says(_who(), topic="registering")) == ["signpost_none"]


def test_what_is_too_long_names_fewer_and_more_gives_what_was_left_out() -> None:
    turn = says(_who(), topic="sleep")
    shorter = fewer(turn)
    assert shorter is not None
    assert (named(shorter), shorter.replies[0].values["more"]) == (["sleep1", "sleep2"], "yes")
    assert named(says(_who(), shorter.talk, word=Word.MORE)) == ["sleep3", "sleep4", "sleep5"]
    last = fewer(shorter)
    assert last is not None
    assert (named(last), fewer(last)) == (["sleep1"], None)


# --- Where somebody lives ------------------------------------------------------------------------------


def test_where_one_lives_is_asked_once_beside_the_answer() -> None:
    first = says(_who(), topic="hub")
    assert (named(first), first.replies[0].values["place"]) == (["hub", "far"], "ask")
    assert first.effects == (e.SetArea(""),)
    again = says(_who(area=""), topic="hub")
    assert (again.replies[0].values["place"], again.effects) == ("", ())


def test_the_question_is_left_out_before_a_service_and_may_be_asked_another_time() -> None:
    shorter = fewer(says(_who(), topic="hub"))
    assert shorter is not None
    assert (named(shorter), shorter.effects, shorter.replies[0].values["place"]) == (["hub", "far"], (), "")


def test_it_is_not_asked_where_it_makes_no_difference() -> None:
    assert says(_who(), topic="sleep").effects == ()


def test_a_postcode_is_kept_and_what_was_asked_is_answered_near_first() -> None:
    backwards = replace(DIRECTORY, services=DIRECTORY.services[::-1])
    person = replace(_who(area=""), directory=backwards)
    first = says(person, topic="hub")
    assert named(first) == ["far", "hub"]
    turn = says(person, first.talk, area="m14")
    assert (named(turn), turn.effects) == (["hub", "far"], (e.SetArea("m14"),))


def test_a_postcode_by_itself_is_saved_and_read_back() -> None:
    turn = says(_who(), area="sk4")
    assert (keys(turn), turn.effects) == (["area_saved"], (e.SetArea("sk4"),))
    assert turn.replies[0].values == {"area": "SK4"}


def test_moved_asks_for_the_new_postcode_and_a_0_is_an_answer() -> None:
    asked = says(_who(), word=Word.MOVED)
    assert (keys(asked), kinds(asked)) == (["moved_where"], [e.Moved, e.SetArea])
    assert keys(says(_who(), asked.talk, digit=0)) == ["ok"]
    assert says(_who(), asked.talk, area="m8").effects == (e.SetArea("m8"),)
    assert keys(says(_who(), asked.talk, topic="sleep")) == ["signpost"]


def test_moved_and_the_postcode_in_one() -> None:
    turn = says(_who(), word=Word.MOVED, area="m8")
    assert (keys(turn), turn.effects) == (["area_saved"], (e.Moved(), e.SetArea("m8")))


def test_a_relatives_move_is_not_the_babys() -> None:
    assert kinds(says(_who(Role.GRANDPARENT), word=Word.MOVED, area="m8")) == [e.SetArea]


# --- After a loss ----------------------------------------------------------------------------------------


def test_care_05_nobody_who_told_of_a_loss_is_led_to_anything_of_a_baby() -> None:
    for role in (Role.MOTHER, Role.GRANDPARENT):
        person = _who(role, hold(by=RELATIVE if role is Role.GRANDPARENT else 1))
        assert keys(says(person, topic="sleep")) == ["start_after_loss"]
        assert named(says(person, topic="money")) == ["advice"]
        assert keys(says(person, word=Word.MENU)) == ["topics_after_loss"]
        assert says(person, topic="hub").effects == ()


@pytest.mark.parametrize("role", [Role.MOTHER, Role.GRANDPARENT])
@pytest.mark.parametrize("word", [Word.MENU, Word.CHOOSE])
def test_care_15_a_mother_whose_baby_is_apart_is_listed_no_words_of_a_baby(role: Role, word: Word) -> None:
    """Nobody else learns of it by a shorter list (CARE 8); what she asks for herself is answered."""
    babies = (Baby(1, BabyStatus.APART),)
    person = _who(role, pregnancy=Pregnancy(1, due_on=DUE, born_on=DUE, babies=babies))
    assert keys(says(person, word=word)) == ["topics_after_loss" if role is Role.MOTHER else "topics"]
    assert keys(says(person, topic="sleep")) == ["signpost"]
    one_is_here = (*babies, Baby(2, BabyStatus.BORN))
    twins = _who(role, pregnancy=Pregnancy(1, due_on=DUE, born_on=DUE, babies=one_is_here))
    assert keys(says(twins, word=Word.MENU)) == ["topics"]


def test_care_05_more_of_what_was_asked_before_a_loss_gives_nothing_of_a_baby() -> None:
    before = says(_who(), topic="sleep")
    assert keys(says(_who(Role.MOTHER, hold()), before.talk, word=Word.MORE)) == ["more_nothing"]


def test_care_17_who_asked_for_a_living_baby_is_answered_about_babies() -> None:
    person = _who()
    assert person.family is not None
    [pregnancy] = person.family.pregnancies
    lost = replace(pregnancy, lost_on=DUE - timedelta(days=30))
    family = replace(person.family, pregnancies=(lost,))
    assert keys(says(replace(person, family=family), topic="sleep")) == ["start_after_loss"]
    resumed = replace(family, pregnancies=(replace(lost, resumed_for=frozenset({1})),))
    assert keys(says(replace(person, family=resumed), topic="sleep")) == ["signpost"]


def test_care_02_while_her_own_unclear_word_waits_for_her_ok_she_is_asked_again() -> None:
    person = _who(Role.MOTHER, hold(HoldKind.UNCLEAR_LOSS))
    assert keys(says(person, topic="sleep")) == ["loss_unclear"]
    assert named(says(person, topic="money")) == ["advice"]


@pytest.mark.parametrize("role", [Role.FATHER, Role.PARTNER, Role.GRANDPARENT])
@pytest.mark.parametrize(
    "held", [HoldKind.LOSS, HoldKind.MOTHER_AWAY, HoldKind.SILENCE, HoldKind.UNCLEAR_LOSS]
)
def test_care_08_a_held_relative_is_answered_on_every_topic_as_a_paused_one(
    role: Role, held: HoldKind
) -> None:
    away, paused = _who(role, hold(held)), _who(role)
    for found in ({"topic": name} for name in ("sleep", "money", "hub", "safe", "registering")):
        for talk in (Talk.none(), says(paused, topic="sleep").talk):
            assert says(away, talk, **found) == says(paused, talk, **found)
    for word in (Word.MORE, Word.MENU):
        talk = says(paused, topic="sleep").talk
        assert says(away, talk, word=word) == says(paused, talk, word=word)


# --- CARE 21 ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("topic", ["safe", "abuse"])
@pytest.mark.parametrize("person", [_who(), STRANGER, _who(Role.MOTHER, hold())])
def test_care_21_no_service_is_named_before_she_said_that_she_is_alone(person: Person, topic: str) -> None:
    asked = says(person, topic=topic)
    assert (keys(asked), asked.replies[0].services) == (["safe_alone"], ())
    assert asked.replies[0].until == NOW + ALONE_FOR
    told = says(person, asked.talk, digit=1)
    assert (keys(told), named(told)[:2], told.replies[0].until) == (
        ["safe"], ["helpline", "refuge"], NOW + ALONE_FOR,
    )  # fmt: skip


def test_care_21_a_no_is_answered_without_a_word_of_it() -> None:
    asked = says(_who(), topic="safe")
    for found in ({"digit": 2}, {"word": Word.NO}):
        assert keys(says(_who(), asked.talk, **found)) == ["ok"]


@pytest.mark.parametrize("after", [ALONE_FOR, timedelta(hours=1), timedelta(days=3)])
def test_care_21_after_ten_minutes_neither_a_yes_nor_more_gives_anything(after: timedelta) -> None:
    asked = says(_who(), topic="safe")
    assert keys(_later(_who(), asked.talk, after, digit=1)) == ["not_understood"]
    told = says(_who(), asked.talk, digit=1)
    assert keys(_later(_who(), told.talk, after, word=Word.MORE)) == ["more_nothing"]


def test_care_21_within_ten_minutes_a_yes_counts_and_the_time_runs_from_the_question() -> None:
    asked = says(_who(), topic="safe")
    told = _later(_who(), asked.talk, ALONE_FOR - timedelta(seconds=1), word=Word.YES)
    assert (keys(told), told.replies[0].until) == (["safe"], NOW + ALONE_FOR)


def test_care_21_it_is_the_persons_own_and_for_that_person() -> None:
    asked = says(_who(Role.FATHER), topic="safe")
    assert "mens" in named(says(_who(Role.FATHER), asked.talk, digit=1))
    assert "mens" not in named(says(_who(), says(_who(), topic="safe").talk, digit=1))


def test_care_21_a_relatives_word_of_a_loss_does_not_keep_the_question_from_her() -> None:
    person = _who(Role.MOTHER, hold(by=RELATIVE))
    asked = says(person, topic="safe")
    assert keys(asked) == ["safe_alone"]
    assert keys(says(person, asked.talk, digit=1)) == ["safe"]


def test_p2_a_stop_is_a_stop_while_she_is_asked() -> None:
    asked = says(_who(), topic="safe")
    assert keys(says(_who(), asked.talk, stop=StopKind.UNCLEAR)) == ["stop_unclear"]
    assert says(_who(stopped=True), asked.talk, topic="safe") == Turn()
