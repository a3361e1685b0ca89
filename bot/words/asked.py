"""What follows some of our words: whom INVITE means, the digits of a code, when TIME would be right."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.domain.hours import PartOfDay
from bot.domain.meaning import Word
from bot.words.lexicon import Language, Lexicon
from bot.words.match import Text

LONGEST_LABEL = 24
_AT_HOME = frozenset({
    "now", "safe", "safely", "at", "last", "finally", "again", "with", "baby", "him", "her", "us", "me",
    "both", "the", "since", "on",
})  # fmt: skip
_PAST = frozenset({
    "today", "tonight", "yesterday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday",
    "sunday",
})  # fmt: skip
_WHOM = frozenset({Word.INVITE, Word.REMOVE})
_MINE = re.compile(r"(?:my|our|the) ")
_NOBODY = frozenset({"me", "my number", "this number", "number", "it", "us"})  # a wish to end, and no label


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
        case Word.CHOOSE:
            return len(more.split()) == 1
        case Word.HOME:  # "home now", never "home office", "home insurance", "home start"
            said = set(more.split())
            days = {native for native, english in language.dates.items() if english in _PAST}
            return bool(said) and said <= _AT_HOME | _PAST | days | language.polite
    return False


def label(word: Word | None, more: str) -> str:
    """Whom INVITE or REMOVE means, as the writer calls them; "my mum" is "mum"."""
    return _MINE.sub("", more, count=1)[:LONGEST_LABEL] if word in _WHOM else ""


def named(word: Word | None, more: str, read: Text, lexicon: Lexicon) -> str:
    """What follows TOPICS, or a word of STOP at the beginning, without "texts" and the like."""
    if word is Word.CHOOSE:
        return more
    first, _, rest = read.whole.partition(" ")
    if first not in lexicon.stops.whole:
        return ""
    messages = frozenset().union(*(one.messages for one in lexicon.languages.values()))
    return " ".join(one for one in rest.split() if one not in messages)


def part(word: Word | None, more: str, read: Text, spoken: Sequence[Language]) -> PartOfDay | None:
    """The part of the day that stands after TIME, or is the whole message."""
    said = more if word is Word.TIME else read.whole
    return next((one.parts[said] for one in spoken if said in one.parts), None)
