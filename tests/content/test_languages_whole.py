"""Every offered language has every reply, with the same values, numbers and words to text as the English."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from bot.authoring.faithful import unfaithful
from bot.words.template import Template
from tests.ours import content

CONTENT = content()
ENGLISH = "templates/en/replies/"
PATHS = sorted(path for path in CONTENT.words.paths if path.startswith(ENGLISH))
OTHERS = [code for code in CONTENT.config.language_codes if code != "en"]
EACH = pytest.mark.parametrize("language", OTHERS)

_CODE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\?start=", re.DOTALL)
SAME_WORD = {"pl": {"partner"}}  # what is spelled alike in both languages

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
def test_a_translation_keeps_values_cases_numbers_and_the_words_to_text_back(language: str) -> None:
    wrong = {
        theirs.path: lost for ours, theirs in pairs(language) if (lost := list(unfaithful(ours, theirs)))
    }
    assert wrong == {}


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
