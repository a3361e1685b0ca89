"""Clients that send and do nothing else: aiohttp bare, and each SDK as it comes out of its box."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import aiohttp
import telegram
from twilio.rest import Client  # type: ignore[import-untyped]

from benchmarks.baselines.provider import ACCOUNT, NUMBER, SECRET, TOKEN, Provider
from benchmarks.harness import Spent, spending
from bot.domain.address import ChannelName

Message = tuple[str, str]
"""To whom, and the words."""

_STATUS = "https://think.example/webhooks/twilio/status/" + "0" * 32


async def bare(provider: Provider, channel: ChannelName, messages: Sequence[Message], at_once: int) -> Spent:
    """aiohttp alone: a form posted, the JSON answer read, so many at once over as many kept connections."""
    sms = channel is ChannelName.SMS
    account = f"{provider.url}/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    url = account if sms else f"{provider.bot_url}{TOKEN}/sendMessage"
    fields = _text if sms else _message
    headers = {"Authorization": aiohttp.encode_basic_auth(ACCOUNT, SECRET)} if sms else {}
    places = aiohttp.TCPConnector(limit=at_once)
    async with aiohttp.ClientSession(connector=places, headers=headers) as session:

        async def send(to: str, words: str) -> None:
            async with session.post(url, data=fields(to, words)) as answer:
                answer.raise_for_status()
                await answer.json()

        return await _all(messages, at_once, send)


def _message(to: str, words: str) -> dict[str, str]:
    return {"chat_id": to, "text": words, "link_preview_options": '{"is_disabled": true}'}


def _text(to: str, words: str) -> dict[str, str]:
    """What ours posts too."""
    return {
        "To": to, "From": NUMBER, "Body": words, "StatusCallback": _STATUS, "ValidityPeriod": "36000",
    }  # fmt: skip


async def ptb(provider: Provider, messages: Sequence[Message], at_once: int) -> Spent:
    """python-telegram-bot with its own transport (httpx), so many at once."""
    logging.getLogger("httpx").setLevel(logging.WARNING)
    async with telegram.Bot(TOKEN, base_url=provider.bot_url) as bot:

        async def send(to: str, words: str) -> None:
            await bot.send_message(chat_id=int(to), text=words)

        return await _all(messages, at_once, send)


def twilio(provider: Provider, messages: Sequence[Message], at_once: int) -> Spent:
    """twilio's Client as it comes (requests), in so many threads, each with a client of its own."""
    logging.getLogger("twilio").setLevel(logging.WARNING)
    waiting, lock = iter(messages), threading.Lock()

    def worker() -> None:
        client = Client(ACCOUNT, SECRET)
        client.api.base_url = provider.url
        while True:
            with lock:
                one = next(waiting, None)
            if one is None:
                return
            client.messages.create(
                to=one[0], from_=NUMBER, body=one[1], status_callback=_STATUS, validity_period=36000
            )

    with spending() as spent, ThreadPoolExecutor(at_once) as threads:
        for ended in [threads.submit(worker) for _ in range(at_once)]:
            ended.result()
    return spent()


async def _all(
    messages: Sequence[Message], at_once: int, send: Callable[[str, str], Awaitable[None]]
) -> Spent:
    """So many workers, each taking the next message."""

    async def worker(waiting: Iterator[Message]) -> None:
        for to, words in waiting:
            await send(to, words)

    waiting = iter(messages)
    with spending() as spent:
        await asyncio.gather(*(worker(waiting) for _ in range(at_once)))
    return spent()
