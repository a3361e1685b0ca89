"""Every offered language has every reply, with the same values, numbers and words to text as the English."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from bot.words.template import Template, compile
from tests.ours import content

CONTENT = content()
ENGLISH = "templates/en/replies/"
PATHS = sorted(path for path in CONTENT.words.paths if path.startswith(ENGLISH))
OTHERS = [code for code in CONTENT.config.language_codes if code != "en"]
EACH = pytest.mark.parametrize("language", OTHERS)

_CODE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\?start=", re.DOTALL)
_KEYWORD = re.compile(r"\b[A-Z][A-Z0-9]+(?![A-Za-z])")
_NUMBER = re.compile(r"\d+")
SAME_WORD = {"pl": {"partner"}}  # what is spelled alike in both languages
_READ_NOT_TYPED = frozenset({"AGREE", "NO", "GP", "UK", "NSPCC"})  # the digit beside it is typed, or a name

_NAMES = frozenset(  # services and the like, and the button as it is written
    re.findall(r"\w+", "Think Family, Telegram, Show, Sands, Samaritans, Child Bereavement, Rainbow Clinic")
    + re.findall(r"\w+", "Baby Loss Awareness Week")
)


def pairs(language: str) -> Iterator[tuple[Template, Template]]:
    """Each English reply with its translation, where there is one."""
    for path in PATHS:
        ours = CONTENT.words.at(path)
        theirs = CONTENT.words.at(path.replace(ENGLISH, f"templates/{language}/replies/"))
        if ours is not None and theirs is not None:
            yield ours, theirs


def keywords(text: str) -> set[str]:
    """The words in capitals that a family texts back; not our own "OK, thank you"."""
    return set(_KEYWORD.findall(_CODE.sub(" ", text.replace("Family: OK", "")))) - _READ_NOT_TYPED


def numbers(text: str) -> set[str]:
    """The numbers that are said; those of names such as M14 too."""
    return set(_NUMBER.findall(_CODE.sub(" ", text)))


def test_the_languages_that_are_offered() -> None:
    """Most read first; each by the name it calls itself, and none said to be reviewed by anybody yet."""
    offered = [(one.code, one.name) for one in CONTENT.config.languages]
    assert offered == [
        ("en", "English"), ("ur", "اردو"), ("ar", "العربية"),
        ("bn", "বাংলা"), ("pl", "Polski"), ("so", "Soomaali"),
    ]  # fmt: skip
    assert [one.code for one in CONTENT.config.languages if one.reviewed] == []


@EACH
def test_every_reply_is_written_in_every_language(language: str) -> None:
    folder = f"templates/{language}/replies/"
    missing = [path for path in PATHS if path.replace(ENGLISH, folder) not in CONTENT.words.paths]
    assert missing == []


@EACH
def test_a_translation_prints_the_same_values_and_asks_about_the_same_cases(language: str) -> None:
    """It may ask about more, such as each role, to say it in its own words."""
    wrong = [
        theirs.path
        for ours, theirs in pairs(language)
        if theirs.placeholders != ours.placeholders
        or not (ours.constants - {"en"}) <= theirs.constants
        or printed(theirs) != printed(ours)
    ]
    assert wrong == []


def printed(template: Template) -> set[str]:
    """The values that are themselves printed, not only asked about."""
    return set(re.findall(r"\{\{\s*(\w+)", template.text))


@EACH
def test_what_a_family_may_text_back_stands_in_every_translation(language: str) -> None:
    wrong = {
        theirs.path: keywords(ours.text) ^ keywords(theirs.text)
        for ours, theirs in pairs(language)
        if keywords(ours.text) != keywords(theirs.text)
    }
    assert wrong == {}


@EACH
def test_the_same_numbers_stand_in_every_translation_in_western_digits(language: str) -> None:
    wrong = {
        theirs.path: numbers(ours.text) ^ numbers(theirs.text)
        for ours, theirs in pairs(language)
        if numbers(ours.text) != numbers(theirs.text) or not _ascii_digits(theirs.text)
    }
    assert wrong == {}


def _ascii_digits(text: str) -> bool:
    return all(found.isascii() for found in re.findall(r"\d", text))


@EACH
def test_a_translation_is_no_copy_of_the_english(language: str) -> None:
    """A word left in English would be sent as if somebody had translated it."""
    named = _NAMES | SAME_WORD.get(language, set())
    for ours, theirs in pairs(language):
        commands = {line.partition(" - ")[0] for line in ours.text.splitlines()}  # of a menu on Telegram
        assert sorted(latin(ours.text) & latin(theirs.text) - named - commands) == [], theirs.path


def latin(text: str) -> set[str]:
    """The longer words in Latin letters, those to text back aside."""
    return set(re.findall(r"\b[A-Za-z][a-z]{3,}\b", _CODE.sub(" ", text)))


def test_the_comparisons_see_what_is_lost() -> None:
    ours = compile("Text STOP or 999, 1 AGREE. {% if a == 'x' %}{{ b }}{% endif %}", "x")
    assert keywords(ours.text) == {"STOP"}
    assert numbers(ours.text) == {"999", "1"}
    assert printed(ours) == {"b"}
    assert not _ascii_digits("٩٩٩")
