"""The whole process while something under it fails: it says so, waits, and then loses and doubles nothing."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.store import schema
from bot.store.database import Database
from bot.store.tables import cursors, inbox
from tests import postgres
from tests.whole.house import CHAT, CODE, ON_SQLITE, House
from tests.whole.started import PATIENCE, Started
from tests.wire.server import garbled, web_page
from tests.wire.telegram_server import TelegramServer

HELLO = f"GUEST {CODE}"


def file_of(house: House) -> Path:
    return Path(house.settings["THINKFAMILY_DATABASE_URL"].removeprefix("sqlite:///"))


@contextlib.contextmanager
def locked(file: Path) -> Iterator[None]:
    """Nobody else can write: this process holds BEGIN IMMEDIATE."""
    held = sqlite3.connect(file, isolation_level=None)
    held.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        held.execute("ROLLBACK")
        held.close()


def wrong_within(process: Started, seconds: float) -> str:
    """What /healthz says is wrong, once it answers 503."""
    end = time.monotonic() + seconds
    while (answer := process.health())[0] != 503:
        assert time.monotonic() < end, "it went on saying that all is well"
        time.sleep(0.1)
    return " ".join(answer[1]["wrong"])


def well_within(process: Started, seconds: float) -> None:
    end = time.monotonic() + seconds
    while process.health()[0] != 200:
        assert time.monotonic() < end, f"it did not recover: {process.health()}"
        time.sleep(0.1)


@ON_SQLITE
def test_a_database_locked_for_twelve_seconds_delays_and_loses_nothing(
    house: House, telegram: TelegramServer
) -> None:
    with Started(house.folder, house.settings, "run") as process:
        process.ready()
        with locked(file_of(house)):
            telegram.text(CHAT, HELLO)
            time.sleep(12)
            assert telegram.sent == []
        telegram.wait_for(lambda: telegram.sent_to(CHAT), PATIENCE)
        assert process.terminate() == 0
    assert [one.text.startswith("Think Family") for one in telegram.sent] == [True]
    assert house.states() == {"sent": 1}


@ON_SQLITE
def test_a_removed_database_is_said_and_its_return_goes_on(house: House, telegram: TelegramServer) -> None:
    file = file_of(house)
    with Started(house.folder, house.settings, "run") as process:
        process.ready()
        away = file.rename(file.with_suffix(".away"))
        assert "file is not there" in wrong_within(process, 5)
        telegram.text(CHAT, HELLO)
        time.sleep(1)
        assert not file.exists()
        away.rename(file)
        telegram.wait_for(lambda: telegram.sent_to(CHAT), PATIENCE)
        well_within(process, 5)
    assert len(house.rows(sa.select(inbox))) == 1


@ON_SQLITE
def test_a_clock_that_does_not_tick_is_unwell(house: House) -> None:
    """The planner is frozen: its last turn grows old, and whoever looks is told which job it is."""
    with Started(house.folder, house.settings, "run", "--only", "inbound") as process:
        process.ready()
        old = "2026-01-01T00:00:00+00:00|20"
        house.database.write(
            lambda conn: conn.execute(sa.insert(cursors).values(name="tick:plan", value=old))
        )
        assert "The job plan has not run since 2026-01-01" in wrong_within(process, 5)


ODD = [web_page(502), garbled()]


@ON_SQLITE
@pytest.mark.parametrize("fault", ODD, ids=lambda fault: f"{fault.name} {fault.status}")
def test_rubbish_instead_of_updates_is_waited_out(house: House, telegram: TelegramServer, fault: Any) -> None:
    telegram.always(fault, "getUpdates")
    with Started(house.folder, house.settings, "run", "--only", "inbound") as process:
        process.ready()
        process.wait_for_log("poll_refused")
        telegram.text(CHAT, HELLO)
        telegram.well()
        telegram.wait_for(lambda: house.states() == {"queued": 1}, 40)


@pytest.fixture
def own_postgres() -> Iterator[postgres.Own]:
    """A server of this test's own, which it may stop and start again."""
    with postgres.Own() as server:
        yield server


@ON_SQLITE
def test_postgresql_may_go_and_come_back(
    house: House, telegram: TelegramServer, own_postgres: postgres.Own
) -> None:
    fresh = Database(own_postgres.url)
    schema.upgrade(fresh)
    fresh.close()
    settings = house.settings | {"THINKFAMILY_DATABASE_URL": own_postgres.url}
    with Started(house.folder, settings, "run") as process:
        process.ready()
        own_postgres.stop()
        assert "database" in wrong_within(process, 60)
        telegram.text(CHAT, HELLO)
        time.sleep(1)
        own_postgres.start()
        telegram.wait_for(lambda: telegram.sent_to(CHAT), PATIENCE)
        well_within(process, 60)
        assert process.terminate() == 0
    assert len(telegram.sent) == 1
    assert own_postgres.url not in process.logged
