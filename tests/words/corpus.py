"""The texts in corpus/*.yaml, and what is wrong with how each was taken."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from bot.domain.meaning import Meaning

FOLDER = Path(__file__).with_name("corpus")


@dataclass(frozen=True, slots=True)
class Said:
    """One text: where it stands, what it must be taken for, and why it is not yet, if it is not."""

    kind: str
    what: str
    text: str
    wanted: Mapping[str, Any]
    exception: str | None = None


@cache
def everything() -> list[Said]:
    """Every text of every file."""
    yaml = YAML(typ="safe")
    return [
        said
        for path in sorted(FOLDER.glob("*.yaml"))
        for group in yaml.load(path)
        for said in _of(path, group)
    ]


def _of(path: Path, group: Mapping[str, Any]) -> Iterator[Said]:
    for text, wanted in group.get("each", {}).items():
        yield Said(path.stem, group["what"], str(text), group["is"] | wanted)
    for text in group.get("texts", ()):
        yield Said(path.stem, group["what"], str(text), group["is"])
    for text, reason in group.get("exceptions", {}).items():
        yield Said(path.stem, group["what"], str(text), group["is"], reason)


def faults(said: Said, meaning: Meaning) -> list[str]:
    """What the text was taken for that it must not be, or the other way round; empty when all is well."""
    return [
        f"{name} should be {wanted}"
        for name, wanted in said.wanted.items()
        if not _as_wanted(name, wanted, meaning)
    ]


def _as_wanted(name: str, wanted: Any, meaning: Meaning) -> bool:
    date = meaning.said_date
    match name, wanted:
        case "crisis", "any":
            return bool(meaning.crises)
        case "crisis", kind:
            return kind in meaning.crises
        case "crises", "none":
            return not meaning.crises
        case "loss", "held":
            return meaning.loss is not None
        case ("loss" | "stop") as one, kind:
            return (getattr(meaning, one) or "none") == kind
        case ("word" | "topic" | "digit" | "area") as one, value:
            return bool(getattr(meaning, one) == value)
        case "nothing", _:
            return meaning.word is None and meaning.digit is None and date is None
        case "day", day:
            return date is not None and day in (date.day, date.past)
        case "weeks", weeks:
            return date is not None and date.gestation_days == 7 * weeks + said_days(meaning)
        case "days", days:
            return said_days(meaning) == days
        case "said", "impossible":
            return date is not None and date.impossible
    raise ValueError(f"the corpus knows no {name}: {wanted}")


def said_days(meaning: Meaning) -> int:
    """The days beyond whole weeks of pregnancy that were said."""
    date = meaning.said_date
    return 0 if date is None or date.gestation_days is None else date.gestation_days % 7
