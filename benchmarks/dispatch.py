"""Dispatch, the whole path: claim, render, send over real HTTP through the SDK, record; on SQLite.

    python -m benchmarks.dispatch [MESSAGES] [SLOTS]

The server that plays Telegram runs in a process of its own. Prints messages a second by the wall and by
the CPU of this process, which is the figure that stays the same from run to run.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import resource
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path

import sqlalchemy as sa

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
from tests.wire.telegram_server import TOKEN, TelegramServer

RUNS = 5
MORNING = datetime(2027, 2, 2, 10, 0, tzinfo=UTC) - timedelta(seconds=time.monotonic())


def serve(pipe: Connection) -> None:
    """The other process: the server, until told to end."""
    with TelegramServer() as server:
        pipe.send(server.base_url)
        pipe.recv()
        pipe.send(len(server.sent))


def clock() -> datetime:
    """A morning in February, running."""
    return MORNING + timedelta(seconds=time.monotonic())


def filled(folder: Path, messages: int) -> Desk:
    """A database with so many messages due now, each to somebody else."""
    database = Database(f"sqlite:///{folder}/benchmark.db", clock=clock)
    schema.upgrade(database)
    desk = line.desk(database, Seal(parse_keys(new_key())))

    now = clock()

    def fill(conn: sa.Connection) -> None:
        for number in range(messages):
            who = rows.someone(conn, desk.seal, now, number, channel=ChannelName.TELEGRAM)
            rows.row(conn, who, now)

    database.write(fill)
    return desk


async def drained(desk: Desk, base_url: str, messages: int, slots: int) -> tuple[float, float]:
    """(wall, CPU) seconds until everything is sent."""
    channel = TelegramChannel(TelegramBot(TOKEN, base_url, slots=slots))
    await channel.open()
    app = line.app(desk, clock, channel, slots=slots)
    stop = asyncio.Event()
    began, cpu = time.perf_counter(), cpu_seconds()
    sending = asyncio.create_task(send_forever(app, ChannelName.TELEGRAM, stop, rate=UNPACED))
    unsent = sa.select(sa.func.count()).where(outbox.c.state != "sent")
    while desk.database.read(lambda conn: conn.execute(unsent).scalar_one()):  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    taken = time.perf_counter() - began, cpu_seconds() - cpu
    stop.set()
    await sending
    await channel.close()
    return taken


def cpu_seconds() -> float:
    """What this process used, all threads."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def run(messages: int, slots: int) -> tuple[float, float]:
    """(wall, CPU) seconds of one run against a fresh server and a fresh database."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    server = spawn.Process(target=serve, args=(theirs,))
    server.start()
    with tempfile.TemporaryDirectory() as folder:
        desk = filled(Path(folder), messages)
        taken = asyncio.run(drained(desk, ours.recv(), messages, slots))
        desk.database.close()
    ours.send("end")
    arrived = ours.recv()
    server.join()
    if arrived != messages:
        raise SystemExit(f"{arrived} arrived of {messages}")
    return taken


def main(messages: int = 2000, slots: int = 8) -> None:
    """Runs it several times and prints the medians."""
    taken = [run(messages, slots) for _ in range(RUNS)]
    wall, cpu = (sorted(seconds)[RUNS // 2] for seconds in zip(*taken, strict=True))
    print(  # noqa: T201
        f"{messages} messages, {slots} slots, median of {RUNS}: {messages / wall:,.0f}/s by the wall, "
        f"{messages / cpu:,.0f}/s on one core"
    )


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:3]))
