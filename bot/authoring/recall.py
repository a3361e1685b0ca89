"""Recall: of texts whose meaning somebody wrote beside them, how many are taken for what they say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from bot.domain.inbound import clean_text
from bot.domain.meaning import Crisis, Meaning
from bot.errors import BadInput
from bot.words.lexicon import Lexicon
from bot.words.render import FALLBACK
from bot.words.understand import understand

ANY, LOSS, STOP, ORDINARY = "any", "loss", "stop", "ordinary"
LABELS = (*(kind.value for kind in Crisis), ANY, LOSS, STOP, ORDINARY)


@dataclass(frozen=True, slots=True)
class Labelled:
    """A text and what it must be taken for: a kind of crisis, any crisis, a loss, a stop, or none of them.

    `repr` hides the words.
    """

    line: int
    label: str
    text: str

    def __repr__(self) -> str:
        return f"Labelled({self.line}, {self.label})"


@dataclass(frozen=True, slots=True)
class Measured:
    """How the texts of one file were taken. `wrong` are those that were missed, or that rang for nothing."""

    crises: int
    crises_found: int
    kind_right: int
    losses: int
    losses_found: int
    stops: int
    stops_found: int
    ordinary: int
    false_alarms: int
    wrong: tuple[Labelled, ...]


def labelled(lines: Iterable[str]) -> list[Labelled]:
    """The texts of a file with `label | text` a line; empty lines and those with # are left out.

    Raises BadInput, naming the line and no word of it, for a line without a known label.
    """
    found = []
    for number, line in enumerate(lines, 1):
        label, sign, text = (part.strip() for part in line.partition("|"))
        if not line.strip() or line.startswith("#"):
            continue
        if not sign or label not in LABELS or not text:
            raise BadInput(
                f"Line {number} does not begin with a known label.",
                f"Write each line as LABEL | TEXT, with one of {', '.join(LABELS)}.",
                code="labelled",
            )
        found.append(Labelled(number, label, clean_text(text)))
    return found


def measure(texts: Iterable[Labelled], lexicon: Lexicon, today: date) -> Measured:
    """How the texts are taken; what cannot wait is the same whatever language somebody is spoken to."""
    taken = [(one, understand(one.text, lexicon, [FALLBACK], today)) for one in texts]
    told = [(one, meant) for one, meant in taken if one.label not in (LOSS, STOP, ORDINARY)]
    losses = [meant for one, meant in taken if one.label == LOSS]
    stops = [meant for one, meant in taken if one.label == STOP]
    ordinary = [meant for one, meant in taken if one.label == ORDINARY]
    return Measured(
        crises=len(told),
        crises_found=sum(bool(meant.crises) for _, meant in told),
        kind_right=sum(is_right(one.label, meant) for one, meant in told),
        losses=len(losses),
        losses_found=sum(meant.loss is not None for meant in losses),
        stops=len(stops),
        stops_found=sum(meant.urgent and meant.stop is not None for meant in stops),
        ordinary=len(ordinary),
        false_alarms=sum(meant.urgent for meant in ordinary),
        wrong=tuple(one for one, meant in taken if not is_right(one.label, meant)),
    )


def is_right(label: str, meant: Meaning) -> bool:
    """Whether a text was taken for what its label says; an ordinary one must set nothing off."""
    match label:
        case "any":
            return bool(meant.crises)
        case "loss":
            return meant.loss is not None
        case "stop":
            return meant.urgent and meant.stop is not None
        case "ordinary":
            return not meant.urgent
    return label in meant.crises
