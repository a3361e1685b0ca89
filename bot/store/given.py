"""Many rows in one statement: a list that goes to the database, or comes from it, as one JSON value.

One value is one step of the driver, however many rows it holds: a batch of single rows gives the
interpreter's lock up at each (SQLite), or costs a round trip each (PostgreSQL).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction


class _each(GenericFunction[Any]):
    """The elements of a JSON list as rows of one column, `value`."""

    _register = False
    name = "json_each"
    inherit_cache = True


class _among(GenericFunction[bool]):
    """Whether a value is among the texts of a JSON list. Asked row by row: never a join, which would lose
    the order of the rows."""

    _register = False
    name = "among"
    type = sa.Boolean()
    inherit_cache = True


class _numbered(GenericFunction[bool]):
    """Whether a number is the first of some row of a JSON list of lists."""

    _register = False
    name = "numbered"
    type = sa.Boolean()
    inherit_cache = True


class _array(GenericFunction[Any]):
    """One JSON list of these values; bytes as hexadecimal digits."""

    _register = False
    name = "json_array"
    inherit_cache = True


class _all(GenericFunction[Any]):
    """A JSON list of the values of every row; null or empty where there is none."""

    _register = False
    name = "json_group_array"
    inherit_cache = True


class _hex(GenericFunction[str]):
    """Bytes as hexadecimal digits."""

    _register = False
    name = "hex"
    type = sa.String()
    inherit_cache = True


@compiles(_each, "postgresql")
def _elements(element: _each, compiler: SQLCompiler, **more: Any) -> str:
    return f"json_array_elements(CAST{compiler.function_argspec(element, **more)[:-1]} AS JSON))"


@compiles(_among)
def _listed(element: _among, compiler: SQLCompiler, **more: Any) -> str:
    value, texts = (compiler.process(clause, **more) for clause in element.clauses)
    return f"({value}) IN (SELECT value FROM json_each({texts}))"  # noqa: S608 - compiled parts


@compiles(_among, "postgresql")
def _any(element: _among, compiler: SQLCompiler, **more: Any) -> str:
    value, texts = (compiler.process(clause, **more) for clause in element.clauses)
    return f"({value}) = ANY(ARRAY(SELECT json_array_elements_text(CAST({texts} AS JSON))))"


@compiles(_numbered)
def _always(element: _numbered, compiler: SQLCompiler, **more: Any) -> str:
    return "1 = 1"  # SQLite goes from the rows that it is given to ours in any case


@compiles(_numbered, "postgresql")
def _by_key(element: _numbered, compiler: SQLCompiler, **more: Any) -> str:
    number, rows = (compiler.process(clause, **more) for clause in element.clauses)
    first = "SELECT CAST(value ->> 0 AS BIGINT) FROM json_array_elements"
    return f"{number} = ANY(ARRAY({first}(CAST({rows} AS JSON))))"


@compiles(_array, "postgresql")
def _built(element: _array, compiler: SQLCompiler, **more: Any) -> str:
    return f"json_build_array{compiler.function_argspec(element, **more)}"


@compiles(_all, "postgresql")
def _aggregated(element: _all, compiler: SQLCompiler, **more: Any) -> str:
    return f"json_agg{compiler.function_argspec(element, **more)}"


@compiles(_hex, "postgresql")
def _encoded(element: _hex, compiler: SQLCompiler, **more: Any) -> str:
    inner = ", ".join(compiler.process(clause, **more) for clause in element.clauses)
    return f"encode({inner}, 'hex')"


class Given:
    """The rows that a statement is given as one parameter: a JSON list of lists (`as_text`)."""

    def __init__(self, parameter: str) -> None:
        self._list = sa.bindparam(parameter, type_=sa.Text())
        self._table = _each(self._list).table_valued("value", name=f"given_{parameter}")

    def row(self, key: sa.Column[int]) -> sa.ColumnElement[bool]:
        """The table's row whose key is the first of the row given, looked up by that key and nothing else:
        PostgreSQL, which cannot know how many rows it is given, would as soon read all that are queued."""
        return sa.and_(_numbered(key, self._list), key == self.number(0))

    def number(self, place: int) -> sa.ColumnElement[int]:
        """The whole number at this place of each row; a moment is one (see `columns.Moment`)."""
        return sa.cast(self.text(place), sa.BigInteger)

    def text(self, place: int) -> sa.ColumnElement[str]:
        """The text at this place of each row."""
        return self._table.c.value.op("->>", return_type=sa.String())(sa.literal_column(str(place)))


def among(value: sa.ColumnElement[str], parameter: str) -> sa.ColumnElement[bool]:
    """Whether a text is in the JSON list that a statement is given as one parameter."""
    return _among(value, sa.bindparam(parameter, type_=sa.Text()))


def as_text(rows: Sequence[object]) -> str:
    """Rows as `Given` reads them, or texts."""
    return json.dumps(rows)


def as_rows(found: Any) -> Sequence[Sequence[Any]]:
    """The rows of `as_list`, as either driver gives them."""
    return json.loads(found) if isinstance(found, str) else found or ()


def as_list(*columns: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """All rows of a query as one list of lists; a column of bytes comes as hexadecimal digits."""
    plain = [_hex(column) if isinstance(column.type, sa.LargeBinary) else column for column in columns]
    return _all(_array(*plain))


def unindexed(column: sa.Column[str]) -> sa.ColumnElement[str]:
    """A column by which no row is looked for, only looked at: no partial index of it is used."""
    return column.concat(sa.literal_column("''"))
