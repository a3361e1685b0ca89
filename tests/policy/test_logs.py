"""P11: the whole bot on a busy and unlucky morning writes no number, chat, token, date or word into its logs.

The process is the real one, over real HTTP, with the logs set up as `thinkfamily run` sets them up.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import logging
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import structlog

from bot import bootstrap, logs, process, settings
from bot.bootstrap import App
from bot.domain.family import Role
from bot.domain.revision import Mode
from bot.running import ringing
from bot.services import enrol, plan, publish
from bot.store import schema
from bot.store.database import Database
from bot.store.sealed import new_key
from tests import ours
from tests.wire.duty_server import DutyServer
from tests.wire.server import closed_port, garbled, web_page
from tests.wire.telegram_http import BLOCKED, INTERNAL, too_many
from tests.wire.telegram_server import TelegramServer
from tests.wire.twilio_server import ACCOUNT, AUTH_TOKEN, NUMBER, TwilioServer

TOKEN = "7654321987:AAHk9wQzLogsMustNotShowThisToken-0x"  # the length of a real one
CHAT, OTHER_CHAT = 5550123987, 5550124001
PHONE = "+447400123456"
PUBLIC = "https://bot.example.org"
KEY = new_key("logs")
BEARER, DUTY = "tangerine-bearer", "duty@council.example"
BORN, DUE = "24 January", datetime(2027, 5, 25, tzinfo=UTC).date()
TEXTS = {  # what people write; each has a word that nothing else says
    "join": "JOIN",
    "crisis": "my baby is not breathing quagmire please",
    "loss": "we lost the baby yesterday whippoorwill",
    "chat": "Aloysius says the zucchini is purple",
    "born": f"BORN {BORN}",
}


@pytest.fixture
def told() -> Iterator[io.StringIO]:
    """Everything the process logs, at the most talkative level; afterwards logging is as it was."""
    root, before = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in logs.TALKATIVE}
    stream = io.StringIO()
    logs.configure("DEBUG", stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, was in levels.items():
        logging.getLogger(name).setLevel(was)
    structlog.configure(**before)


@dataclass
class Town:
    """The running bot, the providers, and the database's file."""

    app: App
    telegram: TelegramServer
    twilio: TwilioServer
    duty: DutyServer
    file: Path

    async def text(self, words: str) -> tuple[int, str]:
        """Somebody texts our number."""
        return await asyncio.to_thread(self.twilio.text, PHONE, words)

    async def writes(self, words: str, chat: int = CHAT) -> None:
        """Somebody writes to the bot, and is answered."""
        before = len(self.telegram.sent_to(chat))
        await asyncio.to_thread(self.telegram.text, chat, words)
        await until(lambda: len(self.telegram.sent_to(chat)) > before)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Somebody else holds the database."""
        held = sqlite3.connect(self.file, isolation_level=None)
        held.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            held.execute("ROLLBACK")
            held.close()


async def until(done: Callable[[], object], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "it did not happen in time"
        await asyncio.sleep(0.02)


def ticking() -> Callable[[], datetime]:
    """A clock that starts on a Tuesday in February at 10:00 and runs."""
    began, since = datetime(2027, 2, 2, 10, 0, tzinfo=UTC), time.monotonic()
    return lambda: began + timedelta(seconds=time.monotonic() - since)


def built(file: Path, telegram: TelegramServer, twilio: TwilioServer, duty: DutyServer, port: int) -> App:
    """The app that an operator's settings make, but for the hour of the day and a short patience."""
    read = settings.read(
        None, thinkfamily_mode=Mode.TRIAL, thinkfamily_database_url=f"sqlite:///{file}",
        thinkfamily_keys=KEY, thinkfamily_public_url=PUBLIC, thinkfamily_port=port,
        thinkfamily_guests=f"telegram:{CHAT},telegram:{OTHER_CHAT},{PHONE}", telegram_bot_token=TOKEN,
        telegram_api_base_url=telegram.base_url, twilio_account_sid=ACCOUNT, twilio_auth_token=AUTH_TOKEN,
        twilio_from=NUMBER, twilio_api_base_url=twilio.url, twilio_parts_per_second=100.0,
        thinkfamily_duty_webhook=duty.url, thinkfamily_duty_webhook_secret=BEARER,
        thinkfamily_duty_email=DUTY, thinkfamily_duty_email_from=DUTY, thinkfamily_duty_smtp_password=BEARER,
        thinkfamily_duty_smtp=f"localhost:{closed_port()}", thinkfamily_duty_smtp_user="marmalade",
    )  # fmt: skip
    clock, app = ticking(), bootstrap.build(read, ours.content())
    database = Database(f"sqlite:///{file}", clock=clock, busy_seconds=0.1)
    schema.upgrade(database)
    database.write(lambda conn: schema.mark(conn, "real"))
    app = replace(app, clock=clock, desk=replace(app.desk, database=database))
    publish.publish(app.desk, app.desk.content, "start", clock())
    return app


@contextlib.asynccontextmanager
async def running(tmp_path: Path) -> AsyncIterator[Town]:
    port = closed_port()
    reach = f"http://127.0.0.1:{port}"
    with (
        TelegramServer(token=TOKEN) as telegram,
        TwilioServer(public_url=PUBLIC, reach=reach) as twilio,
        DutyServer() as duty,
    ):
        app = built(tmp_path / "real.db", telegram, twilio, duty, port)
        stop = asyncio.Event()
        whole = asyncio.create_task(process.run(app, stop=stop))
        try:
            yield Town(app, telegram, twilio, duty, tmp_path / "real.db")
        finally:
            stop.set()
            await asyncio.wait_for(whole, 40)
            app.desk.database.close()


async def an_unlucky_morning(town: Town) -> None:
    """Joining, a step, a crisis, trouble with both providers and the database, a birth, a loss, a STOP."""
    town.telegram.next(too_many(1))
    town.duty.next(web_page(500))
    for words in (TEXTS["join"], "1", "1", "24 weeks"):
        await town.writes(words)
    await town.writes(TEXTS["crisis"])
    await town.writes(TEXTS["chat"])
    await asyncio.to_thread(enrolled, town.app)
    await asyncio.to_thread(plan.plan, town.app.desk, town.app.clock())
    await until(lambda: town.twilio.sent)
    with town.locked():
        status, twiml = await town.text(TEXTS["crisis"])
        assert (status, "999" in twiml) == (200, True)
        assert (await town.text(TEXTS["chat"]))[0] == 503
        await asyncio.sleep(0.5)  # the lines meet the lock too
    before = len(town.twilio.sent)
    await town.text(TEXTS["born"])
    await town.text(TEXTS["loss"])
    await until(lambda: len(town.twilio.sent) > before)
    for fault in (INTERNAL, garbled(), BLOCKED):
        town.telegram.always(fault, to=OTHER_CHAT)
        calls = len(town.telegram.calls)
        await asyncio.to_thread(town.telegram.text, OTHER_CHAT, TEXTS["crisis"])
        await until(lambda calls=calls: len(town.telegram.calls) > calls)
    await town.writes("STOP")
    await town.text("STOP")
    await ringing.ring_once(town.app)
    await asyncio.to_thread(lose_a_table, town.file)
    await asyncio.to_thread(town.telegram.text, CHAT, TEXTS["chat"])
    await asyncio.sleep(0.5)


def enrolled(app: App) -> None:
    """A mother by text, whose staged message is due."""
    enrol.enrol(
        app.desk, address=next(one for one in app.desk.guests if one.value == PHONE), role=Role.MOTHER,
        language="en", how="staff", consented_words="form", due_on=DUE, now=app.clock(), by="officer",
    )  # fmt: skip


def lose_a_table(file: Path) -> None:
    """Somebody has dropped a table: a database error in every conversation from here on."""
    with contextlib.closing(sqlite3.connect(file, timeout=10)) as broken:
        broken.execute("DROP TABLE conversations")
        broken.commit()


def runs_of(words: str, length: int = 4) -> Iterator[str]:
    """Every run of so many words of a text."""
    said = words.split()
    for start in range(max(len(said) - length + 1, 1)):
        run = " ".join(said[start : start + length])
        if len(run) > 12:
            yield run


async def test_p11_a_busy_and_unlucky_morning_leaves_no_personal_data_in_the_logs(
    told: io.StringIO, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    async with running(tmp_path) as town:
        await an_unlucky_morning(town)
        sent = [one.text for one in town.telegram.sent] + [one.body for one in town.twilio.sent]
        calls = repr(town.duty.calls)
    out = capfd.readouterr()
    everything = told.getvalue() + out.out + out.err
    for event in (
        "inbound_not_stored", "claim_failed", "converse_failed", "sending_stopped", "duty_not_told",
    ):  # fmt: skip
        assert event in everything, f"the morning was not unlucky enough: no {event}"
    secrets = [
        BEARER,
        DUTY,
        "s3cretpath",
        "marmalade",
        TOKEN,
        TOKEN.split(":")[1],
        AUTH_TOKEN,
        KEY.split(":")[1],
        str(CHAT),
        str(OTHER_CHAT),
    ]
    secrets += [PHONE, PHONE[3:], BORN, "2027-01-24", DUE.isoformat(), "25 May"]
    secrets += ["quagmire", "whippoorwill", "Aloysius", "zucchini", "not breathing", "lost the baby"]
    secrets += [run for body in sent for run in runs_of(body)]
    assert len(sent) > 8
    assert [secret for secret in secrets if secret.lower() in everything.lower()] == []
    told = [secret for secret in secrets if secret.lower() in calls.lower()]
    assert sorted(told) == sorted([BEARER, "s3cretpath"])  # who calls, and where


def test_p11_libraries_that_would_print_a_url_a_number_or_a_body_are_silent(told: io.StringIO) -> None:
    """httpx says every URL at INFO, and a bot's token is in its URL."""
    for name in logs.TALKATIVE:
        logging.getLogger(name).info("POST https://api.telegram.org/bot%s/sendMessage", TOKEN)
        logging.getLogger(f"{name}.deeper").debug("body: %s", TEXTS["chat"])
    assert told.getvalue() == ""
