"""What follows some of our words: whom INVITE means, where somebody moved, when TIME would be right."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.domain.hours import PartOfDay
from bot.domain.meaning import Word
from bot.words.lexicon import Language
from bot.words.match import Text

LONGEST_LABEL = 24
_WHOM = frozenset({Word.INVITE, Word.REMOVE})
_MINE = re.compile(r"(?:my|our|the) ")
_NOBODY = frozenset({"me", "my number", "this number", "number", "it", "us"})  # a wish to end, and no label
_OUTWARD = re.compile(r"\b([a-z]{1,2}[0-9][0-9a-z]?)(?: ?[0-9][a-z]{2})?\b")
_SHORT = 8  # words: an address is no story


def takes(word: Word, more: str, language: Language) -> bool:
    """Whether `more` is what this word may be followed by: else the text only begins alike."""
    match word:
        case Word.INVITE | Word.REMOVE:
            said = set(more.split())
            return 1 <= len(more.split()) <= 3 and more not in _NOBODY and said.isdisjoint(language.messages)
        case Word.NEWPHONE:
            return more.replace(" ", "").isdecimal()
        case Word.TIME:
            return more in language.parts
        case Word.MOVED:
            return district(more) is not None
    return False


def label(word: Word | None, more: str) -> str:
    """Whom INVITE or REMOVE means, as the writer calls them; "my mum" is "mum"."""
    return _MINE.sub("", more, count=1)[:LONGEST_LABEL] if word in _WHOM else ""


def part(word: Word | None, more: str, read: Text, spoken: Sequence[Language]) -> PartOfDay | None:
    """The part of the day that stands after TIME, or is the whole message."""
    said = more if word is Word.TIME else read.whole
    return next((one.parts[said] for one in spoken if said in one.parts), None)


def district(whole: str) -> str | None:
    """The first half of a postcode that is named ("M14"); the second half is never kept."""
    if len(whole.split()) > _SHORT:
        return None
    found = _OUTWARD.search(whole)
    return None if found is None else found[1].upper()
