"""What people write, and what it is taken for: CARE A, line by line, with the real words in config/."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.family import Role
from bot.domain.inbound import LONGEST_TEXT
from bot.domain.meaning import Crisis, LossKind, Meaning, SaidDate, StopKind, Word
from bot.words.lexicon import Lexicon
from bot.words.understand import understand

Says = Callable[[str], Meaning]
TODAY = date(2026, 11, 23)
DANGER = ["she is not breathing", "he hits me", "i want to kill myself", "we lost the baby", "i miscarried"]


# --- CARE 1: the order, and what is none of it -----------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["born sleeping", "BORN sleeping 3 march", "She was born sleeping yesterday 💔"]
)
def test_care_01_born_sleeping_is_a_loss_and_never_a_birth(says: Says, text: str) -> None:
    meaning = says(text)
    assert (meaning.loss, meaning.word, meaning.topic, meaning.said_date) == (
        LossKind.PLAIN,
        None,
        None,
        None,
    )


@pytest.mark.parametrize(
    ("text", "crisis"),
    [("bleeding wont stop", Crisis.PREGNANCY), ("he won't stop hitting me", Crisis.ABUSE)],
)
def test_care_01_a_crisis_with_the_word_stop_in_it_is_not_a_stop(
    says: Says, text: str, crisis: Crisis
) -> None:
    meaning = says(text)
    assert (meaning.crises, meaning.stop) == ((crisis,), None)


@pytest.mark.parametrize(
    "text", ["stop crying", "stop smoking", "how do i stop smoking", "baby wont stop crying"]
)
def test_care_01_other_things_that_stop_are_not_a_stop(says: Says, text: str) -> None:
    assert says(text).stop is None


@pytest.mark.parametrize(
    "text", ["hair loss", "weight loss", "i lost weight", "lost my phone", "my phone died"]
)
def test_care_01_other_things_that_are_lost_are_not_a_loss(says: Says, text: str) -> None:
    assert says(text).loss is None


def test_care_01_every_one_that_is_found_applies(says: Says) -> None:
    meaning = says("I lost my baby and I want to kill myself")
    assert (meaning.crises, meaning.loss) == ((Crisis.SELF_HARM,), LossKind.PLAIN)


@pytest.mark.parametrize(
    "text",
    [
        "LOSS",
        "loss.",
        "We lost our baby",
        "lost the baby",
        "my baby has died",
        "our son passed away",
        "one of the twins died",
        "stillborn at 30 weeks",
        "I miscarried",
        "i had a miscarriage",
        "there was no heartbeat",
        "They didn't make it, the twins didn't survive",
        "LOST MY BABY 😭",
    ],
)
def test_any_phrase_of_death_is_a_loss(says: Says, text: str) -> None:
    assert says(text).loss is LossKind.PLAIN


@pytest.mark.parametrize(
    "text", ["not pregnant now", "I'm not pregnant anymore", "had an abortion", "termination"]
)
def test_care_16_a_pregnancy_that_was_ended_is_told_apart(says: Says, text: str) -> None:
    assert says(text).loss is LossKind.ENDED


# --- CARE 2: unclear losses ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "I think i might have lost",
        "scared of a miscarriage",
        "we lost him on sunday",
        "dad died last week",
        "I miscarried last year",
        "nearly lost the baby",
        "what is this about LOSS you texted",
        "they couldn't find a heartbeat",
    ],
)
def test_care_02_a_loss_inside_an_unclear_sentence_pauses_and_asks(says: Says, text: str) -> None:
    assert says(text).loss is LossKind.UNCLEAR


@pytest.mark.parametrize(
    "text", ["stop loss", "baby died. stop texting me", "lost, please stop the messages"]
)
def test_a_loss_beside_a_stop_word_is_not_asked_whether_it_wants_texts(says: Says, text: str) -> None:
    meaning = says(text)
    assert (meaning.loss is not None, meaning.stop) == (True, None)


# --- P2: STOP --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "stop",
        "STOP",
        "Stop!!",
        "  stop. ",
        "stoppp",
        "🛑 STOP 🛑",
        "STOP STOP STOP",
        "please stop texting me",
        "Could you stop the texts please",
        "Please don’t text me again",
        "ＳＴＯＰ",
        "unsubscribe",
        "END",
        "take me off your list",
        "no more messages please",
        "leave me alone",
    ],
)
def test_p02_a_listed_whole_message_stops_everything(says: Says, text: str) -> None:
    assert says(text).stop is StopKind.TOTAL


@pytest.mark.parametrize(
    "text", ["wrong number", "who's this?", "not me", "Sorry, you have the wrong number"]
)
def test_care_13_a_wrong_number_is_a_stop(says: Says, text: str) -> None:
    assert says(text).stop is StopKind.WRONG_NUMBER


@pytest.mark.parametrize(("text", "topic"), [("STOP FLU", "flu"), ("stop sleep messages", "sleep")])
def test_p02_stop_and_a_topic_ends_that_topic(says: Says, text: str, topic: str) -> None:
    meaning = says(text)
    assert (meaning.stop, meaning.stop_topic) == (StopKind.TOPIC, topic)


@pytest.mark.parametrize(
    "text", ["should this stop when he is older", "stpo", "too many messages", "stop or not"]
)
def test_p02_any_other_text_with_a_stop_word_asks_back(says: Says, text: str) -> None:
    assert says(text).stop is StopKind.UNCLEAR


@pytest.mark.parametrize(
    "text",
    ["jooji", "توقف", "بند کریں", "band karo", "বন্ধ করুন", "Proszę przestać", "przestan pisac", "khalas"],
)
def test_care_04_stop_is_understood_in_every_language_from_the_first_day(says: Says, text: str) -> None:
    assert says(text).stop is StopKind.TOTAL


@pytest.mark.parametrize(
    "text",
    ["mera bacha mar gaya", "poroniłam", "Poronilam", "فقدت طفلي", "আমার বাচ্চা মারা গেছে", "bacha mara gese"],
)
def test_care_04_a_loss_is_understood_in_every_language_from_the_first_day(says: Says, text: str) -> None:
    assert says(text).loss is LossKind.PLAIN


# --- Words and answers -----------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["START", "start", "Start!"])
def test_p02_start_alone_is_start(says: Says, text: str) -> None:
    assert says(text).word is Word.START


@pytest.mark.parametrize(
    "text", ["start please", "dont start", "START 1", "starts", "strat", "restart", "ok start"]
)
def test_p02_nothing_but_start_alone_is_start(says: Says, text: str) -> None:
    meaning = says(text)
    assert (meaning.word, meaning.near) != (Word.START, "start")
    assert meaning.word is not Word.START


@pytest.mark.parametrize(
    ("text", "code"), [("JOIN 48271639", "48271639"), ("join ٤٨٢٧ ١٦٣٩", "48271639"), ("JOIN", None)]
)
def test_care_10_join_carries_its_code(says: Says, text: str, code: str | None) -> None:
    meaning = says(text)
    assert (meaning.word, meaning.code) == (Word.JOIN, code)


@pytest.mark.parametrize(
    "text", ["1", "1.", "(1)", "۱", "١", "১", "１", "1️⃣", "one", "1 AGREE", "1 yes please", "yes 1"]
)
def test_care_04_every_question_can_be_answered_by_a_digit_of_any_script(says: Says, text: str) -> None:
    assert says(text).digit == 1


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("HELP", Word.HELP),
        ("helpppp", Word.HELP),
        ("pause", Word.PAUSE),
        ("UNDO", Word.UNDO),
        ("BORN 20/11", Word.BORN),
        ("she is here! born 22 Nov", Word.BORN),
        ("due 12 May", Word.DUE),
        ("SUPPORT", Word.SUPPORT),
        ("my baby is in NICU", Word.NEONATAL),
        ("baby is home now", Word.HOME),
        ("home today", Word.HOME),
        ("home since monday", Word.HOME),
        ("taken into care", Word.APART),
        ("Yes", Word.YES),
        ("OK", Word.OK),
        ("ok thanks", Word.OK),
        ("MY DATA", Word.MY_DATA),
        ("DELETE", Word.DELETE),
        ("less", Word.LESS),
        ("Done!", Word.DONE),
    ],
)
def test_what_is_asked_or_answered_is_understood(says: Says, text: str, word: Word) -> None:
    assert says(text).word is word


@pytest.mark.parametrize(
    ("text", "near"), [("hlep", "help"), ("slep", "sleep"), ("suport", "support"), ("lsos", None)]
)
def test_a_near_match_is_only_asked_back(says: Says, text: str, near: str | None) -> None:
    meaning = says(text)
    assert (meaning.word, meaning.topic, meaning.near) == (None, None, near)


@pytest.mark.parametrize("text", ["LANGUAGE URDU", "urdu", "اردو"])
def test_a_language_is_asked_for_by_its_name(says: Says, text: str) -> None:
    assert says(text).language == "ur"


@pytest.mark.parametrize("text", ["my benefits are due", "when am i due", "am i due a scan"])
def test_due_within_a_sentence_without_a_number_changes_no_date(says: Says, text: str) -> None:
    assert says(text).word is None


def test_due_within_a_sentence_is_heard_when_it_says_the_day(says: Says) -> None:
    meaning = says("can you change my due date to 14 may")
    assert (meaning.word, meaning.said_date) == (Word.DUE, SaidDate(day=date(2027, 5, 14)))


def test_the_words_of_a_language_count_only_for_who_reads_it(lexicon: Lexicon) -> None:
    assert understand("less", lexicon, ("ur",), TODAY).word is None


@pytest.mark.parametrize(("text", "tongue"), [("pomoc", "pl"), ("caawimo fadlan", "so"), ("help", "en")])
def test_help_is_heard_in_every_language_since_a_stranger_told_us_none(
    says: Says, text: str, tongue: str
) -> None:
    assert (says(text).word, says(text).tongue) == (Word.HELP, None if tongue == "en" else tongue)


# --- Whatever comes in -----------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "   ", "😀😀", "...", "\u200b\u200e", "?!"])
def test_what_holds_no_word_is_empty(says: Says, text: str) -> None:
    assert says(text) == Meaning(empty=True)


@pytest.mark.parametrize("text", ["{{ 7*7 }}", "{% for x in y %}", "${PATH}", "'; DROP TABLE families; --"])
def test_template_and_query_syntax_is_only_text(says: Says, text: str) -> None:
    meaning = says(text)
    assert not meaning.urgent
    assert meaning.word is None


@pytest.mark.parametrize(
    "text",
    ["hi ", "please ", "stop ", "baby not ", "a", "\u0301", "\ufdfa", "\u200d", "1", "12/05/2027 ", "لا "],
)
def test_the_longest_text_there_is_takes_no_second_to_read(says: Says, text: str) -> None:
    """A thousand polite words once took twelve, while every other text waited."""
    began = time.process_time()
    says((text * LONGEST_TEXT)[:LONGEST_TEXT])
    assert time.process_time() - began < 1


@pytest.mark.parametrize("polite", [1, 5, 40])
def test_p02_stop_among_polite_words_is_stop_however_many_there_are(says: Says, polite: int) -> None:
    meaning = says("hi " * polite + "stop" + " please" * polite)
    assert meaning.stop is StopKind.TOTAL


@pytest.mark.parametrize(
    ("text", "role"),
    [("Mum", Role.MOTHER), ("I'm pregnant", Role.MOTHER), ("dad!", Role.FATHER), ("Nana", Role.GRANDPARENT)],
)
def test_care_04_who_somebody_is_may_be_said_in_a_word(says: Says, text: str, role: Role) -> None:
    assert says(text).role is role


def test_care_04_a_role_beside_its_number_is_the_number(says: Says) -> None:
    assert says("1 mum").digit == 1


@pytest.mark.parametrize("text", ["LOSSS", "losssss", "Loss!!"])
def test_care_02_loss_with_a_letter_held_down_is_loss(says: Says, text: str) -> None:
    assert says(text).loss is LossKind.PLAIN


def test_a_huge_text_is_read_to_its_end(says: Says) -> None:
    words = random.Random(7).choices(["baby", "sleep", "the", "moon", "milk", "doctor"], k=600)
    assert says(" ".join([*words, "and I want to kill myself"])).crises == (Crisis.SELF_HARM,)


@settings(max_examples=60, deadline=None)
@given(text=st.text(max_size=300))
def test_no_text_is_too_odd_to_be_read(lexicon: Lexicon, text: str) -> None:
    assert isinstance(understand(text, lexicon, ("en", "ur", "xx"), TODAY), Meaning)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["stop", "start", "1", "24", "/", "+", "weeks", "baby", "not", "born", "2", "may", "*", "lost"]
        ),
        max_size=9,
    )
)
def test_no_mixture_of_our_own_words_is_too_odd_to_be_read(lexicon: Lexicon, words: list[str]) -> None:
    meaning = understand(" ".join(words), lexicon, ("en",), TODAY)
    assert (
        meaning.word is not Word.START or words == ["start"] or [w for w in words if w.isalnum()] == ["start"]
    )


# --- Reply to signpost -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("slep", "sleep"), ("brestfeeding hurts", "feeding"), ("vaccinatons for my baby", "vaccinations"),
        ("houssing", "housing"), ("is smokng round baby bad", "smoking"),
    ],
)  # fmt: skip
def test_a_slip_in_a_topics_word_is_only_asked_back(says: Says, text: str, near: str) -> None:
    meaning = says(text)
    assert (meaning.near, meaning.topic, meaning.word) == (near, None, None)


@pytest.mark.parametrize("text", ["my hubby is nice", "see you there", "were naming her amina", "lovely day"])
def test_an_ordinary_word_is_no_slip(says: Says, text: str) -> None:
    assert says(text).near is None


def test_every_topic_is_found_by_the_name_it_is_asked_back_by(says: Says, files: dict[str, Any]) -> None:
    """ "Did you mean SLEEP?" may be answered by the word itself. (LOSS holds a family.)"""
    for topic in set(files["keywords"]["en"]["topics"]) - {"loss", "baby_loss_awareness_week"}:
        assert says(topic.replace("_", " ").upper()).topic == topic


@given(
    said=st.sampled_from(DANGER), topic=st.sampled_from(["where should she sleep", "flu jab", "need a cot"])
)
@settings(max_examples=60, deadline=None)
def test_care_01_nobody_in_danger_or_grief_is_sent_to_a_page(says: Says, said: str, topic: str) -> None:
    for text in (f"{said} {topic}", f"{topic}, {said}"):
        assert says(text).topic is None
