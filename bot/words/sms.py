"""SMS parts, counted and cut exactly as networks do it (P14)."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from bot.words.characters import GSM_EXTENSION, is_gsm


class Encoding(StrEnum):
    """The alphabet a text is sent in; one character outside GSM-7 turns the whole text to UCS-2."""

    GSM_7 = "GSM-7"
    UCS_2 = "UCS-2"


class Parts(NamedTuple):
    """What a text costs. `units` are septets in GSM-7 and 16-bit units in UCS-2, headers left out."""

    encoding: Encoding
    units: int
    parts: int


# (units in a text of one part, units in each part of several)
_ROOM = {Encoding.GSM_7: (160, 153), Encoding.UCS_2: (70, 67)}

MOST_PARTS_ENGLISH = 2
MOST_PARTS_GSM = 3
MOST_PARTS_UCS_2 = 5
"""CARE 28: two parts in English, three in Somali, five where a part holds 67 characters."""


def most_parts(language: str, encoding: Encoding) -> int:
    """How many SMS parts a message in this language may have."""
    if language == "en":
        return MOST_PARTS_ENGLISH
    return MOST_PARTS_UCS_2 if encoding is Encoding.UCS_2 else MOST_PARTS_GSM


def count(text: str) -> Parts:
    """Encoding, units and number of parts of a text; the empty text has none."""
    encoding = encoding_of(text)
    if encoding is Encoding.GSM_7:
        units = len(text) + sum(map(text.count, GSM_EXTENSION))
        doubled = units > len(text)
    else:
        units = len(text.encode("utf-16-le", "surrogatepass")) // 2
        doubled = units > len(text)
    single, several = _ROOM[encoding]
    if units <= single:
        return Parts(encoding, units, 1 if text else 0)
    if not doubled:  # nothing that could straddle: arithmetic is exact
        return Parts(encoding, units, -(-units // several))
    return Parts(encoding, units, len(_cut(text, encoding, several)))


def parts(text: str) -> list[str]:
    """The text as the parts that leave; joined they are the text. The empty text has none."""
    counted = count(text)
    if counted.parts <= 1:
        return [text] if text else []
    return _cut(text, counted.encoding, _ROOM[counted.encoding][1])


def encoding_of(text: str) -> Encoding:
    """GSM-7 where every character allows it, else UCS-2."""
    return Encoding.GSM_7 if is_gsm(text) else Encoding.UCS_2


def _cut(text: str, encoding: Encoding, room: int) -> list[str]:
    """Fill each part up; a pair (extension table, surrogates) that does not fit opens the next."""
    found: list[str] = []
    start = used = 0
    for index, char in enumerate(text):
        width = _width(char, encoding)
        if used + width > room:
            found.append(text[start:index])
            start, used = index, 0
        used += width
    return [*found, text[start:]]


def _width(char: str, encoding: Encoding) -> int:
    if encoding is Encoding.GSM_7:
        return 2 if char in GSM_EXTENSION else 1
    return 2 if char > "\uffff" else 1
