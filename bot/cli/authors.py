"""The command for authors that needs no database and says everything: check."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import typer

from bot.authoring import check as checking
from bot.authoring.check import Line, Report
from bot.authoring.coverage import Covered, coverage
from bot.cli import show
from bot.content.load import Content
from bot.domain.address import ChannelName
from bot.errors import ContentError

app = show.commands()
FOLDER = typer.Option(
    None, metavar="DIR", help="The folder that holds campaigns/, templates/, config/; else the one in use."
)


@app.command(epilog="Example: thinkfamily check --table")
def check(
    folder: Path | None = FOLDER,
    table: bool = typer.Option(
        False, "--table", help="What each message costs at its longest, in SMS parts."
    ),
) -> None:
    """Check campaigns, templates and config: every mistake as file:line:column, and what to do.

    A mistake gives exit code 1. A table says how much is written in each language: what is not goes in
    English. Warnings are worth a look, advice is what live mode would still refuse.
    Needs no database.
    """
    files = show.content(folder)
    with show.busy("Checking"):
        report = checking.check(files, show.today())
    if not report.ok or report.content is None:
        raise ContentError(report.faults)
    if table:
        _table(report.table)
    _languages(coverage(report.content))
    for warning in report.warnings:
        show.say(str(warning))
    if report.advice:
        show.say("Before live mode:")
        for advice in report.advice:
            show.say(f"- {advice}")
    _sum(report, report.content, files.source)


def _sum(report: Report, content: Content, source: str) -> None:
    steps = sum(len(campaign.steps) for campaign in content.campaigns.values())
    texts = show.counted(len(content.words.paths), "text")
    warned = f", {show.counted(len(report.warnings), 'warning')}" if report.warnings else ""
    campaigns = show.counted(len(content.campaigns), "campaign")
    show.say(f"{campaigns}, {steps} steps, {texts} in {source}: no mistakes{warned}.")


_REVIEWED = {True: "reviewed", False: "draft", None: "none"}


def _languages(languages: Iterable[Covered]) -> None:
    """One line a language: what is written in it, and what somebody who speaks it has reviewed."""
    show.table(
        "Languages: how much is written in each, and what a speaker of it has reviewed",
        ["language", "name", "words", "replies", "crisis answers", "steps", "keywords", "crisis phrases"],
        [
            (
                one.code, one.name, _REVIEWED[one.reviewed], one.replies, one.crisis, one.steps,
                _REVIEWED[one.keywords], _REVIEWED[one.crises],
            )
            for one in languages
        ],
    )  # fmt: skip


def _table(lines: Iterable[Line]) -> None:
    """One line a message; roles that get the same words share it."""
    roles: dict[tuple[object, ...], list[str]] = defaultdict(list)
    for one in lines:
        if one.channel is ChannelName.SMS:
            key = (f"{one.campaign}/{one.step}", one.language, one.characters, one.encoding.value, one.parts)
            roles[key].append("" if one.role is None else one.role.value)
    show.table(
        "Each message at its longest, by SMS",
        ["message", "language", "characters", "alphabet", "parts", "roles"],
        [(*key, ", ".join(filter(None, everyone))) for key, everyone in roles.items()],
    )
