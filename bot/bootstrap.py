"""Bootstrap: settings become an App. Nothing here opens a socket but the database's own."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from bot.channels.base import Bell, Channel, Reader
from bot.channels.duty.mail import DutyMail, Mailbox
from bot.channels.duty.webhook import DutyWebhook
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
from bot.services.guests import Door
from bot.services.shelf import Shelf
from bot.settings import Settings, TelegramInbound
from bot.store import keyring, restored, schema
from bot.store.database import Database
from bot.store.sealed import Seal, new_key, parse_keys
from bot.words.lexicon import Lexicon
from bot.words.lexicon import build as build_lexicon

STATUS_PATH = "/webhooks/twilio/status/"


@dataclass(frozen=True, slots=True)
class App:
    """Everything built: the desk of the use cases, the ways out and in, and the clock.

    `bot` and `twilio` are None where a provider is not set up, and always in rehearsal; then nobody is rung
    either.
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
    bells: Sequence[Bell] = ()  # how whoever is on duty is told of an alert


def utc_now() -> datetime:
    """The machine's clock, aware."""
    return datetime.now(UTC)


@contextmanager
def opened(settings: Settings, content: Content | None = None, *, upgrade: bool = False) -> Iterator[App]:
    """The App, once its database was found fit for it: schema, reality and keys; closed afterwards.

    A rehearsal's database is brought up to date by itself; a real one only where `upgrade` says so.
    """
    app = build(settings, content)
    desk = app.desk
    rehearsal = desk.mode is Mode.REHEARSAL
    try:
        if upgrade or rehearsal:
            schema.upgrade(desk.database)
        schema.require_current(desk.database)
        desk.database.write(lambda conn: schema.mark(conn, "rehearsal" if rehearsal else "real"))
        desk.database.write(lambda conn: keyring.recognise(conn, desk.seal))
        gap = desk.database.read(restored.gap)
        yield app if gap is None else replace(app, desk=replace(desk, restored_at=gap.restored_at))
    finally:
        desk.database.close()


def build(settings: Settings, content: Content | None = None) -> App:
    """The App that these settings describe; raises SettingsError, ContentError or RefusedToStart.

    `content` is theirs, where it was read before: it never changes while it is used.
    """
    content = load(locate(settings.thinkfamily_content)) if content is None else content
    desk = Desk(
        database=_database(settings),
        seal=Seal(parse_keys(_keys(settings))),
        mode=settings.thinkfamily_mode,
        config=content.config,
        content=content,
        lexicon=_lexicon(content),
        shelf=Shelf(content.words),
        senders=_senders(settings, content),
        guests=_guests(settings),
        holder=_holder(),
        drama_numbers=settings.thinkfamily_mode is Mode.REHEARSAL,
        guest_door=_guest_door(settings),
    )
    app = App(
        desk, {}, {}, utc_now, public_url=settings.thinkfamily_public_url, slots=settings.thinkfamily_slots,
        sms_parts_per_second=settings.twilio_parts_per_second, host=settings.thinkfamily_host,
        port=settings.thinkfamily_port,
    )  # fmt: skip
    return _rehearsing(app) if desk.mode is Mode.REHEARSAL else _connected(app, settings)


@lru_cache(maxsize=1)
def _lexicon(content: Content) -> Lexicon:
    return build_lexicon(content.config.keywords, content.config.crisis)


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
            "Set one in .env (README, Talk with it), or use THINKFAMILY_MODE=rehearsal.",
        )
    bells = tuple(_bells(settings))
    return replace(app, channels=channels, readers=readers, bot=telegram, twilio=twilio, bells=bells)


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


def _bells(settings: Settings) -> Iterator[Bell]:
    """The ways to the duty that are set up."""
    if settings.thinkfamily_duty_webhook is not None:
        secret = settings.thinkfamily_duty_webhook_secret
        url = settings.thinkfamily_duty_webhook.get_secret_value()
        yield DutyWebhook(url, None if secret is None else secret.get_secret_value())
    if settings.duty_addresses:
        password = settings.thinkfamily_duty_smtp_password
        yield DutyMail(
            Mailbox(
                *settings.duty_server,
                sender=settings.thinkfamily_duty_email_from or "",
                to=settings.duty_addresses,
                security=settings.thinkfamily_duty_smtp_security,
                user=settings.thinkfamily_duty_smtp_user,
                password=None if password is None else password.get_secret_value(),
            )
        )


def _holder() -> str:
    """This process's name in leases and claims: in containers many have the same host name and number."""
    return f"{socket.gethostname()[:30]}:{os.getpid()}:{secrets.token_hex(4)}"


def _guest_door(settings: Settings) -> Door | None:
    """Trial only: the code by which people become guests; made afresh where none is set."""
    if settings.thinkfamily_mode is not Mode.TRIAL:
        return None
    code = settings.thinkfamily_guest_code
    return Door(None if code is None else code.get_secret_value())


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


def _database(settings: Settings) -> Database:
    """The database, not opened yet; the folder of an SQLite file is made."""
    path = _sqlite_path(settings.database_url)
    if path is not None:
        _make_folder(path)
    return Database(settings.database_url)


def _sqlite_path(url: str) -> Path | None:
    """The file that an SQLite URL names; None for memory and for other databases."""
    path = url.removeprefix("sqlite:///")
    return None if path == url or path == ":memory:" else Path(path)


def _make_folder(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as cause:
        raise SettingsError(
            "The folder of the database cannot be made.",
            "Make it, or name another file in THINKFAMILY_DATABASE_URL.",
        ) from cause


def _keys(settings: Settings) -> str:
    """The keys as set; outside live mode a file beside an SQLite database keeps one made at first use."""
    if settings.thinkfamily_keys is not None:
        return settings.thinkfamily_keys.get_secret_value()
    path = _sqlite_path(settings.database_url)
    if settings.thinkfamily_mode is Mode.LIVE or path is None:
        raise SettingsError("THINKFAMILY_KEYS is not set.", "Make a key with `thinkfamily db new-key`.")
    file = path.with_name(f"{path.name}.key")
    try:
        return file.read_text(encoding="ascii") if file.exists() else _first_key(path, file)
    except (OSError, UnicodeDecodeError) as cause:
        raise SettingsError(
            "The key file beside the database cannot be read or made.",
            "Let this process read and write it, or set THINKFAMILY_KEYS.",
        ) from cause


def _first_key(database: Path, file: Path) -> str:
    """A key for a database that is not there yet; one that is there was written with another."""
    if database.exists() and database.stat().st_size:
        raise SettingsError(
            "The database is there, and the key file beside it is not.",
            "Put back the file that ends in .db.key, or set THINKFAMILY_KEYS to what was in it.",
        )
    _make_folder(file)
    made = new_key()
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(made)
    return made
