"""The schema's versions: brought up to date by one command, and refused when unknown."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Literal

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from bot.errors import DatabaseGone, NotAllowed, SchemaUnknown
from bot.store.conflicts import insert_new
from bot.store.database import Database
from bot.store.tables import meta

State = Literal["current", "missing", "older", "newer", "unfinished"]
Reality = Literal["rehearsal", "real"]

_UPGRADING = 7_411_946_223  # any number that only we lock by


def upgrade(database: Database) -> State:
    """Bring the schema up to date, all or nothing; gives what it was before.

    Makes the SQLite file (readable by its owner only) and its folder when they are not there. Raises
    SchemaUnknown for a newer schema. Two processes that upgrade at once do it one after the other.
    """
    _make_file(database)

    def work(conn: sa.Connection) -> State:
        if conn.dialect.name == "postgresql":
            conn.execute(sa.select(sa.func.pg_advisory_xact_lock(_UPGRADING)))
        before = _state(conn)
        if before in ("newer", "unfinished"):
            raise _unknown(before)
        if before != "current":
            config = _config()
            config.attributes["connection"] = conn
            command.upgrade(config, "head")
        return before

    return database.write(work)


def stands(conn: sa.Connection) -> State:
    """The same, within a transaction."""
    return _state(conn)


def state(database: Database) -> State:
    """How the database's schema stands to this program; a file that is not there yet is `missing`."""
    return "missing" if _no_file_yet(database) else database.read(_state)


def require_current(database: Database) -> None:
    """Raise SchemaUnknown unless the schema is exactly the one this program knows."""
    found = state(database)
    if found != "current":
        raise _unknown(found)


@cache
def head() -> str | None:
    """The newest version that this program knows. Its migrations are read once: they come with it."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def version(conn: sa.Connection) -> str | None:
    """The schema's version; None where no table says it."""
    return MigrationContext.configure(conn).get_current_revision()


def finish(conn: sa.Connection, found: str | None) -> None:
    """Write the version into a database that was put back from a backup, and bring it up to date.

    Until then `state` is `unfinished`, and every process refuses it.
    """
    if found is None or found not in _known():
        raise _unknown("newer")
    conn.execute(sa.text("DELETE FROM alembic_version"))
    conn.execute(sa.text("INSERT INTO alembic_version (version_num) VALUES (:found)"), {"found": found})
    config = _config()
    config.attributes["connection"] = conn
    command.upgrade(config, "head")


def _known() -> frozenset[str]:
    """Every version that this program knows."""
    scripts = ScriptDirectory.from_config(_config())
    return frozenset(script.revision for script in scripts.walk_revisions())


def reality(conn: sa.Connection) -> Reality | None:
    """Whether this database is for rehearsal or real; None when nobody has said yet."""
    found = conn.execute(sa.select(meta.c.value).where(meta.c.name == "reality")).scalar()
    return None if found is None else ("real" if found == "real" else "rehearsal")


def mark(conn: sa.Connection, wanted: Reality) -> None:
    """Say what this database is, once and for ever; raises NotAllowed (code `reality`) on the other."""
    conn.execute(insert_new(conn, meta), {"name": "reality", "value": wanted})
    found = reality(conn)
    if found != wanted:
        raise NotAllowed(
            f"This is a {found} database, and stays one: it cannot be used as a {wanted} one.",
            "Name another database in THINKFAMILY_DATABASE_URL.",
            code="reality",
        )


def _state(conn: sa.Connection) -> State:
    found = version(conn)
    if found is None:
        there = {"alembic_version", "outbox"} <= set(sa.inspect(conn).get_table_names())
        return "unfinished" if there else "missing"
    if found == head():
        return "current"
    return "older" if found in _known() else "newer"


def _unknown(found: State) -> SchemaUnknown:
    sentence, remedy = {
        "missing": ("The database has no tables yet.", "Run `thinkfamily db upgrade`."),
        "older": ("The database's tables are older than this program.", "Run `thinkfamily db upgrade`."),
        "newer": ("The database's tables are newer than this program.", "Install the newer program."),
        "unfinished": (
            "This is a copy out of a backup, put here by hand or broken off: it is not safe to send from.",
            "Run `thinkfamily db restore FILE` with the backup, into an empty database.",
        ),
    }[found]
    return SchemaUnknown(sentence, remedy)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    config.set_main_option("path_separator", "os")
    return config


def _no_file_yet(database: Database) -> bool:
    return database.file is not None and not Path(database.file).exists()


def _make_file(database: Database) -> None:
    if database.file is None:
        return
    path = Path(database.file)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    except OSError as cause:
        raise DatabaseGone(
            "The database file cannot be made.", "Let this process write to the folder of its database."
        ) from cause
