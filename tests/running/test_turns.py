"""A busy line records and claims in one go; whatever goes wrong with one of the two keeps nobody else."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.channels.base import Outgoing
from bot.domain.address import Address, ChannelName
from bot.domain.outbox import Accepted, Answer
from bot.running.sending import send_forever
from bot.services.desk import Desk
from bot.services.dispatch import Pace
from bot.store.database import Database
from bot.store.tables import addresses, outbox
from bot.store.writer import Priority
from tests import line

TELEGRAM = ChannelName.TELEGRAM
FAST = Pace(1000.0, chat_seconds=0.0)


class _Provider:
    """Takes everything after a moment; what it answers of one chat nobody can write down."""

    name = TELEGRAM

    def __init__(self, unwritable: str = "") -> None:
        self.took: list[str] = []
        self._unwritable = unwritable

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def look_up(self, to: Address, since: datetime) -> None: ...

    async def send(self, message: Outgoing) -> Answer:
        await asyncio.sleep(0.005)
        self.took.append(message.address.value)
        nobody_reads_it: Any = object()
        return Accepted(nobody_reads_it if message.address.value == self._unwritable else message.public_id)


class _Counted:
    """The real database, whose transactions of the line are counted."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.names: list[str] = []

    def write(self, work: Any, priority: Priority = Priority.STAFF) -> Any:
        self.names.append(work.__qualname__.partition(".")[0])
        return self._database.write(work, priority)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)


def _states(desk: Desk) -> dict[str, int]:
    query = sa.select(outbox.c.state, sa.func.count().label("number")).group_by(outbox.c.state)
    return {row.state: row.number for row in desk.database.read(lambda c: c.execute(query).all())}


async def _sent(desk: Desk, clock: Callable[[], datetime], provider: _Provider, sent: int) -> None:
    """The line runs until so many are recorded as sent, then ends."""
    stop = asyncio.Event()
    app = line.app(desk, clock, provider)
    task = asyncio.create_task(send_forever(app, TELEGRAM, stop, rate=FAST))
    end = time.monotonic() + 30
    while _states(desk).get("sent", 0) < sent:
        assert time.monotonic() < end, "it did not happen in time"
        await asyncio.sleep(0.02)
    stop.set()
    await asyncio.wait_for(task, 30)


async def test_a_busy_line_records_with_its_claims(desk: Desk, ticking: Callable[[], datetime]) -> None:
    for number in range(80):
        line.queue(desk, ticking(), number, TELEGRAM)
    counted, provider = _Counted(desk.database), _Provider()
    await _sent(line.desk(counted, desk.seal), ticking, provider, 80)  # type: ignore[arg-type]
    assert len(provider.took) == len(set(provider.took)) == 80
    assert counted.names.count("turn") >= 5  # 80 messages, 8 slots
    assert counted.names.count("record") < counted.names.count("turn")


async def test_an_answer_that_cannot_be_recorded_keeps_neither_the_others_nor_the_next(
    desk: Desk, ticking: Callable[[], datetime]
) -> None:
    rows = [line.queue(desk, ticking(), number, TELEGRAM) for number in range(20)]
    provider = _Provider(unwritable=_chat_of(desk, rows[0]))
    await _sent(desk, ticking, provider, 19)
    assert len(provider.took) == len(set(provider.took)) == 20
    assert _states(desk) == {"sent": 19, "uncertain": 1}
    assert line.state(desk, rows[0]) == "uncertain"


def _chat_of(desk: Desk, row: int) -> str:
    query = (sa.select(addresses.c.sealed).join(outbox, outbox.c.address_id == addresses.c.address_id)).where(
        outbox.c.outbox_id == row
    )
    sealed = desk.database.read(lambda conn: conn.execute(query).scalar_one())
    return desk.seal.open("addresses.value", sealed)
