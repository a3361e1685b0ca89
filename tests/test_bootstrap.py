"""Bootstrap: settings become an App, or a sentence that says what to do; nothing is sent meanwhile."""

from __future__ import annotations

import base64
import shutil
import stat
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot import bootstrap, settings
from bot.channels.rehearsal import RehearsalChannel
from bot.channels.telegram.send import TelegramChannel
from bot.channels.twilio.send import TwilioChannel
from bot.domain.address import ChannelName, telegram_chat, uk_mobile
from bot.domain.duty import Way
from bot.domain.revision import Mode
from bot.errors import ContentError, NotAllowed, RefusedToStart, SchemaUnknown, SettingsError
from bot.store import addresses
from bot.store.sealed import new_key
from tests.content import small

KEY = new_key("t1")
TELEGRAM = {"telegram_bot_token": "1:token"}
TWILIO = {
    "twilio_account_sid": "AC1",
    "twilio_auth_token": "token",
    "twilio_from": "+447911123456",
    "thinkfamily_public_url": "https://bot.example.org",
}
DUTY = {
    "thinkfamily_duty_webhook": "https://duty.example/hook",
    "thinkfamily_duty_email": "duty@example.org",
    "thinkfamily_duty_email_from": "bot@example.org",
    "thinkfamily_duty_smtp": "mail.example.org:587",
}
WEBHOOK = {
    "telegram_inbound": "webhook",
    "telegram_webhook_secret": "s3cret",
    "thinkfamily_public_url": "https://bot.example.org",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with small content in it."""
    for name, text in small.FILES.items():
        path = tmp_path / "content" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def read(folder: Path, mode: str = "rehearsal", **more: Any) -> settings.Settings:
    usual = {
        "thinkfamily_mode": mode,
        "thinkfamily_content": folder / "content",
        "thinkfamily_database_url": f"sqlite:///{folder}/thinkfamily.db",
        "thinkfamily_keys": KEY,
    }
    return settings.read(None, **(usual | more))


def real(folder: Path, sqlite_template: Path) -> Path:
    """A database that was brought up to date."""
    return Path(shutil.copy(sqlite_template, folder / "thinkfamily.db"))


# --- what is built ---------------------------------------------------------------------------------


def test_a_rehearsal_has_no_way_out_whatever_is_set(folder: Path) -> None:
    app = bootstrap.build(read(folder, **TELEGRAM, **TWILIO))
    assert {type(channel) for channel in app.channels.values()} == {RehearsalChannel}
    assert (app.bot, app.twilio, dict(app.readers)) == (None, None, {})
    assert app.desk.drama_numbers


@pytest.mark.parametrize("mode", ["trial", "live"])
def test_each_provider_that_is_set_up_is_there_and_no_other(folder: Path, mode: str) -> None:
    only = bootstrap.build(read(folder, mode, **TELEGRAM))
    assert {name: type(channel) for name, channel in only.channels.items()} == {
        ChannelName.TELEGRAM: TelegramChannel
    }
    both = bootstrap.build(read(folder, mode, **TELEGRAM, **TWILIO))
    assert type(both.channels[ChannelName.SMS]) is TwilioChannel
    assert set(both.readers) == {ChannelName.SMS}
    assert not both.desk.drama_numbers


@pytest.mark.parametrize(
    ("given", "ways"), [({}, []), (DUTY, [Way.WEBHOOK, Way.EMAIL])], ids=["none set", "both set"]
)
def test_the_ways_to_the_duty_that_are_set_up_are_there(
    folder: Path, given: dict[str, str], ways: list[Way]
) -> None:
    app = bootstrap.build(read(folder, "trial", **TELEGRAM, **given))
    assert [bell.way for bell in app.bells] == ways
    assert bootstrap.build(read(folder, **given)).bells == ()  # a rehearsal rings nobody


def test_telegram_has_a_door_only_where_it_calls_us(folder: Path) -> None:
    app = bootstrap.build(read(folder, "trial", **TELEGRAM, **WEBHOOK))
    assert (set(app.readers), app.webhook_secret) == ({ChannelName.TELEGRAM}, "s3cret")


@pytest.mark.parametrize("mode", ["trial", "live"])
def test_without_a_provider_nothing_real_starts(folder: Path, mode: str) -> None:
    with pytest.raises(RefusedToStart, match="TELEGRAM_BOT_TOKEN nor TWILIO_ACCOUNT_SID"):
        bootstrap.build(read(folder, mode))


def test_guests_are_mobiles_and_chats(folder: Path) -> None:
    app = bootstrap.build(read(folder, thinkfamily_guests=" 07911 123456, telegram:42 ,"))
    assert app.desk.guests == {uk_mobile("+447911123456"), telegram_chat(42)}


@pytest.mark.parametrize("wrong", ["telegram:x", "telegram:-5", "0161 496 0000", "somebody"])
def test_a_guest_that_is_none_is_refused_and_not_shown(folder: Path, wrong: str) -> None:
    with pytest.raises(SettingsError, match="THINKFAMILY_GUESTS") as refused:
        bootstrap.build(read(folder, thinkfamily_guests=wrong))
    assert wrong not in str(refused.value)


def test_only_a_trial_lets_guests_in_by_a_code(folder: Path) -> None:
    doors = {
        mode: bootstrap.build(read(folder, mode.value, **TELEGRAM)).desk.guest_door is not None
        for mode in Mode
    }
    assert doors == {Mode.REHEARSAL: False, Mode.TRIAL: True, Mode.LIVE: False}


def test_two_processes_of_one_name_are_two_holders(folder: Path) -> None:
    """In containers many processes have the same number and host name."""
    first, second = (bootstrap.build(read(folder)).desk.holder for _ in range(2))
    assert first != second
    assert len(first) <= 60


def test_no_secret_is_in_what_an_app_looks_like(folder: Path) -> None:
    app = bootstrap.build(read(folder, "trial", **TELEGRAM, **TWILIO, thinkfamily_guest_code="314159"))
    shown = f"{app.desk} {app.bot} {app.twilio} {app.channels}"
    for secret in ("1:token", "314159", KEY.partition(":")[2]):
        assert secret not in shown


# --- keys ------------------------------------------------------------------------------------------


def test_a_key_is_made_beside_the_file_for_its_owner_only(folder: Path) -> None:
    with bootstrap.opened(read(folder, thinkfamily_keys=None)):
        pass
    key = folder / "thinkfamily.db.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    before = key.read_text()
    with bootstrap.opened(read(folder, thinkfamily_keys=None)):
        pass
    assert key.read_text() == before


def test_a_database_whose_key_file_is_gone_is_not_given_another(folder: Path) -> None:
    with bootstrap.opened(read(folder, thinkfamily_keys=None)):
        pass
    (folder / "thinkfamily.db.key").unlink()
    with pytest.raises(SettingsError, match="key file beside it is not"):
        bootstrap.build(read(folder, thinkfamily_keys=None))
    assert not (folder / "thinkfamily.db.key").exists()


@pytest.mark.parametrize("spoiled", ["", "k1:short", "\u20ac"])
def test_a_spoiled_key_file_is_said(folder: Path, spoiled: str) -> None:
    (folder / "thinkfamily.db.key").write_text(spoiled, encoding="utf-8")
    with pytest.raises(SettingsError):
        bootstrap.build(read(folder, thinkfamily_keys=None))


def test_live_never_makes_a_key(folder: Path) -> None:
    with pytest.raises(SettingsError, match="THINKFAMILY_KEYS is not set"):
        bootstrap.build(read(folder, "live", thinkfamily_keys=None, **TELEGRAM))
    assert not list(folder.glob("*.key"))


def test_a_key_is_never_made_beside_a_server(folder: Path) -> None:
    with pytest.raises(SettingsError, match="db new-key"):
        bootstrap.build(
            read(folder, thinkfamily_keys=None, thinkfamily_database_url="postgresql+psycopg://x/y")
        )


def test_a_wrong_key_is_refused_before_a_row_is_written(folder: Path, sqlite_template: Path) -> None:
    real(folder, sqlite_template)
    mine, other = read(folder, "trial", **TELEGRAM), new_key("t1")
    with bootstrap.opened(mine) as app:
        desk, now = app.desk, app.clock()
        desk.database.write(lambda conn: addresses.find_or_add(conn, desk.seal, telegram_chat(42), now))
    for wrong in (other, new_key("k9")):
        with (
            pytest.raises(SettingsError, match="this database was written with"),
            bootstrap.opened(read(folder, "trial", thinkfamily_keys=wrong, **TELEGRAM)),
        ):
            raise AssertionError("it started")
    with bootstrap.opened(mine) as app:
        found = app.desk.database.read(lambda conn: addresses.find(conn, app.desk.seal, telegram_chat(42)))
    assert found is not None
    assert base64.b64decode(other.partition(":")[2]) not in (folder / "thinkfamily.db").read_bytes()


# --- the database ----------------------------------------------------------------------------------


def test_a_rehearsal_s_database_is_made_by_itself(folder: Path) -> None:
    with bootstrap.opened(read(folder)) as app:
        assert sa.inspect(app.desk.database.engine).has_table("outbox")


@pytest.mark.parametrize("mode", ["trial", "live"])
def test_a_real_database_is_made_only_when_told_to(folder: Path, mode: str) -> None:
    with pytest.raises(SchemaUnknown, match="db upgrade"), bootstrap.opened(read(folder, mode, **TELEGRAM)):
        raise AssertionError("it started")
    assert not (folder / "thinkfamily.db").exists()
    with bootstrap.opened(read(folder, mode, **TELEGRAM), upgrade=True):
        assert stat.S_IMODE((folder / "thinkfamily.db").stat().st_mode) == 0o600


def opens(folder: Path, mode: str) -> None:
    with bootstrap.opened(read(folder, mode, **TELEGRAM)):
        pass


def test_a_trial_s_database_may_become_live(folder: Path, sqlite_template: Path) -> None:
    real(folder, sqlite_template)
    opens(folder, "trial")
    opens(folder, "live")
    opens(folder, "trial")


@pytest.mark.parametrize("mode", ["trial", "live"])
def test_a_rehearsal_s_database_never_becomes_real(folder: Path, mode: str) -> None:
    opens(folder, "rehearsal")
    with pytest.raises(NotAllowed, match="This is a rehearsal database"):
        opens(folder, mode)


@pytest.mark.parametrize("mode", ["trial", "live"])
def test_a_real_database_is_never_rehearsed_on(folder: Path, sqlite_template: Path, mode: str) -> None:
    real(folder, sqlite_template)
    opens(folder, mode)
    with pytest.raises(NotAllowed, match="This is a real database"):
        opens(folder, "rehearsal")


def test_a_newer_schema_is_refused(folder: Path, sqlite_template: Path) -> None:
    real(folder, sqlite_template)
    with bootstrap.opened(read(folder, "trial", **TELEGRAM)) as app:
        app.desk.database.write(
            lambda conn: conn.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
        )
    with pytest.raises(SchemaUnknown, match="Install the newer program"):
        opens(folder, "trial")


@pytest.mark.parametrize("url", ["nonsense", "mysql://x/y", "postgres://x/y", "postgresql://host:port/y"])
def test_an_address_that_is_no_database_s_is_said_and_not_shown(folder: Path, url: str) -> None:
    with pytest.raises(SettingsError, match="THINKFAMILY_DATABASE_URL") as refused:
        bootstrap.build(read(folder, thinkfamily_database_url=url))
    assert url not in str(refused.value)


# --- the content -----------------------------------------------------------------------------------


def test_a_folder_without_content_is_said(folder: Path) -> None:
    with pytest.raises(ContentError, match="There is no campaigns, templates, config here"):
        bootstrap.build(read(folder, thinkfamily_content=folder / "nowhere"))


def test_every_mistake_in_the_content_is_said_at_once(folder: Path) -> None:
    (folder / "content/campaigns/flu.yaml").write_text("campaign: [")
    (folder / "content/config/default.yaml").unlink()
    with pytest.raises(ContentError) as wrong:
        bootstrap.build(read(folder))
    assert {fault.path for fault in wrong.value.faults} >= {"campaigns/flu.yaml", "config/default.yaml"}
