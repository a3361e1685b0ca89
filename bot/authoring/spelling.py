"""Spelling: words that people often write wrongly. English only, from codespell's list.

The list is data beside codespell's code, which is not run: it knows some 60,000 mistakes and no language,
so a word that it does not know is taken for right.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from bot.authoring.wording import at, said
from bot.errors import Fault, NotFound
from bot.words.template import Template

_WORD = re.compile(r"[A-Za-z][A-Za-z']*[A-Za-z]")


def misspelt(template: Template, known: Collection[str]) -> Iterator[Fault]:
    """Each word of a template that is on the list of mistakes, and what was meant."""
    mistakes = _mistakes()
    for found in _WORD.finditer(said(template)):
        meant = mistakes.get(found.group().casefold())
        if meant is not None and found.group().casefold() not in known:
            message = f"{found.group()} is not how it is spelt. Did you mean {meant}?"
            yield at(template, found.start(), message)


@cache
def _mistakes() -> Mapping[str, str]:
    """Mistake -> what was meant."""
    spec = find_spec("codespell_lib")
    if spec is None or not spec.submodule_search_locations:
        raise NotFound("codespell is not installed.", "Install the program with what it needs.")
    path = Path(spec.submodule_search_locations[0]) / "data" / "dictionary.txt"
    pairs = (line.partition("->") for line in path.read_text(encoding="utf-8").splitlines())
    return {wrong: _meant(right) for wrong, _, right in pairs}


def _meant(right: str) -> str:
    """ "a, b, " and "a, why" as "a or b": what follows the last comma is a remark."""
    words, comma, _ = right.rpartition(",")
    return " or ".join(word.strip() for word in (words if comma else right).split(","))
