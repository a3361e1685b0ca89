"""Phrases and texts, compared."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from bot.words.match import Phrase, Phrases, Text, Vocabulary, fold, nearest, phrase, whole_messages


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("  Don’t STOP!! ", "dont stop"),
        ("stoppp", "stop"),
        ("Przestań, proszę", "przestan prosze"),
        ("poroniłam", "poronilam"),
        ("1️⃣", "1"),
        ("🛑", ""),
        ("বন্ধ করুন।", "বন্ধ করুন"),
        ("111", "111"),
    ],
)
def test_only_the_words_are_compared(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(st.text(max_size=80))
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("baby not breathing", True),
        ("baby is really not now breathing", True),
        ("not breathing", False),
        ("baby not one two three four breathing", False),
        ("she is not breathing", True),
    ],
)
def test_a_gap_stands_for_up_to_three_words(text: str, found: bool) -> None:
    assert Text(text).has(Phrases([phrase("baby/she * not * breathing")])) is found


def test_a_phrase_is_not_found_in_or_across_what_was_blotted_out() -> None:
    rest = Text("my back is killing me").without(Phrases([phrase("back is killing me")]))
    assert not rest.has(Phrases([phrase("killing me"), phrase("my * me")]))


def test_blotting_out_leaves_the_rest_to_be_found() -> None:
    assert Text("hair loss and loss").without(Phrases([phrase("hair loss")])).has(Phrases([phrase("loss")]))


@pytest.mark.parametrize(
    ("text", "found"),
    [("breathng", True), ("braething", True), ("breathing", True), ("breeding", False), ("xreathing", False)],
)
def test_a_long_word_may_have_one_slip_after_its_first_letter(text: str, found: bool) -> None:
    assert Text(text, Vocabulary(["breathing"])).has(Phrases([phrase("breathing")])) is found


def test_an_ordinary_word_is_never_taken_for_another() -> None:
    assert not Text("doing", Vocabulary(["dying"], frozenset(["doing"]))).has(Phrases([phrase("dying")]))


def test_a_short_word_has_no_slips() -> None:
    assert not Text("hut", Vocabulary(["hit"])).has(Phrases([phrase("hit")]))


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("hlep", "help"),
        ("smokng", "smoking"),
        ("stpo", "stop"),
        ("cat", None),
        ("elephant", None),
        ("12 may", None),
    ],
)
def test_the_nearest_word_is_named_when_it_is_near(text: str, near: str | None) -> None:
    assert nearest(text, {"help": "help", "smoking": "smoking", "stop": "stop"}) == near


def test_between_two_that_are_as_near_none_is_named() -> None:
    assert nearest("stap", {"step": "sleep", "stop": "stop"}) is None


@pytest.mark.parametrize(
    ("text", "found"), [("shes gone", True), ("shes gone now", True), ("shes gone to bed", False)]
)
def test_a_phrase_is_not_found_before_a_word_that_makes_it_something_else(text: str, found: bool) -> None:
    assert Text(text).has(Phrases([phrase("shes gone !to/off")])) is found


def test_what_must_not_follow_is_looked_for_after_a_gap_too() -> None:
    assert not Text("not felt her kick today").has(Phrases([phrase("not felt * kick !today")]))


def test_a_line_of_whole_messages_says_each_and_nothing_between() -> None:
    said = whole_messages("stop (the/all_these) texts/it")
    assert said == {"stop texts", "stop it", "stop the texts", "stop the it", "stop all these texts",
                    "stop all these it"}  # fmt: skip


def test_a_short_spelling_is_read_as_it_stands_and_in_full() -> None:
    read = Text("stop ur msgs", spellings={"ur": "your", "msgs": "messages"})
    assert read.wholes == ("stop ur msgs", "stop your messages")
    assert read.has(Phrases([phrase("your messages")]))
    assert read.has(Phrases([phrase("ur msgs")]))


_LETTERS = st.text("abehrt", min_size=1, max_size=8)


@given(st.lists(_LETTERS, max_size=12), _LETTERS)
def test_filing_words_by_their_first_letter_and_length_misses_no_slip(known: list[str], word: str) -> None:
    """As if every word had been compared with every other."""
    long = {one for one in known if len(one) >= 5 and one[0] == word[0]}
    slips = {one for one in long if OSA.distance(word, one) <= 1} if len(word) >= 5 else set()
    assert Vocabulary(known).meant(word) == ({word} if word in known else {word, *slips})


_SLOTS = st.sampled_from(["no", "baby", "moving", "*", "baby/she", "not/isnt", "!today", "follow-up"])
_LISTED = st.lists(st.lists(_SLOTS, min_size=1, max_size=4).map(" ".join).map(phrase), max_size=8)
_SAID = st.lists(
    st.sampled_from(["no", "baby", "she", "isnt", "moving", "today", "follow", "up", "and"]), max_size=8
)


@given(_LISTED, _SAID.map(" ".join))
def test_filing_phrases_by_a_word_neither_finds_nor_misses_anything(listed: list[Phrase], said: str) -> None:
    alone = [Text(said).has(Phrases([one])) for one in listed]
    assert Text(said).has(Phrases(listed)) is any(alone)
    possible = Phrases(listed).possible(said.split())
    assert all(one in possible for one, found in zip(listed, alone, strict=True) if found)


def test_a_beginning_stands_for_every_ending() -> None:
    texts = ["nie oddycha", "przestal oddychac", "oddany"]
    wanted = Phrases([phrase("oddych~")])
    assert [Text(one, Vocabulary(["oddych~"])).has(wanted) for one in texts] == [True, True, False]


def test_both_in_any_order_near_each_other() -> None:
    wanted = Phrases([phrase("lips/mouth & blue")])
    said = ["blue lips", "his lips look a bit blue", "lips", "blue " + "and so on " * 5 + "lips"]
    assert [Text(one).has(wanted) for one in said] == [True, True, False, False]


def test_a_word_counts_once_for_both() -> None:
    assert not Text("pain").has(Phrases([phrase("pain & pain")]))
