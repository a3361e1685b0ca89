"""Statements that run for every few messages: compiled once, then handed to the driver as they are.

SQLAlchemy takes some 100 us to run a statement that is compiled already, several times what the database
takes for it. What is left out are its results: rows come as the driver gives them, a moment as its number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy import exc


def run(conn: sa.Connection, sql: str, arguments: Any = ()) -> Any:
    """The driver's cursor after these words, in this transaction; its errors come as SQLAlchemy's do."""
    dialect, driver = conn.dialect, conn.connection
    cursor = driver.cursor()
    try:
        cursor.execute(sql, arguments)
    except dialect.loaded_dbapi.Error as error:
        if dialect.is_disconnect(error, driver.dbapi_connection, cursor):
            conn.invalidate(error)
        raise exc.DBAPIError.instance(
            None, None, error, dialect.loaded_dbapi.Error, hide_parameters=True, dialect=dialect
        ) from error
    return cursor


class Prepared:
    """A statement with its parameters by name; give each as its column's type takes it."""

    def __init__(self, statement: sa.Executable) -> None:
        self._statement = statement
        self._compiled: dict[str, _Text] = {}

    def run(self, conn: sa.Connection, values: Mapping[str, Any]) -> Any:
        """As the function of that name."""
        text = self._compiled.get(conn.dialect.name) or self._compile(conn.dialect)
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
            return [given[name] for name in self._names]
        return {name: given[name] for name in self._names}
