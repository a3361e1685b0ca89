"""Commands to play with: rehearse."""

from __future__ import annotations

import tempfile
import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import typer
from rich.progress import Progress

from bot import bootstrap, logs, settings
from bot.bootstrap import App
from bot.cli import show
from bot.domain.revision import Mode
from bot.rehearsal import days as living
from bot.rehearsal import transcript
from bot.rehearsal.people import Household, households
from bot.services import reports
from bot.store import schema
from bot.store.database import Database

app = typer.Typer()
START = date(2027, 1, 4)


@app.callback()
def _root() -> None:
    """Nothing happens before a command is chosen."""


@app.command()
def rehearse(
    families: int = typer.Option(300, min=1, max=330, help="How many synthetic families."),
    days: int = typer.Option(730, min=1, max=1460, help="How many days."),
    seed: int = typer.Option(2027, help="The same seed gives the same families."),
    story: str = typer.Option("loss", help="Whose transcript: plain, corrected, premature, loss, stops ..."),
) -> None:
    """Two years of the campaigns reach synthetic families through the real line; nothing leaves."""
    people = list(households(START, families, seed))
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="thinkfamily-") as folder:
        clock = living.Clock(datetime(START.year, START.month, START.day, tzinfo=UTC))
        built = _app(Path(folder), clock)
        try:
            watched = _watched(people, story)
            kept = _live(built, clock, people, days, watched)
            _report(built, kept, people, watched, time.monotonic() - began)
        finally:
            built.desk.database.close()


def _app(folder: Path, clock: living.Clock) -> App:
    """An App of its own, whose clock is the rehearsal's; its database goes with it."""
    url = f"sqlite:///{folder / 'rehearsal.db'}"
    read = settings.read(None, thinkfamily_mode=Mode.REHEARSAL, thinkfamily_database_url=url)
    logs.configure("ERROR")
    built = bootstrap.build(read)
    database = Database(url, clock=clock, kept=False)
    schema.upgrade(database)
    database.write(lambda conn: schema.mark(conn, "rehearsal"))
    return replace(built, desk=replace(built.desk, database=database), clock=clock)


def _watched(people: list[Household], story: str) -> Household:
    """The first family with this story, one with relatives if there is one."""
    told = [one for one in people if one.story == story]
    if not told:
        raise typer.BadParameter("no family lived that story; try plain", param_hint="--story")
    return next((one for one in told if one.relatives), told[0])


def _live(
    built: App, clock: living.Clock, people: list[Household], days: int, watched: Household
) -> living.Rehearsal:
    span = [START + timedelta(days=n) for n in range(days)]
    outages = frozenset(START + timedelta(days=n) for n in (100, 101, 102, 400))
    numbers = frozenset({watched.mother, *(one.number for one in watched.relatives)})
    with Progress(transient=True) as progress:
        bar = progress.add_task("Living two years", total=len(span))
        return living.rehearse(built, clock, people, span, outages, numbers, lambda: progress.advance(bar))


def _report(
    built: App, kept: living.Rehearsal, people: list[Household], watched: Household, seconds: float
) -> None:
    found = reports.summary(built.desk)
    states = sorted({state for line in found for state in line.outcomes})
    show.table(
        "Planned = sum of outcomes",
        ["campaign", "role", "planned", *states],
        [
            (one.campaign, one.role, one.planned, *(one.outcomes.get(state, 0) for state in states))
            for one in found
        ],
    )
    why = ", ".join(f"{count} {reason}" for reason, count in reports.reasons(built.desk).items())
    out = show.console()
    out.print(f"Not sent, and why: {why}.")
    names = {watched.mother: "mother"} | {one.number: one.role.value for one in watched.relatives}
    out.print(f"\nOne family ({watched.story}), as they would read it:\n")
    for line in transcript.lines(kept.heard, names):
        out.print(line, markup=False, soft_wrap=True)
    out.print(
        f"\n{len(people)} families, {kept.sent} messages, {kept.received} texts from them, {seconds:.0f} s. "
        "Nothing left this machine.\nTry: thinkfamily rehearse --story premature, thinkfamily check, "
        "or put a Telegram token in .env (README)."
    )
