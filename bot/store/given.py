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


class _texts(GenericFunction[Any]):
    """The elements of a JSON list of texts as rows of one column, `value`."""

    _register = False
    name = "json_each"
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


@compiles(_texts, "postgresql")
def _plain(element: _texts, compiler: SQLCompiler, **more: Any) -> str:
    return f"json_array_elements_text(CAST{compiler.function_argspec(element, **more)[:-1]} AS JSON))"


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
        listed = _each(sa.bindparam(parameter, type_=sa.Text()))
        self._table = listed.table_valued("value", name=f"given_{parameter}")

    def number(self, place: int) -> sa.ColumnElement[int]:
        """The whole number at this place of each row; a moment is one (see `columns.Moment`)."""
        return sa.cast(self.text(place), sa.BigInteger)

    def text(self, place: int) -> sa.ColumnElement[str]:
        """The text at this place of each row."""
        return self._table.c.value.op("->>", return_type=sa.String())(sa.literal_column(str(place)))


def texts(parameter: str) -> sa.Select[Any]:
    """The texts of a JSON list that a statement is given as one parameter, to be looked among."""
    listed = _texts(sa.bindparam(parameter, type_=sa.Text()))
    return sa.select(listed.table_valued("value", name=f"given_{parameter}").c.value)


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
