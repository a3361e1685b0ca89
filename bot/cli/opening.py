"""The App of this process, opened for one command and closed after it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bot import bootstrap, logs, settings
from bot.bootstrap import App
from bot.cli import show
from bot.services import revealing
from bot.settings import Settings


@contextmanager
def unchecked() -> Iterator[App]:
    """The App of this process, whatever state its database is in; closed afterwards."""
    app = bootstrap.build(_settings())
    try:
        yield app
    finally:
        app.desk.database.close()


@contextmanager
def opened(*, upgrade: bool = False, talkative: bool = False) -> Iterator[App]:
    """The App of this process with its database checked; closed afterwards."""
    with bootstrap.opened(_settings(talkative=talkative), upgrade=upgrade) as app:
        yield app


def _settings(*, talkative: bool = False) -> Settings:
    """Read, with the logs set up: those below WARNING are for what keeps going (`talkative`), or for who
    set THINKFAMILY_LOG_LEVEL."""
    read = settings.read()
    asked = talkative or "thinkfamily_log_level" in read.model_fields_set
    logs.configure(read.thinkfamily_log_level if asked else "WARNING")
    return read


def audited(app: App, what: str, subject: str) -> None:
    """Write down who is about to see personal data; nothing is shown when this cannot be written."""
    revealing.reveal(app.desk, what, subject, show.me(), show.now())
