"""What the commands share: options as people type them, sentences, tables. Quick to import."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import typer
from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.progress import Progress
from rich.table import Table

from bot import settings
from bot.content import files
from bot.content.files import Files, locate
from bot.domain import hours

WIDTH = 120  # of what is piped or kept; a terminal has its own
_WIDEST = 1000  # no table of ours is
REVEAL_HELP = "Print numbers and words; who asked is written down."


def commands() -> typer.Typer:
    """A group of commands, whose help is plain text, as in docs/commands.md."""
    return typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


def content(folder: Path | None) -> Files:
    """The content of the folder named, else of THINKFAMILY_CONTENT, else the program's own."""
    return locate(folder if folder is not None else settings.read().thinkfamily_content)


def home(folder: Path | None) -> Path:
    """The same folder, to write into."""
    return files.home(folder if folder is not None else settings.read().thinkfamily_content)


def now() -> datetime:
    """This moment, aware."""
    return datetime.now(UTC)


def today() -> date:
    """The day it is in London."""
    return hours.local_day(now())


def as_day(text: str) -> date:
    """A day as 2027-05-12; typer says what is wrong with another."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("write the day as 2027-05-12") from None


def day(default: Any, says: str) -> Any:
    """An option that takes a day."""
    return typer.Option(default, parser=as_day, metavar="DAY", help=says)


def step_of(text: str) -> tuple[str, str]:
    """The campaign and the step of CAMPAIGN/STEP."""
    campaign, _, step = text.partition("/")
    if not campaign or not step:
        raise typer.BadParameter(f"write CAMPAIGN/STEP, such as safe_sleep/first_night, not {text!r}")
    return campaign, step


def me() -> str:
    """Who is at this terminal, for the audit; a number where the machine has no name for it."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # in a container that runs as a number of its own
        return f"uid {os.getuid()}"


def moment(at: datetime | None) -> str:
    """A moment in London, to the minute; a dash for none."""
    return "-" if at is None else f"{at.astimezone(hours.LONDON):%Y-%m-%d %H:%M}"


def counted(number: int, one: str, many: str = "") -> str:
    """ "1 family", "2 families"."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def console() -> Console:
    """Standard output."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else WIDTH)


def say(text: str) -> None:
    """Print a line as it is, unwrapped."""
    console().print(text, markup=False, soft_wrap=True)


def raw(text: str) -> None:
    """Print what another program reads, with nothing added."""
    sys.stdout.write(text + "\n")


@contextmanager
def busy(what: str) -> Iterator[None]:
    """A sign of life on a terminal for what may take longer than a second; gone when it is done."""
    with Console(stderr=True).status(what):
        yield


def progress() -> Progress:
    """A bar on a terminal, gone when it is done; nothing where nobody watches."""
    return Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty())


def table(
    title: str,
    heads: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    numbers: bool = False,
    narrow: Iterable[str] = (),
) -> None:
    """Print a table; what a row is about is never broken over lines.

    `numbers`: all but what a row is about is numbers. `narrow`: lines to print where it does not fit.
    """
    shown = Table(box=box.SIMPLE, title=title or None, title_justify="left", pad_edge=False)
    for number, head in enumerate(heads):
        about = number == 0
        shown.add_column(
            head, overflow="fold", no_wrap=about, justify="right" if numbers and not about else "left"
        )
    for row in rows:
        shown.add_row(*("" if cell is None else str(cell) for cell in row))
    out = console()
    needed = Measurement.get(out, out.options.update(max_width=_WIDEST), shown).maximum
    instead = list(narrow) if needed > out.width else []
    if not instead:
        out.print(shown, markup=False)
    for line in instead:
        say(line)
