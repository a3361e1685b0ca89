"""INSERT that leaves alone what is there already, on both databases."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite


def insert_new(conn: sa.Connection, table: sa.Table, *tell: sa.Column[Any]) -> Any:
    """An INSERT into `table` that does nothing where a UNIQUE key is taken; the columns to `tell` of a row
    that was made come back as its result. Built once: a statement built anew costs more than running it."""
    return insert_new_on(conn.dialect.name, table, *tell)


@lru_cache(maxsize=100)
def insert_new_on(dialect: str, table: sa.Table, *tell: sa.Column[Any]) -> Any:
    """The same for a kind of database, by its name."""
    insert = sqlite.insert if dialect == "sqlite" else postgresql.insert
    statement = insert(table).on_conflict_do_nothing()
    return statement.returning(*tell) if tell else statement
