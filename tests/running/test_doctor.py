"""The doctor: each thing that can be wrong is found, with what to do, and nothing of a person or a token."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot import bootstrap, settings
from bot.bootstrap import App
from bot.domain.revision import Mode
from bot.running import doctor
from bot.running.doctor import Finding, Level
from bot.services import backups, keys, publish, pulse
from bot.store import leases, restored, schema
from bot.store.database import Database
from bot.store.sealed import Seal, new_key, parse_keys
from tests import ours
from tests.wire.duty_server import DutyServer
from tests.wire.mail_server import MailServer
from tests.wire.telegram_server import TOKEN, TelegramServer
from tests.wire.twilio_server import ACCOUNT, AUTH_TOKEN, NUMBER, TwilioServer

PUBLIC = "https://bot.example.org"
KEY = new_key("k1")


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def telegram() -> Iterator[TelegramServer]:
    with TelegramServer() as server:
        yield server


@pytest.fixture
def twilio() -> Iterator[TwilioServer]:
    with TwilioServer(public_url=PUBLIC) as server:
        yield server


@pytest.fixture
def given(database_url: str, telegram: TelegramServer, twilio: TwilioServer) -> dict[str, Any]:
    """A trial with both providers, called by Telegram."""
    return {
        "thinkfamily_mode": Mode.TRIAL, "thinkfamily_database_url": database_url, "thinkfamily_keys": KEY,
        "thinkfamily_public_url": PUBLIC, "telegram_bot_token": TOKEN,
        "telegram_api_base_url": telegram.base_url, "telegram_inbound": "webhook",
        "telegram_webhook_secret": "s3cret", "twilio_account_sid": ACCOUNT, "twilio_auth_token": AUTH_TOKEN,
        "twilio_from": NUMBER, "twilio_api_base_url": twilio.url,
    }  # fmt: skip


@pytest.fixture
def app(given: dict[str, Any], telegram: TelegramServer) -> Iterator[App]:
    """All is well: published, ticking, backed up, called."""
    telegram.webhook = {"url": f"{PUBLIC}/webhooks/telegram", "secret_token": "s3cret"}
    with bootstrap.opened(settings.read(None, **given), ours.content()) as made:
        publish.publish(made.desk, made.desk.content, "start", now())
        pulse.ticked(made.desk, "plan", timedelta(seconds=20), now())
        last = now().isoformat()
        made.desk.database.write(lambda conn: leases.move_cursor(conn, "backup", last))
        yield made


def about(found: list[Finding], name: str) -> list[Finding]:
    return [one for one in found if one.about == name]


def levels(found: list[Finding]) -> dict[str, Level]:
    return {one.about: one.level for one in found}


async def test_when_all_is_well_each_thing_is_named_and_nothing_is_wrong(app: App) -> None:
    found = await doctor.look(app, now())
    assert [one for one in found if one.level is Level.WRONG] == []
    well = {one.about for one in found if one.level is Level.WELL}
    assert well >= {"database", "keys", "line", "backup", "telegram", "telegram webhook", "twilio"}
    assert well >= {"twilio webhook"}


async def test_what_is_wrong_or_soon_says_what_to_do_and_nothing_secret(
    app: App, telegram: TelegramServer, twilio: TwilioServer
) -> None:
    telegram.webhook, twilio.status = None, "suspended"
    found = await doctor.look(replace(app, clock=now), now() + timedelta(days=3))
    assert [one for one in found if one.level is not Level.WELL and not one.remedy] == []
    said = " ".join(f"{one.sentence} {one.remedy}" for one in found)
    secrets = (TOKEN, AUTH_TOKEN, KEY.partition(":")[2], NUMBER, ACCOUNT, "s3cret")
    assert [secret for secret in secrets if secret in said] == []


@pytest.mark.parametrize(
    ("provider", "name"), [("telegram_bot_token", "telegram"), ("twilio_auth_token", "twilio")]
)
async def test_a_token_that_the_provider_refuses(
    app: App, given: dict[str, Any], provider: str, name: str
) -> None:
    wrong = bootstrap.build(settings.read(None, **given | {provider: "1234567:" + "x" * 35}), ours.content())
    found = await doctor.look(replace(wrong, desk=app.desk), now())
    [one] = about(found, name)
    assert (one.level, "refused our token" in one.sentence) == (Level.WRONG, True)


async def test_a_provider_that_cannot_be_reached(app: App, telegram: TelegramServer) -> None:
    telegram.stop()
    [one] = about(await doctor.look(app, now()), "telegram")
    assert (one.level, "could not be asked" in one.sentence) == (Level.WRONG, True)


@pytest.mark.parametrize("url", [None, "https://somebody-else.example.org/hook"])
async def test_telegram_does_not_call_us(app: App, telegram: TelegramServer, url: str | None) -> None:
    telegram.webhook = None if url is None else {"url": url, "secret_token": ""}
    assert levels(await doctor.look(app, now()))["telegram webhook"] is Level.WRONG


async def test_telegram_calls_somebody_while_we_ask(app: App) -> None:
    asking = replace(app, webhook_secret=None)
    [one] = about(await doctor.look(asking, now()), "telegram webhook")
    assert "calls another address" in one.sentence


async def test_telegram_says_when_it_could_not_reach_us(app: App, telegram: TelegramServer) -> None:
    telegram.webhook_failed = int(time.time())
    said = [one.sentence for one in about(await doctor.look(app, now()), "telegram webhook")]
    assert any("could not reach us" in sentence for sentence in said)


async def test_twilio_sends_what_families_text_elsewhere(app: App, twilio: TwilioServer) -> None:
    twilio.sms_url = "https://demo.twilio.com/welcome/sms/reply/"
    [one] = about(await doctor.look(app, now()), "twilio webhook")
    assert (one.level, "another address" in one.sentence) == (Level.WRONG, True)


async def test_an_account_that_is_suspended(app: App, twilio: TwilioServer) -> None:
    twilio.status = "suspended"
    [one] = about(await doctor.look(app, now()), "twilio")
    assert (one.level, "suspended" in one.sentence) == (Level.WRONG, True)


async def test_a_stopped_clock_an_old_backup_and_clocks_that_differ(app: App) -> None:
    found = await doctor.look(app, now() + timedelta(days=2))
    assert about(found, "line")[0].level is Level.WRONG
    assert "differ by more than 2 seconds" in about(found, "line")[0].sentence
    assert levels(found)["backup"] is Level.SOON


async def test_a_restored_database_is_told(app: App, tmp_path: Path) -> None:
    app.desk.database.write(lambda conn: restored.note(conn, now() - timedelta(hours=1), now()))
    sentences = [one.sentence for one in await doctor.look(app, now())]
    assert any("restored from a backup" in sentence for sentence in sentences)
    assert backups.gap(app.desk) is not None


async def test_live_that_lacks_approvals_is_wrong_and_a_trial_that_does_is_told(app: App) -> None:
    assert levels(await doctor.look(app, now()))["before live"] is Level.SOON
    live = replace(app, desk=replace(app.desk, mode=Mode.LIVE))
    assert levels(await doctor.look(live, now()))["before live"] is Level.WRONG


async def test_a_missing_key_is_wrong(app: App) -> None:
    other = replace(app, desk=replace(app.desk, seal=Seal(parse_keys(new_key("k2")))))
    [one] = about(await doctor.look(other, now()), "keys")
    assert (one.level, "is missing" in one.sentence) == (Level.WRONG, True)
    assert keys.uses(app.desk, app.clock())[0].id == "k1"


async def test_a_database_of_another_reality_is_wrong(app: App) -> None:
    rehearsing = replace(app, desk=replace(app.desk, mode=Mode.REHEARSAL), bot=None, twilio=None)
    [one] = about(await doctor.look(rehearsing, now()), "database")
    assert (one.level, "real database" in one.sentence) == (Level.WRONG, True)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_database_without_tables_and_one_that_others_may_read(app: App, tmp_path: Path) -> None:
    empty = replace(app, desk=replace(app.desk, database=Database(f"sqlite:///{tmp_path}/none.db")))
    [one] = about(await doctor.look(empty, now()), "database")
    assert (one.level, one.remedy) == (Level.WRONG, "Run `thinkfamily db upgrade`.")
    assert app.desk.database.file is not None
    os.chmod(app.desk.database.file, 0o644)  # noqa: PTH101
    assert about(await doctor.look(app, now()), "database")[-1].level is Level.SOON
    schema.require_current(app.desk.database)


async def test_it_says_that_an_alert_rings_nobody_or_whom_it_cannot_ring(
    app: App, given: dict[str, Any], tmp_path: Path
) -> None:
    [nobody] = about(await doctor.look(app, now()), "duty")
    assert (nobody.level, nobody.sentence) == (Level.SOON, "An alert rings nobody.")
    with DutyServer() as duty, MailServer(tmp_path) as mail:
        ways = {
            "thinkfamily_duty_webhook": duty.url, "thinkfamily_duty_smtp": f"localhost:{mail.port}",
            "thinkfamily_duty_email": "duty@example.org", "thinkfamily_duty_email_from": "bot@example.org",
            "thinkfamily_duty_smtp_security": "none",
        }  # fmt: skip
        bells = bootstrap.build(settings.read(None, **given | ways)).bells
        found = about(await doctor.look(replace(app, bells=bells), now()), "duty")
        assert [one.level for one in found] == [Level.WELL, Level.WELL]
        assert (duty.told, mail.mails) == ([], [])
    found = about(await doctor.look(replace(app, bells=bells), now()), "duty")
    assert [one.level for one in found] == [Level.WRONG, Level.WRONG]
    assert [one for one in found if "s3cretpath" in one.sentence + one.remedy] == []
