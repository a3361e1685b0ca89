"""The doctor: looks at everything that a bot needs, and says of each finding what to do; no personal data."""

from __future__ import annotations

import asyncio
import os
import shutil
import stat
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from bot.channels.base import Account, Bell, Webhook
from bot.domain.outbox import Answer, Ours
from bot.domain.revision import Mode
from bot.errors import ThinkFamilyError
from bot.running import health
from bot.services import publish, upkeep

if TYPE_CHECKING:
    from bot.bootstrap import App

BACKUP_EVERY = timedelta(hours=26)  # one a night, and a slow night
LITTLE, NONE = 1 << 30, 100 << 20  # bytes of disk
_WAITING = 100  # updates that Telegram has kept for us: nobody takes them
_MEND_TELEGRAM = "Set TELEGRAM_BOT_TOKEN to what BotFather gave you."
_MEND_TWILIO = "Set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN to what Twilio's console shows."


class Level(StrEnum):
    """How much a finding matters."""

    WELL = "well"
    SOON = "soon"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: how it is, and what to do; never a token or anybody's data."""

    level: Level
    about: str
    sentence: str
    remedy: str = ""


async def look(app: App, now: datetime) -> list[Finding]:
    """Everything, in the order in which it is to be mended; never raises."""
    found = await asyncio.to_thread(_here, app, now)
    for about, ask in _providers(app):
        found += await _asked(about, ask)
    return found


def _here(app: App, now: datetime) -> list[Finding]:
    found = list(_database(app))
    if not any(one.level is Level.WRONG for one in found):
        found += [*_keys(app), *_line(app, now), *_content(app, now), *_backup(app, now)]
    return [*found, *_disk(app)]


def _database(app: App) -> Iterator[Finding]:
    about = "database"
    try:
        yield Finding(Level.WELL, about, upkeep.database(app.desk))
    except ThinkFamilyError as wrong:
        yield Finding(Level.WRONG, about, wrong.sentence, wrong.remedy)
        return
    file = app.desk.database.file
    if file is not None and stat.S_IMODE(os.stat(file).st_mode) & 0o077:  # noqa: PTH116
        said = "The database file can be read by others on this machine."
        yield Finding(Level.SOON, about, said, "chmod 600 it.")


def _keys(app: App) -> Iterator[Finding]:
    try:
        held = upkeep.keys(app.desk)
    except ThinkFamilyError as wrong:
        yield Finding(Level.WRONG, "keys", wrong.sentence, wrong.remedy)
        return
    yield Finding(Level.WELL, "keys", f"Every key that the database needs is held: {', '.join(held)}.")


def _line(app: App, now: datetime) -> Iterator[Finding]:
    """What /healthz would say, from outside: also when nothing runs."""
    seen = health.findings(app, now)
    remedy = "See docs/operating.md, Health."
    yield from (Finding(Level.WRONG, "line", sentence, remedy) for sentence in seen.wrong)
    yield from (Finding(Level.SOON, "content", sentence, "Review it.") for sentence in seen.soon)
    if not seen.facts.get("ticks"):
        yield Finding(Level.SOON, "line", "Nothing has run on this database yet.", "thinkfamily run")
    elif not seen.wrong:
        yield Finding(Level.WELL, "line", "The clock ticks, and nothing is stuck.")
    waiting = sum(seen.facts.get("alerts", {}).values())
    if waiting:
        said = f"{waiting} alerts are open." if waiting > 1 else "1 alert is open."
        yield Finding(Level.SOON, "alerts", said, "thinkfamily alerts list")


def _content(app: App, now: datetime) -> Iterator[Finding]:
    lacking = publish.missing_for_live(app.desk, now)
    level = Level.WRONG if app.desk.mode is Mode.LIVE else Level.SOON
    remedy = "See docs/operating.md, Before live."
    yield from (Finding(level, "before live", sentence, remedy) for sentence in lacking)
    if not lacking:
        yield Finding(Level.WELL, "before live", "Words, approvals and duty are as live mode asks.")


def _backup(app: App, now: datetime) -> Iterator[Finding]:
    last = upkeep.last_backup(app.desk)
    remedy = "thinkfamily backup FILE, each night; keep it elsewhere, and the keys apart from it."
    if last is None:
        yield Finding(Level.SOON, "backup", "No backup was ever made by this program.", remedy)
    elif now - last > BACKUP_EVERY:
        yield Finding(Level.SOON, "backup", f"The last backup is of {last:%Y-%m-%d %H:%M} UTC.", remedy)
    else:
        yield Finding(Level.WELL, "backup", f"The last backup is of {last:%Y-%m-%d %H:%M} UTC.")


def _disk(app: App) -> Iterator[Finding]:
    file = app.desk.database.file
    if file is None:
        return
    free = shutil.disk_usage(Path(file).parent).free
    said = f"{free >> 20} MiB are free where the database is."
    if free < LITTLE:
        level = Level.WRONG if free < NONE else Level.SOON
        yield Finding(level, "disk", said, "Free some space.")
    else:
        yield Finding(Level.WELL, "disk", said)


# --- the providers -----------------------------------------------------------------------------------

_Ask = Callable[[], Awaitable[list[Finding]]]


def _providers(app: App) -> Iterator[tuple[str, _Ask]]:
    yield "duty", lambda: _duty(app)
    if app.bot is not None:
        yield "telegram", lambda: _telegram(app)
    if app.twilio is not None:
        yield "twilio", lambda: _twilio(app)


async def _asked(about: str, ask: _Ask) -> list[Finding]:
    try:
        return await asyncio.wait_for(ask(), 60)
    except TimeoutError:
        return [_not_told(about, "it did not answer within a minute")]


async def _duty(app: App) -> list[Finding]:
    """Whether an alert rings anybody; `alerts test` tells it to the end."""
    about = "duty"
    if not app.bells and app.desk.mode is not Mode.REHEARSAL:
        remedy = "Set THINKFAMILY_DUTY_WEBHOOK or THINKFAMILY_DUTY_EMAIL; until then somebody must look."
        return [Finding(Level.SOON, about, "An alert rings nobody.", remedy)]
    return [await _bell(about, bell) for bell in app.bells]


async def _bell(about: str, bell: Bell) -> Finding:
    await bell.open()
    try:
        code = await bell.reach()
    finally:
        await bell.close()
    if code is None:
        said = f"The duty's {bell.way.value} answers; `thinkfamily alerts test` rings it."
        return Finding(Level.WELL, about, said)
    remedy = f"See THINKFAMILY_DUTY_{bell.way.name} and what belongs to it, and that this machine reaches it."
    return Finding(Level.WRONG, about, f"The duty's {bell.way.value} cannot be rung: {code}.", remedy)


async def _telegram(app: App) -> list[Finding]:
    bot = app.bot
    assert bot is not None
    await bot.open()
    try:
        me, told = await bot.get_me(), await bot.get_webhook()
    finally:
        await bot.close()
    if not isinstance(me, str):
        return [_refused("telegram", me, _MEND_TELEGRAM)]
    found = [Finding(Level.WELL, "telegram", "Telegram knows the bot.")]
    if not isinstance(told, Webhook):
        return [*found, _refused("telegram", told, _MEND_TELEGRAM)]
    return found + list(_webhook(app, told))


def _webhook(app: App, told: Webhook) -> Iterator[Finding]:
    """Where Telegram calls us, against where it should; it says itself whether it reaches us."""
    public = (app.public_url or "").rstrip("/")
    wanted = f"{public}/webhooks/telegram" if app.webhook_secret is not None else ""
    about = "telegram webhook"
    if told.url == wanted:
        how = "Telegram calls the public URL." if wanted else "No webhook is set: we ask Telegram."
        yield Finding(Level.WELL, about, how)
    elif wanted:
        said = "Telegram does not call our public URL."
        yield Finding(
            Level.WRONG, about, said, "Start `thinkfamily run`: it tells Telegram; see that it can."
        )
    else:
        said = "Telegram calls another address, and we ask for updates: it will give none."
        yield Finding(Level.WRONG, about, said, "Set TELEGRAM_INBOUND=webhook, or start run: it ends that.")
    if told.failed_at is not None:
        said = f"Telegram could not reach us at {told.failed_at:%Y-%m-%d %H:%M} UTC."
        yield Finding(Level.SOON, about, said, "See that https and /webhooks/ reach this machine.")
    if told.waiting > _WAITING:
        said = f"{told.waiting} updates wait at Telegram."
        yield Finding(Level.WRONG, about, said, "See that `thinkfamily run` with inbound runs.")


async def _twilio(app: App) -> list[Finding]:
    channel = app.twilio
    assert channel is not None
    await channel.open()
    try:
        account = await channel.account()
    finally:
        await channel.close()
    if not isinstance(account, Account):
        return [_refused("twilio", account, _MEND_TWILIO)]
    if account.status != "active":
        said = f"Twilio says that the account is {account.status}."
        return [Finding(Level.WRONG, "twilio", said, "Settle it in Twilio's console.")]
    return [
        Finding(Level.WELL, "twilio", "Twilio knows the account, and it is active."),
        *_number(app, account),
    ]


def _number(app: App, account: Account) -> Iterator[Finding]:
    """Where Twilio sends what families text, as far as it tells: a messaging service has its own setting."""
    about = "twilio webhook"
    wanted = f"{(app.public_url or '').rstrip('/')}/webhooks/twilio/inbound"
    remedy = (
        "In Twilio's console, under the number: a message comes in, webhook, POST, THINKFAMILY_PUBLIC_URL"
    )
    if account.inbound_url is None:
        said = "Twilio did not tell where it sends what families text."
        yield Finding(Level.SOON, about, said, f"{remedy}/webhooks/twilio/inbound. Text it once to see.")
    elif account.inbound_url == wanted:
        yield Finding(Level.WELL, about, "Twilio sends what families text to the public URL.")
    else:
        said = "Twilio sends what families text to another address: a STOP comes five minutes late."
        yield Finding(Level.WRONG, about, said, f"{remedy}/webhooks/twilio/inbound.")


def _refused(about: str, answer: object, remedy: str) -> Finding:
    if isinstance(answer, Ours):
        return Finding(Level.WRONG, about, "The provider refused our token or account.", remedy)
    code = getattr(answer, "code", "") if isinstance(answer, Answer) else ""
    return _not_told(about, f"the answer was {code or 'not understood'}")


def _not_told(about: str, why: str) -> Finding:
    return Finding(
        Level.WRONG, about, f"The provider could not be asked ({why}).", "See that this machine reaches it."
    )
