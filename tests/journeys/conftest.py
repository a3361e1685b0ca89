"""A transcript on SQLite: what is said does not depend on the database."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event

from bot.store.database import Database
from bot.store.sealed import Seal
from tests import transcript
from tests.clock import Clock


@pytest.fixture
def story(database: Database, seal: Seal, clock: Clock) -> transcript.Transcript:
    """Nobody pulls the plug on a story: it does not wait for the disk, as thousands of days would."""
    event.listen(database.engine, "connect", _do_not_wait_for_the_disk)
    return transcript.Transcript(transcript.desk(database, seal), clock)


def _do_not_wait_for_the_disk(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA synchronous=OFF")
