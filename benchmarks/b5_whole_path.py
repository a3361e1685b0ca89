"""B5: the whole path over a real socket, against a bare aiohttp client at the same concurrency."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import sqlalchemy as sa

from benchmarks.baselines.provider import TOKEN, Provider
from benchmarks.harness import Measure, Result, Run, Spent, at_least, compared, in_turn, spending
from bot.channels.telegram.send import TelegramBot, TelegramChannel
from bot.domain.address import ChannelName
from bot.running.sending import send_forever
from bot.services.desk import Desk
from bot.services.dispatch import UNPACED
from bot.store import schema
from bot.store.database import Database
from bot.store.sealed import Seal, new_key, parse_keys
from bot.store.tables import outbox
from tests import line, rows

SLOTS = 30
MORNING = datetime(2027, 2, 2, 10, 0, tzinfo=UTC) - timedelta(seconds=time.monotonic())


def clock() -> datetime:
    """A morning in February, running."""
    return MORNING + timedelta(seconds=time.monotonic())


def filled(folder: Path, messages: int) -> Desk:
    """A database with so many messages due now, each to somebody else."""
    database = Database(f"sqlite:///{folder}/{time.monotonic_ns()}.db", clock=clock)
    schema.upgrade(database)
    desk = line.desk(database, Seal(parse_keys(new_key())))
    now = clock()

    def fill(conn: sa.Connection) -> None:
        for number in range(messages):
            who = rows.someone(conn, desk.seal, now, number, channel=ChannelName.TELEGRAM)
            rows.row(conn, who, now)

    database.write(fill)
    return desk


async def drained(desk: Desk, provider: Provider, messages: int) -> Spent:
    """What it took until everything is sent."""
    channel = TelegramChannel(TelegramBot(TOKEN, provider.bot_url, slots=SLOTS))
    await channel.open()
    app = line.app(desk, clock, channel, slots=SLOTS)
    stop = asyncio.Event()
    unsent = sa.select(sa.func.count()).where(outbox.c.state != "sent")
    with spending() as spent:
        sending = asyncio.create_task(send_forever(app, ChannelName.TELEGRAM, stop, rate=UNPACED))
        while desk.database.read(lambda conn: conn.execute(unsent).scalar_one()):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    stop.set()
    await sending
    await channel.close()
    return spent()


async def bare(provider: Provider, messages: int) -> Spent:
    """A bare aiohttp client: so many posts, so many at a time."""
    numbers = iter(range(messages))
    url = f"{provider.bot_url}{TOKEN}/sendMessage"

    async def worker(session: aiohttp.ClientSession) -> None:
        for number in numbers:
            fields = {"chat_id": 1000 + number, "text": "Flu jab: ask your midwife."}
            async with session.post(url, data=fields) as answer:
                await answer.json()

    with spending() as spent:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=SLOTS)) as session:
            await asyncio.gather(*(worker(session) for _ in range(SLOTS)))
    return spent()


def run(run: Run) -> list[Result]:
    """The rows of B5."""
    messages = run.sized(2000, 500)

    def ours() -> Spent:
        desk = filled(run.folder, messages)
        spent = asyncio.run(drained(desk, provider, messages))
        desk.database.close()
        check(provider, messages)
        return spent

    def theirs() -> Spent:
        spent = asyncio.run(bare(provider, messages))
        check(provider, messages)
        return spent

    with Provider() as provider:
        mine, aiohttp_ = in_turn(run, ours, theirs)
    return [
        compared("B5", "Telegram, claim to record, CPU", messages / mine.cpu, messages / aiohttp_.cpu,
                 "messages/s", at_least(0.5), at_least(0.6))
    ]  # fmt: skip


def check(provider: Provider, messages: int) -> None:
    """Each was written to exactly once."""
    taken = provider.taken()
    if len(taken) != messages or set(taken.values()) != {1}:
        raise AssertionError(f"{len(taken)} of {messages} were reached, {sum(taken.values())} times")


MEASURE = Measure(key="B5", title="whole path", run=run)
