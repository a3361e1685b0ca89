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


@pytest.mark.parametrize(
    "said", ["MY DATA", "JOIN 48271639", "SHOUT to 85258", "PRIVATE OFF", "+447700900000"]
)
def test_what_is_to_be_texted_back_is_kept_whole_in_right_to_left_text(said: str) -> None:
    """ "MY" and "DATA" alone would be read as DATA MY."""
    assert characters.isolate(f"لکھیں {said}۔") == f"لکھیں \u2066{said}\u2069۔"


def test_a_line_of_right_to_left_text_that_begins_with_a_latin_name_still_begins_from_the_right() -> None:
    assert characters.isolate("Think Family: شکریہ\nSands: فون\n999 ابھی") == (
        "\u200fThink Family: شکریہ\n\u200fSands: فون\n999 ابھی"
    )


def test_isolating_again_changes_nothing() -> None:
    """A line on a service is made by itself, and then stands in an answer."""
    once = characters.isolate("Sands: 0808 164 3332، nhs.uk، STOP۔")
    assert characters.isolate(once) == once


def test_numbers_and_links_are_kept_whole_in_right_to_left_text() -> None:
    assert characters.isolate("کال 0800 448 0737 nhs.uk") == (
        "کال \u20660800 448 0737\u2069 \u2066nhs.uk\u2069"
    )
