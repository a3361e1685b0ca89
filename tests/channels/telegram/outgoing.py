"""A chat and a message to it."""

from __future__ import annotations

from datetime import timedelta

from bot.channels.base import Outgoing
from bot.domain.address import Address, telegram_chat

CHAT = telegram_chat(4242)


def message(text: str = "Hello", to: Address = CHAT, **more: object) -> Outgoing:
    return Outgoing("00ff", to, text, timedelta(hours=1), **more)  # type: ignore[arg-type]
