"""Characters: what costs a second alphabet, and what people type in theirs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.words import characters


def test_characters_outside_gsm_are_named_with_their_place() -> None:
    assert characters.not_gsm("it’s 5€ – ç") == [(2, "’"), (8, "–"), (10, "ç")]


@pytest.mark.parametrize("zero", ["0", "\u0660", "\u06f0", "\u09e6", "\uff10"])
def test_care_04_digits_of_any_script_are_digits(zero: str) -> None:
    typed = "".join(chr(ord(zero) + digit) for digit in range(10))
    assert characters.ascii_digits(typed) == "0123456789"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("  STOP \n", "stop"),
        ("ＳＴＯＰ", "stop"),
        ("won’t", "won't"),
        ("ST\u200bOP", "stop"),
        ("\u202estop", "stop"),
        ("كتاب", "کتاب"),
        ("بَچّہ", "بچه"),
    ],
)
def test_what_is_typed_several_ways_comes_out_one_way(typed: str, meant: str) -> None:
    assert characters.normalise(typed) == meant


@given(st.text(max_size=200))
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = characters.normalise(text)
    assert characters.normalise(once) == once


def test_control_and_bidi_characters_are_taken_out() -> None:
    assert characters.clean("a\u202eb\x00c\r\nd") == "abc\nd"


def test_joiners_that_spelling_needs_stay() -> None:
    assert characters.clean("می\u200cروم") == "می\u200cروم"


def test_plain_typography_is_gsm() -> None:
    assert characters.plain_typography("“It’s” – 5…") == '"It\'s" - 5...'


def test_numbers_and_links_are_kept_whole_in_right_to_left_text() -> None:
    assert characters.isolate("کال 0800 448 0737 nhs.uk") == (
        "کال \u20660800 448 0737\u2069 \u2066nhs.uk\u2069"
    )
