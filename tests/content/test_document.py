"""YAML as people write it: no traps of older YAML, every place with its line."""

from __future__ import annotations

import pytest

from bot.content.document import read
from bot.errors import ContentError

PATH = "campaigns/flu.yaml"


def said(text: str) -> str:
    with pytest.raises(ContentError) as caught:
        read(PATH, text)
    return str(caught.value)


def test_words_that_older_yaml_turns_into_something_else_stay_words() -> None:
    text = "a: [no, off, 12:30, 2027-02-31, yes]"
    assert read(PATH, text).values == {"a": ["no", "off", "12:30", "2027-02-31", "yes"]}


def test_values_are_plain() -> None:
    assert read(PATH, "a: {b: [1, 2.5, true, null, 'x']}").values == {"a": {"b": [1, 2.5, True, None, "x"]}}


def test_a_place_has_its_line_and_column() -> None:
    document = read(PATH, "a: 1\nb:\n  - c: 2\n")
    assert str(document.fault(("b", 0, "c"), "X")) == f"{PATH}:3:8: X"
    assert str(document.fault(("b", 0, "c"), "X", key=True)) == f"{PATH}:3:5: X"


def test_a_place_that_is_not_there_is_told_at_the_nearest_one() -> None:
    assert str(read(PATH, "a: 1\nb: {}\n").fault(("b", "c", 3), "X")) == f"{PATH}:2:4: X"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "1:1: The file is empty. Write it, or delete it."),
        ("a: 1\na: 2", "2:1: The key a is here twice. Keep one of the two."),
        ("a: &x [1]\nb: *x", "1:4: Anchors (& and *) are not used here. Write it out."),
        ("a: !thing 1", "1:4: Tags with ! are not used here. Write the plain value."),
        ("? [1]\n: 2", "1:1: A key is one word, such as title. Write it in quotes if need be."),
    ],
)
def test_what_could_surprise_is_refused(text: str, message: str) -> None:
    assert said(text).startswith(f"{PATH}:{message}")


def test_nests_far_too_deep_are_refused() -> None:
    assert "Too many levels inside each other. Simplify it." in said("a: " + "[" * 20 + "1" + "]" * 20)


def test_brackets_without_end_neither_crash_nor_keep_anyone_waiting() -> None:
    """The parser alone would take minutes."""
    said_so = said("a: " + "[" * 100_000)
    assert said_so == f"{PATH}:1:1: Too many brackets inside each other. Simplify it."


def test_brackets_that_are_never_closed_are_named() -> None:
    assert said("a: [\n").startswith(f"{PATH}:2:1: A bracket that opens here or before is not closed")
