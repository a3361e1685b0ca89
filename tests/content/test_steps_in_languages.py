"""Every translated step says what its English says: values, numbers, words to text, roles, whom to call."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from bot.authoring.faithful import keywords, numbers, printed, western_digits
from bot.words.template import Template
from tests.content.test_languages_whole import (
    _NAMES,
    EACH,
    OTHERS,
    SAME_WORD,
    latin,
)
from tests.ours import content

CONTENT = content()
_SEEN_IN_ALL = frozenset({"ICON", "RSV", "ABC", "USG", "OK"})  # names, and what nobody is asked to text
_OTHER_NAMES = frozenset({"Once", "Upon", "Smile"})
_SPELLED_ALIKE = {"pl": {"same", "doppler"}, "so": {"doppler"}}


def steps(language: str) -> Iterator[tuple[Template, Template]]:
    """Each step's English with its translation, where there is one."""
    for path in sorted(CONTENT.words.paths):
        if path.startswith(f"templates/{language}/") and "/replies/" not in path:
            ours = CONTENT.words.at(path.replace(f"/{language}/", "/en/", 1))
            theirs = CONTENT.words.at(path)
            assert ours is not None, f"{path} translates nothing"
            assert theirs is not None
            yield ours, theirs


@EACH
def test_a_translated_step_prints_the_same_values_numbers_and_words_to_text(language: str) -> None:
    wrong = [
        theirs.path
        for ours, theirs in steps(language)
        if printed(ours) != printed(theirs)
        or numbers(ours.text) != numbers(theirs.text)
        or not western_digits(theirs.text)
        or keywords(ours.text) - _SEEN_IN_ALL != keywords(theirs.text) - _SEEN_IN_ALL
    ]
    assert wrong == []


@EACH
def test_a_translated_step_begins_with_our_name_and_is_no_copy(language: str) -> None:
    named = _NAMES | _OTHER_NAMES | SAME_WORD.get(language, set()) | _SPELLED_ALIKE.get(language, set())
    for ours, theirs in steps(language):
        assert theirs.text.startswith("Think Family: ") or theirs.path.endswith("/menu.j2"), theirs.path
        assert sorted(latin(ours.text) & latin(theirs.text) - named) == [], theirs.path


def step_of(path: str) -> str:
    """The step a template is of, whatever the role and channel: "safe_sleep/first_week"."""
    _, _, campaign, name = path.split("/")
    return f"{campaign}/{name.partition('.')[0]}"


@EACH
def test_whoever_has_words_of_their_own_in_english_has_them_in_a_translation(language: str) -> None:
    """Else a father would read what was written for the mother."""
    mine = {theirs.path.removeprefix(f"templates/{language}/") for _, theirs in steps(language)}
    begun = {step_of(f"templates/en/{path}") for path in mine}
    english = [path for path in CONTENT.words.paths if path.startswith("templates/en/")]
    wanted = {
        path.removeprefix("templates/en/")
        for path in english
        if "/replies/" not in path and not path.endswith(".telegram.j2") and step_of(path) in begun
    }
    assert sorted(wanted - mine) == []


@pytest.mark.parametrize(
    "lives",
    [
        "movements_28w",
        "warning_signs_20w",
        "labour_37w",
        "first_night",
        "peak",
        "unwell",
        "warning_signs",
        "sudden_confusion",
    ],
)
def test_what_saves_lives_is_written_in_every_language(lives: str) -> None:
    missing = [
        code
        for code in OTHERS
        if not any(re.search(rf"templates/{code}/\w+/{lives}\.j2", path) for path in CONTENT.words.paths)
    ]
    assert missing == []
