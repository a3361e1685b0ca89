"""Measures: what operators watch, counted from the ledger; numbers and codes only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from bot.services import backups, pulse
from bot.services.desk import Desk
from bot.services.pulse import Pulse
from bot.store import counting, rings
from bot.store.counting import Counts

LATELY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Measures:
    """Everything at one moment. `made` and `received` are of the last day; the others are as it stands."""

    pulse: Pulse
    open: Counts  # state
    due: Counts  # channel
    families_due: int
    made: Counts  # channel, kind, state, reason
    received: Counts  # channel, kind, state
    oldest_stored: datetime | None
    durations: Mapping[str, float]  # of each job's last turn, in seconds
    after_stop: float  # seconds from a STOP to the last call that it should have kept from beginning
    after_loss: float
    backup: datetime | None
    duty: Mapping[str, int]  # open alerts the duty is to be told of, by how that stands
    untold_since: datetime | None


def measure(desk: Desk, now: datetime) -> Measures:
    """Count everything; DatabaseTrouble when the database does not answer."""
    since = now - LATELY

    def work(conn: sa.Connection) -> Measures:
        return Measures(
            pulse=pulse.look(conn, desk, now),
            open=counting.open_rows(conn),
            due=counting.due_now(conn, now),
            families_due=counting.families_due(conn),
            made=counting.made_since(conn, since),
            received=counting.received_since(conn, since),
            oldest_stored=counting.oldest_stored(conn),
            durations=pulse.durations(conn),
            after_stop=counting.longest_after_stop(conn, since),
            after_loss=counting.longest_after_loss(conn, since),
            backup=backups.last_backup(conn),
            duty=rings.counts(conn),
            untold_since=rings.failing_since(conn),
        )

    return desk.database.read(work)
