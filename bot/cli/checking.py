"""The command for everybody who writes: check."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from pathlib import Path

import typer

from bot.authoring import check as checking
from bot.authoring.check import Approved, Report
from bot.authoring.coverage import Covered, coverage
from bot.authoring.findings import Finding, Level
from bot.authoring.trial import Line
from bot.cli import show
from bot.content.kept import Published
from bot.content.load import Content
from bot.domain.address import ChannelName
from bot.errors import ContentError

app = show.commands()
FOLDER = typer.Option(
    None, metavar="DIR", help="The folder that holds campaigns/, templates/, config/; else the one in use."
)


class Format(StrEnum):
    """For whom a report is written."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"
    SARIF = "sarif"


@app.command(epilog="Example: thinkfamily check --strict --format github")
def check(
    folder: Path | None = FOLDER,
    strict: bool = typer.Option(
        False, "--strict", help="Fail for warnings too, but not for what waits for an approval or a review."
    ),
    format: Format = typer.Option(Format.TEXT, help="How to say it: for people, or for a program."),
    table: bool = typer.Option(
        False, "--table", help="What each message costs at its longest, in SMS parts."
    ),
    approvals: bool = typer.Option(
        False, "--approvals", help="Ask the database too: what is not approved, or was edited since."
    ),
) -> None:
    """Check campaigns, templates and config: everything as file:line:column, and what to do.

    Mistakes must be mended: exit code 1. Warnings would harm or fail somebody; some wait for a person.
    Advice is worth knowing. A table says how much is written in each language: what is not goes in
    English. Needs no database.
    """
    files = show.content(folder)
    with show.busy("Checking"):
        published, approved = _database() if approvals else (None, None)
        report = checking.check(files, show.today(), published=published, approved=approved)
    if format is not Format.TEXT:
        _for_programs(report, format, strict=strict)
        return
    if report.content is not None:
        if table:
            _table(report.table, report.content.config.pence_a_part)
        _languages(coverage(report.content))
    _say(report, strict=strict)
    failing = [one.fault for one in report.findings if (one.strict if strict else one.level is Level.ERROR)]
    if failing:
        raise ContentError(failing)
    if report.content is not None:
        _sum(report, report.content, files.source)


def _database() -> tuple[Published, Approved]:
    """What was published, and what was approved; the database is opened only for this."""
    from bot.cli import opening
    from bot.services import publish

    with opening.opened() as opened:
        words, texts = publish.approved(opened.desk)
        return publish.published_ids(opened.desk), Approved(words, texts)


def _for_programs(report: Report, format: Format, *, strict: bool) -> None:
    from bot.authoring import formats

    if format is Format.JSON:
        show.raw(formats.as_json(report, strict=strict))
    elif format is Format.SARIF:
        show.raw(formats.as_sarif(report))
    elif report.findings:
        show.raw(formats.as_github(report))
    if report.fails(strict=strict):
        raise typer.Exit(1)


_HEADS = {
    Level.WARNING: "Warnings:",
    Level.PENDING: "Waiting for a person:",
    Level.ADVICE: "Advice:",
}
_BEFORE_LIVE = "before-live"
_NARROW = 100  # columns below which a long table is told in lines


def _say(report: Report, *, strict: bool) -> None:
    """Everything but what the command fails for, which is said last."""
    for level, head in _HEADS.items():
        if strict and level is Level.WARNING:
            continue
        _list(head, [one for one in report.findings if one.level is level and one.rule != _BEFORE_LIVE])
    _list("Before live mode:", [one for one in report.findings if one.rule == _BEFORE_LIVE])


def _list(head: str, findings: Sequence[Finding]) -> None:
    if findings:
        show.say(head)
        for one in findings:
            show.say(f"- {one.fault}")


def _sum(report: Report, content: Content, source: str) -> None:
    steps = sum(len(campaign.steps) for campaign in content.campaigns.values())
    texts = show.counted(len(content.words.paths), "text")
    warned = f", {show.counted(len(report.warnings), 'warning')}" if report.warnings else ""
    campaigns = show.counted(len(content.campaigns), "campaign")
    show.say(f"{campaigns}, {steps} steps, {texts} in {source}: no mistakes{warned}.")


_REVIEWED = {True: "reviewed", False: "draft", None: "none"}


def _languages(languages: Iterable[Covered]) -> None:
    """One line a language: what is written in it, and what somebody who speaks it has reviewed."""
    rows = [
        (
            one.code, one.name, _REVIEWED[one.reviewed], one.replies, one.crisis, one.steps, one.names,
            _REVIEWED[one.keywords], _REVIEWED[one.crises],
        )
        for one in languages
    ]  # fmt: skip
    heads = [
        "language",
        "name",
        "words",
        "replies",
        "crisis answers",
        "steps",
        "names",
        "keywords",
        "crisis phrases",
    ]
    show.table(
        "Languages: how much is written in each, and what a speaker of it has reviewed",
        heads,
        rows,
        narrow=(_narrow(heads, row) for row in rows),
    )


def _narrow(heads: Sequence[str], row: Sequence[object]) -> str:
    """A row in words, for a terminal that the table does not fit."""
    rest = zip(heads[2:], row[2:], strict=True)
    return f"{row[0]} {row[1]}: {', '.join(f'{head} {cell}' for head, cell in rest)}"


def _table(lines: Iterable[Line], a_part: float | None) -> None:
    """One line a message, then one a language; roles that get the same words share a line."""
    roles: dict[tuple[object, ...], list[str]] = defaultdict(list)
    texts: dict[tuple[str, str], Line] = {}
    for one in lines:
        if one.channel is ChannelName.SMS:
            key = (f"{one.campaign}/{one.step}", one.language, one.characters, one.encoding.value, one.parts)
            roles[key].append("" if one.role is None else one.role.value)
            texts[str(key), one.language] = one
    price = ["price"] if a_part is not None else []
    heads = ["message", "language", "characters", "alphabet", "parts", *price, "roles"]
    rows = [
        (*key, *_price(int(str(key[-1])), a_part), ", ".join(filter(None, everyone)))
        for key, everyone in roles.items()
    ]
    show.table(
        "Each message at its longest, by SMS", heads, rows,
        narrow=(_narrow_message(heads, row) for row in rows) if show.console().width < _NARROW else (),
    )  # fmt: skip
    _by_language(texts.values(), a_part)


def _narrow_message(heads: Sequence[str], row: Sequence[object]) -> str:
    rest = zip(heads[2:], row[2:], strict=True)
    return f"{row[0]} in {row[1]}: {', '.join(f'{head} {cell}' for head, cell in rest if cell)}"


def _by_language(lines: Iterable[Line], a_part: float | None) -> None:
    parts: dict[str, list[int]] = defaultdict(list)
    for one in lines:
        parts[one.language].append(one.parts)
    heads = ["language", "texts", "parts in all", "longest", *(["one of each"] if a_part is not None else [])]
    rows = [
        (language, len(each), sum(each), max(each), *_price(sum(each), a_part))
        for language, each in parts.items()
    ]
    show.table("What each language comes to, by SMS", heads, rows, numbers=True)


def _price(parts: int, a_part: float | None) -> Iterator[str]:
    """ "7.8p", or nothing where the price is not known."""
    if a_part is not None:
        yield f"{parts * a_part:.1f}p"
