"""The command that holds the campaigns against the strategy: coverage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import typer

from bot.authoring import objectives
from bot.authoring.coverage import has_words
from bot.authoring.objectives import Served
from bot.cli import show
from bot.cli.checking import FOLDER
from bot.content.load import Content, load
from bot.domain.family import Role

app = show.commands()


@app.command(epilog="Example: thinkfamily coverage --role father --objective 4.1")
def coverage(
    folder: Path | None = FOLDER,
    objective: str = typer.Option(
        "", metavar="NUMBER", help="Only this objective, step by step; such as 4.1."
    ),
    role: Role | None = typer.Option(
        None, metavar="ROLE", help=f"Only what this role gets: {', '.join(Role)}."
    ),
) -> None:
    """Show what each objective of the strategy has: messages for whom, at which stage, in which languages.

    Needs no database.
    """
    content = load(show.content(folder))
    every = [_only(one, role) for one in objectives.served(content)]
    if objective:
        _one(content, every, objective)
        return
    rows = [_row(content, one) for one in every]
    heads = ["objective", "messages", "for", "when", "languages"]
    show.table("", heads, rows, narrow=(line for row in rows for line in _lines(heads, row)))
    lacking = [f"{one.objective.number} ({one.missing})" for one in every if one.missing and role is None]
    if lacking:
        show.say(f"Nobody is reached yet by: {', '.join(lacking)}.")


def _only(one: Served, role: Role | None) -> Served:
    """The objective with what one role gets of it."""
    if role is None:
        return one
    kept = {name: tuple(step for step in steps if role in step.to) for name, steps in one.campaigns.items()}
    return Served(one.objective, {name: steps for name, steps in kept.items() if steps})


def _row(content: Content, one: Served) -> Sequence[object]:
    return (
        str(one.objective),
        len(one.steps),
        _counted(one.roles),
        _counted(objectives.stages(content, one)),
        _counted(objectives.languages(content, one)),
    )


def _counted(counts: Mapping[Any, int]) -> str:
    return ", ".join(f"{name} {number}" for name, number in counts.items() if number) or "-"


def _lines(heads: Sequence[str], row: Sequence[object]) -> Iterator[str]:
    yield f"{row[0]}: {row[1]} {heads[1]}"
    yield from (f"    {head}: {cell}" for head, cell in zip(heads[2:], row[2:], strict=True))


def _one(content: Content, every: Sequence[Served], number: str) -> None:
    one = next((one for one in every if one.objective.number == number), None)
    if one is None:
        known = ", ".join(one.objective.number for one in every)
        raise typer.BadParameter(f"{number!r} is none of {known}", param_hint="--objective")
    show.say(str(one.objective))
    for reason in (one.objective.answered, one.objective.for_staff):
        if reason:
            show.say(reason)
    rows = [
        (
            "/".join(step.key),
            objectives.stage(content, step).value,
            ", ".join(role for role in Role if role in step.to),
            ", ".join(code for code in content.config.language_codes if has_words(content, step, code)),
        )
        for step in one.steps
    ]
    heads = ["message", "when", "for", "languages"]
    show.table(
        "", heads, rows,
        narrow=(f"{row[0]}: {row[1]}; {row[2]}; {row[3]}" for row in rows),
    )  # fmt: skip
