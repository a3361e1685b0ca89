"""Which conversation answers; and for every text, nobody is started again who did not ask (P2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.conversation import choices, household, moving, preferences, signposts
from bot.domain.conversation import effects as e
from bot.domain.conversation.converse import STILL_WANTED, converse
from bot.domain.conversation.person import Codes, Person
from bot.domain.conversation.turn import Talk
from bot.domain.conversation.urgent import urgent
from bot.domain.family import HoldKind, Pregnancy, Role
from bot.domain.hours import PartOfDay
from bot.domain.inbound import InboundKind
from bot.domain.meaning import Crisis, LossKind, Meaning, SaidDate, StopKind, Word
from tests.speakers import MOTHER, NOW, RELATIVE, STRANGER, TODAY, hold, keys, known, says

ASKED = [
    Talk.none(), Talk("join:language"), Talk("join:consent", {"language": "en"}),
    Talk("join:who", {"language": "en"}), Talk("join:date", {"language": "en", "role": "mother"}),
    Talk("join:date", {"language": "en", "role": "father"}),
    Talk("join:home", {"language": "en", "role": "mother", "born": "2027-01-30"}),
    Talk("held"), Talk("stop?"), Talk("stop?", {"then": "join:who", "language": "en"}),
    Talk("delete"), Talk("delete", {"asked": NOW.isoformat()}), Talk("language"),
    Talk("mean?", {"word": "start"}),
    Talk("mean?", {"word": "loss"}), Talk("mean?", {"word": "born"}),
    Talk("mean?", {"word": "sleep"}), Talk("due:date"), Talk("born:where"), Talk("born:date"),
    Talk("born:where", {"born": "2027-01-30"}), Talk("support"), Talk("support:which"),
    Talk("support:own"), Talk(STILL_WANTED),
    Talk("due:to_come", {"asked": TODAY.isoformat(), "due": "2027-05-30"}),
    Talk("due:to_come", {"asked": TODAY.isoformat()}),
    Talk(choices.AGREE_AGAIN),
    Talk("join:consent", {"language": "en", "code": "7"}), Talk("join:who", {"language": "en", "code": "7"}),
    Talk(household.HERE, {"code": "7"}), Talk(preferences.TIME), Talk(preferences.REMIND),
    Talk("of an older day"), Talk(moving.WHERE),
    Talk(signposts.MORE, {"topic": "sleep", "named": "sleep1 sleep2 sleep3"}),
    Talk(signposts.ALONE, {"asked": NOW.isoformat()}),
    Talk(signposts.ALONE_MORE, {"asked": NOW.isoformat(), "topic": "abuse", "named": "helpline"}),
]  # fmt: skip
_DAYS = st.none() | st.dates(TODAY.replace(year=2020), TODAY.replace(year=2030))
SAID = st.builds(SaidDate, _DAYS, st.none() | st.integers(0, 400), st.booleans(), _DAYS)


def _maybe(kind: Any) -> Any:
    return st.none() | st.sampled_from(list(kind))


MEANINGS = st.builds(
    Meaning, crises=st.lists(st.sampled_from(Crisis), max_size=2, unique=True).map(tuple),
    loss=_maybe(LossKind), stop=_maybe(StopKind), stop_topic=st.sampled_from([None, "flu"]),
    word=_maybe(Word), digit=st.none() | st.integers(0, 99),
    topic=st.sampled_from([None, "sleep", "money", "safe"]),
    near=st.sampled_from([None, "stop", "loss", "born", "sleep"]), said_date=st.none() | SAID,
    area=st.sampled_from([None, "m14"]), part=_maybe(PartOfDay), label=st.sampled_from(["", "dad"]),
    role=_maybe(Role), several=st.booleans(),
    language=st.sampled_from([None, "en", "ur"]), empty=st.booleans(),
)  # fmt: skip
HOLDS = st.lists(
    st.builds(hold, st.sampled_from(HoldKind), st.sampled_from([None, MOTHER, RELATIVE]), st.integers(0, 9)),
    max_size=3,
)


CODES = st.builds(
    Codes, tried=st.booleans(), opens=st.sampled_from([None, 7]), own=st.booleans(),
    fresh=st.sampled_from([None, "48271639"]), invited=st.integers(0, 3), named=st.booleans(),
)  # fmt: skip


@st.composite
def people(draw: st.DrawFn) -> Person:
    role = draw(_maybe(Role))
    born = draw(st.sampled_from([None, Pregnancy(1, born_on=TODAY - timedelta(days=2))]))
    person = STRANGER if role is None else known(role, *draw(HOLDS), pregnancy=born)
    return replace(
        person, stopped=draw(st.booleans()), told_off=draw(st.booleans()),
        not_a_mobile=draw(st.sampled_from([None, "foreign"])),
        withdrew=draw(st.booleans()), codes=draw(CODES), unread=draw(st.sampled_from([(), (11,)])),
        last_topic=draw(st.sampled_from([None, "flu"])),
        told_birth_at=draw(st.sampled_from([None, NOW - timedelta(days=2)])),
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
    typed = kind not in (InboundKind.START, InboundKind.MEDIA)
    assert not started or (meaning.word is Word.START and typed)


@settings(max_examples=300, deadline=None)
@given(*TURNS)
def test_p2_only_start_or_resume_ends_ones_pause(
    meaning: Meaning, person: Person, talk: Talk, kind: InboundKind
) -> None:
    resumed = any(isinstance(one, e.Resume) for one in _effects(meaning, person, talk, kind))
    assert not resumed or meaning.word in (Word.START, Word.RESUME)


@settings(max_examples=300, deadline=None)
@given(*TURNS)
def test_p2_only_a_plain_yes_lifts_the_hold_of_a_loss_and_never_of_her_own_plain_one(
    meaning: Meaning, person: Person, talk: Talk, kind: InboundKind
) -> None:
    lifted = [one for one in _effects(meaning, person, talk, kind) if isinstance(one, e.LiftHolds)]
    if any(one.kinds - {HoldKind.SILENCE} for one in lifted):
        assert person.member is not None
        if any(isinstance(one, e.SetDue) for one in _effects(meaning, person, talk, kind)):
            return  # the next pregnancy, which she agreed to and whose date she gave (CARE 17)
        assert meaning.word in (Word.OK, Word.YES) or (meaning.digit == 1 and talk.name == "held")
        mine = [one for one in person.holds if one.member_id == person.member.id]
        assert all(one.kind is not HoldKind.LOSS for one in mine)


@settings(max_examples=300, deadline=None)
@given(*TURNS)
def test_p2_to_a_stopped_address_nothing_but_start_gives_consent(
    meaning: Meaning, person: Person, talk: Talk, kind: InboundKind
) -> None:
    effects = _effects(meaning, replace(person, stopped=True), talk, kind)
    assert not any(isinstance(one, e.RecordConsent | e.CreateMember | e.ResumeLivingBaby) for one in effects)


GIVES = e.StartAddress | e.Resume | e.LiftHolds | e.RecordConsent | e.CreateMember | e.MoveHere | e.JoinByCode
PLAIN_YES = (Word.OK, Word.YES, Word.UNDO, Word.RESUME, Word.START, Word.BORN, Word.DUE, Word.NEONATAL)


@settings(max_examples=500, deadline=None)
@given(*TURNS)
def test_p2_no_reply_other_than_start_or_an_explicit_yes_ever_resumes(
    meaning: Meaning, person: Person, talk: Talk, kind: InboundKind
) -> None:
    """Whatever begins or brings back messages is START, a yes in a word or a digit to a question that
    stands, a code that was given, or a date that somebody told."""
    gives = [one for one in _effects(meaning, person, talk, kind) if isinstance(one, GIVES)]
    asked = talk != Talk.none() and (meaning.digit is not None or meaning.said_date is not None)
    said = meaning.word in PLAIN_YES or asked or meaning.role is not None
    coded = person.codes.opens is not None and person.codes.tried
    chosen = meaning.word is Word.REMIND and meaning.said_date is not None
    assert not gives or said or coded or chosen


@settings(max_examples=300, deadline=None)
@given(*TURNS)
def test_care_10_only_a_code_links_anybody_and_only_the_mother_gives_one(
    meaning: Meaning, person: Person, talk: Talk, kind: InboundKind
) -> None:
    effects = _effects(meaning, person, talk, kind)
    opened = {person.codes.opens, int(talk.data.get("code", 0)) or None} - {None}
    for one in effects:
        if isinstance(one, e.TakeCode | e.JoinByCode | e.MoveHere):
            assert one.code_id in opened
        if isinstance(one, e.CreateMember) and one.code_id is not None:
            assert (one.code_id in opened, one.role is Role.MOTHER) == (True, False)
        if isinstance(one, e.Invite | e.Remove):
            assert person.is_mother


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


@pytest.mark.parametrize("asked", [Talk("born:where"), Talk("due:date"), Talk("support"), Talk("held")])
def test_p2_a_stop_word_is_asked_back_whatever_was_being_asked(asked: Talk) -> None:
    assert keys(says(known(), asked, stop=StopKind.UNCLEAR)) == ["stop_unclear"]


def test_p2_a_stop_word_half_way_through_joining_is_asked_back_and_a_no_goes_on_where_it_stood() -> None:
    who = Talk("join:who", {"language": "en"})
    asked = says(STRANGER, who, stop=StopKind.UNCLEAR)
    assert keys(asked) == ["stop_unclear"]
    went_on = says(STRANGER, asked.talk, digit=2)
    assert (keys(went_on), went_on.talk) == (["ask_who"], who)
    assert says(STRANGER, asked.talk, digit=1).effects == (e.StopAddress("stop"),)


def test_a_yes_of_a_month_later_deletes_nothing() -> None:
    asked = Talk("delete", {"asked": (NOW - timedelta(days=30)).isoformat()})
    assert says(known(), asked, digit=1).effects == ()


def test_care_6_a_misspelt_loss_of_a_relatives_alerts_staff_too() -> None:
    turn = says(known(Role.GRANDPARENT), Talk("mean?", {"word": "loss"}), digit=1)
    assert turn.effects == (e.ReportLoss(LossKind.PLAIN), e.Alert("loss_by_relative"))


def test_care_5_after_a_loss_an_old_button_gives_no_baby_content() -> None:
    assert keys(says(known(Role.MOTHER, hold()), topic="sleep")) == ["start_after_loss"]
    assert keys(says(known(Role.GRANDPARENT, hold()), topic="sleep")) == ["signpost"]


@pytest.mark.parametrize("topic", ["sleep", "crying", "feeding", "movements", "booking"])
def test_care_5_after_a_loss_no_topic_of_a_baby_is_answered_with_a_link(topic: str) -> None:
    assert keys(says(known(Role.MOTHER, hold()), topic=topic)) == ["start_after_loss"]


ANSWERED_AFTER_STOP = {
    Word.START, Word.HELP, Word.SUPPORT, Word.UNDO, Word.MY_DATA, Word.DELETE, Word.JOIN,
}  # fmt: skip


@pytest.mark.parametrize("word", Word)
def test_p2_after_a_stop_only_these_words_are_answered(word: Word) -> None:
    assert bool(keys(says(known(stopped=True), word=word))) == (word in ANSWERED_AFTER_STOP)


def test_p2_stop_and_a_topic_ends_that_topic_and_no_more() -> None:
    turn = says(known(), stop=StopKind.TOPIC, stop_topic="flu")
    assert (keys(turn), turn.effects) == (["topic_stopped"], (e.StopTopic("flu"),))


@pytest.mark.parametrize("no", [{"digit": 2}, {"word": Word.NO}])
def test_care_18_a_no_to_the_yearly_question_is_a_stop(no: dict[str, Any]) -> None:
    assert says(known(), Talk(STILL_WANTED), **no).effects == (e.StopAddress("stop"),)


@pytest.mark.parametrize("word", [Word.PAUSE, Word.JOIN, Word.RESUME])
def test_care_16_after_her_loss_no_answer_says_that_texts_go_on(word: Word) -> None:
    assert keys(says(known(Role.MOTHER, hold()), word=word)) == ["start_after_loss"]


def test_care_6_she_can_have_it_all_deleted_while_a_relatives_word_holds_her() -> None:
    held = known(Role.MOTHER, hold(by=RELATIVE))
    assert says(held, says(held, word=Word.DELETE).talk, digit=1).effects == (e.EraseMe(),)


def test_language_is_asked_by_number_where_there_is_a_choice() -> None:
    two = known(offered=(("en", "English"), ("ur", "Urdu")))
    asked = says(two, word=Word.LANGUAGE)
    assert asked.replies[0].values == {"menu": "1 English\n2 Urdu"}
    assert says(two, asked.talk, digit=2).effects == (e.SetLanguage("ur"),)
    assert keys(says(known(), word=Word.LANGUAGE)) == ["help"]


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


OF_A_BABY = {"born_saved", "born_where", "born_ask_date", "neonatal", "home", "apart", "welcome", "due_ask",
             "resumed", "started", "paused", "check_in"}  # fmt: skip
ASKED_FOR = {Word.UNDO, Word.SUPPORT, Word.DUE}


@settings(max_examples=400, deadline=None)
@given(MEANINGS, st.sampled_from(Role), st.sampled_from(ASKED), st.sampled_from(InboundKind), st.booleans())
def test_p3_to_one_who_told_of_a_loss_no_answer_speaks_of_a_baby_until_they_ask(
    meaning: Meaning, role: Role, talk: Talk, kind: InboundKind, stopped: bool
) -> None:
    """Where a question still stands from before the loss, the loss ended it: only what follows one stands."""
    mine = MOTHER if role is Role.MOTHER else RELATIVE
    told = replace(known(role, hold(by=mine)), stopped=stopped)
    after = talk if talk.name.startswith(("support", "mean?", "held", "more", "alone")) else Talk.none()
    turn = converse(meaning, told, after, kind, "", NOW)
    meant = after.data.get("word") if after.name == "mean?" else None
    if meaning.word in ASKED_FOR or meant in ASKED_FOR or after.name == "support":
        return
    assert not OF_A_BABY & set(keys(turn))
    assert not any(isinstance(one, e.SetBorn | e.SetHome | e.ResumeLivingBaby) for one in turn.effects)
    assert not [service.id for one in turn.replies for service, _ in one.services if not service.after_loss]


@settings(max_examples=300, deadline=None)
@given(*TURNS)
def test_p10_the_answer_to_a_crisis_is_first_and_is_given_whatever_else_is_said(
    meaning: Meaning, person: Person, talk: Talk, kind: InboundKind
) -> None:
    given = (
        urgent(meaning, person, kind, NOW).replies + converse(meaning, person, talk, kind, "", NOW).replies
    )
    crises = [one.crisis for one in given]
    assert crises == sorted(crises, reverse=True)
    silent = (InboundKind.BLOCK, InboundKind.GROUP, InboundKind.UNKNOWN, InboundKind.START)
    if meaning.crises and kind not in silent:
        assert given[0].key == f"crisis/{meaning.crises[0]}"
