"""One job a message: APScheduler with a store that lasts, and PTB's JobQueue, which does not last.

Each as its documentation shows it, and without a grace time: with the default most of a burst is dropped.
"""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime
from pathlib import Path

from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore  # type: ignore[import-untyped]
from apscheduler.schedulers.background import BackgroundScheduler  # type: ignore[import-untyped]
from telegram.ext import Application, CallbackContext

_left = [0]
_done = threading.Event()


def send(_message: int) -> None:
    """What a job does: nothing. A stored job is found again by this name."""
    _left[0] -= 1
    if _left[0] == 0:
        _done.set()


def apscheduler(messages: int, folder: Path) -> None:
    """Add a job for each message, then start, and wait until all have run."""
    for left in folder.glob("jobs.db*"):
        left.unlink()
    scheduler = BackgroundScheduler(
        jobstores={"default": SQLAlchemyJobStore(url=f"sqlite:///{folder}/jobs.db")}, timezone="UTC"
    )
    scheduler.start(paused=True)
    _left[0] = messages
    _done.clear()
    due = datetime.now(UTC)
    for number in range(messages):
        scheduler.add_job(send, "date", run_date=due, args=[number], misfire_grace_time=None)
    scheduler.resume()
    if not _done.wait(600):
        raise RuntimeError(f"{_left[0]} of {messages} jobs did not run")
    scheduler.shutdown()


def job_queue(messages: int) -> None:
    """`run_once` for each message, and wait until all have run."""
    asyncio.run(_job_queue(messages))


async def _job_queue(messages: int) -> None:
    application = Application.builder().token("1:none").build()
    queue = application.job_queue
    if queue is None:
        raise RuntimeError("PTB has no job queue without APScheduler")
    left, done = [messages], asyncio.Event()

    async def sent(_context: CallbackContext) -> None:  # type: ignore[type-arg]
        left[0] -= 1
        if left[0] == 0:
            done.set()

    for number in range(messages):
        queue.run_once(sent, 0.5, data=number, job_kwargs={"misfire_grace_time": None})
    await queue.start()
    await asyncio.wait_for(done.wait(), 600)
    await queue.stop()
