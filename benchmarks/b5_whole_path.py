"""B5: the whole path over a real socket with the real SDKs, against a bare aiohttp client.

Plan, claim, render, send, record, with the pace off; both sides send the same words to the same people of
the same provider, at the same concurrency. Every message must have arrived once, or there is no figure.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from benchmarks import place
from benchmarks.baselines import clients
from benchmarks.baselines.clients import Message
from benchmarks.baselines.provider import ACCOUNT, NUMBER, SECRET, TOKEN, Provider
from benchmarks.harness import (
    Bound,
    Measure,
    Result,
    Run,
    Spent,
    at_least,
    compared,
    in_turn,
    spending,
    spent_by,
)
from bot import process
from bot.channels.base import Channel, Outgoing
from bot.channels.telegram.send import TelegramBot, TelegramChannel
from bot.channels.twilio.send import TwilioChannel
from bot.domain.address import Address, ChannelName
from bot.domain.outbox import Accepted, Answer
from bot.running.sending import send_forever
from bot.services import plan
from bot.services.desk import Desk
from bot.services.dispatch import UNPACED

AT_ONCE = 30
SDKS_AT_ONCE = (1, 8, 30)
"""Both SDKs' own transports slow down as more go at once; their best is taken."""

_CALLBACK = "https://think.example/webhooks/twilio/status/"
_WORDS = (
    "From 24 weeks your baby moves in a pattern of its own. If that changes, or the movements slow down, "
    "call maternity triage at once, day or night. Text STOP to end."
)


@dataclass(frozen=True)
class Drained:
    """What one run used: to plan the day, and to send it."""

    planned: Spent
    sent: Spent

    @property
    def whole(self) -> Spent:
        return Spent(self.planned.cpu + self.sent.cpu, self.planned.wall + self.sent.wall)


def drained(run: Run, provider: Provider, name: ChannelName, messages: int, slots: int = AT_ONCE) -> Drained:
    """One day of so many messages, from the plan to the last record, on a database of its own."""
    clock = place.morning()
    desk = place.founded(fresh(run.folder), clock, place.new_keys())
    place.settled(desk, clock(), name, messages)
    planned = spent_by(lambda: plan.plan(desk, clock()))
    sent = asyncio.run(_sent(desk, clock, channel(provider, name, slots), messages, slots))
    if left := place.unsent(desk):
        raise AssertionError(f"{left} messages were not recorded as sent")
    desk.database.close()
    provider.arrived(messages)
    return Drained(planned, sent)


async def _sent(desk: Desk, clock: place.Morning, way: Channel, messages: int, slots: int) -> Spent:
    """What it takes until every message is sent and recorded."""
    stop, answers = asyncio.Event(), itertools.count(1)

    def heard(_answer: Answer) -> None:
        if next(answers) == messages:
            stop.set()

    await way.open()
    try:
        with spending() as spent:
            app = place.app(desk, clock, way, slots=slots)
            await send_forever(app, way.name, stop, rate=UNPACED, heard=heard)
    finally:
        await way.close()
    return spent()


def channel(provider: Provider, name: ChannelName, slots: int) -> Channel:
    """The product's own way out, to this provider."""
    if name is ChannelName.TELEGRAM:
        return TelegramChannel(TelegramBot(TOKEN, provider.bot_url, slots=slots))
    return TwilioChannel(
        ACCOUNT, SECRET, NUMBER, base_url=provider.url, status_url=lambda public_id: _CALLBACK + public_id,
        slots=slots,
    )  # fmt: skip


def fresh(folder: Path) -> str:
    """The URL of an SQLite file that is not there yet."""
    return f"sqlite:///{folder}/{len(list(folder.iterdir()))}.db"


def posts(name: ChannelName, messages: int) -> Sequence[Message]:
    """What the clients that do nothing else send: as many, to the same people, about as long."""
    return [(place.value_of(name, number), _WORDS) for number in range(messages)]


def _bare(provider: Provider, name: ChannelName, messages: int) -> Spent:
    """Like the others that are compared with ours, it pays for no object that the product holds here."""
    process.settle_memory()
    spent = asyncio.run(clients.bare(provider, name, posts(name, messages), AT_ONCE))
    provider.arrived(messages)
    return spent


def calls_alone(provider: Provider, name: ChannelName, messages: int) -> Spent:
    """The channel as it is, with nothing before it and nothing after it."""
    spent = asyncio.run(_called(channel(provider, name, AT_ONCE), posts(name, messages)))
    provider.arrived(messages)
    return spent


async def _called(way: Channel, messages: Sequence[Message]) -> Spent:
    leaving = iter(
        [Outgoing("0" * 32, Address(way.name, to), words, timedelta(hours=8)) for to, words in messages]
    )

    async def caller() -> None:
        for one in leaving:
            answer = await way.send(one)
            if not isinstance(answer, Accepted):
                raise AssertionError(f"a call was answered with {type(answer).__name__}")

    await way.open()
    try:
        with spending() as spent:
            await asyncio.gather(*(caller() for _ in range(AT_ONCE)))
    finally:
        await way.close()
    return spent()


def _ptb(provider: Provider, messages: int, at_once: int) -> Spent:
    process.settle_memory()
    spent = asyncio.run(clients.ptb(provider, posts(ChannelName.TELEGRAM, messages), at_once))
    provider.arrived(messages)
    return spent


def _twilio(provider: Provider, messages: int, at_once: int) -> Spent:
    process.settle_memory()
    spent = clients.twilio(provider, posts(ChannelName.SMS, messages), at_once)
    provider.arrived(messages)
    return spent


def run(run: Run) -> list[Result]:
    """The rows of B5."""
    with Provider() as provider:
        return [
            *_channel(run, provider, ChannelName.TELEGRAM, at_least(0.6)),
            *_channel(run, provider, ChannelName.SMS, at_least(0.7)),
        ]


def _channel(run: Run, provider: Provider, name: ChannelName, aim: Bound) -> list[Result]:
    """The whole path of one channel, the path without its plan, and the calls alone; taken in turn with the
    bare client, and with the SDK as it comes at each concurrency."""
    messages, few = run.sized(3000, 600), run.sized(600, 150)
    telegram = name is ChannelName.TELEGRAM
    sdk = _ptb if telegram else _twilio
    days: list[Drained] = []

    def ours() -> Spent:
        days.append(drained(run, provider, name, messages))
        return days[-1].whole

    whole, sent, called, plain, *as_they_come = in_turn(
        run,
        ours,
        lambda: days[-1].sent,
        lambda: calls_alone(provider, name, messages),
        lambda: _bare(provider, name, messages),
        *[lambda count=count: sdk(provider, few, count) for count in SDKS_AT_ONCE],
    )
    said = "Telegram" if telegram else "SMS"
    each = messages / whole.cpu
    bare = messages / plain.cpu
    best = max(few / spent.cpu for spent in as_they_come)
    walls = f"on the wall {messages / whole.wall:,.0f} and {messages / plain.wall:,.0f} a second"
    against = "PTB's own transport" if telegram else "twilio's own client"
    unit = "messages/s"
    return [
        compared("B5", f"{said}, plan to record, a core", each, bare, unit, at_least(0.5), aim, walls),
        compared("B5", f"{said}, claim to record, a core", messages / sent.cpu, bare, unit),
        compared("B5", f"{said}, the calls alone, a core", messages / called.cpu, bare, unit),
        compared("B5", f"{said}, against {against}", each, best, unit, at_least(4) if telegram else None),
    ]


MEASURE = Measure(key="B5", title="whole path", run=run)
