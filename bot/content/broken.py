"""YAML's own complaints in plain words: where an author should look, and what to do there."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError

Spot = tuple[int, int]

_UNSEEN = re.compile("[\u00a0\u200b\u2060\ufeff\ufffd\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_COLON = "A colon is missing here, or the space after a colon or dash. Write it as title: Flu vaccine."
_QUOTES = "The quotes do not match here or just before. Close each one; put a text with ' in it between \"."
_INDENT = "This line does not stand under the ones it belongs to. Indent it so; put a space after a dash."
_BRACKET = "A bracket that opens here or before is not closed, or by another kind. Write [a, b] or {a: b}."
_SAID: Mapping[str, str] = {
    r"could not find expected ':'": _COLON,
    r"mapping values are not allowed": "There is a colon too many, or the line is indented too far. "
    "Put a text with a colon in it in quotes; indent the line like its neighbours.",
    r"expected <block end>, but found '<scalar>'": _QUOTES,
    r"found unexpected end of stream": _QUOTES,
    r"expected <block end>": _INDENT,
    r"expected '<document start>'": _INDENT,
    r"expected ',' or|found '<stream end>'": _BRACKET,
    r"expected the node content": "Something is missing before this. Write it, or take the comma away.",
    r"character '\\t'": "A tab stands here. Use spaces instead.",
    r"that cannot start any token|undefined alias|expected alphabetic or numeric": "A text cannot begin "
    "with this sign. Put the whole text in quotes.",
    r"another document": "A line of --- begins a second document. Keep one document in a file.",
}
_AT_THE_BEGINNING = frozenset({_COLON, _BRACKET})
"""What YAML notices only later; the place where it began is the one to mend."""


def unseen(text: str) -> tuple[Spot, str] | None:
    """The first character that nobody can see and YAML minds: pasted from a word processor, mostly."""
    found = _UNSEEN.search(text)
    if found is None:
        return None
    name = unicodedata.name(found.group(), f"U+{ord(found.group()):04X}").lower()
    message = f"A character that cannot be seen stands here ({name}). Delete it, or type a space."
    return _spot(text, found.start()), message


def complaint(cause: MarkedYAMLError) -> tuple[Spot, str]:
    """Where the mistake is, and what to do."""
    problem = " ".join((cause.problem or cause.context or "it cannot be read").split("\n")[0].split())
    if isinstance(cause, DuplicateKeyError):
        return _mark(cause.problem_mark or cause.context_mark), _repeated(cause)
    said = next((said for pattern, said in _SAID.items() if re.search(pattern, problem)), None)
    if said is None:
        said = f"This is not YAML: {problem.rstrip('.')}. Check indents and quotes."
    early = said in _AT_THE_BEGINNING and cause.context_mark is not None
    return _mark(cause.context_mark if early else cause.problem_mark or cause.context_mark), said


def _repeated(cause: DuplicateKeyError) -> str:
    found = re.search(r'key "([^"]{1,40})', cause.problem or "")
    key = "A key" if found is None else f"The key {found[1]}"
    within = cause.problem_mark is not None and cause.problem_mark.column > 0
    dash = ", or begin a new entry with a dash" if within else ""
    return f"{key} is here twice. Keep one of the two{dash}."


def _mark(mark: object) -> Spot:
    return getattr(mark, "line", 0) + 1, getattr(mark, "column", 0) + 1


def _spot(text: str, index: int) -> Spot:
    before = text[:index]
    return before.count("\n") + 1, index - before.rfind("\n")
