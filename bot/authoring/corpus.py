"""Corpus: what each line of a file of texts would be taken for, with counts. Nothing of it is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from bot.content.load import Content
from bot.domain.inbound import clean_text
from bot.domain.meaning import Meaning, SaidDate, StopKind
from bot.words.lexicon import build
from bot.words.render import FALLBACK
from bot.words.understand import understand

NOTHING = "not understood"


@dataclass(frozen=True, slots=True)
class Taken:
    """A line of the file: its number, its words, everything it was taken for. `repr` hides the words."""

    line: int
    text: str
    meant: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Taken({self.line}, {self.meant})"


def corpus(content: Content, lines: Iterable[str], language: str, today: date) -> Iterator[Taken]:
    """Each line that is not empty, as a text by somebody who writes this language."""
    lexicon = build(content.config.keywords, content.config.crisis)
    languages = tuple(dict.fromkeys((language, FALLBACK)))
    for number, line in enumerate(lines, 1):
        text = clean_text(line.strip("\r\n"))
        if text.strip():
            yield Taken(number, text, tuple(meant(understand(text, lexicon, languages, today))))


def meant(found: Meaning) -> Iterator[str]:
    """Everything that was found, in the order in which it applies; "not understood" when nothing was."""
    said = [*_urgent(found), *_asked(found)]
    yield from said or [f"asked back: {found.near}" if found.near else NOTHING]


def counts(taken: Iterable[Taken]) -> Counter[str]:
    """How many lines were taken for each thing; a line of two things counts for both."""
    return Counter(one for entry in taken for one in entry.meant)


def _urgent(found: Meaning) -> Iterator[str]:
    yield from (f"crisis: {crisis}" for crisis in found.crises)
    if found.loss is not None:
        yield f"loss: {found.loss}"
    if found.stop is StopKind.TOPIC:
        yield f"stop: {found.stop_topic}"
    elif found.stop is not None:
        yield f"stop: {found.stop}"


def _asked(found: Meaning) -> Iterator[str]:
    if found.word is not None:
        yield f"word: {found.word}"
    if found.digit is not None:
        yield f"answer: {found.digit}"
    if found.topic is not None:
        yield f"topic: {found.topic}"
    if found.area is not None:
        yield "postcode"
    if found.said_date is not None:
        yield _date(found.said_date)
    if found.role is not None and found.digit is None:
        yield f"role: {found.role}"
    if found.language is not None:
        yield f"language: {found.language}"


def _date(said: SaidDate) -> str:
    if said.impossible:
        return "date: impossible"
    return "date: weeks of pregnancy" if said.gestation_days is not None else "date: a day"
