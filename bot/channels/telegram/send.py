"""Telegram, outwards: what is asked of the Bot API, and the table that says what its errors mean."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
import telegram
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    EndPointNotFound,
    Forbidden,
    InvalidToken,
    TelegramError,
    TimedOut,
)

from bot.channels.base import Outgoing, Webhook
from bot.channels.http import AioRequest
from bot.channels.telegram.read import read_update, update_id_of
from bot.channels.wire import (
    AskedToWait,
    NeverConnected,
    NotText,
    NotTheProvider,
    ProviderFault,
    Wire,
)
from bot.domain.address import Address, ChannelName
from bot.domain.inbound import Inbound, Listed
from bot.domain.outbox import Accepted, Answer, Later, MovedTo, Ours, Refused, Uncertain

# The error table. Telegram gives no codes, so its descriptions are recognised by a part of them, first
# match first. What is not here is refused for this message only: one odd row never suspends a person.
FORBIDDEN: Mapping[str, Refused] = {
    "blocked by the user": Refused("blocked", suspend=True, stop=True),
    "user is deactivated": Refused("deactivated", suspend=True),
    "can't initiate conversation": Refused("never_started", suspend=True),
    "was kicked": Refused("not_member", suspend=True),
    "is not a member": Refused("not_member", suspend=True),
    "can't send messages to bots": Refused("is_bot", suspend=True),
}
PICTURE = Refused("picture")  # the picture, and not the person: the words go without it
GONE = Refused("gone")  # what was to be removed is not there any more
BAD_REQUEST: Mapping[str, Refused] = {
    "chat not found": Refused("unknown", suspend=True),
    "user not found": Refused("unknown", suspend=True),
    "peer_id_invalid": Refused("unknown", suspend=True),
    "message is too long": Refused("too_long"),
    "text is empty": Refused("empty"),
    "button_data_invalid": Refused("button"),
    "wrong file identifier": PICTURE,
    "wrong remote file": PICTURE,
    "photo_invalid_dimensions": PICTURE,
    "photo_ext_invalid": PICTURE,
    "image_process_failed": PICTURE,
    "caption is too long": PICTURE,
    "message to delete not found": GONE,
    "message can't be deleted": Refused("stays"),
}
OTHERWISE: Mapping[type[TelegramError], Refused] = {
    Forbidden: Refused("forbidden"),
    BadRequest: Refused("bad_request"),
}
_NOT_THE_PERSON = (PICTURE, OTHERWISE[BadRequest])
_AGAIN = Later("picture", timedelta(0))  # nothing was sent
_MOST_UNSEEN = 1_000
WAIT_WHEN_NOT_SAID = timedelta(seconds=5)
WAIT_WHEN_UNREACHED = timedelta(seconds=15)
WAIT_WHEN_AT_FAULT = timedelta(seconds=30)

ALLOWED_UPDATES = ("message", "edited_message", "callback_query", "my_chat_member")
_CALLBACK_BYTES = 64


def meaning_of(error: TelegramError) -> Answer:
    """What an error means to us. Refusals come before NetworkError, whose subclass BadRequest is."""
    match error:
        case AskedToWait(seconds=seconds, description=description):
            # Per-chat and global limits read the same unless the description names the chat.
            after = WAIT_WHEN_NOT_SAID if seconds is None else timedelta(seconds=seconds)
            return Later("429", after, all="chat" not in description.lower())
        case Forbidden():
            return _refusal(FORBIDDEN, error)
        case BadRequest():
            return _refusal(BAD_REQUEST, error)
        case ChatMigrated(new_chat_id=chat_id):
            return MovedTo(chat_id)
        case InvalidToken() | EndPointNotFound():
            return Ours("token")
        case NotText():
            return Refused("not_text")
        case NeverConnected():
            return Later("unreached", WAIT_WHEN_UNREACHED)
        case NotTheProvider(passed_on=False):
            return Later("not_telegram", WAIT_WHEN_AT_FAULT, all=True)
        case ProviderFault(code=code):
            return Later(code, WAIT_WHEN_AT_FAULT)
        case TimedOut():
            return Uncertain("timed_out")
        case _:
            return Uncertain("unanswered")


def _refusal(table: Mapping[str, Refused], error: TelegramError) -> Refused:
    said = error.message.lower()
    known = (refused for part, refused in table.items() if part in said)
    return next(known, OTHERWISE[type(error)])


@dataclass(frozen=True, slots=True)
class Updates:
    """What one long poll brought, as it came. `next_offset` passes all of it, so use it once stored."""

    raw: Sequence[object]
    next_offset: int

    def read(self, now: datetime) -> list[Inbound]:
        """Each update translated, in order; junk too."""
        return [read_update(update, now) for update in self.raw]

    def __repr__(self) -> str:
        return f"Updates({len(self.raw)})"


class _Bot(telegram.Bot):
    """PTB's Bot with a door to the methods that we want answered raw: a Message object costs 54 us."""

    __slots__ = ()

    async def ask(self, method: str, fields: dict[str, Any], seconds: float | None = None) -> Any:
        # do_api_request would warn on each call that PTB has a method of this name; defaults we have none.
        wait = AioRequest.DEFAULT_NONE if seconds is None else seconds
        return await self._do_post(method, fields, read_timeout=wait)


class TelegramBot:
    """One bot account: all that is asked of the Bot API, for the sender and for polling alike.

    `base_url` is the part before the token, as PTB takes it. Every method answers with a value: its
    result, or what the failure means (`domain.outbox.Answer`); none raises a provider's error.
    """

    def __init__(
        self,
        token: str,
        base_url: str,
        *,
        slots: int = 8,
        timeout: float = 15.0,
        connect_timeout: float = 5.0,
    ) -> None:
        # Two places more than the slots: the long poll has one, and so has an answer to a tap.
        self._wire = Wire(connections=slots + 2, timeout=timeout, connect_timeout=connect_timeout)
        request = AioRequest(self._wire)
        self._bot = _Bot(token, base_url=base_url, request=request, get_updates_request=request)
        self._photos: dict[bytes, str] = {}  # a picture -> what Telegram calls it, once it has it
        self._unseen: set[tuple[str, bytes]] = set()  # (chat, picture) that Telegram would not have

    def __repr__(self) -> str:
        return "TelegramBot(...)"

    async def open(self) -> None:
        """Make the HTTP session; no request is sent. Opening twice is harmless."""
        await self._wire.open()

    async def close(self) -> None:
        """Let go of every connection."""
        await self._wire.close()

    async def say(self, to: Address, text: str, buttons: Sequence[Sequence[tuple[str, str]]] = ()) -> Answer:
        """Send plain text to a chat, with rows of (label, text it stands for) beneath it."""
        fields: dict[str, Any] = {
            "chat_id": int(to.value),
            "text": text,
            "link_preview_options": {"is_disabled": True},
        }
        if buttons:
            fields["reply_markup"] = _keyboard(buttons)
        sent = await self._ask("sendMessage", fields)
        message_id = sent.get("message_id") if isinstance(sent, dict) else None
        if isinstance(message_id, int):
            return Accepted(str(message_id))
        return _trouble(sent) or Uncertain("garbled")

    async def show(
        self,
        to: Address,
        picture: bytes,
        text: str,
        buttons: Sequence[Sequence[tuple[str, str]]] = (),
        begin_by: float | None = None,
    ) -> Answer:
        """Send a picture with the text beneath it; the text alone where Telegram will not have the picture.

        A picture is carried up once: from then on its name is enough, until Telegram forgets it. Only a plain
        refusal is followed by another call, for then nothing was sent, and none begins after `begin_by`:
        then the message is to be handed in again, and goes as the refusal taught.
        """
        if (to.value, picture) in self._unseen:
            return await self.say(to, text, buttons)
        answer: Answer = PICTURE
        if (name := self._photos.get(picture)) is not None:
            answer = await self._photo(to, name, text, buttons)
            if answer is PICTURE:
                self._photos.pop(picture, None)
                if _past(begin_by):
                    return _AGAIN
        if answer is PICTURE:
            answer = await self._photo(to, telegram.InputFile(picture, "picture.png"), text, buttons, picture)
        if answer not in _NOT_THE_PERSON:
            return answer
        structlog.get_logger().warning("picture_refused")
        if not _past(begin_by):
            return await self.say(to, text, buttons)
        if len(self._unseen) >= _MOST_UNSEEN:
            self._unseen.clear()
        self._unseen.add((to.value, picture))
        return _AGAIN

    async def _photo(
        self,
        to: Address,
        photo: object,
        text: str,
        buttons: Sequence[Sequence[tuple[str, str]]],
        named: bytes | None = None,
    ) -> Answer:
        fields: dict[str, Any] = {"chat_id": int(to.value), "photo": photo, "caption": text}
        if buttons:
            fields["reply_markup"] = _keyboard(buttons)
        sent = await self._ask("sendPhoto", fields)
        message_id = sent.get("message_id") if isinstance(sent, dict) else None
        if not isinstance(message_id, int):
            return _trouble(sent) or Uncertain("garbled")
        if named is not None and (name := _photo_id(sent)) is not None:
            self._photos[named] = name
        return Accepted(str(message_id))

    async def unsay(self, chat: Address, message_id: str) -> Answer:
        """Take a message of ours from a chat; one that is gone already is just as well."""
        fields = {"chat_id": int(chat.value), "message_id": int(message_id)}
        wrong = _trouble(await self._ask("deleteMessage", fields))
        return Accepted(message_id) if wrong in (None, GONE) else wrong or Uncertain("garbled")

    async def answer_tap(self, callback_id: str) -> Answer | None:
        """Stop the button's spinner; None when done."""
        return _trouble(await self._ask("answerCallbackQuery", {"callback_query_id": callback_id}))

    async def leave(self, chat_id: int) -> Answer | None:
        """Leave a group or channel; None when done."""
        return _trouble(await self._ask("leaveChat", {"chat_id": chat_id}))

    async def get_updates(self, offset: int, *, wait: float) -> Updates | Answer:
        """Wait up to `wait` seconds for updates from `offset` on; earlier ones are forgotten by Telegram."""
        fields = {"offset": offset, "timeout": int(wait), "allowed_updates": list(ALLOWED_UPDATES)}
        got = await self._ask("getUpdates", fields, seconds=wait + self._wire.timeout)
        if isinstance(got, list):
            ids = [known for update in got if (known := update_id_of(update)) is not None]
            return Updates(got, max(ids, default=offset - 1) + 1)
        return _trouble(got) or Uncertain("garbled")

    async def get_me(self) -> str | Answer:
        """The bot's @name, without the @."""
        me = await self._ask("getMe", {})
        if isinstance(me, dict) and isinstance(me.get("username"), str):
            return str(me["username"])
        return _trouble(me) or Uncertain("garbled")

    async def set_webhook(self, url: str, secret: str) -> Answer | None:
        """Have updates posted to `url` with this secret; None when done."""
        fields = {"url": url, "secret_token": secret, "allowed_updates": list(ALLOWED_UPDATES)}
        return _trouble(await self._ask("setWebhook", fields))

    async def get_webhook(self) -> Webhook | Answer:
        """Where Telegram calls us, and whether it reaches us."""
        told = await self._ask("getWebhookInfo", {})
        if not isinstance(told, dict) or not isinstance(told.get("url"), str):
            return _trouble(told) or Uncertain("garbled")
        failed, waiting = told.get("last_error_date"), told.get("pending_update_count")
        return Webhook(
            told["url"],
            datetime.fromtimestamp(failed, UTC) if isinstance(failed, int) else None,
            waiting if isinstance(waiting, int) else 0,
        )

    async def delete_webhook(self) -> Answer | None:
        """Go back to polling; updates that wait are kept. None when done."""
        return _trouble(await self._ask("deleteWebhook", {}))

    async def set_commands(
        self, commands: Sequence[tuple[str, str]], chat: Address | None = None
    ) -> Answer | None:
        """The menu of commands (name without slash, what it does), for all or one chat; None when done."""
        menu = [{"command": name, "description": what} for name, what in commands]
        fields: dict[str, Any] = {"commands": menu}
        if chat is not None:
            fields["scope"] = {"type": "chat", "chat_id": int(chat.value)}
        return _trouble(await self._ask("setMyCommands", fields))

    async def _ask(self, method: str, fields: dict[str, Any], seconds: float | None = None) -> Any:
        try:
            return await self._bot.ask(method, fields, seconds)
        except Conflict:
            return Later("conflict", WAIT_WHEN_AT_FAULT)
        except TelegramError as error:
            return meaning_of(error)
        except Exception as error:  # a fault of the SDK's or ours; what left is not known
            structlog.get_logger().error("telegram_fault", error=type(error).__name__)
            return Uncertain("fault")


class TelegramChannel:
    """The way out to Telegram, over a bot that polling may share."""

    name = ChannelName.TELEGRAM

    def __init__(self, bot: TelegramBot) -> None:
        self.bot = bot
        self._menus: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Make the HTTP session; no request is sent."""
        await self.bot.open()

    async def close(self) -> None:
        """Let go of every connection, once the menus under way are set or given up."""
        await asyncio.gather(*self._menus)
        await self.bot.close()

    async def send(self, message: Outgoing) -> Answer:
        """Hand one message to Telegram, which delivers at once or not at all: `valid_for` needs no field."""
        if message.valid_for <= timedelta(0):
            return Later("too_late", timedelta(0))
        if message.removes is not None:
            return await self.bot.unsay(message.address, message.removes)
        if message.picture is not None:
            answer = await self.bot.show(
                message.address, message.picture, message.body, message.buttons, message.begin_by
            )
        else:
            answer = await self.bot.say(message.address, message.body, message.buttons)
        if message.menu and isinstance(answer, Accepted):  # beside it: an answer never waits for a menu
            task = asyncio.create_task(self._set_menu(message))
            self._menus.add(task)
            task.add_done_callback(self._menus.discard)
        return answer

    async def _set_menu(self, message: Outgoing) -> None:
        wrong = await self.bot.set_commands(message.menu, message.address)
        if wrong is not None:
            structlog.get_logger().warning("menu_not_set", answer=type(wrong).__name__)

    async def look_up(self, to: Address, since: datetime) -> Sequence[Listed] | None:
        """None: the Bot API does not tell what was sent."""
        return None


def _keyboard(buttons: Sequence[Sequence[tuple[str, str]]]) -> dict[str, Any]:
    return {"inline_keyboard": [[_button(*one) for one in row] for row in buttons]}


def _past(begin_by: float | None) -> bool:
    return begin_by is not None and time.monotonic() > begin_by


def _photo_id(sent: Mapping[str, Any]) -> str | None:
    """What Telegram calls a picture that it has: the name of its largest size."""
    sizes = sent.get("photo")
    last = sizes[-1] if isinstance(sizes, list) and sizes else None
    name = last.get("file_id") if isinstance(last, dict) else None
    return name if isinstance(name, str) else None


def _button(label: str, text: str) -> dict[str, str]:
    """A button that sends back what it stands for, cut to what Telegram carries."""
    carried = text.encode()[:_CALLBACK_BYTES].decode("utf-8", "ignore")
    return {"text": label, "callback_data": carried}


def _trouble(result: object) -> Answer | None:
    return result if isinstance(result, Answer) else None
