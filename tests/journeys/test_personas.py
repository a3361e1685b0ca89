"""The whole life of every persona, a line a message; WRITE_JOURNEYS=1 writes the files anew.

The words are read in the preview (`thinkfamily preview PERSONA --html FILE`). Here it is held what comes,
when, to whom, at what price, and what does not come and why.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.authoring.preview import Entry, facts_of, life, personas_of
from bot.authoring.stages import stage
from bot.content.personas import Persona
from tests import ours
from tests.transcript import REWRITE

GOLDEN = Path(__file__).parent / "personas"
PERSONAS = personas_of(ours.content())


def lines(persona: Persona, entries: list[Entry]) -> Iterator[str]:
    yield f"{persona.title}: {persona.about}"
    for entry in entries:
        when = f"{entry.day:%Y-%m-%d %a} {'     ' if entry.at is None else f'{entry.at:%H:%M}'}"
        week = stage(entry.day, facts_of(persona, persona.people[entry.member - 1]))
        tongue = "" if entry.language in (None, "en") else f" in {entry.language}"
        became = f"x{entry.parts}{tongue}" if entry.reason is None else f"{entry.outcome}: {entry.reason}"
        yield f"{when} {week:<9} {entry.role:<11} {entry.campaign}/{entry.step} {became}"


@pytest.mark.parametrize("persona", PERSONAS, ids=lambda persona: persona.id)
def test_the_life_of_a_persona_is_as_it_was_read(persona: Persona) -> None:
    path = GOLDEN / f"{persona.id}.txt"
    lived = "\n".join(lines(persona, life(ours.content(), persona))) + "\n"
    if os.environ.get(REWRITE):
        path.parent.mkdir(exist_ok=True)
        path.write_text(lived, encoding="utf-8")
    assert path.is_file(), f"{path.name} is not written yet: run this with {REWRITE}=1, and read it"
    assert lived == path.read_text(encoding="utf-8"), (
        f"{persona.id} lives otherwise: {REWRITE}=1 writes it anew"
    )


def test_every_golden_life_has_its_persona() -> None:
    if os.environ.get(REWRITE):
        for path in GOLDEN.glob("*.txt"):
            if path.stem not in {persona.id for persona in PERSONAS}:
                path.unlink()
    assert {path.stem for path in GOLDEN.glob("*.txt")} == {persona.id for persona in PERSONAS}
