"""Settings, from the environment and .env; the only place that reads them."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.domain.duty import Security
from bot.domain.revision import Mode
from bot.errors import SettingsError

_HERE = frozenset({"localhost", "127.0.0.1"})
_HTTPS = re.compile(r"https://[^/\s]+|http://(?:localhost|127\.0\.0\.1)[:/]")
_MAIL = re.compile(r"[!-;=?A-~]+@[A-Za-z0-9.-]+")  # plain letters, and none that a header ends with
_SERVER = re.compile(r"[A-Za-z0-9.-]+:[0-9]{1,5}")


class TelegramInbound(StrEnum):
    """How Telegram's updates come: we ask for them, or Telegram calls us."""

    POLLING = "polling"
    WEBHOOK = "webhook"


class Settings(BaseSettings):
    """Everything an operator can set. Each field's name, in capitals, is its variable."""

    model_config = SettingsConfigDict(
        env_file=".env", extra="ignore", env_ignore_empty=True, hide_input_in_errors=True
    )

    thinkfamily_mode: Mode = Field(
        Mode.REHEARSAL,
        description="rehearsal: nothing leaves. trial: guests only. live: approved words only.",
    )
    thinkfamily_database_url: str | None = Field(
        None, description="sqlite:///FILE or postgresql+psycopg://...; default a file in var/, one a mode."
    )
    thinkfamily_keys: SecretStr | None = Field(
        None, description="Encryption keys, newest first (thinkfamily db new-key). Must be set for live."
    )
    thinkfamily_content: Path | None = Field(
        None, description="The folder that holds campaigns/, templates/ and config/."
    )
    thinkfamily_public_url: str | None = Field(
        None, description="How providers reach this machine, such as https://bot.example.org; for webhooks."
    )
    thinkfamily_host: str = Field("127.0.0.1", description="Where the web door listens.")
    thinkfamily_port: int = Field(8080, ge=0, le=65535, description="Its port; 0 for any.")
    thinkfamily_guests: str = Field("", description="Trial: mobiles and telegram:CHAT_ID, with commas.")
    thinkfamily_guest_code: SecretStr | None = Field(
        None,
        min_length=6,
        description="Trial: whoever sends GUEST and this code becomes a guest; default made at start.",
    )
    thinkfamily_slots: int = Field(8, ge=1, le=256, description="How many sends may be under way at once.")
    thinkfamily_log_level: str = Field(
        "INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="DEBUG, INFO, WARNING or ERROR."
    )
    telegram_bot_token: SecretStr | None = Field(None, description="From BotFather.")
    telegram_api_base_url: str = Field(
        "https://api.telegram.org/bot", description="The part before the token."
    )
    telegram_inbound: TelegramInbound = Field(
        TelegramInbound.POLLING,
        description="polling: we ask Telegram. webhook: Telegram calls the public URL.",
    )
    telegram_webhook_secret: SecretStr | None = Field(
        None, description="For the webhook: made by you, 1 to 256 of A-Z a-z 0-9 _ -."
    )
    twilio_account_sid: str | None = Field(None, description="AC...")
    twilio_auth_token: SecretStr | None = Field(None, description="Signs webhooks and calls.")
    twilio_from: str | None = Field(None, description="Your UK long number, as +447...")
    twilio_messaging_service_sid: str | None = Field(None, description="MG..., instead of TWILIO_FROM.")
    twilio_api_base_url: str = Field("https://api.twilio.com", description="Where Twilio's API is.")
    twilio_parts_per_second: float = Field(1.0, gt=0, description="What your number may send.")
    thinkfamily_duty_webhook: SecretStr | None = Field(
        None, description="Alerts that need a person now are posted to this https address as JSON."
    )
    thinkfamily_duty_webhook_secret: SecretStr | None = Field(
        None, description="Sent with it as Authorization: Bearer."
    )
    thinkfamily_duty_email: str = Field(
        "", description="They are mailed to these addresses too, with commas."
    )
    thinkfamily_duty_email_from: str | None = Field(None, description="The address that such mail is from.")
    thinkfamily_duty_smtp: str | None = Field(
        None, description="The mail server, as mail.example.org:587; with the two above."
    )
    thinkfamily_duty_smtp_security: Security = Field(
        Security.STARTTLS, description="starttls, tls (port 465), or none: a server on this machine."
    )
    thinkfamily_duty_smtp_user: str | None = Field(None, description="Who signs in there, if it asks.")
    thinkfamily_duty_smtp_password: SecretStr | None = Field(None, description="And the password.")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.thinkfamily_database_url is None:
            name = "rehearsal" if self.thinkfamily_mode is Mode.REHEARSAL else "thinkfamily"
            self.thinkfamily_database_url = f"sqlite:///var/{name}.db"
        if self.twilio_account_sid and self.thinkfamily_mode is not Mode.REHEARSAL:
            missing = [
                variable
                for variable, value in (
                    ("TWILIO_AUTH_TOKEN", self.twilio_auth_token),
                    ("TWILIO_FROM or TWILIO_MESSAGING_SERVICE_SID", self.twilio_sender),
                    ("THINKFAMILY_PUBLIC_URL", self.thinkfamily_public_url),
                )
                if not value
            ]
            if missing:
                raise ValueError(f"TWILIO_ACCOUNT_SID is set, and these are not: {', '.join(missing)}.")
        if self.telegram_inbound is TelegramInbound.WEBHOOK and not (
            self.thinkfamily_public_url and self.telegram_webhook_secret
        ):
            raise ValueError(
                "TELEGRAM_INBOUND=webhook needs THINKFAMILY_PUBLIC_URL and TELEGRAM_WEBHOOK_SECRET."
            )
        return self

    @model_validator(mode="after")
    def _duty(self) -> Self:
        webhook = self.thinkfamily_duty_webhook
        if webhook is not None and not _HTTPS.match(webhook.get_secret_value()):
            raise ValueError("THINKFAMILY_DUTY_WEBHOOK must begin with https:// and a host.")
        if not self.thinkfamily_duty_email:
            return self
        sender = self.thinkfamily_duty_email_from or ""
        if not all(_MAIL.fullmatch(one) for one in (sender, *self.duty_addresses)):
            raise ValueError(
                "THINKFAMILY_DUTY_EMAIL needs addresses, and THINKFAMILY_DUTY_EMAIL_FROM the one it is from."
            )
        if not _SERVER.fullmatch(self.thinkfamily_duty_smtp or ""):
            raise ValueError("THINKFAMILY_DUTY_EMAIL needs THINKFAMILY_DUTY_SMTP, as mail.example.org:587.")
        here = self.duty_server[0] in _HERE
        if self.thinkfamily_duty_smtp_security is Security.NONE and not here:
            raise ValueError("THINKFAMILY_DUTY_SMTP_SECURITY=none is for a mail server on this machine.")
        return self

    @property
    def duty_addresses(self) -> tuple[str, ...]:
        """To whom alerts are mailed."""
        return tuple(filter(None, (one.strip() for one in self.thinkfamily_duty_email.split(","))))

    @property
    def duty_server(self) -> tuple[str, int]:
        """The mail server's host and port."""
        host, _, port = (self.thinkfamily_duty_smtp or "").rpartition(":")
        return host, int(port)

    @property
    def database_url(self) -> str:
        """The database's URL, never None."""
        assert self.thinkfamily_database_url is not None
        return self.thinkfamily_database_url

    @property
    def twilio_sender(self) -> str | None:
        """The messaging service if there is one, else the number."""
        return self.twilio_messaging_service_sid or self.twilio_from


def read(env_file: Path | None = Path(".env"), **overrides: object) -> Settings:
    """The settings of this process; raises SettingsError that names what is wrong and never a value."""
    try:
        return Settings(_env_file=env_file, **overrides)  # type: ignore[call-arg, arg-type]
    except ValidationError as cause:
        lines = [
            f"{'.'.join(str(part) for part in fault['loc']).upper() or 'Settings'}: {fault['msg']}"
            for fault in cause.errors(include_input=False, include_url=False, include_context=False)
        ]
        said = "; ".join(lines).rstrip(".")
        raise SettingsError(f"{said}.", "Mend the environment or .env (see .env.example).") from None
