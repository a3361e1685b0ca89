"""Telegram, inwards: an update in plain JSON becomes an Inbound; names are never looked at."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.channels.base import Request
from bot.domain.address import Address, ChannelName, telegram_chat
from bot.domain.inbound import Inbound, InboundKind, clean_text

SECRET_HEADER = "x-telegram-bot-api-secret-token"  # noqa: S105  # a header's name
# What a person can send that nobody here can hear or see. Other messages without text are Telegram's
# own notes (a pinned message, a changed title): nobody wrote them, so nobody is answered.
MEDIA = frozenset(
    {
        *("animation", "audio", "checklist", "contact", "dice", "document", "game", "live_photo", "location"),
        *("paid_media", "photo", "poll", "sticker", "story", "venue", "video", "video_note", "voice"),
    }
)
# Somebody else's words, passed on: a crisis, a loss or a STOP in them counts, all else must be typed.
FORWARDED = frozenset({"forward_origin", "forward_date", "forward_from", "forward_from_chat"})
_NOT_TYPED = MEDIA | FORWARDED
_LARGEST_ID = 2**63 - 1
_COMMAND = re.compile(r"/([a-z0-9_]{1,32})(?:@\w{1,64})?(?:\s+(.*))?", re.IGNORECASE | re.DOTALL | re.ASCII)


class TelegramReader:
    """The way in by webhook. `secret` is what was given to setWebhook."""

    name = ChannelName.TELEGRAM

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def __repr__(self) -> str:
        return "TelegramReader(...)"

    def genuine(self, request: Request) -> bool:
        """Whether the request carries the secret token, compared in constant time."""
        given = request.headers.get(SECRET_HEADER, "").encode("utf-8", "replace")
        return bool(self._secret) and hmac.compare_digest(given, self._secret)

    def read(self, request: Request, now: datetime) -> Inbound:
        """The update in the body; what is not JSON is UNKNOWN, named by the body's hash."""
        try:
            update = json.loads(request.body)
        except (ValueError, RecursionError):
            return _unknown(f"sha256:{hashlib.sha256(request.body).hexdigest()}", now)
        return read_update(update, now)


def read_update(update: object, now: datetime) -> Inbound:
    """One update from a webhook or a poll, whatever its shape. `at` is `now`: when it reached us."""
    known = update_id_of(update)
    provider_id = _hash(update) if known is None else str(known)
    if isinstance(update, dict):
        for key, read in _READERS.items():
            if isinstance(part := update.get(key), dict):
                return read(part, provider_id, now)
    return _unknown(provider_id, now)


def update_id_of(update: object) -> int | None:
    """The update's id, when it has a usable one."""
    return _whole(update.get("update_id")) if isinstance(update, dict) else None


def _message(message: Mapping[str, Any], provider_id: str, now: datetime) -> Inbound:
    chat = _private_chat(message)
    if chat is None:
        return _elsewhere(message, provider_id, now)
    kind, text = _what_was_written(message)
    return _inbound(provider_id, kind, chat, text, now)


def _edited(message: Mapping[str, Any], provider_id: str, now: datetime) -> Inbound:
    chat = _private_chat(message)
    if chat is None:
        return _elsewhere(message, provider_id, now)
    return _inbound(provider_id, InboundKind.EDIT, chat, _words_of(message) or "", now)


def _tap(query: Mapping[str, Any], provider_id: str, now: datetime) -> Inbound:
    pressed = query.get("message")
    pressed = pressed if isinstance(pressed, dict) else {}
    # A very old message comes without its chat; the presser's own id is then their private chat's.
    chat = _private_chat(pressed) if "chat" in pressed else _address(query.get("from"))
    if chat is None:
        return _elsewhere(pressed, provider_id, now)
    data, callback_id = query.get("data"), query.get("id")
    return _inbound(
        provider_id,
        InboundKind.TAP,
        chat,
        data if isinstance(data, str) else "",
        now,
        callback_id=callback_id if isinstance(callback_id, str) and callback_id else None,
    )


def _membership(change: Mapping[str, Any], provider_id: str, now: datetime) -> Inbound:
    after = change.get("new_chat_member")
    status = after.get("status") if isinstance(after, dict) else None
    chat = _private_chat(change)
    if chat is None:
        return _elsewhere(change, provider_id, now, stay=status in ("left", "kicked"))
    kinds = {"kicked": InboundKind.BLOCK, "member": InboundKind.UNBLOCK}
    kind = kinds.get(status, InboundKind.UNKNOWN) if isinstance(status, str) else InboundKind.UNKNOWN
    return _inbound(provider_id, kind, chat, "", now)


def _post(message: Mapping[str, Any], provider_id: str, now: datetime) -> Inbound:
    return _elsewhere(message, provider_id, now)


_READERS = {
    "message": _message,
    "edited_message": _edited,
    "callback_query": _tap,
    "my_chat_member": _membership,
    "channel_post": _post,
    "edited_channel_post": _post,
}


def _what_was_written(message: Mapping[str, Any]) -> tuple[InboundKind, str]:
    words = _words_of(message)
    if not _NOT_TYPED.isdisjoint(message):
        return InboundKind.MEDIA, words or ""  # a caption may hold a crisis
    if words is None:
        return InboundKind.UNKNOWN, ""
    command = _COMMAND.fullmatch(words.strip())
    if command is None:
        return InboundKind.TEXT, words
    name, rest = command[1], (command[2] or "").strip()
    if name.lower() == "start":
        return InboundKind.START, rest
    return InboundKind.TEXT, f"{name.upper()} {rest}".strip()


def _words_of(message: Mapping[str, Any]) -> str | None:
    for key in ("text", "caption"):
        if isinstance(words := message.get(key), str):
            return words
    return None


def _private_chat(thing: Mapping[str, Any]) -> Address | None:
    chat = thing.get("chat")
    return _address(chat) if isinstance(chat, dict) and chat.get("type") == "private" else None


def _address(holder: object) -> Address | None:
    number = _whole(holder.get("id")) if isinstance(holder, dict) else None
    return telegram_chat(number) if number else None


def _elsewhere(thing: Mapping[str, Any], provider_id: str, now: datetime, *, stay: bool = False) -> Inbound:
    """Something in a group or channel: its words are not kept, and it is left unless we are out already."""
    chat = thing.get("chat")
    number = chat.get("id") if isinstance(chat, dict) else None
    if isinstance(number, bool) or not isinstance(number, int) or not -_LARGEST_ID < number < 0:
        return _unknown(provider_id, now)
    return _inbound(provider_id, InboundKind.GROUP, None, "", now, leave=None if stay else number)


def _unknown(provider_id: str, now: datetime) -> Inbound:
    return _inbound(provider_id, InboundKind.UNKNOWN, None, "", now)


def _inbound(
    provider_id: str,
    kind: InboundKind,
    address: Address | None,
    text: str,
    now: datetime,
    *,
    callback_id: str | None = None,
    leave: int | None = None,
) -> Inbound:
    return Inbound(
        ChannelName.TELEGRAM, provider_id, kind, address, clean_text(text), now, callback_id, leave
    )


def _whole(number: object) -> int | None:
    """A whole number from 0 that fits a database column; True is not one."""
    if isinstance(number, bool) or not isinstance(number, int):
        return None
    return number if 0 <= number <= _LARGEST_ID else None


def _hash(update: object) -> str:
    body = json.dumps(update, sort_keys=True, default=lambda odd: type(odd).__name__)
    return f"sha256:{hashlib.sha256(body.encode()).hexdigest()}"
