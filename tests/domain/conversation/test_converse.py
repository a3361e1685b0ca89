"""Which conversation answers; and for every text, nobody is started again who did not ask (P2)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.conversation import effects as e
from bot.domain.conversation.converse import converse
from bot.domain.conversation.person import Person
from bot.domain.conversation.turn import Talk
from bot.domain.conversation.urgent import urgent
from bot.domain.family import HoldKind, Role
from bot.domain.inbound import InboundKind
from bot.domain.meaning import Crisis, LossKind, Meaning, SaidDate, StopKind, Word
from tests.speakers import MOTHER, NOW, RELATIVE, STRANGER, TODAY, hold, keys, known, says

ASKED = [
    Talk.none(), Talk("join:language"), Talk("join:consent", {"language": "en"}),
    Talk("join:who", {"language": "en"}), Talk("join:date", {"language": "en", "role": "mother"}),
    Talk("join:date", {"language": "en", "role": "father"}),
    Talk("join:home", {"language": "en", "role": "mother", "born": "2027-01-30"}),
    Talk("held"), Talk("stop?"), Talk("delete"), Talk("mean?", {"word": "start"}),
    Talk("mean?", {"word": "loss"}), Talk("mean?", {"word": "born"}),
    Talk("mean?", {"word": "sleep"}), Talk("due:date"), Talk("born:where"), Talk("born:date"),
    Talk("born:where", {"born": "2027-01-30"}), Talk("support"), Talk("support:which"),
    Talk("of an older day"),
]  # fmt: skip
_DAYS = st.none() | st.dates(TODAY.replace(year=2020), TODAY.replace(year=2030))
SAID = st.builds(SaidDate, _DAYS, st.none() | st.integers(0, 400), st.booleans(), _DAYS)


def _maybe(kind: Any) -> Any:
    return st.none() | st.sampled_from(list(kind))


MEANINGS = st.builds(
    Meaning, crises=st.lists(st.sampled_from(Crisis), max_size=2, unique=True).map(tuple),
    loss=_maybe(LossKind), stop=_maybe(StopKind), stop_topic=st.sampled_from([None, "flu"]),
    word=_maybe(Word), digit=st.none() | st.integers(0, 99), topic=st.sampled_from([None, "sleep"]),
    near=st.sampled_from([None, "stop", "loss", "born", "sleep"]), said_date=st.none() | SAID,
    language=st.sampled_from([None, "en", "ur"]), empty=st.booleans(),
)  # fmt: skip
HOLDS = st.lists(
    st.builds(hold, st.sampled_from(HoldKind), st.sampled_from([None, MOTHER, RELATIVE]), st.integers(0, 9)),
    max_size=3,
)


@st.composite
def people(draw: st.DrawFn) -> Person:
    role = draw(_maybe(Role))
    person = STRANGER if role is None else known(role, *draw(HOLDS))
    return replace(
        person, stopped=draw(st.booleans()), told_off=draw(st.booleans()),
        not_a_mobile=draw(st.sampled_from([None, "foreign"])),
        offered=draw(st.sampled_from([(("en", "English"),), (("en", "English"), ("ur", "Urdu"))])),
    )  # fmt: skip


TURNS = (MEANINGS, people(), st.sampled_from(ASKED), st.sampled_from(InboundKind))


def _effects(meaning: Meaning, person: Person, talk: Talk, kind: InboundKind) -> tuple[e.Effect, ...]:
    """What both halves of the line change; that neither raises is part of every claim below."""
    at_once = urgent(meaning, person, kind, NOW).effects
    return at_once + converse(meaning, person, talk, kind, "", NOW).effects


@settings(max_examples=300, deadline=None)
@given(*TURNS)
def test_p2_only_start_alone_starts_an_address_again(
    meaning: Meaning, person: Person, talk: Talk, kind: InboundKind
) -> None:
    started = any(isinstance(one, e.StartAddress) for one in _effects(meaning, person, talk, kind))
    assert not started or (meaning.word is Word.START and kind is not InboundKind.START)


@settings(max_examples=300, deadline=None)
@given(*TURNS)
def test_p2_only_start_or_resume_or_a_yes_to_did_you_mean_it_ends_ones_pause(
    meaning: Meaning, person: Person, talk: Talk, kind: InboundKind
) -> None:
    resumed = any(isinstance(one, e.Resume) for one in _effects(meaning, person, talk, kind))
    yes = meaning.digit == 1 or meaning.word in (Word.YES, Word.OK)
    meant = yes and talk == Talk("mean?", {"word": "start"})
    assert not resumed or meant or meaning.word in (Word.START, Word.RESUME)


@settings(max_examples=300, deadline=None)
@given(*TURNS)
def test_p2_only_a_plain_yes_lifts_the_hold_of_a_loss_and_never_of_her_own_plain_one(
    meaning: Meaning, person: Person, talk: Talk, kind: InboundKind
) -> None:
    lifted = [one for one in _effects(meaning, person, talk, kind) if isinstance(one, e.LiftHolds)]
    if any(one.kinds - {HoldKind.SILENCE} for one in lifted):
        assert meaning.word in (Word.OK, Word.YES) or (meaning.digit == 1 and talk.name == "held")
        assert person.member is not None
        mine = [one for one in person.holds if one.member_id == person.member.id]
        assert all(one.kind is not HoldKind.LOSS for one in mine)


@settings(max_examples=300, deadline=None)
@given(*TURNS)
def test_p2_to_a_stopped_address_nothing_but_start_gives_consent(
    meaning: Meaning, person: Person, talk: Talk, kind: InboundKind
) -> None:
    effects = _effects(meaning, replace(person, stopped=True), talk, kind)
    assert not any(isinstance(one, e.RecordConsent | e.CreateMember | e.ResumeLivingBaby) for one in effects)


@pytest.mark.parametrize("word", [Word.YES, None])
def test_care_3_the_providers_own_yes_resumes_nothing(word: Word | None) -> None:
    assert says(known(stopped=True), kind=InboundKind.OPT_IN, word=word).effects == ()


def test_care_3_a_yes_to_do_you_want_to_stop_stops() -> None:
    turn = says(known(), Talk("stop?"), InboundKind.OPT_IN, word=Word.YES)
    assert turn.effects == (e.StopAddress("stop"),)


@pytest.mark.parametrize("person", [known(), STRANGER])
def test_care_30_what_cannot_be_heard_or_seen_is_answered_so(person: Person) -> None:
    assert keys(says(person, kind=InboundKind.MEDIA)) == ["voice_note"]


def test_a_voice_note_half_way_leaves_the_question_standing() -> None:
    assert says(known(), Talk("born:date"), InboundKind.MEDIA).talk == Talk("born:date")


def test_a_word_in_another_text_is_asked_back_and_not_acted_on() -> None:
    asked = says(known(), stop=StopKind.UNCLEAR)
    assert (keys(asked), asked.effects) == (["stop_unclear"], ())
    assert says(known(), asked.talk, digit=1).effects == (e.StopAddress("stop"),)


def test_a_misspelt_loss_is_asked_back_and_then_taken_as_one() -> None:
    asked = says(known(), near="loss")
    assert (keys(asked), asked.effects) == (["did_you_mean"], ())
    assert says(known(), asked.talk, digit=1).effects == (e.ReportLoss(LossKind.PLAIN),)


@pytest.mark.parametrize("kind", [InboundKind.EDIT, InboundKind.GROUP, InboundKind.OPT_HELP])
def test_some_things_are_never_answered(kind: InboundKind) -> None:
    assert says(known(), kind=kind, word=Word.HELP).replies == ()


def test_what_nobody_understands_is_said_so() -> None:
    assert keys(says(known())) == ["not_understood"]
    assert keys(says(STRANGER)) == ["join_first"]


@pytest.mark.parametrize("asked", [Talk("stop?"), Talk("delete"), Talk("mean?", {"word": "loss"})])
@pytest.mark.parametrize("answer", [{"digit": 2}, {"word": Word.NO}])
def test_a_no_to_a_question_changes_nothing_and_is_answered(asked: Talk, answer: dict[str, Any]) -> None:
    turn = says(known(), asked, **answer)
    assert (keys(turn), turn.effects, turn.talk) == (["ok"], (), Talk.none())
