"""The App of this process, opened for one command and closed after it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bot import bootstrap, logs, settings
from bot.bootstrap import App
from bot.cli import show
from bot.domain.revision import Mode
from bot.services import revealing
from bot.store import schema


@contextmanager
def unchecked(*, talkative: bool = False) -> Iterator[App]:
    """The App of this process, whatever state its database is in; closed afterwards.

    Logs below WARNING are for what keeps going (`talkative`), or for who set THINKFAMILY_LOG_LEVEL.
    """
    read = settings.read()
    asked = talkative or "thinkfamily_log_level" in read.model_fields_set
    logs.configure(read.thinkfamily_log_level if asked else "WARNING")
    app = bootstrap.build(read)
    try:
        yield app
    finally:
        app.desk.database.close()


@contextmanager
def opened(*, upgrade: bool = False, talkative: bool = False) -> Iterator[App]:
    """The App of this process with its schema checked; closed afterwards.

    A rehearsal's database is brought up to date by itself; a real one only by `thinkfamily db upgrade`.
    """
    with unchecked(talkative=talkative) as app:
        database = app.desk.database
        if upgrade or app.desk.mode is Mode.REHEARSAL:
            schema.upgrade(database)
        schema.require_current(database)
        wanted: schema.Reality = "rehearsal" if app.desk.mode is Mode.REHEARSAL else "real"
        database.write(lambda conn: schema.mark(conn, wanted))
        yield app


def audited(app: App, what: str, subject: str) -> None:
    """Write down who is about to see personal data; nothing is shown when this cannot be written."""
    revealing.reveal(app.desk, what, subject, show.me(), show.now())
