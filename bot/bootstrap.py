"""Bootstrap: settings become an App. Nothing here opens a socket; only files and the database's file."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from bot.channels.base import Channel, Reader
from bot.channels.rehearsal import RehearsalChannel
from bot.channels.telegram.read import TelegramReader
from bot.channels.telegram.send import TelegramBot, TelegramChannel
from bot.channels.twilio.read import TwilioReader
from bot.channels.twilio.send import TwilioChannel
from bot.content.files import locate
from bot.content.load import Content, load
from bot.domain.address import Address, ChannelName, telegram_chat, uk_mobile
from bot.domain.revision import Mode
from bot.errors import BadInput, RefusedToStart, SettingsError
from bot.services.desk import Desk
from bot.services.shelf import Shelf
from bot.settings import Settings, TelegramInbound
from bot.store.database import Database
from bot.store.sealed import Seal, new_key, parse_keys
from bot.words.lexicon import build as build_lexicon

STATUS_PATH = "/webhooks/twilio/status/"


@dataclass(frozen=True, slots=True)
class App:
    """Everything built: the desk of the use cases, the ways out and in, and the clock.

    `bot` and `twilio` are None where a provider is not set up, and always in rehearsal.
    """

    desk: Desk
    channels: Mapping[ChannelName, Channel]
    readers: Mapping[ChannelName, Reader]
    clock: Callable[[], datetime]
    bot: TelegramBot | None = None
    twilio: TwilioChannel | None = None
    public_url: str | None = None
    slots: int = 8
    sms_parts_per_second: float = 1.0
    webhook_secret: str | None = None  # set: Telegram calls us; None: we ask Telegram
    host: str = "127.0.0.1"
    port: int = 8080


def utc_now() -> datetime:
    """The machine's clock, aware."""
    return datetime.now(UTC)


def build(settings: Settings) -> App:
    """The App that these settings describe; raises SettingsError, ContentError or RefusedToStart."""
    content = load(locate(settings.thinkfamily_content))
    desk = Desk(
        database=Database(_database_url(settings.database_url)),
        seal=Seal(parse_keys(_keys(settings))),
        mode=settings.thinkfamily_mode,
        config=content.config,
        content=content,
        lexicon=build_lexicon(content.config.keywords, content.config.crisis),
        shelf=Shelf(content.words),
        senders=_senders(settings, content),
        guests=_guests(settings),
        holder=f"{socket.gethostname()[:30]}:{os.getpid()}",
        drama_numbers=settings.thinkfamily_mode is Mode.REHEARSAL,
    )
    app = App(
        desk, {}, {}, utc_now, public_url=settings.thinkfamily_public_url, slots=settings.thinkfamily_slots,
        sms_parts_per_second=settings.twilio_parts_per_second, host=settings.thinkfamily_host,
        port=settings.thinkfamily_port,
    )  # fmt: skip
    return _rehearsing(app) if desk.mode is Mode.REHEARSAL else _connected(app, settings)


def _rehearsing(app: App) -> App:
    """Nothing leaves: every channel accepts what it is given and keeps nothing."""
    return replace(app, channels={name: RehearsalChannel(name) for name in ChannelName})


def _connected(app: App, settings: Settings) -> App:
    """The providers that are set up; at least one must be."""
    channels: dict[ChannelName, Channel] = {}
    readers: dict[ChannelName, Reader] = {}
    telegram = _telegram(settings)
    if telegram is not None:
        channels[ChannelName.TELEGRAM] = TelegramChannel(telegram)
        secret = settings.telegram_webhook_secret
        if settings.telegram_inbound is TelegramInbound.WEBHOOK and secret is not None:
            readers[ChannelName.TELEGRAM] = TelegramReader(secret.get_secret_value())
            app = replace(app, webhook_secret=secret.get_secret_value())
    twilio = _twilio(settings)
    if twilio is not None and settings.twilio_auth_token is not None:
        channels[ChannelName.SMS] = twilio
        readers[ChannelName.SMS] = TwilioReader(settings.twilio_auth_token.get_secret_value())
    if not channels:
        raise RefusedToStart(
            f"{settings.thinkfamily_mode.value} mode has no way to send: neither TELEGRAM_BOT_TOKEN nor "
            "TWILIO_ACCOUNT_SID is set.",
            "Set one in .env (README, Going live), or use THINKFAMILY_MODE=rehearsal.",
        )
    return replace(app, channels=channels, readers=readers, bot=telegram, twilio=twilio)


def _telegram(settings: Settings) -> TelegramBot | None:
    token = settings.telegram_bot_token
    if token is None:
        return None
    return TelegramBot(
        token.get_secret_value(), settings.telegram_api_base_url, slots=settings.thinkfamily_slots
    )


def _twilio(settings: Settings) -> TwilioChannel | None:
    sid, token, sender = settings.twilio_account_sid, settings.twilio_auth_token, settings.twilio_sender
    if sid is None or token is None or sender is None:
        return None
    public = (settings.thinkfamily_public_url or "").rstrip("/")
    return TwilioChannel(
        sid,
        token.get_secret_value(),
        sender,
        base_url=settings.twilio_api_base_url,
        status_url=lambda public_id: f"{public}{STATUS_PATH}{public_id}",
        slots=settings.thinkfamily_slots,
    )


def _senders(settings: Settings, content: Content) -> dict[ChannelName, str]:
    """A name for each sender: fit for a row, and no secret."""
    bot_name = content.config.organisation.telegram_bot or "telegram"
    return {ChannelName.TELEGRAM: bot_name, ChannelName.SMS: settings.twilio_sender or "sms"}


def _guests(settings: Settings) -> frozenset[Address]:
    """The trial's guest list: mobiles and telegram:CHAT_ID."""
    guests = []
    for text in filter(None, (part.strip() for part in settings.thinkfamily_guests.split(","))):
        try:
            kind, _, chat = text.partition(":")
            guests.append(telegram_chat(int(chat)) if kind == "telegram" else uk_mobile(text))
        except (ValueError, BadInput):
            raise SettingsError(
                "THINKFAMILY_GUESTS holds something that is neither a UK mobile nor telegram:CHAT_ID.",
                "Separate them with commas.",
            ) from None
    return frozenset(guests)


def _database_url(url: str) -> str:
    """The URL; an SQLite file and its folder are made, so that nobody but its owner can read it."""
    path = url.removeprefix("sqlite:///")
    if path != url and path != ":memory:":
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        if not Path(path).exists():  # SQLite itself would make one that others may read
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    return url


def _keys(settings: Settings) -> str:
    """The keys as set; outside live mode a file beside an SQLite database keeps one made at first use."""
    if settings.thinkfamily_keys is not None:
        return settings.thinkfamily_keys.get_secret_value()
    path = settings.database_url.removeprefix("sqlite:///")
    if settings.thinkfamily_mode is Mode.LIVE or path == settings.database_url:
        raise SettingsError("THINKFAMILY_KEYS is not set.", "Make a key with `thinkfamily db new-key`.")
    file = Path(f"{path}.key")
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            out.write(new_key())
    return file.read_text(encoding="ascii")
