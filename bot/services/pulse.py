"""The pulse: which jobs of the clock ran when, and the numbers that say whether the line moves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from bot.domain.outbox import State
from bot.services.desk import Desk
from bot.store import ahead, alerts, aside, inbox, leases, outcomes, pace, restored, rings
from bot.store.writer import Priority

_TICK, _TOOK = "tick:", "took:"


@dataclass(frozen=True, slots=True)
class Tick:
    """When a job last ran to its end, and how often it should."""

    at: datetime
    every: timedelta


@dataclass(frozen=True, slots=True)
class Pulse:
    """What the database says of the line; numbers and codes only."""

    at: datetime  # its own clock
    ticks: Mapping[str, Tick]
    halted: Mapping[str, str]  # channel -> reason
    oldest_due: datetime | None  # the longest-waiting message that may be claimed
    in_flight: Mapping[State, int]
    unanswered: int  # stored messages not yet processed
    unread: int  # texts that a person should read
    alerts: Mapping[str, int]
    put_aside: Mapping[str, int]  # work -> families for whom a fault of ours keeps it from being done
    restored_at: datetime | None = None  # and staff have not let sending go on yet
    untold_since: datetime | None = None  # the oldest alert that the duty did not take yet, though tried
    given_up: int = 0  # open alerts that could not be told to the duty for a day


def ticked(desk: Desk, job: str, every: timedelta, now: datetime, took: timedelta | None = None) -> None:
    """A job of the clock ran to its end, and `took` so long; it should again within `every`."""

    def work(conn: sa.Connection) -> None:
        leases.move_cursor(conn, _TICK + job, _value(every, now))
        if took is not None:
            leases.move_cursor(conn, _TOOK + job, f"{took.total_seconds():.3f}")

    desk.database.write(work, Priority.RECORD)


def durations(conn: sa.Connection) -> dict[str, float]:
    """How many seconds each job took when it last ran to its end."""
    return {
        name.removeprefix(_TOOK): float(value) for name, value in leases.cursors_like(conn, _TOOK).items()
    }


def last_tick(conn: sa.Connection, job: str) -> Tick | None:
    """When this job last ran to its end, in whichever process; None when it never did."""
    value = leases.cursor(conn, _TICK + job)
    return None if value is None else _tick(value)


def skew(desk: Desk, clock: Callable[[], datetime]) -> timedelta:
    """How far this machine's clock is ahead of the database's."""
    return desk.database.read(lambda conn: clock() - desk.database.now(conn))


def bring_back(desk: Desk, allowed: timedelta) -> int:
    """Bring back what a wrong clock wrote further ahead than `allowed`; gives how many rows."""

    def work(conn: sa.Connection) -> int:
        return ahead.bring_back(conn, desk.database.now(conn), allowed)

    return desk.database.write(work, Priority.RECORD)


def expect(desk: Desk, turns: Mapping[str, timedelta], idle: Iterable[str], now: datetime) -> None:
    """These jobs run from now on: one that never has is missed as if it had just run. `idle` ones do not."""

    def work(conn: sa.Connection) -> None:
        known = leases.cursors_like(conn, _TICK)
        for job, every in turns.items():
            if _TICK + job not in known:
                leases.move_cursor(conn, _TICK + job, _value(every, now))
        for job in idle:
            leases.drop_cursor(conn, _TICK + job)

    desk.database.write(work, Priority.RECORD)


def pulse(desk: Desk, now: datetime) -> Pulse:
    """Everything at once, in one reading transaction; DatabaseTrouble when it does not answer."""
    return desk.database.read(lambda conn: look(conn, desk, now))


def look(conn: sa.Connection, desk: Desk, now: datetime) -> Pulse:
    """The same, in the caller's transaction."""
    return Pulse(
        at=desk.database.now(conn),
        ticks={
            name.removeprefix(_TICK): _tick(value) for name, value in leases.cursors_like(conn, _TICK).items()
        },
        halted={
            sender.channel.value: sender.halted_reason
            for sender in pace.all_senders(conn)
            if sender.halted_reason is not None
        },
        oldest_due=outcomes.oldest_queued(conn, now),
        in_flight=outcomes.counts(conn),
        unanswered=inbox.waiting(conn),
        unread=inbox.unread_count(conn),
        alerts=alerts.open_counts(conn),
        put_aside=aside.counts(conn),
        restored_at=_unsettled(conn),
        untold_since=rings.failing_since(conn),
        given_up=rings.given_up(conn),
    )


def _unsettled(conn: sa.Connection) -> datetime | None:
    gap = restored.gap(conn)
    return None if gap is None or gap.settled else gap.restored_at


def _value(every: timedelta, now: datetime) -> str:
    return f"{now.astimezone(UTC).isoformat()}|{every.total_seconds():.0f}"


def _tick(value: str) -> Tick:
    at, _, every = value.partition("|")
    return Tick(datetime.fromisoformat(at), timedelta(seconds=int(every)))
