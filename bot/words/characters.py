"""Characters, in both directions: the GSM-7 alphabet, digits of any script, matching form, isolates."""

from __future__ import annotations

import re
import unicodedata

GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""3GPP TS 23.038 default alphabet: one septet each."""

GSM_EXTENSION = frozenset("\f^{}\\[~]|€")
"""3GPP TS 23.038 extension table: two septets each, never split across parts."""

_GSM = GSM_BASIC | GSM_EXTENSION
# What word processors put in unasked; a phone reader loses nothing by the plain sign.
_TYPOGRAPHIC = str.maketrans(
    {
        "\u2018": "'",
        "\u2019": "'",
        "\u201a": "'",
        "\u201b": "'",
        "\u2032": "'",
        "\u201c": '"',
        "\u201d": '"',
        "\u201e": '"',
        "\u2033": '"',
        "\u2010": "-",
        "\u2011": "-",
        "\u2012": "-",
        "\u2013": "-",
        "\u2014": "-",
        "\u2212": "-",
        "\u2026": "...",
        "\u00a0": " ",
        "\u2009": " ",
        "\u202f": " ",
        "\u2022": "-",
        "\t": " ",
    }
)
_QUOTES = str.maketrans(
    {"`": "'", "\u00b4": "'", "\u02bc": "'", "\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"'}
)
# Letters that look the same and that keyboards of Urdu, Persian and Arabic write differently.
_SAME_LETTER = str.maketrans(
    {"ي": "ی", "ى": "ی", "ك": "ک", "ۀ": "ه", "ة": "ه", "ہ": "ه", "ھ": "ه", "أ": "ا", "إ": "ا", "آ": "ا"}
)
_LONGEST = 8_192  # no text that a person can send comes out longer; one sign may stand for eighteen letters
_TATWEEL = "\u0640"
_ISOLATE = "\u2066"
_RIGHT_TO_LEFT_MARK = "\u200f"
# Kept by `clean`: zero width non-joiner and joiner, which Persian, Urdu and Bengali spelling needs.
_JOINERS = frozenset("\u200c\u200d")
_LEFT_TO_RIGHT = re.compile(
    r"\u2066[^\u2069]*\u2069"  # whole already
    r"|(?:https?://)?(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}(?:/[^\s\u2066-\u2069]*)?"  # a link
    r"|(?:\+\d+|\d+(?=[ \u00a0./:-]\d))(?:[ \u00a0./:-]\d+)*"  # a phone number, a time, a date
    r"|[A-Z][A-Z0-9]+(?: (?:to )?(?:[A-Z][A-Z0-9]+|\d+))*"  # what to text back: a word, MY DATA, GO to 85258
)


def not_gsm(text: str) -> list[tuple[int, str]]:
    """(index, character) of everything that GSM-7 does not have; empty when the text is GSM-7."""
    return [(index, char) for index, char in enumerate(text) if char not in _GSM]


def is_gsm(text: str) -> bool:
    """Whether every character is in GSM-7 or its extension table."""
    return _GSM.issuperset(text)


def plain_typography(text: str) -> str:
    """The text with curly quotes, long dashes and the like in their plain spelling."""
    return text.translate(_TYPOGRAPHIC)


def ascii_digits(text: str) -> str:
    """The text with the decimal digits of any script (۱ ١ ১ １) as 0-9; everything else stays."""
    if text.isascii():
        return text
    return "".join(
        str(unicodedata.decimal(char))
        if not char.isascii() and unicodedata.decimal(char, None) is not None
        else char
        for char in text
    )


def compose(text: str) -> str:
    """Accents as one character with their letter (NFC): "e" with a mark costs UCS-2, "é" does not."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def clean(text: str) -> str:
    """The text without control, bidi-control, surrogate and unassigned characters; line ends as \\n."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(
        char for char in text if char in "\n\t" or char in _JOINERS or unicodedata.category(char)[0] != "C"
    )


def normalise(text: str) -> str:
    """The form in which words are compared: what one person types five ways comes out one way.

    NFKC, casefolded, digits as 0-9, quotes straight, letters that Urdu and Arabic keyboards write
    differently as one, vowel marks of Arabic script and invisible characters gone, one space between
    words, none around.
    """
    if text.isascii() and text.isprintable():  # most texts in English: the rest changes nothing in them
        return " ".join(text.lower().translate(_QUOTES).split())
    text = unicodedata.normalize("NFKC", clean(text))[:_LONGEST]
    text = ascii_digits(text.casefold()).translate(_QUOTES)
    if not text.isascii():
        text = "".join(char for char in text.translate(_SAME_LETTER) if not _is_silent(char))
    return " ".join(text.split())


def isolate(text: str) -> str:
    """Right-to-left text with numbers, links and words to text back kept whole (U+2066 ... U+2069).

    A line whose first letter is Latin begins with a right-to-left mark: phones take the direction of a line
    from its first letter. Text that was isolated before comes back as it is.
    """
    return "\n".join(map(_from_the_right, _LEFT_TO_RIGHT.sub(_whole, text).split("\n")))


def _whole(found: re.Match[str]) -> str:
    piece = found.group()
    return piece if piece.startswith(_ISOLATE) else f"{_ISOLATE}{piece}\u2069"


def _from_the_right(line: str) -> str:
    directions = (unicodedata.bidirectional(char) for char in line)
    first = next((one for one in directions if one in ("L", "R", "AL")), None)
    return f"{_RIGHT_TO_LEFT_MARK}{line}" if first == "L" else line


def _is_silent(char: str) -> bool:
    arabic_mark = "\u064b" <= char <= "\u065f" or char == "\u0670"
    return arabic_mark or char == _TATWEEL or char in _JOINERS
