"""What the commands share: the App of this process, days as people type them, tables."""

from __future__ import annotations

import getpass
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime

import typer
from rich.console import Console
from rich.table import Table

from bot import bootstrap, logs, settings
from bot.bootstrap import App


@contextmanager
def opened(*, upgrade: bool = False) -> Iterator[App]:
    """The App of this process with its database checked; closed afterwards."""
    read = settings.read()
    logs.configure(read.thinkfamily_log_level)
    with bootstrap.opened(read, upgrade=upgrade) as app:
        yield app


def now() -> datetime:
    """This moment, aware."""
    return datetime.now(UTC)


def day(text: str | None) -> date | None:
    """A day as 2027-05-12; typer says what is wrong with another."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("write the day as 2027-05-12") from None


def me() -> str:
    """Who is at this terminal, for the audit."""
    return getpass.getuser()


def console() -> Console:
    """Standard output."""
    return Console(highlight=False)


def table(title: str, heads: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table."""
    shown = Table(*heads, title=title, title_justify="left")
    for row in rows:
        shown.add_row(*(str(cell) for cell in row))
    console().print(shown)
