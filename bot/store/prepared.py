"""Statements that run for every few messages: compiled once, then handed to the driver as they are.

SQLAlchemy takes some 100 us to run a statement that is compiled already, several times what the database
takes for it. What is left out are its results: rows come as the driver gives them, a moment as its number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy import exc


def run(conn: sa.Connection, sql: str, arguments: Any = ()) -> Any:
    """The driver's cursor after these words, in this transaction; its errors come as SQLAlchemy's do."""
    cursor = conn.connection.cursor()
    for hear in conn.dispatch.before_cursor_execute:  # whoever hears SQLAlchemy's statements hears these, too
        hear(conn, cursor, sql, arguments, None, False)
    try:
        cursor.execute(sql, arguments)
    except conn.dialect.loaded_dbapi.Error as error:
        raise _told(conn, cursor, error) from error
    return cursor


def run_many(conn: sa.Connection, sql: str, rows: Sequence[Sequence[Any]]) -> int:
    """The same for each of these rows (PostgreSQL: in one go); gives how many were changed in all."""
    cursor = conn.connection.cursor()
    for hear in conn.dispatch.before_cursor_execute:
        hear(conn, cursor, sql, rows, None, True)
    try:
        cursor.executemany(sql, rows)
    except conn.dialect.loaded_dbapi.Error as error:
        raise _told(conn, cursor, error) from error
    return int(cursor.rowcount)


@contextmanager
def kept_apart(conn: sa.Connection) -> Iterator[None]:
    """What is done within is undone when it raises, and the transaction goes on: a savepoint."""
    run(conn, "SAVEPOINT apart")
    try:
        yield
    except exc.DBAPIError:
        run(conn, "ROLLBACK TO SAVEPOINT apart")
        run(conn, "RELEASE SAVEPOINT apart")
        raise
    run(conn, "RELEASE SAVEPOINT apart")


def _told(conn: sa.Connection, cursor: Any, error: Exception) -> Exception:
    """The driver's error as SQLAlchemy's; a connection that is lost is let go."""
    dialect = conn.dialect
    if dialect.is_disconnect(error, conn.connection.dbapi_connection, cursor):  # type: ignore[arg-type]
        conn.invalidate(error)
    return exc.DBAPIError.instance(
        None, None, error, dialect.loaded_dbapi.Error, hide_parameters=True, dialect=dialect
    )


class Prepared:
    """A statement with its parameters by name; give each as its column's type takes it."""

    def __init__(self, statement: sa.Executable) -> None:
        self._statement = statement
        self._compiled: dict[str, _Text] = {}

    def run(self, conn: sa.Connection, values: Mapping[str, Any]) -> Any:
        """As the function of that name."""
        text = self._compiled.get(conn.dialect.name) or self._compile(conn.dialect)
        if not conn.in_transaction():  # as SQLAlchemy does: what is read together is of one moment
            conn.begin()
        return run(conn, text.sql, text.arguments(values))

    def _compile(self, dialect: sa.Dialect) -> _Text:
        text = self._compiled[dialect.name] = _Text(self._statement, dialect)
        return text


class _Text:
    """The words of one database, and how the values go with them."""

    def __init__(self, statement: sa.Executable, dialect: sa.Dialect) -> None:
        compiled: Any = statement.compile(dialect=dialect)  # type: ignore[attr-defined]
        self.sql: str = compiled.string
        self._names: list[str] = compiled.positiontup or list(compiled.params)
        self._by_place = compiled.positiontup is not None
        bound = {name: compiled.binds[name] for name in set(self._names)}
        self._written = {name: one.value for name, one in bound.items() if not one.required}
        self._into: list[tuple[str, Callable[[Any], Any]]] = [
            (name, into)
            for name, one in bound.items()
            if (into := one.type.dialect_impl(dialect).bind_processor(dialect)) is not None
        ]

    def arguments(self, values: Mapping[str, Any]) -> Any:
        """As the driver takes them; KeyError when one is missing."""
        given = {**self._written, **values}
        for name, into in self._into:
            given[name] = into(given[name])
        if self._by_place:
            return tuple([given[name] for name in self._names])
        return {name: given[name] for name in self._names}


class Query(Prepared):
    """A statement that gives rows: tuples as its columns' types read them, converted a column at a time."""

    def __init__(self, statement: Any) -> None:
        super().__init__(statement)
        self._types = [column.type for column in statement.exported_columns]
        self._read: dict[str, list[Callable[[Any], Any] | None]] = {}

    def rows(self, conn: sa.Connection, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """All rows."""
        found: list[tuple[Any, ...]] = self.run(conn, values).fetchall()
        read = self._read.get(conn.dialect.name) or self._reading(conn.dialect)
        if not found or not any(read):
            return found
        columns = [
            column if convert is None else _converted(column, convert)
            for column, convert in zip(zip(*found, strict=True), read, strict=True)
        ]
        return list(zip(*columns, strict=True))

    def _reading(self, dialect: sa.Dialect) -> list[Callable[[Any], Any] | None]:
        made = self._read[dialect.name] = [_from(kind, dialect) for kind in self._types]
        return made


def _from(kind: Any, dialect: sa.Dialect) -> Callable[[Any], Any] | None:
    if isinstance(kind, sa.Date) and dialect.name == "sqlite":
        return date.fromisoformat  # as SQLAlchemy reads it, in a quarter of the time
    into: Callable[[Any], Any] | None = kind.dialect_impl(dialect).result_processor(dialect, None)
    return into


def _converted(column: Sequence[Any], convert: Callable[[Any], Any]) -> list[Any]:
    """Each value once: the same few days and moments stand in every row."""
    known = {value: None if value is None else convert(value) for value in set(column)}
    return [known[value] for value in column]
