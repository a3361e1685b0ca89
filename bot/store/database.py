"""The database: SQLite with one writer thread, or PostgreSQL; the same statements on both."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import event, exc

from bot.errors import DatabaseBusy, DatabaseGone, DatabaseTrouble, SettingsError
from bot.store.prepared import run
from bot.store.writer import Priority, Writer

T = TypeVar("T")
Clock = Callable[[], datetime]


class Database:
    """A place for transactions. Opens nothing until first used.

    `url` is `sqlite:///FILE` or `postgresql+psycopg://...`. `clock` replaces the database's own clock
    (rehearsal and tests). Every transaction is one callable that gets a connection; it is committed when
    the callable returns and rolled back when it raises. On PostgreSQL a writing callable that was rolled
    back because it and another crossed (each waited for the other; what one row named was just deleted, or
    named anew) is run again, so it changes nothing but the database.
    Database errors come out as DatabaseTrouble; an address of no database that we know is a SettingsError.
    `kept` false is for a SQLite file that is thrown away afterwards: its commits do not wait for the disk.
    """

    def __init__(
        self, url: str, *, clock: Clock | None = None, busy_seconds: float = 10.0, kept: bool = True
    ) -> None:
        self._clock = clock
        self.sqlite = _kind(url) == "sqlite"
        self._brisk = threading.local()  # `now`: this thread's next connection need not be asked
        self._engine = (
            _sqlite_engine(url, busy_seconds, kept) if self.sqlite else _postgres_engine(url, self._brisk)
        )
        self._reader = _reading(self._engine) if self.sqlite else self._engine
        self._writer = Writer() if self.sqlite else None
        self._writing: sa.Connection | None = None  # of the writer thread, between two transactions
        self.file = _file(self._engine.url) if self.sqlite else None
        self._seen: tuple[int, int] | None = None  # which file it was when it was first looked at

    @property
    def engine(self) -> sa.Engine:
        """The engine, for migrations and tests."""
        return self._engine

    def write(self, work: Callable[[sa.Connection], T], priority: Priority = Priority.STAFF) -> T:
        """Run `work` in one writing transaction; on SQLite on the writer thread, by priority."""

        def transaction() -> T:
            self._still_there()
            with _translated(), self._begun(priority) as connection:
                return work(connection)

        return _once_more(transaction) if self._writer is None else self._writer.run(priority, transaction)

    @contextmanager
    def _begun(self, priority: Priority) -> Iterator[sa.Connection]:
        """A writing transaction. The writer thread keeps its connection, unless something went wrong."""
        if self._writer is None:
            self._brisk.now = priority in (Priority.CLAIM, Priority.RECORD)
            with self._engine.begin() as connection:
                self._brisk.now = False
                yield connection
            return
        connection, self._writing = self._writing or self._engine.connect(), None
        try:
            with connection.begin():
                yield connection
        except BaseException:
            connection.close()
            raise
        self._writing = connection

    def read(self, work: Callable[[sa.Connection], T]) -> T:
        """Run `work` in one reading transaction, in the calling thread."""
        self._still_there()
        with _translated(), self._reader.connect() as connection:
            return work(connection)

    def _still_there(self) -> None:
        """Raise DatabaseGone when the file is: SQLite would go on writing to one that was removed, which
        ends with the process, or make an empty one in its place."""
        if self.file is None:
            return
        try:
            found = os.stat(self.file)  # noqa: PTH116 - a Path costs more than the look
        except OSError as cause:
            raise DatabaseGone(
                "The database file is not there, or its folder may not be read.",
                "Put it back where THINKFAMILY_DATABASE_URL says; `thinkfamily db upgrade` makes a new one.",
            ) from cause
        here = (found.st_dev, found.st_ino)
        self._seen = self._seen or here
        if here != self._seen:
            raise DatabaseGone(
                "The database file was replaced by another while this process was using it.",
                "Put the first one back, or restart this process to use the new one.",
            )

    def now(self, connection: sa.Connection, told: datetime | None = None) -> datetime:
        """The database's clock, which leases and pace go by (UTC, microseconds); `told` where PostgreSQL was
        asked a moment ago."""
        if self._clock is not None:
            return self._clock()
        if self.sqlite:  # the same host: its clock is ours
            return datetime.now(UTC)
        if told is not None:
            return told.astimezone(UTC)
        moment: datetime = connection.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
        return moment.astimezone(UTC)

    def close(self) -> None:
        """Finish what waits and close every connection."""
        if self._writer is not None:
            self._writer.close()
        if self._writing is not None:
            self._writing.close()
            self._writing = None
        self._engine.dispose()


def _kind(url: str) -> str:
    try:
        kind = sa.make_url(url).drivername
    except (exc.ArgumentError, ValueError):
        kind = ""
    if kind not in ("sqlite", "sqlite+pysqlite", "postgresql+psycopg"):
        raise SettingsError(
            "THINKFAMILY_DATABASE_URL is not an address of SQLite or PostgreSQL.",
            "Write sqlite:///FILE or postgresql+psycopg://USER:PASSWORD@HOST/NAME.",
        )
    return kind.partition("+")[0]


def _file(url: sa.URL) -> str | None:
    """The path of an SQLite file; None for a database in memory."""
    name = url.database
    return None if not name or name == ":memory:" or name.startswith("file:") else name


def _sqlite_engine(url: str, busy_seconds: float, kept: bool) -> sa.Engine:
    synchronous = "FULL" if kept else "OFF"
    given = {"check_same_thread": False, "timeout": busy_seconds}
    engine = sa.create_engine(url, connect_args=given, hide_parameters=True, json_deserializer=_from_json)

    @event.listens_for(engine, "connect")
    def pragmas(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, below
        for pragma in ("journal_mode=WAL", "foreign_keys=ON", "cache_size=-16384"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute(f"PRAGMA synchronous={synchronous}")

    @event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        # A deferred BEGIN that reads first and writes later fails at once with "database is locked".
        reading = connection.get_execution_options().get("reading", False)
        run(connection, "BEGIN" if reading else "BEGIN IMMEDIATE")

    return engine


def _from_json(text: str) -> Any:
    """Most of what is kept as JSON are lists of nothing: the planner reads two a family."""
    return [] if text == "[]" else json.loads(text)


def _reading(engine: sa.Engine) -> sa.Engine:
    return engine.execution_options(reading=True)


def _postgres_engine(url: str, brisk: threading.local) -> sa.Engine:
    # A server that vanished without a word is noticed within half a minute, not within two hours.
    patience = {
        "connect_timeout": 10, "keepalives_idle": 15, "keepalives_interval": 5, "keepalives_count": 3,
        "tcp_user_timeout": 30_000,
    }  # fmt: skip
    said = sa.make_url(url).query
    engine = sa.create_engine(
        url, pool_size=8, max_overflow=8, pool_timeout=10, hide_parameters=True,
        connect_args={name: value for name, value in patience.items() if name not in said},
    )  # fmt: skip
    _looked_after(engine, brisk)
    return engine


_SURE = 1.0  # seconds for which a connection that was just used is taken to be alive


def _looked_after(engine: sa.Engine, brisk: threading.local) -> None:
    """Ask a connection whether it is alive before its use, as the pool's own pre-ping does. Not one that was
    used a moment ago, where the line claims or records: it does little else, and waits out any trouble."""

    @event.listens_for(engine, "checkin")
    def used(_connection: Any, record: Any) -> None:
        record.info["used"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def alive(connection: Any, record: Any, _proxy: Any) -> None:
        rested = time.monotonic() - record.info.get("used", 0.0)
        if rested < _SURE and getattr(brisk, "now", False):
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as gone:
            raise exc.InvalidatePoolError from gone


_TRIES = 5
_CROSSED = frozenset({"40P01", "40001", "23503"})
"""PostgreSQL: deadlock_detected, serialization_failure, foreign_key_violation."""


def _once_more(transaction: Callable[[], T]) -> T:
    """Run it, and again when it was the one of two that had to give way."""
    for _ in range(_TRIES - 1):
        try:
            return transaction()
        except (DatabaseBusy, exc.IntegrityError) as error:
            cause = error.__cause__ if isinstance(error, DatabaseBusy) else error
            if getattr(getattr(cause, "orig", None), "sqlstate", None) not in _CROSSED:
                raise
    return transaction()


class _translated:
    """Turns the driver's errors into ours, by the table below."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: Any, error: BaseException | None, _trace: Any) -> None:
        if isinstance(error, exc.IntegrityError):
            return  # a broken rule is a fault in the program, or a conflict that the caller expects
        if isinstance(error, (exc.DBAPIError, exc.TimeoutError)):
            raise trouble(error) from error


_BUSY = (
    "locked",
    "busy",
    "deadlock",
    "timeout",
    "timed out",
    "could not serialize",
    "too many",
    "starting up",
    "shutting down",
    "connection slots",
)
_FREE_SPACE = "Free some space; what waits goes on by itself."
_UPGRADE = "Run `thinkfamily db upgrade`."
_GONE = {
    "readonly": ("The database is read-only.", "Let this process write to its file and to its folder."),
    "read-only": ("The database is read-only.", "Name the main server, not a copy of it."),
    "disk is full": ("The disk of the database is full.", _FREE_SPACE),
    "no space": ("The disk of the database is full.", _FREE_SPACE),
    "unable to open": (
        "The database file cannot be opened.",
        "Let this process read and write the file and its folder.",
    ),
    "malformed": ("The database file is damaged.", "Stop, and restore the newest backup."),
    "not a database": (
        "The file that THINKFAMILY_DATABASE_URL names is not a database.",
        "Name another, or restore the newest backup.",
    ),
    "disk i/o": ("The disk of the database has a fault.", "Look at the disk, then restart."),
    "no such table": ("The database has no tables yet.", _UPGRADE),
    "does not exist": (
        "The database, one of its tables or the role does not exist.",
        f"Make the database and the role, then: {_UPGRADE}",
    ),
    "password": ("The database refused the credentials.", "Correct THINKFAMILY_DATABASE_URL."),
}


def trouble(error: BaseException) -> DatabaseTrouble:
    """The error of ours for a driver's error; its text is only looked at, never passed on."""
    said = str(getattr(error, "orig", error)).lower()
    for sign, (sentence, remedy) in _GONE.items():
        if sign in said:
            return DatabaseGone(sentence, remedy)
    if any(sign in said for sign in _BUSY):
        return DatabaseBusy("The database is busy.", "Nothing was changed; try again in a moment.")
    return DatabaseGone(
        "The database does not answer.", "See that it runs and is reached at THINKFAMILY_DATABASE_URL."
    )
