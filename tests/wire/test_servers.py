"""The servers that play the providers do what the providers do, so that tests against them mean something."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

import aiohttp
import pytest
from aiohttp import web
from twilio.request_validator import RequestValidator

from bot.channels.base import Outgoing
from bot.channels.telegram.send import TelegramBot, Updates
from bot.channels.twilio.send import TwilioChannel
from bot.domain.address import Address, ChannelName, telegram_chat
from bot.domain.outbox import Accepted, Later, Refused
from tests.wire.server import WireServer, hang
from tests.wire.telegram_server import TOKEN, TelegramServer
from tests.wire.twilio_server import ACCOUNT, AUTH_TOKEN, NUMBER, TwilioServer

PHONE = "+447700900001"
MESSAGE = Outgoing("1", Address(ChannelName.SMS, PHONE), "x", timedelta(hours=1))


class Door(WireServer):
    """An app's door: remembers what was posted, answers from a list of statuses, then 200."""

    def __init__(self) -> None:
        super().__init__()
        self.posted: list[tuple[str, dict[str, str], bytes]] = []
        self.statuses: list[int] = []
        self.reply = b""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        self.posted.append((request.path, dict(request.headers), await request.read()))
        status = self.statuses.pop(0) if self.statuses else 200
        return web.Response(status=status, body=self.reply)


@pytest.fixture
def door() -> Iterator[Door]:
    with Door() as server:
        yield server


@contextlib.asynccontextmanager
async def bot_of(server: TelegramServer) -> AsyncIterator[TelegramBot]:
    bot = TelegramBot(TOKEN, server.base_url)
    await bot.open()
    yield bot
    await bot.close()


# --- telegram --------------------------------------------------------------------------------------


async def test_sends_above_the_rate_meet_429():
    with TelegramServer() as server:
        server.per_second = 3
        async with bot_of(server) as bot:
            answers = [await bot.say(telegram_chat(n + 1), "x") for n in range(5)]
    assert [type(one) for one in answers] == [Accepted] * 3 + [Later] * 2
    assert len(server.sent) == 3


async def test_sends_above_the_rate_of_one_chat_meet_429():
    with TelegramServer() as server:
        server.per_chat_second = 1
        async with bot_of(server) as bot:
            answers = [await bot.say(telegram_chat(chat), "x") for chat in (1, 1, 2)]
    assert [type(one) for one in answers] == [Accepted, Later, Accepted]


async def test_a_blocked_bot_meets_403_until_it_is_unblocked():
    with TelegramServer() as server:
        async with bot_of(server) as bot:
            await asyncio.to_thread(server.block, 7)
            assert isinstance(await bot.say(telegram_chat(7), "x"), Refused)
            await asyncio.to_thread(server.unblock, 7)
            assert isinstance(await bot.say(telegram_chat(7), "x"), Accepted)


async def test_unblocking_sends_start_by_itself():
    with TelegramServer() as server:
        async with bot_of(server) as bot:
            await asyncio.to_thread(server.unblock, 7)
            got = await bot.get_updates(0, wait=0)
    assert [one.kind.value for one in got.read(datetime.now(UTC))] == ["unblock", "start"]


async def test_an_unknown_chat_and_an_overlong_text_meet_400():
    with TelegramServer() as server:
        server.unknown.add(7)
        async with bot_of(server) as bot:
            assert await bot.say(telegram_chat(7), "x") == Refused("unknown", suspend=True)
            assert await bot.say(telegram_chat(8), "x" * 4097) == Refused("too_long")
            assert await bot.say(telegram_chat(8), " ") == Refused("empty")


async def test_a_second_poller_ends_the_first():
    with TelegramServer() as server:
        async with bot_of(server) as bot:
            first = asyncio.create_task(bot.get_updates(0, wait=5))
            await asyncio.sleep(0.1)
            second = await bot.get_updates(0, wait=0)
            assert isinstance(await first, Later)
            assert isinstance(second, Updates)


def test_with_a_webhook_updates_are_posted_with_the_secret_until_they_are_taken(door):
    with TelegramServer() as server:
        server.webhook = {"url": f"{door.url}/webhooks/telegram", "secret_token": "s3cret"}
        door.statuses = [503, 500]
        made = server.text(7, "hello")
    assert [json.loads(body) for _, _, body in door.posted] == [made] * 3
    assert {headers["X-Telegram-Bot-Api-Secret-Token"] for _, headers, _ in door.posted} == {"s3cret"}


def test_what_a_webhook_replies_is_done(door):
    with TelegramServer() as server:
        server.webhook = {"url": door.url}
        door.reply = json.dumps({"method": "sendMessage", "chat_id": 7, "text": "hi"}).encode()
        server.text(7, "hello")
    assert [said.text for said in server.sent_to(7)] == ["hi"]


def test_a_server_comes_back_at_the_same_address_with_its_memory():
    with TelegramServer() as server:
        made, port = server.text(7, "hello"), server.port
        server.stop()
        server.start()
        assert (server.port, server.text(7, "again")["update_id"]) == (port, made["update_id"] + 1)


def test_a_hang_does_not_keep_a_server_from_stopping():
    with TelegramServer() as server:
        server.next(hang(60))
        url = f"{server.base_url}{TOKEN}/sendMessage"

        async def call() -> None:
            async with aiohttp.ClientSession() as session:
                with contextlib.suppress(aiohttp.ClientError):
                    await session.post(url, data={"chat_id": 1, "text": "x"})

        caller = threading.Thread(target=lambda: asyncio.run(call()))
        caller.start()
        server.wait_for(lambda: server.calls)
    caller.join(5)
    assert not caller.is_alive()


# --- twilio ----------------------------------------------------------------------------------------


@contextlib.asynccontextmanager
async def channel_of(server: TwilioServer) -> AsyncIterator[TwilioChannel]:
    channel = TwilioChannel(
        ACCOUNT, AUTH_TOKEN, NUMBER, base_url=server.url, status_url=lambda _: f"{server.public_url}/s/1"
    )
    await channel.open()
    yield channel
    await channel.close()


def genuine(door: Door, public_url: str, n: int) -> bool:
    path, headers, body = door.posted[n]
    form = dict(parse_qsl(body.decode(), keep_blank_values=True))
    return RequestValidator(AUTH_TOKEN).validate(public_url + path, form, headers["X-Twilio-Signature"])


def test_a_text_is_posted_signed_for_the_public_url_though_it_goes_elsewhere(door):
    with TwilioServer(public_url="https://think.example", reach=door.url) as server:
        assert server.text(PHONE, "Sleep") == (200, "")
    assert door.posted[0][0] == "/webhooks/twilio/inbound"
    assert genuine(door, "https://think.example", 0)


async def test_receipts_come_by_themselves_in_any_order_and_again_when_asked(door):
    with TwilioServer(public_url="https://think.example", reach=door.url) as server:
        server.receipts = ("delivered", "sent", "sent")
        async with channel_of(server) as channel:
            await channel.send(MESSAGE)
            await asyncio.to_thread(server.wait_for, lambda: len(door.posted) == 3)
        await asyncio.to_thread(server.receipt, server.sent[0], "undelivered", 30003)
    said = [dict(parse_qsl(body.decode())) for _, _, body in door.posted]
    assert [one["MessageStatus"] for one in said] == ["delivered", "sent", "sent", "undelivered"]
    assert said[-1]["ErrorCode"] == "30003"
    assert all(genuine(door, "https://think.example", n) for n in range(4))


async def test_an_account_with_its_own_keywords_refuses_after_stop_until_start(door):
    with TwilioServer(public_url=door.url, opts_out=True) as server:
        async with channel_of(server) as channel:
            await asyncio.to_thread(server.text, PHONE, "Stop")
            assert await channel.send(MESSAGE) == Refused("opted_out", suspend=True, stop=True)
            await asyncio.to_thread(server.text, PHONE, "START")
            assert isinstance(await channel.send(MESSAGE), Accepted)
    said = [dict(parse_qsl(body.decode())) for _, _, body in door.posted]
    assert [one["OptOutType"] for one in said] == ["STOP", "START"]


def test_a_text_not_brought_is_only_listed(door):
    with TwilioServer(public_url=door.url) as server:
        assert server.text(PHONE, "missed", brought=False) == (0, "")
        assert door.posted == []
        assert server.bring(server.received[0]) == (200, "")
    assert len(door.posted) == 1
