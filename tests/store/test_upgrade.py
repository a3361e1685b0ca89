"""Upgrading: from the oldest schema, full of rows, to the newest; nothing is lost, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command

from bot.store import schema
from bot.store.database import Database
from tests.clock import Clock

WHEN = datetime(2026, 1, 1, tzinfo=UTC)
ROWS = 3  # in each table


@pytest.fixture
def bare(empty_url: str, clock: Clock) -> Iterator[Database]:
    opened = Database(empty_url, clock=clock)
    yield opened
    opened.close()


def _to(database: Database, revision: str) -> None:
    def work(conn: sa.Connection) -> None:
        config = schema._config()
        config.attributes["connection"] = conn
        command.upgrade(config, revision)

    database.write(work)


def _revisions() -> list[str]:
    scripts = schema.ScriptDirectory.from_config(schema._config())
    return [script.revision for script in reversed(list(scripts.walk_revisions()))]


WORDS = {  # what a column's CHECK allows; any other text is its own name
    "channel": "sms", "role": "mother", "link": "own", "status": "born",
    "purpose": {"consents": "pregnancy_and_baby", "consent_states": "pregnancy_and_baby", "codes": "join"},
    "kind": {"holds": "loss", "outbox": "staged", "inbox": "text"},
    "state": {"outbox": "sent", "inbox": "done"},
}  # fmt: skip


def _value(table: str, column: Any, number: int) -> Any:
    """Something for a column, the same for the same row, so that what points to a row finds it."""
    kind, name = column["type"], column["name"]
    if isinstance(kind, sa.LargeBinary):
        return bytes([number]) * 32
    if isinstance(kind, sa.Boolean):
        return True
    if isinstance(kind, (sa.Integer, sa.BigInteger)):
        return number
    if isinstance(kind, sa.Date):
        return WHEN.date()
    if isinstance(kind, sa.JSON):
        return {"row": number}
    known = WORDS.get(name, f"{name}{number}")
    return known.get(table, name) if isinstance(known, dict) else known


def _fill(conn: sa.Connection) -> dict[str, list[dict[str, Any]]]:
    """A few rows in every table of this schema, every column set; gives them."""
    reflected = sa.MetaData()
    reflected.reflect(conn)
    filled: dict[str, list[dict[str, Any]]] = {}
    for table in reflected.sorted_tables:
        if table.name == "alembic_version" or filled.get(table.name) is not None:
            continue
        there = conn.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
        if there:
            continue
        columns = sa.inspect(conn).get_columns(table.name)
        rows = [{one["name"]: _value(table.name, one, n) for one in columns} for n in range(1, ROWS + 1)]
        conn.execute(sa.insert(table), rows)
        filled[table.name] = rows
    return filled


def _read(conn: sa.Connection, table: str, columns: list[str]) -> list[dict[str, Any]]:
    reflected = sa.Table(table, sa.MetaData(), autoload_with=conn)
    query = sa.select(*(reflected.c[name] for name in columns))
    return [dict(row._mapping) for row in conn.execute(query)]


def _same(rows: list[dict[str, Any]]) -> list[tuple[str, ...]]:
    return sorted(tuple(f"{name}={row[name]!r}" for name in sorted(row)) for row in rows)


def test_every_row_of_the_oldest_schema_is_there_in_the_newest(bare: Database) -> None:
    """Each schema's new tables are filled before the next step, so each migration meets data."""
    filled: dict[str, list[dict[str, Any]]] = {}
    for revision in _revisions():
        _to(bare, revision)
        filled |= bare.write(_fill)
    assert schema.state(bare) == "current"
    assert len(filled) > 20
    for table, rows in filled.items():
        there = bare.read(lambda conn, table=table, rows=rows: _read(conn, table, list(rows[0])))  # type: ignore[misc]
        assert _same(there) == _same(rows), table
    if bare.sqlite:
        assert bare.read(lambda conn: conn.exec_driver_sql("PRAGMA foreign_key_check").fetchall()) == []


def test_every_migration_adds_and_none_takes_away(bare: Database) -> None:
    """An old process that still runs beside it finds all that it knows: what goes, goes a release later."""
    before: dict[str, set[str]] = {}
    for revision in _revisions():
        _to(bare, revision)
        after = bare.read(_columns)
        lost = {table: names - after.get(table, set()) for table, names in before.items()}
        assert not any(lost.values()), f"{revision} takes away {lost}"
        before = after


def test_a_new_column_may_be_left_out_by_an_older_program(bare: Database) -> None:
    """After the first schema a column comes empty or with a value of its own."""
    [first, *later] = _revisions()
    _to(bare, first)
    before = bare.read(_columns)
    for revision in later:
        _to(bare, revision)
        after = bare.read(_columns)
        needed = bare.read(_needed)
        added = {(table, name) for table in before for name in after[table] - before[table]}
        assert not added & needed, revision
        before = after


def _columns(conn: sa.Connection) -> dict[str, set[str]]:
    look = sa.inspect(conn)
    return {table: {one["name"] for one in look.get_columns(table)} for table in look.get_table_names()}


def _needed(conn: sa.Connection) -> set[tuple[str, str]]:
    look = sa.inspect(conn)
    return {
        (table, one["name"])
        for table in look.get_table_names()
        for one in look.get_columns(table)
        if not one["nullable"] and one["default"] is None
    }
