"""The schema's versions: up, down, in step with the tables, and refused when unknown; on both databases."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command

from bot.errors import DatabaseGone, NotAllowed, SchemaUnknown
from bot.store import schema
from bot.store.database import Database
from bot.store.tables import metadata


def _index(index: Any) -> tuple[str, list[str], bool, str]:
    where = sorted(str(value) for key, value in index["dialect_options"].items() if key.endswith("where"))
    return index["name"], index["column_names"], bool(index["unique"]), " ".join(where)


@pytest.fixture
def bare(empty_url: str) -> Iterator[Database]:
    """A database without tables, on both databases."""
    opened = Database(empty_url)
    yield opened
    opened.close()


def _alembic(database: Database, what: Any, *arguments: Any) -> None:
    def work(conn: sa.Connection) -> None:
        config = schema._config()
        config.attributes["connection"] = conn
        what(config, *arguments)

    database.write(work)


def test_the_history_ends_at_the_tables_as_they_are(database: Database) -> None:
    """When this fails, write a migration for what changed in tables.py."""
    _alembic(database, command.check)


def _shape(conn: sa.Connection) -> dict[str, Any]:
    """All that can be read back of a schema: columns, keys, checks, indexes."""
    look = sa.inspect(conn)
    return {
        table: {
            "columns": {
                column["name"]: (str(column["type"]), column["nullable"], str(column["default"]))
                for column in look.get_columns(table)
            },
            "key": look.get_pk_constraint(table),
            "foreign": sorted(look.get_foreign_keys(table), key=str),
            "unique": sorted(look.get_unique_constraints(table), key=str),
            "checks": sorted(
                (check["name"], check["sqltext"]) for check in look.get_check_constraints(table)
            ),
            "indexes": sorted(_index(index) for index in look.get_indexes(table)),
        }
        for table in sorted(look.get_table_names())
        if table != "alembic_version"
    }


def test_a_migrated_database_is_exactly_what_the_tables_say(bare: Database) -> None:
    schema.upgrade(bare)
    migrated = bare.read(_shape)
    _alembic(bare, command.downgrade, "base")
    bare.write(metadata.create_all)
    assert bare.read(_shape) == migrated


def test_an_empty_database_is_brought_up_to_date_once(bare: Database) -> None:
    assert schema.state(bare) == "missing"
    assert schema.upgrade(bare) == "missing"
    assert schema.upgrade(bare) == "current"
    schema.require_current(bare)


def test_every_migration_can_be_taken_back(bare: Database) -> None:
    schema.upgrade(bare)
    _alembic(bare, command.downgrade, "base")
    assert bare.read(_shape) == {}


def test_an_upgrade_that_fails_changes_nothing(bare: Database) -> None:
    bare.write(lambda conn: conn.exec_driver_sql("CREATE TABLE outbox (mine INTEGER)"))
    with pytest.raises(DatabaseGone):
        schema.upgrade(bare)
    assert bare.read(lambda conn: sa.inspect(conn).get_table_names()) == ["outbox"]


def test_a_database_without_tables_is_refused_with_the_remedy(bare: Database) -> None:
    with pytest.raises(SchemaUnknown, match="db upgrade"):
        schema.require_current(bare)


def test_an_older_schema_is_refused(database: Database) -> None:
    _alembic(database, command.downgrade, "0001")
    assert schema.state(database) == "older"
    with pytest.raises(SchemaUnknown, match="older"):
        schema.require_current(database)


def test_a_newer_schema_is_refused_and_left_alone(database: Database) -> None:
    database.write(lambda conn: conn.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'"))
    assert schema.state(database) == "newer"
    with pytest.raises(SchemaUnknown, match="newer"):
        schema.upgrade(database)


def test_the_file_is_made_with_its_folder_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "down" / "family.db"
    database = Database(f"sqlite:///{path}")
    schema.upgrade(database)
    database.close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_database_is_rehearsal_or_real_for_ever(database: Database) -> None:
    assert database.read(schema.reality) is None
    database.write(lambda conn: schema.mark(conn, "rehearsal"))
    database.write(lambda conn: schema.mark(conn, "rehearsal"))
    with pytest.raises(NotAllowed) as refused:
        database.write(lambda conn: schema.mark(conn, "real"))
    assert refused.value.code == "reality"
    assert database.read(schema.reality) == "rehearsal"


def test_a_real_database_is_refused_to_a_rehearsal(database: Database) -> None:
    database.write(lambda conn: schema.mark(conn, "real"))
    with pytest.raises(NotAllowed):
        database.write(lambda conn: schema.mark(conn, "rehearsal"))
