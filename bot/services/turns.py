"""Turns: a job of the clock runs once across processes, by a lease row; whoever dies is followed."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

import sqlalchemy as sa

from bot.services import pulse
from bot.services.desk import Desk
from bot.store import leases
from bot.store.writer import Priority

LEASE = timedelta(seconds=6)  # so long a dead process keeps its job from the others
RENEW = LEASE / 3
_SLACK = timedelta(seconds=1)  # a turn is never skipped for having begun a moment early


class Turn(StrEnum):
    """Whether a job is to be done here and now."""

    OURS = "ours"
    DONE = "done"  # another process did it within its time
    TAKEN = "taken"  # another process is at it


def take(desk: Desk, job: str, every: timedelta, ours: datetime | None, now: datetime) -> Turn:
    """Take the job's lease, unless another process has it or did the job within `every`.

    `ours` is when this process last did it; None at its start, when everything has its turn whoever did
    it. A lease that lapses because its holder was frozen does no harm: each job may run twice at once.
    """

    def work(conn: sa.Connection) -> Turn:
        last = pulse.last_tick(conn, job)
        by_another = ours is not None and last is not None and last.at > ours
        if by_another and last is not None and now - last.at < every - _SLACK:
            return Turn.DONE
        return Turn.OURS if _hold(conn, desk, job) else Turn.TAKEN

    return desk.database.write(work, Priority.RECORD)


def keep(desk: Desk, job: str) -> bool:
    """Renew the lease while the job goes on; False when another process has it by now."""
    return desk.database.write(lambda conn: _hold(conn, desk, job), Priority.RECORD)


def give(desk: Desk, job: str) -> None:
    """The job is done, or was broken off: another process need not wait."""
    desk.database.write(lambda conn: leases.give(conn, _name(job), desk.holder), Priority.RECORD)


def _hold(conn: sa.Connection, desk: Desk, job: str) -> bool:
    at = desk.database.now(conn)
    return leases.take(conn, _name(job), desk.holder, at, at + LEASE)


def _name(job: str) -> str:
    return f"job:{job}"
