"""The clock: every tick coalesced and in UTC, none lost, and no fault ever stops it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from apscheduler.triggers.interval import IntervalTrigger

import scheduler
from bot.domain.address import ChannelName
from bot.errors import DatabaseBusy
from bot.services import pulse
from bot.store import pace
from bot.store.database import Database
from bot.store.sealed import Seal
from tests import line
from tests.clock import Clock

BOTH = frozenset({"plan", "dispatch"})
SOON = timedelta(seconds=0.05)
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # one is enough here


@pytest.fixture
def app(database_url: str, seal: Seal) -> Iterator[Any]:
    """What the clock needs of an App, in real time."""
    database = Database(database_url, kept=False)
    yield line.app(line.desk(database, seal), lambda: datetime.now(UTC))
    database.close()


def more(work: Callable[[], Any], every: timedelta = SOON) -> Any:
    return (("mine", every, work),)


@contextlib.asynccontextmanager
async def running(app: Any, work: Callable[[], Any], every: timedelta = SOON) -> AsyncIterator[Any]:
    """The clock with this one job, started."""
    clock = scheduler.build(app, frozenset(), more(work, every))
    clock.start()
    try:
        yield clock
    finally:
        clock.shutdown(wait=False)
        await asyncio.sleep(0)


async def until(done: Callable[[], object], seconds: float = 30) -> None:
    end = asyncio.get_running_loop().time() + seconds
    while not done():
        assert asyncio.get_running_loop().time() < end, "it did not happen in time"
        await asyncio.sleep(0.01)


async def test_each_part_has_its_ticks(app: Any) -> None:
    def names(*parts: str) -> set[str]:
        return {job.id for job in scheduler.build(app, frozenset(parts)).get_jobs()}

    assert names("plan") == {"plan", "expire", "check_ins", "still_wanted", "retention"}
    assert names("dispatch") == {"leases"}
    assert names("inbound") == set()


async def test_ticks_are_coalesced_never_overlap_and_are_never_too_late(app: Any) -> None:
    clock = scheduler.build(app, BOTH)
    clock.start(paused=True)
    try:
        rules = {(job.coalesce, job.max_instances, job.misfire_grace_time) for job in clock.get_jobs()}
    finally:
        clock.shutdown(wait=False)
    assert rules == {(True, 1, None)}


async def test_nothing_is_said_in_local_time(app: Any) -> None:
    """An hour that comes twice, or never, means nothing to an interval in UTC."""
    clock = scheduler.build(app, BOTH)
    for job in clock.get_jobs():
        assert type(job.trigger) is scheduler.Every
        assert isinstance(job.trigger, IntervalTrigger)
        assert str(job.trigger.timezone) == "UTC"


async def test_a_job_runs_at_the_start_and_then_in_its_turn(app: Any) -> None:
    runs: list[int] = []

    async def work() -> None:
        runs.append(1)

    async with running(app, work, timedelta(hours=1)):
        await until(lambda: runs)
        await asyncio.sleep(0.1)
    assert len(runs) == 1


async def test_a_slow_job_never_overlaps_itself(app: Any) -> None:
    inside, most = [0], [0]

    async def work() -> None:
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        await asyncio.sleep(0.2)
        inside[0] -= 1

    async with running(app, work):
        await asyncio.sleep(0.6)
    assert most == [1]


@pytest.mark.parametrize("fault", [DatabaseBusy("The database is busy."), RuntimeError("a fault of ours")])
async def test_a_fault_never_stops_the_clock(app: Any, fault: Exception) -> None:
    runs: list[int] = []

    async def work() -> None:
        runs.append(1)
        raise fault

    async with running(app, work):
        await until(lambda: len(runs) >= 3)
    assert "mine" not in pulse.pulse(app.desk, app.clock()).ticks


async def test_a_tick_that_ran_to_its_end_is_written_down(app: Any) -> None:
    async def work() -> None:
        return None

    async with running(app, work):
        await until(lambda: "mine" in pulse.pulse(app.desk, app.clock()).ticks)


async def test_a_tick_that_cannot_be_written_down_does_not_stop_the_clock(app: Any) -> None:
    runs: list[int] = []

    async def work() -> None:
        runs.append(1)

    refusing = (
        "CREATE TRIGGER no BEFORE INSERT ON cursors BEGIN SELECT RAISE(ABORT, 'database is locked'); END"
    )
    app.desk.database.write(lambda conn: conn.exec_driver_sql(refusing))
    async with running(app, work):
        await until(lambda: len(runs) >= 3)


async def test_every_job_of_ours_runs_to_its_end_on_an_empty_database(app: Any) -> None:
    clock = scheduler.build(app, BOTH)
    clock.start()
    try:
        await until(lambda: len(pulse.pulse(app.desk, app.clock()).ticks) == len(scheduler.JOBS))
    finally:
        clock.shutdown(wait=False)


@pytest.mark.parametrize("jump", [timedelta(hours=1), timedelta(hours=-1), timedelta(days=-30)])
async def test_when_the_clock_was_set_every_job_has_its_turn_at_once(app: Any, jump: timedelta) -> None:
    """A turn is a moment of the wall clock: after one set back it would be an hour, or a month, away."""
    runs: list[int] = []
    shift = [timedelta()]

    async def work() -> None:
        runs.append(1)

    watched = SimpleNamespace(desk=app.desk, clock=lambda: datetime.now(UTC) + shift[0])
    stop = asyncio.Event()
    async with running(app, work, timedelta(days=1)) as clock:
        await until(lambda: len(runs) == 1)
        watching = asyncio.create_task(scheduler.watch(watched, clock, stop))
        await asyncio.sleep(0.05)
        shift[0] = jump
        await until(lambda: len(runs) == 2)
        stop.set()
        await watching


@pytest.mark.parametrize("apart", [timedelta(seconds=3), timedelta(hours=-1), timedelta(days=30)])
async def test_nothing_is_done_on_a_clock_that_is_not_the_database_s(
    database_url: str, seal: Seal, apart: timedelta
) -> None:
    runs: list[int] = []

    async def work() -> None:
        runs.append(1)

    shift = [apart]
    database = Database(database_url, clock=lambda: datetime.now(UTC) - shift[0], kept=False)
    app = line.app(line.desk(database, seal), lambda: datetime.now(UTC))
    async with running(app, work):
        await asyncio.sleep(0.3)
        assert runs == []
        shift[0] = timedelta()
        await until(lambda: runs)
    database.close()


@pytest.mark.parametrize("jump", [timedelta(hours=-1), timedelta(hours=1)])
async def test_a_sender_does_not_wait_for_the_hour_that_was_taken_back(app: Any, jump: timedelta) -> None:
    """Its next slot was written by the clock as it was: hours ahead of the one that was set right.

    Also when that was between two looks of a clock which, in sum, went on.
    """

    def reserved(conn: sa.Connection) -> None:
        later = app.clock() + timedelta(hours=3)
        sender = pace.sender_id(conn, ChannelName.TELEGRAM, "bot", app.clock())
        pace.reserve(conn, sender, later)

    app.desk.database.write(reserved)
    shift, stop = [timedelta()], asyncio.Event()
    watched = SimpleNamespace(desk=app.desk, clock=lambda: datetime.now(UTC) + shift[0])
    async with running(app, lambda: asyncio.sleep(0), timedelta(days=1)) as clock:
        watching = asyncio.create_task(scheduler.watch(watched, clock, stop))
        await asyncio.sleep(0.05)
        shift[0] = jump
        await until(lambda: app.desk.database.read(pace.all_senders)[0].free_at <= app.clock())
        stop.set()
        await watching


async def test_a_clock_that_was_not_set_gives_nobody_an_extra_turn(app: Any) -> None:
    runs: list[int] = []

    async def work() -> None:
        runs.append(1)

    stop = asyncio.Event()
    async with running(app, work, timedelta(days=1)) as clock:
        watching = asyncio.create_task(scheduler.watch(app, clock, stop))
        await asyncio.sleep(1.3)
        stop.set()
        await watching
    assert len(runs) == 1


def test_a_job_that_never_ran_is_missed_from_the_start_on(app: Any, clock: Clock) -> None:
    pulse.expect(app.desk, {"plan": timedelta(minutes=1)}, (), clock.now)
    assert pulse.pulse(app.desk, clock.now).ticks["plan"] == pulse.Tick(clock.now, timedelta(minutes=1))


def test_a_job_that_did_run_keeps_its_moment(app: Any, clock: Clock) -> None:
    pulse.ticked(app.desk, "plan", timedelta(minutes=1), clock.now)
    pulse.expect(app.desk, {"plan": timedelta(minutes=1)}, (), clock.now + timedelta(hours=5))
    assert pulse.pulse(app.desk, clock.now).ticks["plan"].at == clock.now


def test_a_job_that_is_no_longer_set_up_is_missed_by_nobody(app: Any, clock: Clock) -> None:
    pulse.ticked(app.desk, "look_ups", timedelta(minutes=1), clock.now)
    pulse.expect(app.desk, {}, ("look_ups",), clock.now)
    assert pulse.pulse(app.desk, clock.now).ticks == {}
