"""The wire servers of a world of chaos: they go by its dial, and remember when each call began."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import aiohttp

from bot.domain.address import Address, ChannelName
from tests.wire.telegram_server import TelegramServer
from tests.wire.twilio_server import Text, TwilioServer


@dataclass(frozen=True)
class Begun:
    """A call to send that reached a provider, taken or not. `at` is time.monotonic()."""

    to: Address
    body: str
    at: float
    valid_for: int | None = None  # seconds, of a text


class Texts(TwilioServer):
    """Twilio, whose clock is the world's. What cannot be told (nobody listens) is not told again."""

    def __init__(self, clock: Callable[[], datetime], public_url: str) -> None:
        super().__init__(public_url=public_url)
        self._clock = clock

    def bring_text(self, sender: str, body: str) -> bool:
        """A person texts; True when the door took it. It is listed either way."""
        try:
            return self.text(sender, body)[0] == 200
        except (aiohttp.ClientError, OSError):
            return False

    def tell(self, text: Text, status: str, code: int | None = None) -> int:
        """One receipt; the status it was answered with, 0 when nobody did."""
        try:
            return self.receipt(text, status, code)
        except (aiohttp.ClientError, OSError):
            return 0

    async def _tell(self, text: Text, statuses: tuple[str, ...]) -> None:
        with contextlib.suppress(aiohttp.ClientError, OSError):
            await super()._tell(text, statuses)

    def _made(self, to: str, sender: str, body: str, direction: str) -> Text:
        text = super()._made(to, sender, body, direction)
        text.made = self._clock().replace(microsecond=0)
        return text


def begun(texts: TwilioServer, chats: TelegramServer) -> list[Begun]:
    """Every call to send so far, in the order in which they came."""
    found = [
        Begun(
            Address(ChannelName.SMS, call.fields["To"]), call.fields["Body"], call.at,
            int(call.fields["ValidityPeriod"]),
        )
        for call in list(texts.calls)
        if call.method.startswith("POST") and "To" in call.fields
    ]  # fmt: skip
    found += [
        Begun(Address(ChannelName.TELEGRAM, str(call.fields["chat_id"])), str(call.fields["text"]), call.at)
        for call in list(chats.calls)
        if call.method == "sendMessage"
    ]
    return sorted(found, key=lambda one: one.at)


def taken(texts: TwilioServer, chats: TelegramServer) -> list[tuple[Address, str]]:
    """Everything that a provider accepted: to whom, and the words."""
    return [(Address(ChannelName.SMS, one.to), one.body) for one in list(texts.sent)] + [
        (Address(ChannelName.TELEGRAM, str(one.chat_id)), one.text) for one in list(chats.sent)
    ]
