"""Both channels, open, against the wire servers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import datetime

import pytest
import pytest_asyncio

from bot.channels.telegram.send import TelegramBot, TelegramChannel
from bot.channels.twilio.send import TwilioChannel
from tests.channels.moments import NOW
from tests.wire.telegram_server import TOKEN, TelegramServer
from tests.wire.twilio_server import ACCOUNT, AUTH_TOKEN, NUMBER, TwilioServer


@pytest.fixture
def telegram_server() -> Iterator[TelegramServer]:
    with TelegramServer() as server:
        yield server


@pytest_asyncio.fixture
async def telegram(telegram_server: TelegramServer) -> AsyncIterator[TelegramChannel]:
    channel = TelegramChannel(
        TelegramBot(TOKEN, telegram_server.base_url, slots=4, timeout=0.3, connect_timeout=0.2)
    )
    await channel.open()
    yield channel
    await channel.close()


@pytest.fixture
def twilio_server() -> Iterator[TwilioServer]:
    with TwilioServer() as server:
        yield server


@pytest_asyncio.fixture
async def twilio(twilio_server: TwilioServer) -> AsyncIterator[TwilioChannel]:
    channel = TwilioChannel(
        ACCOUNT,
        AUTH_TOKEN,
        NUMBER,
        base_url=twilio_server.url,
        status_url=lambda public_id: f"https://think.example/webhooks/twilio/status/{public_id}",
        slots=4,
        timeout=0.3,
        connect_timeout=0.2,
    )
    await channel.open()
    yield channel
    await channel.close()


@pytest.fixture
def now() -> datetime:
    return NOW
