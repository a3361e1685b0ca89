"""A desk and people to work with, for the tests of the use cases."""

from __future__ import annotations

import pytest

from bot.services.desk import Desk
from bot.store.database import Database
from bot.store.sealed import Seal
from tests import line
from tests.clock import Clock
from tests.people import People


@pytest.fixture
def people(database: Database, seal: Seal, clock: Clock) -> People:
    """Makes families at a desk, on both databases."""
    desk: Desk = line.desk(database, seal)
    return People(desk, clock)
