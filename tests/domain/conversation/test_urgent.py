"""Crisis, loss and stop: each that is found applies, in this order (CARE 1, 2, 6, 16)."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain.conversation import effects as e
from bot.domain.conversation.person import Person
from bot.domain.conversation.turn import Turn
from bot.domain.conversation.urgent import concerns, handled, urgent
from bot.domain.family import Role
from bot.domain.inbound import InboundKind
from bot.domain.meaning import Crisis, LossKind, Meaning, StopKind, Word
from tests import speakers
from tests.speakers import keys, known


def _urgent(person: Person, kind: InboundKind = InboundKind.TEXT, **found: Any) -> Turn:
    return urgent(Meaning(**found), person, kind, speakers.NOW)


def test_care_1_crisis_then_loss_then_stop_and_all_of_them() -> None:
    turn = _urgent(known(), crises=(Crisis.PREGNANCY,), loss=LossKind.PLAIN, stop=StopKind.TOTAL)
    assert keys(turn) == ["crisis/pregnancy", "loss", "stopped"]
    assert turn.effects == (e.Alert("crisis:pregnancy"), e.ReportLoss(LossKind.PLAIN), e.StopAddress("stop"))


def test_care_1_a_stop_word_in_another_text_stops_nothing_by_itself() -> None:
    assert _urgent(known(), stop=StopKind.UNCLEAR) == Turn()


def test_care_2_an_unclear_loss_pauses_at_once_and_asks() -> None:
    turn = _urgent(known(), loss=LossKind.UNCLEAR)
    assert (turn.effects, keys(turn)) == ((e.ReportLoss(LossKind.UNCLEAR),), ["loss_unclear"])


def test_care_2_after_a_plain_loss_nobody_is_asked_whether_all_is_well() -> None:
    turn = _urgent(known(Role.MOTHER, speakers.hold()), loss=LossKind.UNCLEAR)
    assert (turn.effects, keys(turn)) == ((), ["start_after_loss"])


def test_care_8_a_relatives_unclear_word_is_answered_the_same_whether_she_told_a_loss_or_not() -> None:
    """Else the answer would tell them of hers."""
    turns = [
        _urgent(known(Role.GRANDPARENT, *held), loss=LossKind.UNCLEAR) for held in ((), (speakers.hold(),))
    ]
    assert [keys(turn) for turn in turns] == [["loss_unclear"]] * 2


def test_care_20_every_kind_of_crisis_that_is_found_is_answered() -> None:
    turn = _urgent(known(), crises=(Crisis.NOT_MOVING, Crisis.ABUSE))
    assert keys(turn) == ["crisis/not_moving", "crisis/abuse"]


def test_care_20_a_crisis_is_answered_in_her_language_and_then_in_english() -> None:
    turn = _urgent(known(language="ur"), crises=(Crisis.PREGNANCY,))
    assert [one.language for one in turn.replies] == [None, "en"]


def test_care_20_a_stranger_is_answered_in_the_language_they_wrote_in_and_then_in_english() -> None:
    found = {"crises": (Crisis.PREGNANCY,), "loss": LossKind.PLAIN, "stop": StopKind.TOTAL, "tongue": "pl"}
    turn = _urgent(speakers.STRANGER, **found)
    assert [(one.key, one.language) for one in turn.replies] == [
        ("crisis/pregnancy", "pl"), ("crisis/pregnancy", "en"), ("loss", "pl"), ("stopped", "pl"),
    ]  # fmt: skip


@pytest.mark.parametrize("tongue", ["en", None])
def test_care_20_a_stranger_who_writes_english_is_answered_once(tongue: str | None) -> None:
    turn = _urgent(speakers.STRANGER, crises=(Crisis.PREGNANCY,), tongue=tongue)
    assert len(turn.replies) == 1


def test_whoever_told_us_a_language_is_answered_in_it_whatever_they_write_in() -> None:
    turn = _urgent(known(language="ur"), loss=LossKind.PLAIN, tongue="pl")
    assert [one.language for one in turn.replies] == [None]


@pytest.mark.parametrize("found", [{"stop": StopKind.TOTAL}, {"loss": LossKind.PLAIN}])
def test_what_a_deep_link_carries_is_no_word_of_the_writers(found: dict[str, Any]) -> None:
    """t.me/bot?start=stop, made by anyone, must not end or hold anything."""
    assert _urgent(known(), InboundKind.START, **found) == Turn()
    assert speakers.says(known(), kind=InboundKind.START, **found).effects == ()


def test_care_6_a_loss_by_a_relative_alerts_staff_and_one_by_her_does_not() -> None:
    told = {
        role: _urgent(known(role), loss=LossKind.PLAIN).effects for role in (Role.MOTHER, Role.GRANDPARENT)
    }
    assert e.Alert("loss_by_relative") in told[Role.GRANDPARENT]
    assert e.Alert("loss_by_relative") not in told[Role.MOTHER]


@pytest.mark.parametrize("role", [Role.MOTHER, Role.FATHER, Role.GRANDPARENT])
def test_care_16_each_who_writes_it_gets_it_though_the_family_is_held(role: Role) -> None:
    assert keys(_urgent(known(role, speakers.hold()), loss=LossKind.PLAIN)) == ["loss"]


def test_care_16_an_ended_pregnancy_is_answered_with_thanks() -> None:
    assert keys(_urgent(known(), loss=LossKind.ENDED)) == ["loss_thanks"]


def test_care_13_a_wrong_number_is_a_stop() -> None:
    turn = _urgent(speakers.STRANGER, stop=StopKind.WRONG_NUMBER)
    assert (turn.effects, keys(turn)) == ((e.StopAddress("wrong"),), ["wrong_number"])


def test_care_3_the_providers_own_stop_is_answered_by_the_provider() -> None:
    turn = _urgent(known(), InboundKind.OPT_OUT, stop=StopKind.TOTAL)
    assert (turn.effects, keys(turn)) == ((e.StopAddress("stop"),), [])


def test_a_block_is_a_stop_without_an_answer() -> None:
    assert _urgent(known(), InboundKind.BLOCK) == Turn(effects=(e.StopAddress("block"),))


def test_a_second_stop_is_not_answered_again() -> None:
    assert keys(_urgent(known(stopped=True), stop=StopKind.TOTAL)) == []


@pytest.mark.parametrize("crisis", list(Crisis))
def test_a_crisis_is_answered_to_anyone_even_after_a_stop(crisis: Crisis) -> None:
    for person in (speakers.STRANGER, known(stopped=True), known(Role.FATHER, speakers.hold())):
        assert [(one.key, one.crisis) for one in _urgent(person, crises=(crisis,)).replies] == [
            (f"crisis/{crisis}", True)
        ]


def test_what_was_urgent_is_not_answered_twice() -> None:
    assert handled(Meaning(loss=LossKind.PLAIN), InboundKind.TEXT)
    assert speakers.says(known(), loss=LossKind.PLAIN) == Turn()


_WRITERS = (speakers.STRANGER, known(), known(Role.GRANDPARENT, speakers.hold()), known(stopped=True))
_FOUND: tuple[dict[str, Any], ...] = (
    {}, {"stop": StopKind.UNCLEAR}, {"stop": StopKind.TOPIC, "stop_topic": "flu"}, {"word": Word.HELP},
    {"crises": (Crisis.ABUSE,)}, {"loss": LossKind.PLAIN}, {"loss": LossKind.UNCLEAR},
    {"loss": LossKind.ENDED},
    {"stop": StopKind.TOTAL}, {"stop": StopKind.WRONG_NUMBER},
)  # fmt: skip


@pytest.mark.parametrize("kind", list(InboundKind))
@pytest.mark.parametrize("found", _FOUND, ids=str)
def test_what_concerns_nobody_comes_to_nothing_whoever_writes_it(
    kind: InboundKind, found: dict[str, Any]
) -> None:
    """P10: only of such a message is its writer not looked up when it is stored."""
    turns = [_urgent(person, kind, **found) for person in _WRITERS]
    if not concerns(Meaning(**found).urgent, kind):
        assert all(not turn.effects and not turn.replies for turn in turns)
