"""Many rows in one statement: compiled once for a database, and given plain tuples.

SQLAlchemy takes 10 to 20 microseconds to bind a row of thirty columns, four times what SQLite takes to
write it. `Bulk` does the same by position; `among_ids` keeps a statement the same however many ids it is for.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import date
from functools import lru_cache
from itertools import chain
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import psycopg
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from bot.store.prepared import run, run_many

Convert = Callable[[Any], Any]
_TOGETHER = 25  # rows of one INSERT; more gain little


class Bulk:
    """A statement that changes many rows, for one kind of database.

    `names`: its parameters, in the order in which each row gives its values.
    """

    def __init__(self, statement: sa.UpdateBase, names: Sequence[str], dialect: str) -> None:
        compiled = statement.compile(dialect=_by_position(dialect))
        self._text = str(compiled)
        places = compiled.positiontup or []
        fixed = {name: value for name, value in compiled.params.items() if name not in names}
        if fixed:
            raise ValueError(f"a bulk statement binds nothing by itself, not {sorted(fixed)}")
        self._order = [names.index(name) for name in places]
        self._several = _several(self._text, len(places)) if compiled.isinsert and dialect == "sqlite" else ""
        kinds = {name: compiled.binds[name].type for name in names}
        self._convert = [
            (place, convert)
            for place, name in enumerate(names)
            if (convert := _converter(kinds[name], compiled.dialect)) is not None
        ]

    def run(self, conn: sa.Connection, rows: Sequence[Sequence[Any]]) -> int:
        """Run it for each of these rows; gives how many rows of the table were changed in all."""
        if not rows:
            return 0
        columns: list[Sequence[Any]] = list(zip(*rows, strict=True))
        for place, convert in self._convert:
            # The same few days and moments stand in every row.
            known = {value: None if value is None else convert(value) for value in set(columns[place])}
            columns[place] = [known[value] for value in columns[place]]
        bound = list(zip(*[columns[place] for place in self._order], strict=True))
        together = len(bound) - len(bound) % _TOGETHER if self._several else 0
        changed: int = sum(
            run(conn, self._several, list(chain.from_iterable(bound[first : first + _TOGETHER]))).rowcount
            for first in range(0, together, _TOGETHER)
        )
        alone = bound[together:]
        return changed + (run_many(conn, self._text, alone) if alone else 0)


def _several(text: str, values: int) -> str:
    """An INSERT of one row as one of many: SQLite begins and ends each statement anew, and Python lets go of
    its lock for each."""
    row = f"({', '.join(['?'] * values)})"
    return text.replace(row, ", ".join([row] * _TOGETHER)) if text.count(row) == 1 else ""


@lru_cache(maxsize=2)
def _by_position(dialect: str) -> sa.Dialect:
    return sqlite.dialect() if dialect == "sqlite" else psycopg.dialect(paramstyle="format")  # type: ignore[no-untyped-call]


def _converter(kind: sa.types.TypeEngine[Any], dialect: sa.Dialect) -> Convert | None:
    if isinstance(kind, sa.Date) and dialect.name == "sqlite":
        return date.isoformat  # as SQLAlchemy writes it, ten times as fast
    return kind.dialect_impl(dialect).bind_processor(dialect)


class _Ids(sa.TypeDecorator[Sequence[int]]):
    """A list of ids as one value: JSON for SQLite, an array for PostgreSQL."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> Any:
        array = dialect.name == "postgresql"
        return dialect.type_descriptor(postgresql.ARRAY(sa.BigInteger()) if array else sa.Text())

    def process_bind_param(self, value: Sequence[int] | None, dialect: sa.Dialect) -> Any:
        ids = list(value or ())
        return ids if dialect.name == "postgresql" else json.dumps(ids)


class _Among(FunctionElement[Any]):
    inherit_cache = True
    type = sa.Integer()  # of a Boolean, SQLite is asked whether it `= 1`, and then it goes by no index


def among_ids(column: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
    """A condition: the column holds one of the ids that are bound as `ids`."""
    return _Among(column, IDS)


@compiles(_Among, "sqlite")
def _among_json(element: Any, compiler: Any, **how: Any) -> str:
    column, ids = (compiler.process(one, **how) for one in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({ids}))"  # noqa: S608 - both are ours


@compiles(_Among)
def _among_array(element: Any, compiler: Any, **how: Any) -> str:
    column, ids = (compiler.process(one, **how) for one in element.clauses)
    return f"{column} = ANY({ids})"


IDS: sa.BindParameter[Any] = sa.bindparam("ids", type_=_Ids())
