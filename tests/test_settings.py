"""Settings: each variable is read, what cannot be is named, and no value is ever shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from bot import settings
from bot.domain.duty import Security
from bot.domain.revision import Mode
from bot.errors import SettingsError
from bot.settings import Settings, TelegramInbound

GIVEN = {
    "THINKFAMILY_MODE": ("trial", Mode.TRIAL),
    "THINKFAMILY_DATABASE_URL": ("sqlite:///here.db", "sqlite:///here.db"),
    "THINKFAMILY_KEYS": ("k1:secret", SecretStr("k1:secret")),
    "THINKFAMILY_CONTENT": ("/srv/content", Path("/srv/content")),
    "THINKFAMILY_PUBLIC_URL": ("https://bot.example.org", "https://bot.example.org"),
    "THINKFAMILY_HOST": ("0.0.0.0", "0.0.0.0"),
    "THINKFAMILY_PORT": ("0", 0),
    "THINKFAMILY_GUESTS": ("telegram:7", "telegram:7"),
    "THINKFAMILY_GUEST_CODE": ("314159", SecretStr("314159")),
    "THINKFAMILY_SLOTS": ("4", 4),
    "THINKFAMILY_LOG_LEVEL": ("WARNING", "WARNING"),
    "TELEGRAM_BOT_TOKEN": ("1:token", SecretStr("1:token")),
    "TELEGRAM_API_BASE_URL": ("http://127.0.0.1/bot", "http://127.0.0.1/bot"),
    "TELEGRAM_INBOUND": ("webhook", TelegramInbound.WEBHOOK),
    "TELEGRAM_WEBHOOK_SECRET": ("s3cret", SecretStr("s3cret")),
    "TWILIO_ACCOUNT_SID": ("AC1", "AC1"),
    "TWILIO_AUTH_TOKEN": ("token", SecretStr("token")),
    "TWILIO_FROM": ("+447700900001", "+447700900001"),
    "TWILIO_MESSAGING_SERVICE_SID": ("MG1", "MG1"),
    "TWILIO_API_BASE_URL": ("http://127.0.0.1", "http://127.0.0.1"),
    "TWILIO_PARTS_PER_SECOND": ("2.5", 2.5),
    "THINKFAMILY_DUTY_WEBHOOK": ("https://duty.example/1", SecretStr("https://duty.example/1")),
    "THINKFAMILY_DUTY_WEBHOOK_SECRET": ("s3cret", SecretStr("s3cret")),
    "THINKFAMILY_DUTY_EMAIL": ("duty@example.org", "duty@example.org"),
    "THINKFAMILY_DUTY_EMAIL_FROM": ("bot@example.org", "bot@example.org"),
    "THINKFAMILY_DUTY_SMTP": ("mail.example.org:587", "mail.example.org:587"),
    "THINKFAMILY_DUTY_SMTP_SECURITY": ("tls", Security.TLS),
    "THINKFAMILY_DUTY_SMTP_USER": ("bot", "bot"),
    "THINKFAMILY_DUTY_SMTP_PASSWORD": ("pass", SecretStr("pass")),
}
DUTY = {
    "thinkfamily_duty_email": "duty@example.org, lead@example.org",
    "thinkfamily_duty_email_from": "bot@example.org",
    "thinkfamily_duty_smtp": "mail.example.org:587",
}
WEBHOOK = {
    "telegram_inbound": "webhook",
    "telegram_webhook_secret": "s3cret",
    "thinkfamily_public_url": "https://bot.example.org",
}
TWILIO = {
    "twilio_account_sid": "AC1",
    "twilio_auth_token": "token",
    "twilio_from": "+447700900001",
    "thinkfamily_public_url": "https://bot.example.org",
    "thinkfamily_mode": "trial",
}


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of ours is set."""
    for name in GIVEN:
        monkeypatch.delenv(name, raising=False)


def read(**given: object) -> Settings:
    return settings.read(None, **given)


def test_every_setting_is_in_this_table() -> None:
    assert {name.upper() for name in Settings.model_fields} == set(GIVEN)


def test_every_setting_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, (text, _) in GIVEN.items():
        monkeypatch.setenv(name, text)
    made = settings.read(None)
    assert {name: getattr(made, name.lower()) for name in GIVEN} == {
        name: value for name, (_, value) in GIVEN.items()
    }


def test_settings_are_read_from_a_file_and_the_environment_goes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / ".env"
    file.write_text("THINKFAMILY_SLOTS=3\nTHINKFAMILY_PORT=9000\nSOMETHING_ELSE=1\n")
    monkeypatch.setenv("THINKFAMILY_PORT", "9001")
    made = settings.read(file)
    assert (made.thinkfamily_slots, made.thinkfamily_port) == (3, 9001)


def test_an_empty_variable_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "")
    assert settings.read(None).telegram_bot_token is None


def test_without_any_setting_it_is_a_rehearsal_in_a_file_of_its_own() -> None:
    made = read()
    assert (made.thinkfamily_mode, made.database_url) == (Mode.REHEARSAL, "sqlite:///var/rehearsal.db")


@pytest.mark.parametrize("mode", ["trial", "live"])
def test_what_is_real_has_one_file_which_is_not_the_rehearsal_s(mode: str) -> None:
    assert read(thinkfamily_mode=mode).database_url == "sqlite:///var/thinkfamily.db"


BAD = {
    "thinkfamily_mode": "SECRET-VALUE",
    "thinkfamily_port": "SECRET-VALUE",
    "thinkfamily_slots": "0",
    "thinkfamily_log_level": "SECRET-VALUE",
    "thinkfamily_guest_code": "SECRE",
    "telegram_inbound": "SECRET-VALUE",
    "twilio_parts_per_second": "-1",
}


@pytest.mark.parametrize(("name", "value"), BAD.items())
def test_a_wrong_setting_is_named_and_its_value_is_not_shown(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as wrong:
        read(**{name: value})
    assert name.upper() in wrong.value.sentence
    assert "SECRE" not in str(wrong.value)
    assert wrong.value.__cause__ is None


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(SettingsError) as wrong:
        read(thinkfamily_slots="0", thinkfamily_port="x")
    assert "THINKFAMILY_SLOTS" in wrong.value.sentence
    assert "THINKFAMILY_PORT" in wrong.value.sentence


@pytest.mark.parametrize(
    ("lacking", "named"),
    [
        ("twilio_auth_token", "TWILIO_AUTH_TOKEN"),
        ("twilio_from", "TWILIO_FROM or TWILIO_MESSAGING_SERVICE_SID"),
        ("thinkfamily_public_url", "THINKFAMILY_PUBLIC_URL"),
    ],
)
def test_half_a_twilio_account_is_refused(lacking: str, named: str) -> None:
    assert read(**TWILIO).twilio_sender == "+447700900001"
    with pytest.raises(SettingsError, match=named):
        read(**{name: value for name, value in TWILIO.items() if name != lacking})


def test_a_rehearsal_may_have_half_an_account() -> None:
    assert read(twilio_account_sid="AC1").thinkfamily_mode is Mode.REHEARSAL


@pytest.mark.parametrize("lacking", ["telegram_webhook_secret", "thinkfamily_public_url"])
def test_a_webhook_needs_its_secret_and_its_address(lacking: str) -> None:
    assert read(**WEBHOOK).telegram_inbound is TelegramInbound.WEBHOOK
    with pytest.raises(SettingsError, match="TELEGRAM_INBOUND=webhook needs"):
        read(**{name: value for name, value in WEBHOOK.items() if name != lacking})


def test_the_messaging_service_goes_before_the_number() -> None:
    assert read(**TWILIO, twilio_messaging_service_sid="MG1").twilio_sender == "MG1"


@pytest.mark.parametrize("name", [name for name, (_, value) in GIVEN.items() if isinstance(value, SecretStr)])
def test_a_secret_is_not_in_what_settings_look_like(name: str) -> None:
    secret = "https://k1:do-not-show"
    assert secret not in repr(read(**{name.lower(): secret}))


def test_the_example_names_only_what_there_is() -> None:
    lines = Path(".env.example").read_text(encoding="utf-8").splitlines()
    named = {line.removeprefix("# ").partition("=")[0] for line in lines if "=" in line.partition(" ")[2]}
    assert {name for name in named if name.isupper()} <= set(GIVEN)


def test_a_duty_s_mail_is_read_as_addresses_and_a_server() -> None:
    made = read(**DUTY)
    assert made.duty_addresses == ("duty@example.org", "lead@example.org")
    assert (made.duty_server, made.thinkfamily_duty_smtp_security) == (
        ("mail.example.org", 587), Security.STARTTLS,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"thinkfamily_duty_email": "SECRET"}, "THINKFAMILY_DUTY_EMAIL"),
        ({"thinkfamily_duty_email": "a@b.example\nBcc: SECRET@b.example"}, "THINKFAMILY_DUTY_EMAIL"),
        ({"thinkfamily_duty_email_from": None}, "THINKFAMILY_DUTY_EMAIL_FROM"),
        ({"thinkfamily_duty_smtp": "SECRET.example"}, "THINKFAMILY_DUTY_SMTP"),
        ({"thinkfamily_duty_smtp": None}, "THINKFAMILY_DUTY_SMTP"),
        ({"thinkfamily_duty_smtp_security": "none"}, "THINKFAMILY_DUTY_SMTP_SECURITY"),
        ({"thinkfamily_duty_webhook": "http://SECRET.example/"}, "THINKFAMILY_DUTY_WEBHOOK"),
        ({"thinkfamily_duty_webhook": "http://127.0.0.1.SECRET.example/"}, "THINKFAMILY_DUTY_WEBHOOK"),
        ({"thinkfamily_duty_webhook": "SECRET"}, "THINKFAMILY_DUTY_WEBHOOK"),
    ],
)
def test_a_way_to_the_duty_that_cannot_be_is_named_and_its_value_is_not_shown(
    changes: dict[str, object], named: str
) -> None:
    with pytest.raises(SettingsError) as wrong:
        read(**(DUTY | changes))
    assert named in wrong.value.sentence
    assert "SECRET" not in str(wrong.value)


def test_a_mail_server_and_a_webhook_on_this_machine_need_no_encryption() -> None:
    here = {"thinkfamily_duty_smtp": "localhost:25", "thinkfamily_duty_smtp_security": "none"}
    assert read(**(DUTY | here), thinkfamily_duty_webhook="http://127.0.0.1:9/duty").duty_server[1] == 25
