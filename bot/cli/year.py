"""The command for staff's own calendars: calendar."""

from __future__ import annotations

from pathlib import Path

import typer

from bot.authoring import year as years
from bot.authoring.year import Entry
from bot.cli import show
from bot.cli.checking import FOLDER
from bot.content.load import load

app = show.commands()


@app.command(epilog="Example: thinkfamily calendar --year 2027 --to campaigns-2027.ics")
def calendar(
    of: int = typer.Option(None, "--year", min=2025, max=2060, help="Which year; this one if left out."),
    to: Path | None = typer.Option(
        None, metavar="FILE", help="Write it there for a calendar program (.ics); printed if left out."
    ),
    folder: Path | None = FOLDER,
) -> None:
    """Show the year's campaigns by date: what goes out when, seasons, soft days, and reviews.

    Needs no database. A file imported again replaces what it said before.
    """
    content = load(show.content(folder))
    of = of or show.today().year
    entries = years.year(content, of)
    if to is not None:
        to.write_text(years.icalendar(entries, show.now()), encoding="utf-8", newline="")
        show.say(f"{show.counted(len(entries), 'entry', 'entries')} of {of} in {to}.")
    else:
        rows = [(_span(entry), entry.title, entry.about) for entry in entries]
        show.table(
            "",
            ["when", "what", "about"],
            rows,
            narrow=(f"{when}: {what}. {about}" for when, what, about in rows),
        )
    if lacking := years.unset(content, of):
        show.say(f"Nobody has set these days of {of} in config/calendar.yaml: {', '.join(lacking)}.")


def _span(entry: Entry) -> str:
    last = entry.ends - years.DAY
    return f"{entry.first:%d %b}" if last == entry.first else f"{entry.first:%d %b} to {last:%d %b}"
