"""The clock: what runs when, on APScheduler. Each tick is coalesced, idempotent, and UTC by interval."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler  # type: ignore[import-untyped]

from bot.errors import DatabaseTrouble
from bot.services import check_ins, plan, privacy, pulse, reconcile, still_wanted

if TYPE_CHECKING:
    from bot.bootstrap import App

Work = Callable[["App"], object]


@dataclass(frozen=True, slots=True)
class Job:
    """One tick: its name, how often, what it does, and whether it is part of planning."""

    name: str
    every: timedelta
    work: Work
    part: str = "plan"


JOBS: tuple[Job, ...] = (
    Job("plan", timedelta(seconds=20), lambda app: plan.plan(app.desk, app.clock())),
    Job("expire", timedelta(seconds=30), lambda app: reconcile.expire(app.desk, app.clock())),
    Job(
        "leases",
        timedelta(seconds=10),
        lambda app: reconcile.expired_leases(app.desk, app.clock()),
        "dispatch",
    ),
    Job("check_ins", timedelta(hours=1), lambda app: check_ins.check_ins(app.desk, app.clock())),
    Job("still_wanted", timedelta(hours=6), lambda app: still_wanted.still_wanted(app.desk, app.clock())),
    Job("retention", timedelta(hours=6), lambda app: privacy.retention(app.desk, app.clock())),
)


def build(
    app: App,
    parts: frozenset[str],
    more: tuple[tuple[str, timedelta, Callable[[], Awaitable[object]]], ...] = (),
) -> AsyncIOScheduler:
    """A scheduler with the ticks of these parts (plan, dispatch), and `more` that only edges can do.

    Not started. Nothing overlaps itself, nothing missed is dropped, nothing is said in local time.
    """
    scheduler = AsyncIOScheduler(
        timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
    )
    for job in JOBS:
        if job.part in parts:
            scheduler.add_job(
                _tick, "interval", seconds=job.every.total_seconds(), id=job.name,
                next_run_time=app.clock(), args=[app, job.name, job.every, _threaded(app, job.work)],
            )  # fmt: skip
    for name, every, work in more:
        scheduler.add_job(
            _tick, "interval", seconds=every.total_seconds(), id=name, args=[app, name, every, work]
        )
    return scheduler


def _threaded(app: App, work: Work) -> Callable[[], Awaitable[object]]:
    async def run() -> object:
        return await asyncio.to_thread(work, app)

    return run


async def _tick(app: App, name: str, every: timedelta, work: Callable[[], Awaitable[object]]) -> None:
    """One turn of a job; trouble is logged, and the next turn tries again."""
    log = structlog.get_logger()
    try:
        await work()
        await asyncio.to_thread(pulse.ticked, app.desk, name, every, app.clock())
    except DatabaseTrouble as trouble:
        log.warning("tick_failed", job=name, error=trouble.code)
    except Exception as error:  # a fault of ours must not stop the clock
        log.error("tick_failed", job=name, error=type(error).__name__)


def main() -> None:
    """Run the clock alone: `python scheduler.py` plans, and sends nothing."""
    from bot import bootstrap, logs, settings

    read = settings.read()
    logs.configure(read.thinkfamily_log_level)
    asyncio.run(_alone(bootstrap.build(read)))


async def _alone(app: App) -> None:
    scheduler = build(app, frozenset({"plan"}))
    scheduler.start()
    try:
        await asyncio.Event().wait()
    finally:
        scheduler.shutdown(wait=False)
        app.desk.database.close()


if __name__ == "__main__":
    main()
