"""The database: SQLite with one writer thread, or PostgreSQL; the same statements on both."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import event, exc

from bot.errors import DatabaseBusy, DatabaseGone, DatabaseTrouble, SettingsError
from bot.store.writer import Priority, Writer

T = TypeVar("T")
Clock = Callable[[], datetime]


class Database:
    """A place for transactions. Opens nothing until first used.

    `url` is `sqlite:///FILE` or `postgresql+psycopg://...`. `clock` replaces the database's own clock
    (rehearsal and tests). Every transaction is one callable that gets a connection; it is committed when
    the callable returns and rolled back when it raises. On PostgreSQL a writing callable that was rolled
    back because it and another waited for each other is run again, so it changes nothing but the database.
    Database errors come out as DatabaseTrouble. `kept` false is for a SQLite file that is thrown away
    afterwards: its commits do not wait for the disk.
    """

    def __init__(
        self, url: str, *, clock: Clock | None = None, busy_seconds: float = 10.0, kept: bool = True
    ) -> None:
        self._clock = clock
        self.sqlite = url.startswith("sqlite")
        self._engine = _engine(url, busy_seconds, kept)
        self._reader = _reading(self._engine) if self.sqlite else self._engine
        self._writer = Writer() if self.sqlite else None

    @property
    def engine(self) -> sa.Engine:
        """The engine, for migrations and tests."""
        return self._engine

    def write(self, work: Callable[[sa.Connection], T], priority: Priority = Priority.STAFF) -> T:
        """Run `work` in one writing transaction; on SQLite on the writer thread, by priority."""

        def transaction() -> T:
            with _translated(), self._engine.begin() as connection:
                return work(connection)

        return _once_more(transaction) if self._writer is None else self._writer.run(priority, transaction)

    def read(self, work: Callable[[sa.Connection], T]) -> T:
        """Run `work` in one reading transaction, in the calling thread."""
        with _translated(), self._reader.connect() as connection:
            return work(connection)

    def now(self, connection: sa.Connection) -> datetime:
        """The database's clock, which leases and pace go by (UTC, microseconds)."""
        if self._clock is not None:
            return self._clock()
        if self.sqlite:  # the same host: its clock is ours
            return datetime.now(UTC)
        moment: datetime = connection.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
        return moment.astimezone(UTC)

    def close(self) -> None:
        """Finish what waits and close every connection."""
        if self._writer is not None:
            self._writer.close()
        self._engine.dispose()


def _engine(url: str, busy_seconds: float, kept: bool) -> sa.Engine:
    """The engine of this URL; SettingsError for one that names no database we know, without the URL."""
    try:
        return _sqlite_engine(url, busy_seconds, kept) if url.startswith("sqlite") else _postgres_engine(url)
    except (exc.ArgumentError, ImportError):  # ImportError: the driver it names is not installed
        raise SettingsError(
            "THINKFAMILY_DATABASE_URL names no database that this program can use.",
            "Write sqlite:///FILE, or postgresql+psycopg://USER:PASSWORD@HOST/NAME (extra: postgres).",
        ) from None


def _sqlite_engine(url: str, busy_seconds: float, kept: bool) -> sa.Engine:
    synchronous = "FULL" if kept else "OFF"
    given = {"check_same_thread": False, "timeout": busy_seconds}
    engine = sa.create_engine(url, connect_args=given, hide_parameters=True)

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
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    return engine


def _reading(engine: sa.Engine) -> sa.Engine:
    return engine.execution_options(reading=True)


def _postgres_engine(url: str) -> sa.Engine:
    return sa.create_engine(
        url, pool_pre_ping=True, pool_size=8, max_overflow=8, pool_timeout=10, hide_parameters=True
    )


_TRIES = 5
_IN_EACH_OTHERS_WAY = frozenset({"40P01", "40001"})  # PostgreSQL: deadlock_detected, serialization_failure


def _once_more(transaction: Callable[[], T]) -> T:
    """Run it, and again when it was the one of two that had to give way."""
    for _ in range(_TRIES - 1):
        try:
            return transaction()
        except DatabaseBusy as busy:
            if getattr(getattr(busy.__cause__, "orig", None), "sqlstate", None) not in _IN_EACH_OTHERS_WAY:
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
)
_GONE = {
    "readonly": "The database is read-only.",
    "read-only": "The database is read-only.",
    "disk is full": "The disk of the database is full.",
    "no space": "The disk of the database is full.",
    "unable to open": "The database file cannot be opened.",
    "malformed": "The database file is damaged.",
    "not a database": "The database file is not a database.",
    "disk i/o": "The disk of the database has a fault.",
    "no such table": "The database has no tables yet.",
    "does not exist": "The database or one of its tables does not exist.",
    "password": "The database refused the credentials.",
}


def trouble(error: BaseException) -> DatabaseTrouble:
    """The error of ours for a driver's error; its text is only looked at, never passed on."""
    said = str(getattr(error, "orig", error)).lower()
    for sign, sentence in _GONE.items():
        if sign in said:
            remedy = "Run `thinkfamily db upgrade`, or see docs/operating.md, Database."
            return DatabaseGone(sentence, remedy)
    if any(sign in said for sign in _BUSY):
        return DatabaseBusy("The database is busy.", "Nothing was changed; try again in a moment.")
    return DatabaseGone("The database does not answer.", "See docs/operating.md, Database.")
