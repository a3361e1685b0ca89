"""B7: what comes in. Signature, store, decide, reply queued, against the same framework with no database;
and how long a provider waits for its 200 while the day of everybody is being planned."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from urllib.parse import urlencode

import aiohttp
import sqlalchemy as sa

from benchmarks import place
from benchmarks.harness import (
    Measure,
    Result,
    Run,
    Spent,
    at_least,
    at_most,
    compared,
    counted,
    in_turn,
)
from benchmarks.inbound_host import PATH, PUBLIC, SECRET, Behind, Host
from bot.domain.address import ChannelName
from bot.store import tables
from tests.wire.twilio_server import ACCOUNT, NUMBER, sign

AT_ONCE = 16
A_SECOND = 50
TEXTS = ("sleep", "flu", "help", "she wont stop crying")

Letter = tuple[bytes, dict[str, str]]


def letters(numbers: Iterator[int], count: int) -> list[Letter]:
    """So many signed texts, each with its own id, each of somebody else."""
    return [_letter(next(numbers)) for _ in range(count)]


def _letter(number: int) -> Letter:
    sender = place.value_of(ChannelName.SMS, number)
    sid = f"SM{number:032x}"
    form = {
        "MessageSid": sid, "SmsSid": sid, "From": sender, "To": NUMBER,
        "Body": TEXTS[number % len(TEXTS)], "NumMedia": "0", "NumSegments": "1", "AccountSid": ACCOUNT,
        "FromCity": "", "FromCountry": "GB", "SmsStatus": "received", "ApiVersion": "2010-04-01",
    }  # fmt: skip
    headers = {
        "X-Twilio-Signature": sign(SECRET, PUBLIC + PATH, list(form.items())),
        "Content-Type": "application/x-www-form-urlencoded",
    }
    return urlencode(form).encode(), headers


async def hurried(url: str, waiting: Sequence[Letter]) -> None:
    """Post them all, sixteen at a time, as fast as they are taken."""
    left = iter(waiting)

    async def worker(session: aiohttp.ClientSession) -> None:
        for body, headers in left:
            await _post(session, url, body, headers)

    async with aiohttp.ClientSession() as session:
        await asyncio.gather(*(worker(session) for _ in range(AT_ONCE)))


async def paced(url: str, waiting: Sequence[Letter]) -> list[float]:
    """Post fifty a second, whatever becomes of the earlier ones; how long each took, the longest last."""
    began = time.perf_counter()
    async with aiohttp.ClientSession() as session:

        async def one(number: int, letter: Letter) -> float:
            due = began + number / A_SECOND
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            await _post(session, url, *letter)
            return time.perf_counter() - due

        return sorted(await asyncio.gather(*(one(*numbered) for numbered in enumerate(waiting))))


async def _post(session: aiohttp.ClientSession, url: str, body: bytes, headers: dict[str, str]) -> None:
    async with session.post(url, data=body, headers=headers) as answer:
        await answer.read()
        answer.raise_for_status()


def run(run: Run) -> list[Result]:
    """The rows of B7."""
    return [*rates(run, run.sized(1000, 200), run.rounds), *_latency(run)]


def rates(run: Run, texts: int, rounds: int) -> list[Result]:
    """How many a second one core takes in, so many texts at a time."""
    run = replace(run, rounds=rounds)
    behind = _house(run, texts * (rounds + 1))
    numbers = itertools.count()
    with Host(behind) as ours, Host(None) as bare:
        desk = place.desk(behind.url, behind.clock, behind.keys)

        def answered() -> Spent:
            return _hurried(ours, letters(numbers, texts), lambda: _answered(desk))

        answered()  # the shelf is read, the connections are there
        mine, plain = in_turn(
            run, answered, lambda: _hurried(bare, letters(itertools.count(), texts), lambda: None)
        )
        desk.database.close()
    note = f"on the wall {texts / mine.wall:,.0f} and {texts / plain.wall:,.0f} a second"
    return [
        compared("B7", "webhook: genuine, stored, decided, reply queued", texts / mine.cpu, texts / plain.cpu,
                 "requests/s", at_least(0.3), at_least(0.5), note),
        counted("B7", "webhooks a second on one core, SQLite", texts / mine.cpu, "requests/s",
                at_least(300, "")),
    ]  # fmt: skip


def _house(run: Run, people: int) -> Behind:
    url = f"sqlite:///{run.folder}/{len(list(run.folder.iterdir()))}.db"
    behind = Behind(url, place.morning(), place.new_keys())
    desk = place.founded(behind.url, behind.clock, behind.keys)
    run.progress(f"settling {people:,} families")
    place.settled(desk, behind.clock(), ChannelName.SMS, people)
    place.put_on_disk(desk)
    desk.database.close()
    return behind


def _hurried(host: Host, waiting: Sequence[Letter], done: object) -> Spent:
    assert callable(done)
    cpu, began = host.cpu(), time.perf_counter()
    asyncio.run(hurried(host.url, waiting))
    done()
    return Spent(host.cpu() - cpu, time.perf_counter() - began)


def _answered(desk: place.Desk) -> None:
    """Wait until every text that came has its reply in the outbox; then they are compared."""
    inbox, outbox = tables.inbox.c, tables.outbox.c
    stored = sa.select(sa.func.count()).where(inbox.state == "stored")
    while desk.database.read(lambda conn: conn.execute(stored).scalar_one()):
        time.sleep(0.02)
    texts, replies = (
        sa.select(sa.func.count(sa.distinct(one))) for one in (inbox.inbound_id, outbox.inbound_id)
    )
    counts = desk.database.read(lambda conn: [conn.execute(query).scalar_one() for query in (texts, replies)])
    if counts[0] != counts[1]:
        raise AssertionError(f"{counts[1]} of {counts[0]} texts have a reply")


def _latency(run: Run) -> list[Result]:
    people, texts = run.sized(1_000_000, 40_000), run.sized(A_SECOND * 60, A_SECOND * 3)
    behind = _house(run, people)
    with Host(behind) as ours:
        asyncio.run(paced(ours.url, letters(itertools.count(), A_SECOND)))
        ours.plan()
        run.progress(f"{A_SECOND} a second while the day of {people:,} families is planned")
        taken = asyncio.run(paced(ours.url, letters(itertools.count(A_SECOND), texts)))
        if not ours.planning():
            raise AssertionError("the plan ended before the last text came; more families are needed")
    p99 = taken[int(len(taken) * 0.99)] * 1000
    note = f"median {taken[len(taken) // 2] * 1000:.1f} ms, longest {taken[-1] * 1000:.1f} ms of {texts:,}"
    return [
        counted("B7", f"p99 at {A_SECOND} a second while {people:,} are planned", p99, "ms",
                at_most(100, " ms"), at_most(25, " ms"), note)
    ]  # fmt: skip


MEASURE = Measure(key="B7", title="inbound webhook", run=run)
