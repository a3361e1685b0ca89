"""A transcript on SQLite: what is said does not depend on the database."""

from __future__ import annotations

import pytest

from bot.store.database import Database
from bot.store.sealed import Seal
from tests import transcript
from tests.clock import Clock


@pytest.fixture
def story(database: Database, seal: Seal, clock: Clock) -> transcript.Transcript:
    """A desk, and what is said there written down."""
    return transcript.Transcript(transcript.desk(database, seal), clock)
