"""The closed list of what a template may do to a value."""

from __future__ import annotations

from collections.abc import Callable, Mapping


def _upper(value: object) -> str:
    return str(value).upper()


def _lower(value: object) -> str:
    return str(value).lower()


def _capitalize(value: object) -> str:
    """First letter large, the rest as it is: "NHS 111" stays "NHS 111" (Jinja's own would not)."""
    text = str(value)
    return text[:1].upper() + text[1:]


def _trim(value: object) -> str:
    return str(value).strip()


FILTERS: Mapping[str, Callable[[object], str]] = {
    "upper": _upper,
    "lower": _lower,
    "capitalize": _capitalize,
    "trim": _trim,
}
"""Name -> filter. None takes an argument; none makes a text longer than twice the value."""
