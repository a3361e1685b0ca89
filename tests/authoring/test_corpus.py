"""A file of texts: what each line is taken for, and how many of each."""

from __future__ import annotations

from datetime import date

import pytest

from bot.authoring.corpus import Taken, corpus, counts
from bot.content.load import Content
from tests import ours

TODAY = date(2026, 11, 23)


@pytest.fixture(scope="module")
def content() -> Content:
    return ours.content()


def taken(content: Content, *lines: str, language: str = "en") -> list[Taken]:
    return list(corpus(content, lines, language, TODAY))


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("baby not breathing and we lost her", ("crisis: baby_life", "loss: unclear")),
        ("we lost the baby", ("loss: plain",)),
        ("STOP", ("stop: total",)),
        ("stop flu", ("stop: flu", "topic: flu")),
        ("slep", ("asked back: sleep",)),
        ("she wont stop crying", ("topic: crying",)),
        ("born 3 march", ("word: born", "date: a day")),
        ("24 weeks", ("date: weeks of pregnancy",)),
        ("31 february", ("date: impossible",)),
        ("m14 5rx", ("postcode",)),
        ("2", ("answer: 2",)),
        ("grandma", ("role: grandparent",)),
        ("urdu", ("language: ur",)),
        ("asdfgh", ("not understood",)),
    ],
)
def test_a_line_is_said_to_be_what_it_is_taken_for(
    content: Content, text: str, meant: tuple[str, ...]
) -> None:
    assert [one.meant for one in taken(content, text)] == [meant]


def test_lines_keep_their_numbers_and_empty_ones_are_passed_over(content: Content) -> None:
    found = taken(content, "sleep\n", "\n", "  \r\n", "flu\r\n")
    assert [(one.line, one.text) for one in found] == [(1, "sleep"), (4, "flu")]


def test_a_line_of_two_things_counts_for_both(content: Content) -> None:
    found = counts(taken(content, "sleep", "SLEEP", "born 3 march"))
    assert dict(found) == {"topic: sleep": 2, "word: born": 1, "date: a day": 1}


def test_p11_a_line_does_not_show_its_words_by_accident(content: Content) -> None:
    [one] = taken(content, "my name is Zebedee7")
    assert "Zebedee7" not in repr(one)
