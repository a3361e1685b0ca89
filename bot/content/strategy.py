"""config/strategy.yaml: the headings that campaigns serve, and the programmes that the strategy names."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated

from pydantic import Field

from bot.content.campaigns import Written
from bot.content.checked import Strict, Text, checked
from bot.content.config_schema import Id
from bot.content.document import read
from bot.errors import ContentError, Fault

PATH = "config/strategy.yaml"

Number = Annotated[str, Field(pattern=r"^[1-9]\.[1-9]$")]


class ObjectiveFile(Strict):
    """One heading."""

    number: Number
    heading: Text
    for_staff: Text | None = None
    answered: Text | None = None


class ThemeFile(Strict):
    """Headings that belong together."""

    title: Text
    objectives: Annotated[list[ObjectiveFile], Field(min_length=1)]


class ProgrammeFile(Strict):
    """A programme that the strategy names."""

    name: Text
    objective: Number
    campaigns: Annotated[list[Id], Field(min_length=1)]


class StrategyFile(Strict):
    """config/strategy.yaml."""

    themes: Annotated[list[ThemeFile], Field(min_length=1)]
    programmes: list[ProgrammeFile]


@dataclass(frozen=True, slots=True)
class Objective:
    """A heading. `for_staff` and `answered` say why families are not written to about it."""

    number: str
    heading: str
    theme: str
    for_staff: str | None
    answered: str | None

    def __str__(self) -> str:
        return f"{self.number} {self.heading}"


@dataclass(frozen=True, slots=True)
class Programme:
    """A programme, the number of its objective, and the campaigns by which it reaches people."""

    name: str
    objective: str
    campaigns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Strategy:
    """Every heading by its number, in order, and the programmes."""

    objectives: Mapping[str, Objective]
    programmes: tuple[Programme, ...]


def strategy(files: Mapping[str, str]) -> Strategy:
    """The strategy's headings; ContentError with every fault of the file, or when there is none."""
    if PATH not in files:
        message = "The file is missing. Put it back from the project's repository."
        raise ContentError([Fault(PATH, 1, 1, message)])
    return _read(files[PATH])


def strange(files: Mapping[str, str], written: Iterable[Written]) -> Iterator[Fault]:
    """Campaigns whose objective is no heading of the strategy, each at its line."""
    known = {str(objective): objective for objective in strategy(files).objectives.values()}
    for one in written:
        said = one.campaign.objective
        if said not in known:
            near = difflib.get_close_matches(said, known, n=1, cutoff=0.3)
            same = next((name for name in known if said[:4] == name[:4]), near[0] if near else "")
            hint = f' Did you mean "{same}"?' if same else ""
            yield one.document.fault(
                ("objective",), f"This is no heading of {PATH}.{hint} Write one of them."
            )


@lru_cache(maxsize=4)
def _read(text: str) -> Strategy:
    document = read(PATH, text)
    file, faults = checked(document, StrategyFile)
    if file is None:
        raise ContentError(faults)
    objectives: dict[str, Objective] = {}
    for theme, said in enumerate(file.themes):
        for place, entry in enumerate(said.objectives):
            if entry.number in objectives:
                message = f"{entry.number} is here twice. Renumber one of the two."
                faults.append(document.fault(("themes", theme, "objectives", place, "number"), message))
            objectives[entry.number] = Objective(theme=said.title, **entry.model_dump())
    for place, programme in enumerate(file.programmes):
        if programme.objective not in objectives:
            message = f"There is no objective {programme.objective}. Write one of: {', '.join(objectives)}."
            faults.append(document.fault(("programmes", place, "objective"), message))
    if faults:
        raise ContentError(faults)
    programmes = (Programme(one.name, one.objective, tuple(one.campaigns)) for one in file.programmes)
    return Strategy(objectives, tuple(programmes))
