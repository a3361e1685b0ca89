"""A desk and people to work with, for the tests of the use cases."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from bot.domain.campaign import Calendar, CapRules, Step
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


@pytest.fixture
def at(database: Database, seal: Seal, clock: Clock) -> Any:
    """Makes people at a desk with these steps on its shelf."""

    def make(*steps: Step, per_7_days: int = 2, texts: Sequence[str] = ()) -> People:
        config = SimpleNamespace(
            authors=frozenset(), calendar=Calendar(), cap=CapRules(per_7_days=per_7_days)
        )
        said = line.TEXTS | {f"templates/en/flu/{name}.j2": name for name in texts}
        desk = line.desk(database, seal, shelf=line.shelf(*steps, texts=said), config=config)
        return People(desk, clock)

    return make
