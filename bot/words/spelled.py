"""Days of a month said in words, "the twenty-second of may", written in figures: "the 22 of may"."""

from __future__ import annotations

import re

_ONES = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "forth": 4, "fifth": 5, "fith": 5, "sixth": 6,
    "seventh": 7, "eighth": 8, "eigth": 8, "ninth": 9, "nineth": 9,
}  # fmt: skip
_WHOLE = _ONES | {
    "tenth": 10, "eleventh": 11, "twelfth": 12, "twelth": 12, "thirteenth": 13, "fourteenth": 14,
    "fifteenth": 15, "sixteenth": 16, "seventeenth": 17, "eighteenth": 18, "nineteenth": 19,
    "twentieth": 20, "thirtieth": 30,
}  # fmt: skip
_TENS = {"twenty": 20, "thirty": 30}
_DAY = rf"\b(?:({'|'.join(_TENS)})[\s-]?({'|'.join(_ONES)})|({'|'.join(_WHOLE)}))\b"
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:r?uary)?|apr(?:il)?|june?|july?|aug(?:ust)?|sept?(?:ember)?|"
    r"oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b"
)
_ALSO_A_WORD = r"(?:mar(?:ch)?|may)\b"  # "the first may be late": read as a month only where it must be one
_ENDS = r"(?=\s*(?:$|[,.!?;]|'?\d))"
_THEN_MONTH = rf"(?=\s+(?:of\s+(?:{_MONTH}|{_ALSO_A_WORD})|{_MONTH}|{_ALSO_A_WORD}{_ENDS}))"
_DAY_FIRST = re.compile(_DAY + _THEN_MONTH)
_MONTH_FIRST = re.compile(rf"\b({_MONTH}(?:\s+the)?|{_ALSO_A_WORD}\s+the)\s+{_DAY}")


def in_figures(text: str) -> str:
    """A normalised text with each day that stands beside its month in figures; nothing else is changed."""
    text = _DAY_FIRST.sub(lambda found: _figures(*found.groups()), text)
    return _MONTH_FIRST.sub(lambda found: f"{found[1]} {_figures(*found.groups()[1:])}", text)


def _figures(tens: str | None, ones: str | None, whole: str | None) -> str:
    return str(_WHOLE[whole]) if whole else str(_TENS[tens or ""] + _ONES[ones or ""])
