"""Dispatchers in processes of their own, at one database: what a second host would be."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Self

from benchmarks import place
from benchmarks.baselines.provider import TOKEN
from benchmarks.harness import Spent, spending
from bot import logs, process
from bot.channels.telegram.send import TelegramBot, TelegramChannel
from bot.domain.address import ChannelName
from bot.domain.outbox import Accepted
from bot.running.sending import send_forever
from bot.services import dispatch
from bot.services.desk import Desk
from bot.services.dispatch import UNPACED, Pace

TELEGRAM = ChannelName.TELEGRAM


@dataclass(frozen=True)
class Work:
    """One dispatcher's work. `bot_url` None: it claims and records, and calls nobody."""

    url: str
    clock: place.Morning
    keys: str
    holder: str
    bot_url: str | None
    slots: int


class Dispatchers:
    """`with Dispatchers(works) as them:` they are ready, and stay; as many work as are asked to."""

    def __init__(self, works: Sequence[Work]) -> None:
        self._works = works

    def __enter__(self) -> Self:
        spawn = multiprocessing.get_context("spawn")
        self._pipes, self._processes = [], []
        for work in self._works:
            ours, theirs = spawn.Pipe()
            child = spawn.Process(target=_live, args=(theirs, work))
            child.start()
            theirs.close()
            self._pipes.append(ours)
            self._processes.append(child)
        for pipe in self._pipes:
            pipe.recv()
        return self

    def __exit__(self, *_error: object) -> None:
        for pipe in self._pipes:
            pipe.close()
        for child in self._processes:
            child.join()

    def go(self, number: int, rate: Pace = UNPACED) -> None:
        """So many begin, all together, at this pace."""
        for pipe in self._pipes[:number]:
            pipe.send(rate)

    def stop(self, number: int) -> list[tuple[int, Spent]]:
        """They end; how many messages each sent, and what it used."""
        for pipe in self._pipes[:number]:
            pipe.send("stop")
        return self.ended(number)

    def ended(self, number: int) -> list[tuple[int, Spent]]:
        """Wait until those who only claim and record found nothing more."""
        return [pipe.recv() for pipe in self._pipes[:number]]


def _live(pipe: Connection, work: Work) -> None:
    logs.configure("WARNING")
    desk = place.desk(work.url, work.clock, work.keys, work.holder)
    dispatch.left(desk, TELEGRAM, work.clock())  # the shelf is read
    process.settle_memory()
    pipe.send("ready")
    with contextlib.suppress(EOFError):
        while True:
            rate = pipe.recv()
            if work.bot_url is None:
                pipe.send(_alone(desk, work, rate))
            else:
                pipe.send(asyncio.run(_calling(pipe, desk, work, work.bot_url, rate)))
    desk.database.close()


def _alone(desk: Desk, work: Work, rate: Pace) -> tuple[int, Spent]:
    """Claim and record, turn by turn, until nothing is due; the provider's answer is taken as given."""
    done = 0
    with spending() as spent:
        jobs = dispatch.claim(desk, TELEGRAM, work.slots, work.clock(), rate)
        while jobs:
            began = work.clock()
            answers = [(job.outbox_id, Accepted(f"{job.outbox_id}"), began) for job in jobs]
            done += len(jobs)
            jobs = dispatch.turn(desk, TELEGRAM, answers, work.slots, work.clock(), rate)
    return done, spent()


async def _calling(pipe: Connection, desk: Desk, work: Work, bot_url: str, rate: Pace) -> tuple[int, Spent]:
    """The line as it is, until told to end."""
    way = TelegramChannel(TelegramBot(TOKEN, bot_url, slots=work.slots))
    stop, count = asyncio.Event(), [0]

    def heard(_answer: object) -> None:
        count[0] += 1

    await way.open()
    with spending() as spent:
        app = place.app(desk, work.clock, way, slots=work.slots)
        line = asyncio.create_task(send_forever(app, TELEGRAM, stop, rate=rate, heard=heard))
        await asyncio.to_thread(pipe.recv)
        stop.set()
        await line
    await way.close()
    return count[0], spent()


def until(done: Callable[[], bool], seconds: float) -> None:
    """Look every 50 ms; raise when it does not come about in time."""
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            raise TimeoutError("it did not come about in time")
        time.sleep(0.05)
