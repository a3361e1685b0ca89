"""B6: a drain at the provider's own limit. The wire server counts each second and answers 429 above 30."""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
from multiprocessing.connection import Connection

from benchmarks import place
from benchmarks.harness import Measure, Result, Run, at_most, counted
from bot.channels.telegram.send import TelegramBot, TelegramChannel
from bot.domain.address import ChannelName
from bot.running.sending import send_due
from bot.services import plan
from bot.services.desk import Desk
from tests.wire.telegram_server import TOKEN, TelegramServer

LIMIT = 30  # messages a second, as Telegram's own pages say
SLOTS = 8  # as the product comes


def run(run: Run) -> list[Result]:
    """The rows of B6. One drain: what is counted is that none was refused."""
    messages = run.sized(2000, 240)
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    server = spawn.Process(target=_serve, args=(theirs,))
    server.start()
    theirs.close()
    clock = place.morning()
    desk = place.founded(f"sqlite:///{run.folder}/pace.db", clock, place.new_keys())
    place.settled(desk, clock(), ChannelName.TELEGRAM, messages)
    plan.plan(desk, clock())
    run.progress(f"{messages:,} messages at {LIMIT} a second")
    asyncio.run(_drained(desk, clock, ours.recv()))
    desk.database.close()
    ours.send("end")
    times, refused = ours.recv()
    server.join()
    if len(times) != messages:
        raise AssertionError(f"{len(times)} of {messages} arrived")
    taken, ideal = times[-1] - times[0], (messages - 1) / LIMIT
    over = (taken / ideal - 1) * 100
    note = f"{taken:.1f} s, at best {ideal:.1f} s: the pace is kept a little under the limit on purpose"
    what = f"{messages:,} messages at {LIMIT} a second, above the ideal"
    return [
        counted("B6", what, over, "%", at_most(3, " %"), at_most(1, " %"), note),
        counted("B6", "answers 429", refused, "", at_most(0, "")),
    ]


async def _drained(desk: Desk, clock: place.Morning, base_url: str) -> None:
    way = TelegramChannel(TelegramBot(TOKEN, base_url, slots=SLOTS))
    await way.open()
    try:
        app = place.app(desk, clock, way, slots=SLOTS)
        while await asyncio.to_thread(place.unsent, desk):  # more than once only after a 429
            await send_due(app, way.name, asyncio.Event())
    finally:
        await way.close()


def _serve(pipe: Connection) -> None:
    """The judge, in a process of its own."""
    with TelegramServer() as server:
        server.per_second = LIMIT
        gc.collect()
        gc.freeze()  # or the judge stands still for some 60 ms in the middle, and counts two seconds as one
        pipe.send(server.base_url)
        pipe.recv()
        asked = sum(call.method == "sendMessage" for call in server.calls)
        pipe.send(([said.at for said in server.sent], asked - len(server.sent)))


MEASURE = Measure(key="B6", title="drain at the limit", run=run)
