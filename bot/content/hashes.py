"""What changed: the timing of a step, its words in a language, and a whole pack."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from hashlib import sha256
from typing import Any

from bot.domain.campaign import Step
from bot.words import picture
from bot.words.template import compile

VALUES = "values.json"
"""The file of a pack that holds the shared values its templates print."""

PICTURES = "pictures.json"
"""The file of a pack that says which of its steps has which picture."""

_TIMING = (
    "to", "when", "until", "at", "season", "importance", "audience", "unless", "chosen", "body",
    "food", "in_hospital", "purpose", "topic",
)  # fmt: skip


def timing(step: Step) -> str:
    """The hash of everything that says when a step goes and to whom, as 64 hex digits."""
    fields = {name: getattr(step, name) for name in _TIMING}
    return _hash(fields)


def words(pack: Mapping[str, str]) -> dict[tuple[str, str], str]:
    """(step id or reply key, language) -> the hash of all its templates, the values they print, its picture.

    A reply key is as `render_reply` takes it: "stopped", "crisis/abuse".
    """
    values: Mapping[str, str] = json.loads(pack.get(VALUES, "{}"))
    shown: Mapping[str, str] = json.loads(pack.get(PICTURES, "{}"))
    parts: dict[tuple[str, str], list[list[object]]] = defaultdict(list)
    for path, text in sorted(pack.items()):
        if not path.endswith(".j2") or path.startswith(picture.FOLDER):
            continue
        language, key, variant = split(path)
        named = compile(text, path).placeholders
        printed = {name: values[name] for name in named if name in values}
        parts[key, language].append([variant, text.strip(), printed])
    for (key, _), templates in parts.items():
        if key in shown:
            templates.append(["picture", shown[key], pack[picture.path_of(shown[key])].strip()])
    return {place: _hash(templates) for place, templates in parts.items()}


def signed(words: Mapping[tuple[str, str], str], timing: Mapping[str, str], language: str) -> str:
    """What stands on a paper that somebody signs: it changes with any word in the language and any timing."""
    mine = {key: said for (key, spoken), said in words.items() if spoken == language}
    found = _hash({"words": mine, "timing": timing})
    return "-".join(found[at : at + 4] for at in range(0, 16, 4))


def whole(pack: Mapping[str, str]) -> str:
    """The hash of a pack: any change of any of its files, line ends and final blank lines aside."""
    return _hash({path: text.replace("\r\n", "\n").rstrip() for path, text in pack.items()})


def split(path: str) -> tuple[str, str, str]:
    """(language, step id or reply key, variant) of a template's path: "father.sms" is a variant."""
    _, language, _folder, *rest = path.split("/")
    name = "/".join(rest).removesuffix(".j2")
    key, _, variant = name.partition(".")
    return language, key, variant


def _hash(value: object) -> str:
    said = json.dumps(_ordered(value), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return sha256(said.encode()).hexdigest()


def _ordered(value: Any) -> Any:
    """The value with nothing in it that has no order of its own."""
    if hasattr(value, "__dataclass_fields__"):
        return _ordered(asdict(value))
    if isinstance(value, Mapping):
        return {str(key): _ordered(item) for key, item in value.items()}
    if isinstance(value, frozenset):
        return sorted(str(item) for item in value)
    if isinstance(value, str) or value is None or isinstance(value, int | bool):
        return value
    if isinstance(value, Iterable):
        return [_ordered(item) for item in value]
    return str(value)
