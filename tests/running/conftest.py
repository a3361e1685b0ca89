"""A line that runs in real time, against the wire servers."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from bot.channels.telegram.send import TelegramBot, TelegramChannel
from bot.channels.twilio.send import TwilioChannel
from bot.services.desk import Desk
from bot.store.database import Database
from bot.store.sealed import Seal
from tests import line
from tests.wire.telegram_server import TOKEN, TelegramServer
from tests.wire.twilio_server import ACCOUNT, AUTH_TOKEN, NUMBER, TwilioServer


@pytest.fixture
def ticking() -> Callable[[], datetime]:
    """A clock that starts on a Tuesday in February at 10:00 and runs."""
    began, since = datetime(2027, 2, 2, 10, 0, tzinfo=UTC), time.monotonic()
    return lambda: began + timedelta(seconds=time.monotonic() - since)


@pytest.fixture
def desk(database_url: str, seal: Seal, ticking: Callable[[], datetime]) -> Iterator[Desk]:
    """A desk whose database goes by the running clock."""
    database = Database(database_url, clock=ticking, kept=False)
    yield line.desk(database, seal)
    database.close()


@pytest.fixture
def real() -> Callable[[], datetime]:
    """Today's clock, which the wire server that plays Twilio goes by."""
    return lambda: datetime.now(UTC)


@pytest.fixture
def real_desk(database_url: str, seal: Seal) -> Iterator[Desk]:
    """A desk that goes by today's clock; what is bound to the day's hours may not go there."""
    database = Database(database_url, kept=False)
    yield line.desk(database, seal)
    database.close()


@pytest.fixture
def telegram_server() -> Iterator[TelegramServer]:
    with TelegramServer() as server:
        yield server


@pytest.fixture
def twilio_server() -> Iterator[TwilioServer]:
    with TwilioServer() as server:
        yield server


@pytest_asyncio.fixture
async def telegram(telegram_server: TelegramServer) -> AsyncIterator[TelegramChannel]:
    bot = TelegramBot(TOKEN, telegram_server.base_url, slots=8, timeout=1.0, connect_timeout=0.5)
    channel = TelegramChannel(bot)
    await channel.open()
    yield channel
    await channel.close()


@pytest_asyncio.fixture
async def twilio(twilio_server: TwilioServer) -> AsyncIterator[TwilioChannel]:
    channel = TwilioChannel(
        ACCOUNT, AUTH_TOKEN, NUMBER, base_url=twilio_server.url, slots=8, timeout=0.5, connect_timeout=0.5
    )
    await channel.open()
    yield channel
    await channel.close()
