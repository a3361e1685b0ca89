"""Each job of the clock is done once across processes, and whoever dies at it is followed by another."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

import scheduler
from bot.services import pulse, turns
from bot.services.desk import Desk
from bot.services.turns import Turn
from bot.store.database import Database
from bot.store.sealed import Seal
from bot.store.tables import leases
from tests import line
from tests.clock import Clock

MINUTE = timedelta(minutes=1)


@pytest.fixture
def desks(database: Database, seal: Seal) -> tuple[Desk, Desk]:
    """Two processes over one database."""
    return line.desk(database, seal, holder="one"), line.desk(database, seal, holder="other")


def test_of_two_processes_one_has_the_job_and_the_other_waits(desks: tuple[Desk, Desk], clock: Clock) -> None:
    one, other = desks
    assert turns.take(one, "plan", MINUTE, None, clock.now) is Turn.OURS
    assert turns.take(other, "plan", MINUTE, None, clock.now) is Turn.TAKEN
    assert turns.take(other, "retention", MINUTE, None, clock.now) is Turn.OURS
    turns.give(one, "plan")
    assert turns.take(other, "plan", MINUTE, None, clock.now) is Turn.OURS


def test_what_another_did_within_its_time_is_not_done_again(desks: tuple[Desk, Desk], clock: Clock) -> None:
    one, other = desks
    mine = clock.now
    clock.pass_(seconds=30)
    pulse.ticked(one, "plan", MINUTE, clock.now)
    clock.pass_(seconds=30)
    assert turns.take(other, "plan", MINUTE, mine, clock.now) is Turn.DONE
    assert turns.take(one, "plan", MINUTE, clock.now - timedelta(seconds=30), clock.now) is Turn.OURS


def test_when_the_one_that_did_it_ended_the_other_takes_over(desks: tuple[Desk, Desk], clock: Clock) -> None:
    one, other = desks
    mine = clock.now
    pulse.ticked(one, "plan", MINUTE, clock.pass_(seconds=5))
    assert turns.take(other, "plan", MINUTE, mine, clock.pass_(seconds=60)) is Turn.OURS


def test_everything_has_its_turn_at_the_start_of_a_process(desks: tuple[Desk, Desk], clock: Clock) -> None:
    pulse.ticked(desks[0], "plan", MINUTE, clock.now)
    assert turns.take(desks[1], "plan", MINUTE, None, clock.pass_(seconds=1)) is Turn.OURS


def test_a_process_that_died_at_its_job_is_followed_when_its_lease_ends(
    desks: tuple[Desk, Desk], clock: Clock
) -> None:
    one, other = desks
    turns.take(one, "plan", MINUTE, None, clock.now)
    clock.pass_(seconds=turns.LEASE.total_seconds() - 1)
    assert turns.take(other, "plan", MINUTE, None, clock.now) is Turn.TAKEN
    clock.pass_(seconds=1)
    assert turns.take(other, "plan", MINUTE, None, clock.now) is Turn.OURS
    assert not turns.keep(
        one, "plan"
    )  # it was only frozen: what it does now is done twice, which is harmless


def test_a_lease_that_is_renewed_is_kept(desks: tuple[Desk, Desk], clock: Clock) -> None:
    one, other = desks
    turns.take(one, "plan", MINUTE, None, clock.now)
    for _ in range(10):
        clock.pass_(seconds=turns.RENEW.total_seconds())
        assert turns.keep(one, "plan")
        assert turns.take(other, "plan", MINUTE, None, clock.now) is Turn.TAKEN


@pytest.fixture
def apps(database_url: str, seal: Seal) -> Iterator[tuple[Any, Any]]:
    """Two processes in real time, each with its own way to the database."""
    with ExitStack() as ends:
        made = []
        for holder in ("one", "other"):
            database = Database(database_url)
            ends.callback(database.close)
            desk = line.desk(database, seal, holder=holder)
            made.append(line.app(desk, lambda: datetime.now(UTC)))
        yield made[0], made[1]


class Work:
    """A job that counts its runs, and how many were at it at once."""

    def __init__(self, takes: float) -> None:
        self.takes, self.runs, self.inside, self.most = takes, 0, 0, 0

    async def __call__(self) -> None:
        self.runs += 1
        self.inside += 1
        self.most = max(self.most, self.inside)
        try:
            await asyncio.sleep(self.takes)
        finally:
            self.inside -= 1


async def test_two_clocks_over_one_database_do_a_job_as_often_as_one(apps: tuple[Any, Any]) -> None:
    """The second joins late; after its first turn it leaves the job to whoever has it."""
    work, every = Work(0.05), timedelta(seconds=2)
    clocks = [scheduler.build(app, frozenset(), (("mine", every, work),)) for app in apps]
    began = time.monotonic()
    for clock in clocks:
        clock.start()
        await asyncio.sleep(0.7)
    await asyncio.sleep(6.5)
    for clock in clocks:
        clock.shutdown(wait=False)
    await asyncio.sleep(0.2)
    most = (time.monotonic() - began) / every.total_seconds() + 3  # the start of each, and a moment's doubt
    assert 4 <= work.runs <= most
    assert work.most == 1


async def test_a_job_longer_than_its_lease_is_renewed_and_never_done_by_two(apps: tuple[Any, Any]) -> None:
    work = Work(turns.LEASE.total_seconds() + 3)
    clocks = [scheduler.build(app, frozenset(), (("mine", MINUTE, work),)) for app in apps]
    for clock in clocks:
        clock.start()
    await asyncio.sleep(work.takes + 1)
    for clock in clocks:
        clock.shutdown(wait=False)
    await asyncio.sleep(0.3)
    assert work.most == 1
    assert work.runs >= 1


async def test_a_clock_that_is_told_to_stop_lets_its_job_go(apps: tuple[Any, Any]) -> None:
    one, other = apps
    clock = scheduler.build(one, frozenset(), (("mine", MINUTE, Work(60)),))
    clock.start()
    await _until(lambda: _held(one))
    clock.shutdown(wait=False)
    await _until(lambda: not _held(one))
    assert turns.take(other.desk, "mine", MINUTE, None, other.clock()) is Turn.OURS


async def test_a_job_that_failed_lets_its_lease_go(apps: tuple[Any, Any]) -> None:
    async def work() -> None:
        raise RuntimeError("a fault of ours")

    clock = scheduler.build(apps[0], frozenset(), (("mine", MINUTE, work),))
    clock.start()
    await asyncio.sleep(0.5)
    await _until(lambda: not _held(apps[0]))
    clock.shutdown(wait=False)


def _held(app: Any) -> bool:
    found = app.desk.database.read(lambda conn: conn.execute(sa.select(leases.c.name)).scalars().all())
    return "job:mine" in found


async def _until(done: Any, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not await asyncio.to_thread(done):
        assert time.monotonic() < end, "it did not happen in time"
        await asyncio.sleep(0.05)
