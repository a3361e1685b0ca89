"""The clock: what runs when, on APScheduler. Each tick is coalesced, idempotent, and UTC by interval."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler  # type: ignore[import-untyped]
from apscheduler.triggers.interval import IntervalTrigger  # type: ignore[import-untyped]

from bot.errors import DatabaseTrouble, ThinkFamilyError
from bot.services import check_ins, plan, privacy, pulse, reconcile, still_wanted, turns
from bot.services.turns import Turn

if TYPE_CHECKING:
    from bot.bootstrap import App

Work = Callable[["App"], Awaitable[object]]

SKEW = timedelta(seconds=2)  # as for dispatch
JUMP = timedelta(seconds=5)  # the machine's clock was set, or the machine slept
_LOOK = 1.0
_AHEAD = timedelta(minutes=5)  # a wait that is cut short by this is asked of us again


@dataclass(frozen=True, slots=True)
class Job:
    """One tick: its name, how often, what it does, and whether it is part of planning."""

    name: str
    every: timedelta
    work: Work
    part: str = "plan"


def _in_thread(work: Callable[[App], object]) -> Work:
    """The same, on a thread of its own."""

    async def run(app: App) -> object:
        return await asyncio.to_thread(work, app)

    return run


async def _plan(app: App) -> None:
    """One plan, batch by batch, so that a process that is told to stop need not finish it first."""
    now = app.clock()
    await asyncio.to_thread(plan.narrow, app.desk, now)
    while await asyncio.to_thread(plan.plan_batch, app.desk, now):
        pass


JOBS: tuple[Job, ...] = (
    Job("plan", timedelta(seconds=20), _plan),
    Job("expire", timedelta(seconds=30), _in_thread(lambda app: reconcile.expire(app.desk, app.clock()))),
    Job(
        "leases",
        timedelta(seconds=10),
        _in_thread(lambda app: reconcile.expired_leases(app.desk, app.clock())),
        "dispatch",
    ),
    Job("check_ins", timedelta(hours=1), _in_thread(lambda app: check_ins.check_ins(app.desk, app.clock()))),
    Job(
        "still_wanted",
        timedelta(hours=6),
        _in_thread(lambda app: still_wanted.still_wanted(app.desk, app.clock())),
    ),
    Job("retention", timedelta(hours=6), _in_thread(lambda app: privacy.retention(app.desk, app.clock()))),
)


def build(
    app: App,
    parts: frozenset[str],
    more: tuple[tuple[str, timedelta, Callable[[], Awaitable[object]]], ...] = (),
) -> AsyncIOScheduler:
    """A scheduler with the ticks of these parts (plan, dispatch), and `more` that only edges can do.

    Not started. Everything runs once at the start, for what an outage left. Nothing overlaps itself, in
    this process or another; nothing missed is dropped, nothing is said in local time.
    """
    scheduler = AsyncIOScheduler(
        timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
    )
    ours = [(job.name, job.every, partial(job.work, app)) for job in JOBS if job.part in parts]
    for name, every, work in (*ours, *more):
        scheduler.add_job(
            _tick, Every(seconds=every.total_seconds(), timezone="UTC"), id=name, next_run_time=app.clock(),
            args=[app, name, every, work, _Last()],
        )  # fmt: skip
    return scheduler


class Every(IntervalTrigger):  # type: ignore[misc]  # it says nothing of its types
    """An interval. Of the turns that were missed it names the newest: coalesced, it stands for all.

    The library would go through each of them, and a machine that slept for a week has missed 100,000.
    """

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime | None:
        following: datetime | None = super().get_next_fire_time(previous_fire_time, now)
        if previous_fire_time is None or following is None or following > now:
            return following
        every: timedelta = self.interval
        return following + (now - following) // every * every


async def watch(app: App, scheduler: AsyncIOScheduler, stop: asyncio.Event) -> None:
    """Until `stop`: when the machine's clock was set, let every job have its turn at once.

    A turn is a moment of that clock: set back by an hour, it would stand still for an hour.
    """
    wall, steady = app.clock(), time.monotonic()
    while not stop.is_set():
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), _LOOK)
        now, here = app.clock(), time.monotonic()
        jumped = now - wall - timedelta(seconds=here - steady)
        wall, steady = now, here
        if abs(jumped) > JUMP:
            structlog.get_logger().warning("clock_jumped", seconds=round(jumped.total_seconds()))
            await _set_right(app)
            for job in scheduler.get_jobs():
                scheduler.modify_job(job.id, next_run_time=datetime.now(UTC))


async def _set_right(app: App) -> None:
    """What was written by the clock as it was would stand still until that moment comes again.

    Whichever way it went: between two looks it may have been set on and back, and a look sees the sum.
    """
    try:
        await asyncio.to_thread(pulse.bring_back, app.desk, _AHEAD)
    except DatabaseTrouble as trouble:  # the next start does it
        structlog.get_logger().warning("not_brought_back", code=trouble.code)


@dataclass
class _Last:
    """When this process last did a job; None before its first turn."""

    at: datetime | None = None


async def _tick(
    app: App, name: str, every: timedelta, work: Callable[[], Awaitable[object]], last: _Last
) -> None:
    """One turn of a job; trouble is logged, and the next turn tries again.

    On a wrong day the plan would expire what is not late, and retention drop what is not old: so long as
    the machine's clock and the database's differ, nothing is done.
    """
    log = structlog.get_logger()
    try:
        apart = await asyncio.to_thread(pulse.skew, app.desk, app.clock)
        if abs(apart) > SKEW:
            log.error("clock_skew", job=name, seconds=round(apart.total_seconds(), 1))
            return
        await _turn(app, name, every, work, last)
    except asyncio.CancelledError:  # told to stop: the next start goes on from here
        log.info("tick_broken_off", job=name)
    except DatabaseTrouble as trouble:
        log.warning("tick_failed", job=name, error=trouble.code)
    except Exception as error:  # a fault of ours must not stop the clock
        log.error("tick_failed", job=name, error=type(error).__name__)


async def _turn(
    app: App, name: str, every: timedelta, work: Callable[[], Awaitable[object]], last: _Last
) -> None:
    """Do the job if it is ours to do; while another process is at it, wait: that one may die."""
    if await _have(app, name, every, last) is Turn.DONE:
        return
    renewing = asyncio.create_task(_renew(app, name))
    try:
        began = time.monotonic()
        await work()
        last.at = app.clock()
        took = timedelta(seconds=time.monotonic() - began)
        await asyncio.to_thread(pulse.ticked, app.desk, name, every, last.at, took)
    finally:
        renewing.cancel()
        await asyncio.shield(asyncio.to_thread(turns.give, app.desk, name))


async def _have(app: App, name: str, every: timedelta, last: _Last) -> Turn:
    """Wait until the job is ours, or was done."""
    while True:
        turn = await asyncio.to_thread(turns.take, app.desk, name, every, last.at, app.clock())
        if turn is not Turn.TAKEN:
            return turn
        await asyncio.sleep(turns.RENEW.total_seconds())


async def _renew(app: App, name: str) -> None:
    """Keep the lease while the job goes on; when it lapses all the same, two at once do no harm."""
    while True:
        await asyncio.sleep(turns.RENEW.total_seconds())
        with contextlib.suppress(DatabaseTrouble):
            await asyncio.to_thread(turns.keep, app.desk, name)


def main() -> None:
    """Run the clock alone: `python scheduler.py` plans, and sends nothing."""
    from bot import bootstrap, logs, settings

    try:
        read = settings.read()
        logs.configure(read.thinkfamily_log_level)
        with bootstrap.opened(read) as app:
            asyncio.run(alone(app))
    except ThinkFamilyError as wrong:
        sys.exit(str(wrong))


async def alone(app: App) -> None:
    """Tick until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    scheduler = build(app, frozenset({"plan"}))
    scheduler.start()
    try:
        await watch(app, scheduler, stop)
    finally:
        scheduler.shutdown(wait=False)


if __name__ == "__main__":
    main()
