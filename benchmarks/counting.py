"""What a piece of work does to the database: how many statements it says, and how many rows it writes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import event

from bot.store.database import Database


@dataclass
class Said:
    """Counts, filled while the work goes on."""

    statements: int = 0
    rows: int = 0


@contextmanager
def listening(database: Database) -> Iterator[Said]:
    """Counts everything said to the database within the block."""
    said = Said()

    def heard(_conn: Any, cursor: Any, statement: str, *_more: Any) -> None:
        said.statements += 1
        if statement.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE")):
            said.rows += max(cursor.rowcount, 0)

    event.listen(database.engine, "after_cursor_execute", heard)
    try:
        yield said
    finally:
        event.remove(database.engine, "after_cursor_execute", heard)
