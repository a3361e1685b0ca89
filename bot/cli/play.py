"""Commands to play with: chat and rehearse."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import typer

from bot import bootstrap, logs, settings
from bot.bootstrap import App
from bot.cli import pages, show, sums
from bot.domain import hours
from bot.domain.address import ChannelName
from bot.domain.revision import Mode
from bot.errors import BadInput
from bot.rehearsal import chat as chatting
from bot.rehearsal import days as living
from bot.rehearsal import transcript
from bot.rehearsal.people import STORIES, Household, households
from bot.services import reports
from bot.store import schema
from bot.store.database import Database

app = show.commands()
START = date(2027, 1, 4)
NEXT = """What to try next:
  thinkfamily chat                         play a family: JOIN, LOSS, STOP
  thinkfamily preview --due 2027-07-01     the whole timeline of one family
  thinkfamily rehearse --story premature   another family's two years
  README.md, Talk with it: Telegram        a bot of your own, on your own phone"""


@app.command(epilog="Example: thinkfamily chat --at 2027-03-01T10:00   then: JOIN, 1, 1, 1, 1/9, LOSS")
def chat(
    at: str = typer.Option(
        "", metavar="MOMENT", help="When it begins, as 2027-03-01T10:00; now if left out."
    ),
    due: date | None = show.day(None, "The mother has joined already, with this due date."),
    born: date | None = show.day(None, "The mother has joined already, with a baby born on this day."),
    channel: ChannelName = typer.Option(ChannelName.SMS, help="How everybody writes."),
) -> None:
    """Play a family in the terminal: type a text and read what the bot answers; nothing leaves.

    /as grandmother: be someone else, linked to the family. /at +3d or /at 2027-05-01: let time pass and
    see what would arrive. /quit or the end of input ends it, and nothing is kept.
    """
    try:
        begins = chatting.moment(at, show.now()) if at else show.now()
    except BadInput as wrong:
        raise typer.BadParameter(f"{wrong.sentence} {wrong.remedy}", param_hint="--at") from None
    with _rehearsing(begins) as (built, clock):
        table = chatting.Chat(built, clock, _tell, channel)
        show.say(chatting.HELP)
        if due is not None or born is not None:
            table.enrolled(due, born)
        for typed in _typed(table):
            travels = typed.lstrip().startswith("/at") and sys.stdout.isatty()
            with show.busy("Time passes") if travels else nullcontext():
                goes_on = table.line(typed)
            if not goes_on:
                return


def _typed(table: chatting.Chat) -> Iterator[str]:
    """Lines as they are typed; from a pipe they are shown too, so that a transcript is whole."""
    while True:
        if sys.stdin.isatty():
            try:
                yield input(table.prompt)
            except EOFError:
                show.say("")
                return
        elif line := sys.stdin.readline():
            show.say(table.prompt + line.rstrip("\n"))
            yield line
        else:
            return


def _tell(what: chatting.Arrived | str) -> None:
    if isinstance(what, str):
        show.say(what)
        return
    cost = f", {show.counted(what.parts, 'part')}"
    show.say(f"{what.at.astimezone(hours.LONDON):%a %d %b %Y %H:%M}  to {what.who}{cost}")
    for line in pages.wrapped(what.body):
        show.say(line)
    if what.buttons:
        show.say(f"    [{'] ['.join(what.buttons)}]")


@app.command(epilog="Example: thinkfamily rehearse --families 50 --days 200 --story premature")
def rehearse(
    families: int = typer.Option(300, min=1, max=330, help="How many synthetic families."),
    days: int = typer.Option(730, min=1, max=1460, help="How many days."),
    seed: int = typer.Option(2027, help="The same seed gives the same families."),
    story: str = typer.Option("loss", metavar="STORY", help=f"Whose transcript: {', '.join(dict(STORIES))}."),
) -> None:
    """Two years of the campaigns reach synthetic families through the real line; nothing leaves."""
    people = list(households(START, families, seed))
    watched = _watched(people, story)
    began = time.monotonic()
    with _rehearsing(datetime(START.year, START.month, START.day, tzinfo=UTC)) as (built, clock):
        kept = _live(built, clock, people, days, watched)
        _report(built, kept, people, watched, time.monotonic() - began)


@contextmanager
def _rehearsing(begins: datetime) -> Iterator[tuple[App, living.Clock]]:
    """An App of its own, whose clock is the rehearsal's; its database goes with it."""
    with tempfile.TemporaryDirectory(prefix="thinkfamily-") as folder:
        url = f"sqlite:///{Path(folder) / 'rehearsal.db'}"
        read = settings.read(None, thinkfamily_mode=Mode.REHEARSAL, thinkfamily_database_url=url)
        logs.configure("ERROR")
        built = bootstrap.build(read)
        clock = living.Clock(begins)
        database = Database(url, clock=clock, kept=False)
        try:
            schema.upgrade(database)
            database.write(lambda conn: schema.mark(conn, "rehearsal"))
            yield replace(built, desk=replace(built.desk, database=database), clock=clock), clock
        finally:
            database.close()


def _watched(people: list[Household], story: str) -> Household:
    """The first family with this story, one with relatives if there is one."""
    told = [one for one in people if one.story == story]
    if not told:
        lived = ", ".join(sorted({one.story for one in people}))
        raise typer.BadParameter(f"no family lived that story; these were: {lived}", param_hint="--story")
    return next((one for one in told if one.relatives), told[0])


def _live(
    built: App, clock: living.Clock, people: list[Household], days: int, watched: Household
) -> living.Rehearsal:
    span = [START + timedelta(days=n) for n in range(days)]
    outages = frozenset(START + timedelta(days=n) for n in (100, 101, 102, 400))
    numbers = frozenset({watched.mother, *(one.number for one in watched.relatives)})
    with show.progress() as progress:
        bar = progress.add_task("Living two years", total=len(span))
        return living.rehearse(built, clock, people, span, outages, numbers, lambda: progress.advance(bar))


def _report(
    built: App, kept: living.Rehearsal, people: list[Household], watched: Household, seconds: float
) -> None:
    sums.table(reports.summary(built.desk))
    sums.reasons(reports.reasons(built.desk))
    names = {watched.mother: "mother"} | {one.number: one.role.value for one in watched.relatives}
    show.say(f"\nOne family ({watched.story}), as they would read it:\n")
    for head, words in transcript.messages(kept.heard, names):
        show.say(head)
        for line in pages.wrapped(words):
            show.say(line)
        show.say("")
    show.say(
        f"{show.counted(len(people), 'family', 'families')}, {kept.sent} messages, "
        f"{kept.received} texts from them, {seconds:.0f} s.\n"
        f"Nothing left this machine.\n\n{NEXT}"
    )
