"""INSERT that leaves alone what is there already, on both databases."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite


def insert_new(conn: sa.Connection, table: sa.Table) -> Any:
    """An INSERT into `table` that does nothing where a UNIQUE key is taken; add `.returning` to tell."""
    return _insert_new(table, conn.dialect.name)


@lru_cache(maxsize=100)
def _insert_new(table: sa.Table, dialect: str) -> Any:
    insert = sqlite.insert if dialect == "sqlite" else postgresql.insert
    return insert(table).on_conflict_do_nothing()
