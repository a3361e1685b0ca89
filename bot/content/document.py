"""A YAML file with its lines: plain values to work with, and where each of them stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq, TaggedScalar
from ruamel.yaml.constructor import RoundTripConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.scanner import Scanner

from bot.content import broken
from bot.errors import ContentError, Fault

Plain = dict[str, "Plain"] | list["Plain"] | str | int | float | bool | None
Place = tuple[str | int, ...]

_TOP = (1, 1)
_DEEPEST = 12
_MOST_BRACKETS = 100
_BRACKET = re.compile(r"[\[\]{}]")
_CURLY = ("\u201c", "\u201d", "\u2018", "\u2019")
# What the parser lets through beside its own errors, for keys that are mappings, odd tags and the like.
_UNREADABLE = (
    YAMLError,
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    RecursionError,
    NotImplementedError,
)


class _Constructor(RoundTripConstructor):
    """Round trip, but days stay text: 2027-02-31 is then a fault with a line, not a crash."""

    def day_as_text(self, node: ScalarNode) -> str:
        return str(node.value)


_Constructor.add_constructor("tag:yaml.org,2002:timestamp", _Constructor.day_as_text)


@dataclass(frozen=True)
class Document:
    """One YAML file, read: `values` without YAML's own types, and the lines to point at."""

    path: str
    values: Plain
    _node: object

    def fault(self, place: Place, message: str, *, key: bool = False) -> Fault:
        """A fault at `place` (keys and indexes from the top); `key` points at the key, not its value.

        Where the place does not exist, the nearest one around it is named.
        """
        line, column = self._at(place, key)
        return Fault(self.path, line, column, message)

    def _at(self, place: Place, key: bool) -> tuple[int, int]:
        node, found = self._node, (0, 0)
        for depth, step in enumerate(place):
            last = depth == len(place) - 1
            name = _key(node, step)
            if isinstance(node, CommentedMap) and name is not None:
                found = node.lc.key(name) if last and key else node.lc.value(name)
                node = node[name]
            elif isinstance(node, CommentedSeq) and isinstance(step, int) and step < len(node):
                found = node.lc.item(step)
                node = node[step]
            else:
                break
        return found[0] + 1, found[1] + 1


@lru_cache(maxsize=512)
def read(path: str, text: str) -> Document:
    """The document in `text`; raises ContentError for broken YAML, repeated keys, anchors and tags.

    What was read once is not read again, so nobody changes what is in it.
    """
    if _brackets_inside_each_other(text) > _MOST_BRACKETS:
        raise _wrong(path, _TOP, "Too many brackets inside each other. Simplify it.")
    unseen = broken.unseen(text)
    if unseen is not None:
        raise _wrong(path, *unseen)
    yaml = YAML(typ="rt")
    yaml.Constructor = _Constructor
    yaml.Scanner = Scanner  # to find out whose each comment is would take a fifth of the time
    try:
        node = yaml.load(text)
    except MarkedYAMLError as cause:
        raise _wrong(path, *broken.complaint(cause)) from cause
    except _UNREADABLE as cause:
        raise _wrong(path, _TOP, "This is not YAML. Check indents, quotes and brackets.") from cause
    if node is None:
        raise _wrong(path, _TOP, "The file is empty. Write it, or delete it.")
    document = Document(path, None, node)
    faults = list(_strange(document, node, (), set()))
    if faults:
        raise ContentError(faults)
    return Document(path, _plain(node), node)


def _brackets_inside_each_other(text: str) -> int:
    """How deep they go, quotes not minded: the parser would need minutes for some thousands."""
    deepest = depth = 0
    for bracket in _BRACKET.findall(text):
        depth = depth + 1 if bracket in "[{" else max(depth - 1, 0)
        deepest = max(deepest, depth)
    return deepest


def _strange(document: Document, node: object, place: Place, seen: set[int]) -> Iterator[Fault]:
    """Anchors (they can unfold without end), tags, curly quotes, keys that are not text, deep nests."""
    if isinstance(node, TaggedScalar) or getattr(getattr(node, "tag", None), "value", None):
        yield document.fault(place, "Tags with ! are not used here. Write the plain value.")
        return
    if isinstance(node, str) and node.startswith(_CURLY):
        yield document.fault(place, 'Curly quotes are no quotes here. Type straight ones: ".')
    if not isinstance(node, CommentedMap | CommentedSeq):
        return
    if id(node) in seen or node.anchor.value is not None or getattr(node, "merge", None):
        yield document.fault(place, "Anchors (& and *) are not used here. Write it out.")
        return
    if len(place) > _DEEPEST:
        yield document.fault(place, "Too many levels inside each other. Simplify it.")
        return
    seen.add(id(node))
    children = node.items() if isinstance(node, CommentedMap) else enumerate(node)
    for step, child in children:
        if isinstance(node, CommentedMap) and not isinstance(step, str | int):
            yield document.fault(place, "A key is one word, such as title. Write it in quotes if need be.")
            continue
        yield from _strange(document, child, (*place, step), seen)


def _key(node: object, step: str | int) -> str | int | None:
    """The mapping's own key for a step: a year is a number there and text in `values`."""
    if not isinstance(node, CommentedMap):
        return None
    return next((key for key in node if str(key) == str(step)), None)


def _plain(node: object) -> Plain:
    if isinstance(node, CommentedMap):
        return {str(key): _plain(value) for key, value in node.items()}
    if isinstance(node, CommentedSeq):
        return [_plain(value) for value in node]
    if isinstance(node, bool) or node is None:
        return node
    for kind in (int, float):
        if isinstance(node, kind):
            return kind(node)
    return str(node)


def _wrong(path: str, spot: tuple[int, int], message: str) -> ContentError:
    return ContentError([Fault(path, *spot, message)])
