"""Copies of a database, made while it is used, and put back: by SQLite's online backup, PostgreSQL's tools.

Of either the schema's version is left out: what was put back by hand, or broken off, is refused by every
process until `services.backups.restore` has made it safe and written the version in.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from bot.errors import DatabaseGone, NotAllowed
from bot.store import keyring, schema
from bot.store.database import Database
from bot.store.tables import metadata

_VERSION = "alembic_version"
_ENVIRONMENT = {
    "host": "PGHOST", "port": "PGPORT", "username": "PGUSER", "user": "PGUSER", "password": "PGPASSWORD",
    "database": "PGDATABASE", "dbname": "PGDATABASE", "sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT", "sslkey": "PGSSLKEY", "passfile": "PGPASSFILE",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Seen:
    """What a database holds, so that a copy of it can be proved to hold the same; nothing of people."""

    version: str | None
    reality: str | None
    keys: Mapping[str, str]  # the marks of the keys that it needs
    rows: Mapping[str, int]  # by table, and "outbox/sent" and the like by state


def look(conn: sa.Connection) -> Seen:
    """Count everything, in the caller's transaction."""
    tables = sorted(set(sa.inspect(conn).get_table_names()) - {_VERSION})
    rows = {name: _count(conn, name) for name in tables}
    for name in ("outbox", "inbox"):
        if name in tables:
            state = sa.column("state", sa.String)
            query = sa.select(state, sa.func.count()).select_from(sa.table(name)).group_by(state)
            rows |= {f"{name}/{found}": number for found, number in conn.execute(query)}
    return Seen(schema.version(conn), schema.reality(conn), keyring.marks(conn), rows)


def _count(conn: sa.Connection, name: str) -> int:
    return int(conn.execute(sa.select(sa.func.count()).select_from(sa.table(name))).scalar_one())


def copy(database: Database, target: Path) -> Seen:
    """Make a consistent copy at `target` while others read and write; gives what it holds."""
    return _copy_sqlite(database, target) if database.sqlite else _dump(database, target)


def put_back(database: Database, source: Path) -> None:
    """Load a dump into an empty PostgreSQL database, all or nothing."""
    _run("pg_restore", database, "--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges",
         "--dbname", database.engine.url.database or "", str(source))  # fmt: skip


def readable(source: Path, *, sqlite: bool) -> None:
    """Raise DatabaseGone when the copy cannot be read to its end."""
    if sqlite:
        _check_file(source)
    else:
        _run("pg_restore", None, "--list", str(source))


# --- SQLite ------------------------------------------------------------------------------------------


def _copy_sqlite(database: Database, target: Path) -> Seen:
    """In one step under one reading transaction: in chunks it would begin anew with every write of others."""
    if database.file is None:
        raise NotAllowed("A database in memory cannot be copied.", "Name a file.")
    database.read(lambda conn: None)  # it must be there
    with contextlib.closing(sqlite3.connect(database.file)) as source, _plain(target) as there:
        source.backup(there, pages=-1)
        there.execute("PRAGMA journal_mode=DELETE")  # one file, with nothing beside it
    copied = Database(f"sqlite:///{target}", kept=False)
    try:
        seen = copied.read(look)
        copied.write(lambda conn: conn.execute(sa.delete(sa.table(_VERSION))))
    finally:
        copied.close()
    with _plain(target) as there:
        there.execute("PRAGMA journal_mode=DELETE")
    _check_file(target)
    return seen


def _check_file(path: Path) -> None:
    try:
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as there:
            whole = there.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            tied = there.execute("PRAGMA foreign_key_check").fetchall() == []
    except sqlite3.DatabaseError as cause:
        raise DatabaseGone("The copy is damaged.", "Use another backup.") from cause
    if not (whole and tied):
        raise DatabaseGone("The copy is damaged.", "Use another backup.")


@contextlib.contextmanager
def _plain(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection to a file of ours, made readable by its owner only."""
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    with contextlib.closing(sqlite3.connect(path)) as connection:
        yield connection


# --- PostgreSQL --------------------------------------------------------------------------------------


def _dump(database: Database, target: Path) -> Seen:
    """What is counted and what is dumped are one snapshot."""
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))

    def work(conn: sa.Connection) -> Seen:
        conn.execute(sa.text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        snapshot = conn.execute(sa.text("SELECT pg_export_snapshot()")).scalar_one()
        seen = look(conn)
        _run("pg_dump", database, "--format=custom", "--no-owner", "--no-privileges",
             "--lock-wait-timeout=60s", f"--snapshot={snapshot}", f"--exclude-table-data={_VERSION}",
             f"--file={target}")  # fmt: skip
        return seen

    return database.read(work)


def _run(tool: str, database: Database | None, *arguments: str) -> None:
    """Run one of PostgreSQL's tools; its password goes by the environment, where nobody else sees it.

    What it says is not passed on: it may quote rows.
    """
    found = shutil.which(tool)
    if found is None:
        raise NotAllowed(
            f"PostgreSQL's {tool} is not on this machine's PATH.",
            "Install PostgreSQL's client programs, of the server's version or newer.",
        )
    done = subprocess.run(  # noqa: S603 - a list of ours, no shell
        [found, *arguments], env=_environment(database), capture_output=True, text=True, check=False
    )
    if done.returncode:
        newer = "server version" in done.stderr or "unsupported version" in done.stderr
        why = "it is older than the server" if newer else f"exit code {done.returncode}"
        raise DatabaseGone(
            f"PostgreSQL's {tool} failed ({why}).",
            "Install the client programs of the server's version; see that there is room and a connection.",
        )


def _environment(database: Database | None) -> dict[str, str]:
    if database is None:
        return dict(os.environ)
    url = database.engine.url
    given = {**url.translate_connect_args(), **url.query}
    told = {_ENVIRONMENT[name]: str(value) for name, value in given.items() if name in _ENVIRONMENT}
    return {**os.environ, **told}


def is_empty(conn: sa.Connection) -> bool:
    """Whether a database holds no table of ours."""
    return not set(sa.inspect(conn).get_table_names()) & set(metadata.tables)
