"""P11 in every test: no log, and nothing else that a process prints by itself, holds a test person's name,
number or words. `tests.conftest` looks through what each test captured, `tests.whole.started` through the
logs of each process that was started.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

# Every number of the tests is in Ofcom's drama range, or one of these; written with or without spaces.
NUMBERS = re.compile(r"7700 ?900 ?\d{3}|77009\d{5}|7911 ?123 ?456|7400 ?123 ?456")
NAMES = ("Aloysius", "secret_name", "Secret Person", "A. Person", "B. Person")
TOKENS = re.compile(r"\d{6,12}:[A-Za-z0-9_-]{30,}|\bk\d:[A-Za-z0-9+/]{43}=")
_LONG = 12  # characters: a shorter text is a word that anything may say

_said: set[str] = set()


def heard(words: str) -> None:
    """Somebody wrote, or was told, this in the test that runs."""
    words = " ".join(words.split())
    if len(words) >= _LONG and " " in words:
        _said.add(words.lower())


def forget() -> None:
    """Another test begins."""
    _said.clear()


def found_in(text: str) -> list[str]:
    """What of a person, or secret, is in this text; said so that the finding itself gives nothing away."""
    return sorted(set(_found(text)))


def _found(text: str) -> Iterator[str]:
    if NUMBERS.search(text):
        yield "a number"
    if TOKENS.search(text):
        yield "a token or key"
    yield from (f"a name ({name[0]}...)" for name in NAMES if name in text)
    flat = " ".join(text.split()).lower()
    yield from (f"words ({words[:8]}...)" for words in _said if words in flat)
