"""The ground on which worlds stand: a nursery, and fresh databases of both kinds."""

from __future__ import annotations

import contextlib
import shutil
import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from bot.domain import hours
from bot.store import schema
from bot.store.database import Database
from tests import lent, postgres
from tests.chaos.founding import world
from tests.chaos.nursery import Nursery
from tests.chaos.world import World

KINDS = ("sqlite", "postgres")
_TEMPLATE = "template_of_worlds"
FIRST_DAYS = ("soon", "spring", "autumn", "before spring", "before autumn")


class Ground:
    """Used as `with Ground(folder) as ground:`. A server of PostgreSQL is started when one is needed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.server = postgres.Own()
        self._open = contextlib.ExitStack()
        self._served = False

    def __enter__(self) -> Ground:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.nursery = self._open.enter_context(Nursery())
        self._template = self.folder / "template.db"
        _upgraded(f"sqlite:///{self._template}")
        return self

    def __exit__(self, *_error: object) -> None:
        self._open.close()

    @contextlib.contextmanager
    def world(self, name: str, kind: str, first_day: str = "soon", families: int = 12) -> Iterator[World]:
        """A new world with this database, in a folder of that name."""
        folder = self.folder / name
        folder.mkdir()
        url = self._sqlite(folder) if kind == "sqlite" else self._postgres()
        day = day_called(first_day)
        with world(folder, url, self.nursery, families=families, first_day=day, server=self.server) as made:
            yield made

    def _sqlite(self, folder: Path) -> str:
        return f"sqlite:///{shutil.copy(self._template, folder / 'thinkfamily.db')}"

    def _postgres(self) -> str:
        if not self._served:
            self._open.enter_context(self.server)
            lent.administer(self.server.url, f"CREATE DATABASE {_TEMPLATE}")
            _upgraded(lent.named(self.server.url, _TEMPLATE))
            self._served = True
        name = f"w{uuid.uuid4().hex}"
        lent.administer(self.server.url, f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE}")
        return lent.named(self.server.url, name)


def _upgraded(url: str) -> None:
    fresh = Database(url)
    schema.upgrade(fresh)
    if fresh.sqlite:
        fresh.read(lambda conn: conn.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)"))
    fresh.close()


def day_called(name: str) -> date:
    """A day on which everybody joins, not in the past; the first messages leave a day later.

    `spring` and `autumn`: that is the day on which the clocks change; `before ...`: two days before it.
    """
    soon = datetime.now(UTC).date() + timedelta(days=2)
    if name == "soon":
        return soon
    on = 1 if name.endswith("spring") else -1
    change = next(
        day
        for day in (soon + timedelta(days=number) for number in range(400))
        if day >= soon + timedelta(days=2)
        and _offset(day + timedelta(days=1)) - _offset(day) == timedelta(hours=on)
    )
    return change - timedelta(days=2 if name.startswith("before") else 0)


def _offset(day: date) -> timedelta:
    return datetime(day.year, day.month, day.day, 12, tzinfo=hours.LONDON).utcoffset() or timedelta()
