"""One life of a process: the App as it is built, wrapped from outside, and run until it is told to stop."""

from __future__ import annotations

import asyncio
import os
import resource
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

import apscheduler.executors.base
import apscheduler.schedulers.base
import apscheduler.triggers.interval

import scheduler
from bot import logs, process
from bot.bootstrap import STATUS_PATH, App
from bot.channels.base import Channel
from bot.channels.telegram.read import TelegramReader
from bot.channels.telegram.send import TelegramBot, TelegramChannel
from bot.channels.twilio.read import TwilioReader
from bot.channels.twilio.send import TwilioChannel
from bot.domain.address import ChannelName
from bot.store import keyring, schema
from tests.chaos.dial import Apart, Dial
from tests.chaos.moments import Moments, SteppedChannel, SteppedDatabase
from tests.wire.telegram_server import TOKEN
from tests.wire.twilio_server import ACCOUNT, AUTH_TOKEN, NUMBER

PUBLIC = "https://bot.example.org"
SLOTS = 4  # calls under way at once, a channel
_TIMEOUT = 1.5  # seconds; a provider that hangs is not waited for as long as in earnest


@dataclass(frozen=True)
class Life:
    """What a process is to be. `name` is that of its files; `largest` how large a file it may write."""

    name: str
    folder: str
    url: str
    telegram: str
    twilio: str
    parts: tuple[str, ...]
    die: tuple[str, int] | None = None
    apart: float = 0.0  # seconds its clock is ahead of the database's
    largest: int | None = None
    webhook_secret: str | None = None

    def path(self, ending: str) -> Path:
        """One of its files."""
        return Path(self.folder) / f"{self.name}.{ending}"


def live(app: App, life: Life) -> None:
    """Be this process: the same loops, doors and clock that `thinkfamily run` has."""
    logs.configure("INFO")
    dial = Dial(Path(life.folder) / "dial")
    _machine_says(Apart(dial, life.apart))
    if life.largest is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (life.largest, resource.RLIM_INFINITY))
    ours = _wrapped(app, life, dial)
    desk = ours.desk
    schema.require_current(desk.database)
    desk.database.write(lambda conn: schema.mark(conn, "real"))
    desk.database.write(lambda conn: keyring.recognise(conn, desk.seal))
    with process.door(ours) as at:
        made = life.path("port.new")
        made.write_text(str(at.getsockname()[1]))
        made.rename(life.path("port"))
        asyncio.run(process.run(ours, frozenset(life.parts), at=at))
    desk.database.close()


def _wrapped(app: App, life: Life, dial: Dial) -> App:
    """The App with the dial for a clock, its steps counted, and impatient ways out."""
    moments = Moments(life.die, life.path("moments"))
    database = SteppedDatabase(life.url, clock=dial, moments=moments, weather=Path(life.folder))
    holder = f"life:{os.getpid()}:{secrets.token_hex(4)}"
    desk = replace(app.desk, database=database, holder=holder, drama_numbers=True)
    bot = TelegramBot(TOKEN, life.telegram, slots=SLOTS, timeout=_TIMEOUT, connect_timeout=1.0)
    texts = TwilioChannel(
        ACCOUNT, AUTH_TOKEN, NUMBER, base_url=life.twilio, slots=SLOTS, timeout=_TIMEOUT,
        connect_timeout=1.0, status_url=lambda public_id: f"{PUBLIC}{STATUS_PATH}{public_id}",
    )  # fmt: skip
    ways: tuple[Channel, ...] = (TelegramChannel(bot), texts)
    readers: dict[ChannelName, Any] = {ChannelName.SMS: TwilioReader(AUTH_TOKEN)}
    if life.webhook_secret is not None:
        readers[ChannelName.TELEGRAM] = TelegramReader(life.webhook_secret)
    return replace(
        app, desk=desk, clock=Apart(dial, life.apart), bot=bot, twilio=texts, readers=readers, slots=SLOTS,
        channels={one.name: SteppedChannel(one, moments) for one in ways}, sms_parts_per_second=40.0,
        public_url=PUBLIC, port=0, webhook_secret=life.webhook_secret,
    )  # fmt: skip


def _machine_says(clock: Callable[[], datetime]) -> None:
    """APScheduler, and whoever tells it `at once`, ask the machine what time it is; here it is the dial."""

    class Turned(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return clock().astimezone(tz)

    ask = (apscheduler.schedulers.base, apscheduler.executors.base, apscheduler.triggers.interval, scheduler)
    for module in ask:
        module.datetime = Turned
