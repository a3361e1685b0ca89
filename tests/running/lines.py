"""A line that runs, and what is seen of it, for the tests of sending."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.domain.address import ChannelName
from bot.running.sending import send_forever
from bot.services.desk import Desk
from bot.services.dispatch import Pace
from bot.store.tables import outbox
from tests import line

TELEGRAM, SMS = ChannelName.TELEGRAM, ChannelName.SMS
FAST = Pace(1000.0, chat_seconds=0.0)
Clock = Callable[[], datetime]


def queue(desk: Desk, clock: Clock, count: int, channel: ChannelName = TELEGRAM) -> list[int]:
    """So many messages that are due; gives their rows."""
    return [line.queue(desk, clock(), number, channel) for number in range(count)]


def states(desk: Desk) -> dict[str, int]:
    """How many rows are in each state."""
    query = sa.select(outbox.c.state, sa.func.count().label("number")).group_by(outbox.c.state)
    return {row.state: row.number for row in desk.database.read(lambda c: c.execute(query).all())}


@asynccontextmanager
async def running(app: Any, channel: ChannelName, **more: Any) -> AsyncIterator[None]:
    """The line running; on the way out it is told to stop, and ends by itself."""
    stop = asyncio.Event()
    task = asyncio.create_task(send_forever(app, channel, stop, **({"rate": FAST} | more)))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(task, 30)


async def until(done: Callable[[], bool], seconds: float = 30) -> None:
    """Wait until this is so."""
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "it did not happen in time"
        await asyncio.sleep(0.02)
