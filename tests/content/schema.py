"""A JSON Schema as an editor reads it: the keywords that our generated schema uses, all others refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Rule = Mapping[str, Any]

_TYPES: Mapping[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "null": lambda value: value is None,
}
_SPOKEN = {"title", "description", "examples", "default", "$schema", "$defs"}


def wrong(value: Any, rule: Rule, root: Rule, place: str = "") -> Iterator[str]:
    """Every place of `value` that the schema refuses, as steps[0].to."""
    if "$ref" in rule:
        yield from wrong(value, root["$defs"][rule["$ref"].rpartition("/")[2]], root, place)
    if any(_refuses(keyword, said, value, rule, root) for keyword, said in rule.items()):
        yield place
        return
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from wrong(inner, _of_key(rule, key), root, f"{place}.{key}".lstrip("."))
    if isinstance(value, list):
        for number, inner in enumerate(value):
            yield from wrong(inner, rule.get("items", {}), root, f"{place}[{number}]")


def _of_key(rule: Rule, key: str) -> Rule:
    found = rule.get("properties", {}).get(key, rule.get("additionalProperties", {}))
    return found if isinstance(found, Mapping) else {}


def _refuses(keyword: str, said: Any, value: Any, rule: Rule, root: Rule) -> bool:
    """Whether one keyword of a rule refuses a value by itself; what is inside is looked at later."""
    match keyword:
        case "type":
            return not _TYPES[said](value)
        case "enum":
            return value not in said
        case "const":
            return bool(value != said)
        case "pattern":
            return isinstance(value, str) and re.search(said, value) is None
        case "minimum":
            return isinstance(value, int) and value < said
        case "maximum":
            return isinstance(value, int) and value > said
        case "minItems":
            return isinstance(value, list) and len(value) < said
        case "required":
            return isinstance(value, dict) and not value.keys() >= set(said)
        case "additionalProperties":
            known = rule.get("properties", {}).keys()
            return said is False and isinstance(value, dict) and not value.keys() <= known
        case "anyOf":
            return all(any(True for _ in wrong(value, one, root)) for one in said)
        case "oneOf":
            return sum(not any(True for _ in wrong(value, one, root)) for one in said) != 1
    assert keyword in _SPOKEN | {"$ref", "properties", "items"}, f"the schema began to use {keyword}"
    return False
