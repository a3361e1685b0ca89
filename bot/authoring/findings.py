"""Findings: what a check has to say, how grave it is, and by which rule."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.errors import Fault


class Level(StrEnum):
    """How grave a finding is; in this order."""

    ERROR = "error"  # it must be mended before anybody publishes
    WARNING = "warning"  # it would harm or fail somebody: strict takes it for an error
    PENDING = "pending"  # a warning that only a person can lift, by an approval or a review
    ADVICE = "advice"  # worth knowing


RULES: Mapping[str, str] = {
    "content": "Files, keys, placeholders, windows and everything else that must be right to be loaded.",
    "words": "Messages that cannot be made, numbers, links, notes, and words that the phone company keeps.",
    "length": "More SMS parts than a language may have.",
    "alphabet": "A character outside the plain SMS alphabet, which doubles the price.",
    "phrase": "A phrase that config/phrases.yaml refuses.",
    "source": "A source that config/sources.yaml does not have.",
    "objective": "A campaign that serves no heading of the strategy (config/strategy.yaml).",
    "short-link": "A link that hides where it leads, or is not safe.",
    "cap": "An essential step that some people would never get, because others fill their days.",
    "locked-phone": "The first 40 characters tell what the message is about.",
    "reading-age": "Words that ask for an older reader than we write for.",
    "sentence": "A long sentence.",
    "spelling": "A common misspelling.",
    "review": "A review date that has passed or is near.",
    "approval": "Words that nobody has approved as they stand.",
    "calendar": "A named day of the year that nobody has verified.",
    "directory": "An entry of the directory that nobody has looked at for a year.",
    "overlap": "Messages that open for the same people on the same day.",
    "load": "Weeks in which a person gets little or nothing, and messages that others push out.",
    "season": "A window that reaches into two seasons.",
    "translation": "Essential messages that go in English to people who read another language.",
    "before-live": "What live mode would refuse to start for.",
}
"""Rule -> what it looks for; the names are stable, for those who filter by them."""


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing that was found, and where."""

    fault: Fault
    level: Level
    rule: str

    @property
    def strict(self) -> bool:
        """Whether a strict check fails for it."""
        return self.level in (Level.ERROR, Level.WARNING)


def found(level: Level, rule: str, faults: Iterable[Fault]) -> Iterator[Finding]:
    """Faults of one rule as findings."""
    return (Finding(fault, level, rule) for fault in faults)
