"""Trouble with the database: each comes out as one of ours, changes nothing, and says what to do."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from bot.errors import DatabaseBusy, DatabaseGone, DatabaseTrouble, SchemaUnknown
from bot.store import schema
from bot.store.database import Database, trouble
from bot.store.tables import meta

ON_POSTGRES = pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
_HOLD = """
import sqlite3, sys, time
held = sqlite3.connect(sys.argv[1], isolation_level=None)
held.execute("BEGIN IMMEDIATE")
print("held", flush=True)
time.sleep(float(sys.argv[2]))
held.execute("ROLLBACK")
"""


@pytest.fixture
def file(sqlite_template: Path, tmp_path: Path) -> Path:
    path = tmp_path / "thinkfamily.db"
    shutil.copy(sqlite_template, path)
    return path


def at(file: Path, **more: Any) -> contextlib.closing[Database]:
    return contextlib.closing(Database(f"sqlite:///{file}", **more))


@pytest.fixture
def opened(file: Path) -> Iterator[Database]:
    """An SQLite file in use, which waits 0.3 s for a lock."""
    with at(file, busy_seconds=0.3) as database:
        yield database


@contextlib.contextmanager
def held_by_another_process(file: Path, seconds: float) -> Iterator[None]:
    """BEGIN IMMEDIATE in a process of its own, for so long."""
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(file), str(seconds)], stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        yield


def put(name: str, size: int = 1) -> Any:
    """A transaction that writes one row."""
    return lambda conn: conn.execute(sa.insert(meta).values(name=name, value="x" * size))


def names(database: Database) -> set[str]:
    return set(database.read(lambda conn: conn.execute(sa.select(meta.c.name)).scalars()))


def test_a_lock_is_waited_out(file: Path) -> None:
    with at(file) as database:
        with held_by_another_process(file, 1.0):
            began = time.monotonic()
            database.write(put("late"))
        assert time.monotonic() - began > 0.5
        assert names(database) == {"late"}


def test_a_lock_that_lasts_is_busy_and_nothing_is_lost_by_trying_again(opened: Database, file: Path) -> None:
    with held_by_another_process(file, 1.0), pytest.raises(DatabaseBusy, match="try again"):
        opened.write(put("mine"))
    opened.write(put("mine"))
    assert names(opened) == {"mine"}


def test_reading_does_not_wait_for_a_lock(opened: Database, file: Path) -> None:
    with held_by_another_process(file, 0.5):
        began = time.monotonic()
        assert names(opened) == set()
    assert time.monotonic() - began < 5


def test_a_removed_file_is_noticed_and_no_empty_one_is_made_in_its_place(
    opened: Database, file: Path
) -> None:
    opened.write(put("before"))
    away = file.rename(file.with_suffix(".away"))
    for work in (lambda: opened.write(put("lost")), lambda: names(opened)):
        with pytest.raises(DatabaseGone, match="not there"):
            work()
    assert not file.exists()
    away.rename(file)
    opened.write(put("after"))
    assert names(opened) == {"before", "after"}


def test_another_file_in_its_place_is_not_written_to(opened: Database, file: Path) -> None:
    """A backup put back under a running process: what is in flight belongs to the first file."""
    opened.write(put("mine"))
    other = file.with_suffix(".other")
    shutil.copy(file, other)
    other.replace(file)
    with pytest.raises(DatabaseGone, match="restart"):
        opened.write(put("yours"))


def test_a_missing_file_is_no_database_and_is_not_made_by_looking(tmp_path: Path) -> None:
    file = tmp_path / "none.db"
    with at(file) as database, pytest.raises(SchemaUnknown, match="db upgrade"):
        schema.require_current(database)
    assert not file.exists()


def test_a_read_only_file_is_said(opened: Database, file: Path) -> None:
    @event.listens_for(opened.engine, "connect")
    def read_only(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA query_only=ON")

    with pytest.raises(DatabaseGone, match="read-only") as said:
        opened.write(put("mine"))
    assert "write to its file" in said.value.remedy


def test_a_full_disk_loses_only_what_was_refused_and_goes_on_once_there_is_room(
    opened: Database, file: Path
) -> None:
    """max_page_count is how SQLite itself plays a full disk: SQLITE_FULL, on the real file."""
    most = [0]

    @event.listens_for(opened.engine, "begin")
    def room(connection: sa.Connection) -> None:
        connection.exec_driver_sql(f"PRAGMA max_page_count={most[0] or 1_000_000}")

    opened.write(put("before"))
    most[0] = 1  # as many as there are, and no more
    with pytest.raises(DatabaseGone, match="full") as said:
        opened.write(put("large", 2_000_000))
    assert "space" in said.value.remedy
    most[0] = 0
    opened.write(put("after"))
    assert names(opened) == {"before", "after"}


@pytest.mark.parametrize("spoiled", [b"not a database at all" * 100, b"SQLite format 3\x00" + b"\x07" * 4096])
def test_a_damaged_file_is_said_and_left_alone(tmp_path: Path, spoiled: bytes) -> None:
    file = tmp_path / "spoiled.db"
    file.write_bytes(spoiled)
    with at(file) as database, pytest.raises(DatabaseGone, match=r"not a database|damaged"):
        schema.upgrade(database)
    assert file.read_bytes() == spoiled


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        at(tmp_path / "file" / "thinkfamily.db") as database,
        pytest.raises(DatabaseGone, match="cannot be made"),
    ):
        schema.upgrade(database)


@ON_POSTGRES
def test_a_connection_killed_in_the_middle_of_a_transaction_changes_nothing(
    database: Database, database_url: str
) -> None:
    def killed(conn: sa.Connection) -> None:
        put("half")(conn)
        pid = conn.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        with sa.create_engine(database_url, poolclass=sa.NullPool).connect() as other:
            other.execute(sa.select(sa.func.pg_terminate_backend(pid)))
        put("whole")(conn)

    with pytest.raises(DatabaseGone, match="does not answer"):
        database.write(killed)
    assert names(database) == set()
    database.write(put("after"))
    assert names(database) == {"after"}


@ON_POSTGRES
def test_connections_killed_while_they_rest_are_made_anew_unseen(
    database: Database, database_url: str
) -> None:
    database.write(put("before"))
    with sa.create_engine(database_url, poolclass=sa.NullPool).connect() as other:
        other.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    database.write(put("after"))
    assert names(database) == {"before", "after"}


@ON_POSTGRES
def test_a_role_that_may_only_read_is_said(database: Database) -> None:
    def read_only(conn: sa.Connection) -> None:
        conn.exec_driver_sql("SET TRANSACTION READ ONLY")
        put("mine")(conn)

    with pytest.raises(DatabaseGone, match="read-only"):
        database.write(read_only)


@ON_POSTGRES
@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"database": "nobody_made_it"}, "does not exist"),
        ({"username": "nobody"}, "does not exist|does not answer|refused"),
        ({"query": {"host": "/nowhere/at/all"}}, "does not answer"),
    ],
)
def test_a_server_that_cannot_be_reached_is_said_without_its_address(
    database_url: str, changed: dict[str, Any], sentence: str
) -> None:
    database = Database(sa.make_url(database_url).set(**changed).render_as_string(hide_password=False))
    with pytest.raises(DatabaseTrouble, match=sentence) as said:
        names(database)
    for secret in ("nobody_made_it", "nobody", "/nowhere"):
        assert secret not in str(said.value)
    database.close()


SAID = {
    "database is locked": DatabaseBusy,
    "FATAL:  sorry, too many clients already": DatabaseBusy,
    "FATAL:  the database system is starting up": DatabaseBusy,
    "FATAL:  the database system is shutting down": DatabaseBusy,
    "FATAL:  remaining connection slots are reserved": DatabaseBusy,
    "canceling statement due to statement timeout": DatabaseBusy,
    "could not extend file: No space left on device": DatabaseGone,
    "database or disk is full": DatabaseGone,
    "disk I/O error": DatabaseGone,
    "attempt to write a readonly database": DatabaseGone,
    "cannot execute INSERT in a read-only transaction": DatabaseGone,
    'FATAL:  password authentication failed for user "tf"': DatabaseGone,
    "server closed the connection unexpectedly": DatabaseGone,
    "something nobody has seen yet": DatabaseGone,
}


@pytest.mark.parametrize(("said", "kind"), SAID.items())
def test_each_error_of_a_driver_is_one_of_ours_with_a_remedy_and_without_its_words(
    said: str, kind: type[DatabaseTrouble]
) -> None:
    ours = trouble(sqlite3.OperationalError(said))
    assert type(ours) is kind
    assert ours.remedy.endswith(".")
    assert "tf" not in str(ours)


def test_a_newer_schema_is_refused(opened: Database) -> None:
    opened.write(lambda conn: conn.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SchemaUnknown, match=r"newer.*Install the newer program"):
        schema.require_current(opened)
    with pytest.raises(SchemaUnknown, match="newer"):
        schema.upgrade(opened)
