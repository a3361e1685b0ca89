"""The machine's clock is set while messages leave: some go late, none at night, and none twice."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator
from copy import copy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from apscheduler.triggers.interval import IntervalTrigger

import scheduler
from bot.channels.telegram.send import TelegramChannel
from bot.domain.address import ChannelName
from bot.running.sending import send_forever
from bot.services.desk import Desk
from bot.services.dispatch import Pace
from bot.store.database import Database
from bot.store.sealed import Seal
from tests import line
from tests.wire.telegram_server import TelegramServer

TELEGRAM = ChannelName.TELEGRAM
ROWS = 40
RATE = Pace(20.0, chat_seconds=0.0)
ONE_MACHINE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
TWO_MACHINES = pytest.mark.parametrize("database_url", ["postgres"], indirect=True)


class Settable:
    """A running clock that somebody sets."""

    def __init__(self) -> None:
        self._began, self._since = datetime(2027, 2, 2, 10, 0, tzinfo=UTC), time.monotonic()

    def __call__(self) -> datetime:
        return self._began + timedelta(seconds=time.monotonic() - self._since)

    def jump(self, by: timedelta) -> None:
        self._began += by


@pytest.fixture
def theirs() -> Settable:
    """The database's clock."""
    return Settable()


@pytest.fixture
def desk(database_url: str, seal: Seal, theirs: Settable) -> Iterator[Desk]:
    """A desk at a database of that clock, with a morning's messages."""
    database = Database(database_url, clock=theirs, kept=False)
    made = line.desk(database, seal)
    for number in range(ROWS):
        line.queue(made, theirs(), number, TELEGRAM)
    yield made
    database.close()


async def _until(done: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "it did not happen in time"
        await asyncio.sleep(0.01)


async def _sent_around(
    app: Any, server: TelegramServer, clock: Settable, by: timedelta, seconds: float = 0.8
) -> tuple[int, Counter[int]]:
    """How many had left when the clock was set, and what each chat got in the end."""
    stop = asyncio.Event()
    task = asyncio.create_task(send_forever(app, TELEGRAM, stop, rate=RATE))
    await _until(lambda: len(server.sent) >= 5)
    clock.jump(by)
    await asyncio.sleep(0.7)  # what was claimed already begins within half a second
    before = len(server.sent)
    await asyncio.sleep(seconds)
    stop.set()
    await asyncio.wait_for(task, 30)
    return before, Counter(said.chat_id for said in server.sent)


@ONE_MACHINE
@pytest.mark.parametrize("by", [timedelta(hours=1), timedelta(hours=-1)])
async def test_an_hour_s_jump_on_one_machine_doubles_nothing(
    desk: Desk, theirs: Settable, telegram: TelegramChannel, telegram_server: TelegramServer, by: timedelta
) -> None:
    _, reached = await _sent_around(line.app(desk, theirs, telegram), telegram_server, theirs, by)
    assert max(reached.values()) == 1


@ONE_MACHINE
@pytest.mark.parametrize("by", [timedelta(hours=12), timedelta(days=30), timedelta(days=-30)])
async def test_a_jump_into_the_night_or_another_day_sends_no_more_and_doubles_nothing(
    desk: Desk, theirs: Settable, telegram: TelegramChannel, telegram_server: TelegramServer, by: timedelta
) -> None:
    before, reached = await _sent_around(line.app(desk, theirs, telegram), telegram_server, theirs, by)
    assert (reached.total(), max(reached.values())) == (before, 1)


@TWO_MACHINES
@pytest.mark.parametrize("by", [timedelta(seconds=3), timedelta(hours=-1)])
async def test_a_machine_whose_clock_is_not_the_database_s_claims_nothing_until_it_is(
    desk: Desk, theirs: Settable, telegram: TelegramChannel, telegram_server: TelegramServer, by: timedelta
) -> None:
    clock = copy(theirs)  # the two agree, however long the rows took to make
    app = line.app(desk, clock, telegram)
    before, reached = await _sent_around(app, telegram_server, clock, by)
    assert reached.total() == before < ROWS
    clock.jump(-by)
    stop = asyncio.Event()
    task = asyncio.create_task(send_forever(app, TELEGRAM, stop, rate=RATE))
    await _until(lambda: len(telegram_server.sent) == ROWS)
    stop.set()
    await asyncio.wait_for(task, 30)
    assert max(Counter(said.chat_id for said in telegram_server.sent).values()) == 1


@pytest.mark.parametrize(
    "asleep", [timedelta(seconds=7), timedelta(seconds=20), timedelta(days=7, seconds=3)]
)
def test_of_all_missed_turns_the_newest_is_found_at_once(asleep: timedelta) -> None:
    """Where the library, going through each, would find it: what comes after it is the same moment."""
    every = {"seconds": 20, "timezone": "UTC"}
    last = datetime(2027, 2, 2, 10, tzinfo=UTC)
    now = last + asleep

    def turns(trigger: IntervalTrigger) -> list[datetime]:
        found = [last]
        while found[-1] <= now:
            found.append(trigger.get_next_fire_time(found[-1], now))
        return found

    each, ours = turns(IntervalTrigger(**every)), turns(scheduler.Every(**every))
    assert ours[-2:] == each[-2:]
    assert len(ours) <= 3
