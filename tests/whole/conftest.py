"""A trial at a real database, with the servers that play Telegram and Twilio, and a way to look into it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.store.database import Database
from bot.store.sealed import Seal, new_key, parse_keys
from tests.whole.house import CODE, House
from tests.whole.started import Started
from tests.whole.warm import Warm
from tests.wire.telegram_server import TOKEN, TelegramServer
from tests.wire.twilio_server import ACCOUNT, AUTH_TOKEN, NUMBER, TwilioServer


@pytest.fixture(scope="session", autouse=True)
def warm() -> Iterator[None]:
    """Processes are started warm, unless a test wants one cold."""
    with Warm() as Started.warm:
        yield
    Started.warm = None


@pytest.fixture
def telegram() -> Iterator[TelegramServer]:
    with TelegramServer() as server:
        yield server


@pytest.fixture
def twilio() -> Iterator[TwilioServer]:
    with TwilioServer(public_url="https://bot.example.org") as server:
        yield server


@pytest.fixture
def house(database_url: str, tmp_path: Path, telegram: TelegramServer) -> Iterator[House]:
    """A trial that talks with Telegram by polling."""
    key = new_key("t1")
    settings = {
        "THINKFAMILY_MODE": "trial",
        "THINKFAMILY_DATABASE_URL": database_url,
        "THINKFAMILY_KEYS": key,
        "THINKFAMILY_PORT": "0",
        "THINKFAMILY_GUEST_CODE": CODE,
        "TELEGRAM_BOT_TOKEN": TOKEN,
        "TELEGRAM_API_BASE_URL": telegram.base_url,
    }
    database = Database(database_url)
    yield House(tmp_path, settings, database, Seal(parse_keys(key)))
    database.close()


@pytest.fixture
def with_twilio(twilio: TwilioServer) -> dict[str, str]:
    """The settings of an account at the server that plays Twilio."""
    return {
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
        "TWILIO_FROM": NUMBER,
        "TWILIO_API_BASE_URL": twilio.url,
        "TWILIO_PARTS_PER_SECOND": "50",
        "THINKFAMILY_PUBLIC_URL": twilio.public_url,
    }
