"""The schema's versions, on both databases."""

from __future__ import annotations

from bot.store import schema
from bot.store.database import Database


def test_a_fresh_database_is_current(database: Database) -> None:
    assert schema.state(database) == "current"
