"""The numbered steps of a process, counted from outside; at the one it is told, it dies there and then."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import psycopg
import sqlalchemy as sa
from sqlalchemy import event

from bot.channels.base import Channel, Outgoing
from bot.domain.address import Address
from bot.domain.inbound import Listed
from bot.domain.outbox import Answer
from bot.store.database import Clock, Database
from bot.store.writer import Priority

T = TypeVar("T")
_SLOWLY = 0.02  # seconds
_MOST = 12  # statements of one transaction that have a number of their own
_OF_THE_DRIVER = ("PRAGMA", "BEGIN", "COMMIT", "ROLLBACK", "--")


class Moments:
    """Counts what was reached by name. `die` is a name and which time; `seen` is where new names go."""

    def __init__(self, die: tuple[str, int] | None, seen: Path) -> None:
        self._die, self._seen = die, seen
        self._reached: Counter[str] = Counter()
        self._lock = threading.Lock()

    def reached(self, name: str) -> None:
        """This step is about to be taken."""
        with self._lock:
            self._reached[name] += 1
            if self._reached[name] == 1:
                with self._seen.open("a") as out:
                    out.write(f"{name}\n")
            if self._die == (name, self._reached[name]):
                os.kill(os.getpid(), signal.SIGKILL)


class _Told(psycopg.Cursor[Any]):
    """A cursor that tells of each statement before it sends it."""

    def __init__(self, tell: Callable[[str], None], *its: Any, **more: Any) -> None:
        super().__init__(*its, **more)
        self._tell = tell

    def execute(self, query: Any, *more: Any, **named: Any) -> Any:
        self._tell(str(query))
        return super().execute(query, *more, **named)

    def executemany(self, query: Any, *more: Any, **named: Any) -> Any:
        self._tell(str(query))
        return super().executemany(query, *more, **named)


class SteppedDatabase(Database):
    """A Database whose writing transactions are counted, statement by statement.

    While a file `full` is in the folder of weather SQLite may not grow; while `read_only` is, it may not be
    written; while `slow` is, every statement takes a while.
    """

    def __init__(self, url: str, *, clock: Clock, moments: Moments, weather: Path) -> None:
        super().__init__(url, clock=clock, busy_seconds=2.0)
        self._moments = moments
        self._full, self._read_only, self._slow = (weather / name for name in ("full", "read_only", "slow"))
        self._here = threading.local()
        event.listen(self.engine, "connect", self._watched)
        if self.sqlite:
            event.listen(self.engine, "checkout", self._disk)

    def write(self, work: Callable[[sa.Connection], T], priority: Priority = Priority.STAFF) -> T:
        name = _named(work)

        def counted(conn: sa.Connection) -> T:
            self._here.name, self._here.number = name, 0
            try:
                done = work(conn)
                self._moments.reached(f"{name}: commit")
                return done
            finally:
                self._here.name = None

        result = super().write(counted, priority)
        self._moments.reached(f"{name}: committed")
        return result

    def _watched(self, connection: Any, _record: Any) -> None:
        """By the driver: what the product compiled once does not come by SQLAlchemy's own events."""
        if self.sqlite:
            connection.set_trace_callback(self._about_to)
        else:
            connection.cursor_factory = partial(_Told, self._about_to)

    def _about_to(self, statement: str) -> None:
        if statement.startswith(_OF_THE_DRIVER):
            return
        if self._slow.exists():
            time.sleep(_SLOWLY)
        name = getattr(self._here, "name", None)
        if name is not None:
            self._here.number = min(self._here.number + 1, _MOST)
            self._moments.reached(f"{name}: {self._here.number}")

    def _disk(self, connection: Any, *_more: Any) -> None:
        pages = 1 if self._full.exists() else 1_000_000  # it never becomes smaller than the file is
        for pragma in (f"max_page_count = {pages}", f"query_only = {int(self._read_only.exists())}"):
            connection.execute(f"PRAGMA {pragma}")


def _named(work: Callable[..., object]) -> str:
    """`dispatch.claim` for a piece of work that was written in that function."""
    inner = work.func if isinstance(work, partial) else work
    module = str(getattr(inner, "__module__", "")).rpartition(".")[2]
    return f"{module}.{getattr(inner, '__qualname__', 'work').partition('.')[0]}"


class SteppedChannel:
    """A way out whose calls are counted: about to call, and answered but not yet recorded."""

    def __init__(self, inner: Channel, moments: Moments) -> None:
        self.name = inner.name
        self._inner, self._moments = inner, moments

    async def open(self) -> None:
        await self._inner.open()

    async def close(self) -> None:
        await self._inner.close()

    async def send(self, message: Outgoing) -> Answer:
        self._moments.reached(f"send.{self.name.value}: call")
        answer = await self._inner.send(message)
        self._moments.reached(f"send.{self.name.value}: answered")
        return answer

    async def look_up(self, to: Address, since: Any) -> Sequence[Listed] | None:
        self._moments.reached(f"look_up.{self.name.value}: call")
        return await self._inner.look_up(to, since)
