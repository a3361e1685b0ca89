"""A small server that plays the Bot API, with memory, limits and faults."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections import deque
from dataclasses import dataclass, replace
from typing import Any

from aiohttp import web

from tests.nothing_personal import heard
from tests.wire.server import Call, WireServer
from tests.wire.telegram_http import error, fields_of, json_field, ok

TOKEN = "1234567:wire-token"


@dataclass(frozen=True)
class Said:
    """A message that the server accepted. `at` is time.monotonic()."""

    chat_id: int
    text: str
    buttons: tuple[tuple[tuple[str, str], ...], ...]
    message_id: int
    at: float
    photo: bytes | None = None  # the picture above it


class TelegramServer(WireServer):
    """Plays api.telegram.org. `base_url` is what PTB takes: the part before the token.

    Chats in `unknown` get 400, those in `blocked` 403. With `per_second` set, a send above that rate in
    any second meets a 429; with `per_chat_second` likewise for one chat. `always(fault, "getUpdates")`
    strikes polls.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        public_url: str = "",
        reach: str = "",
        token: str = TOKEN,
        username: str = "ThinkFamilyWireBot",
    ) -> None:
        super().__init__(port=port, public_url=public_url, reach=reach)
        self.token = token
        self.username = username
        self.sent: list[Said] = []
        self.answered_taps: list[str] = []
        self.left: list[int] = []
        self.deleted: list[tuple[int, int]] = []  # (chat, message) of ours that we took back
        self.commands: list[dict[str, str]] = []
        self.menus: dict[int, list[dict[str, str]]] = {}  # a chat's own commands
        self.photos: dict[str, bytes] = {}  # what was carried up, by the name that we gave it
        self.picky = False  # refuses every picture
        self.unknown: set[int] = set()
        self.blocked: set[int] = set()
        self.per_second: int | None = None
        self.per_chat_second: int | None = None
        self.webhook: dict[str, str] | None = None
        self.webhook_failed: int | None = None  # when a call last failed, as getWebhookInfo tells
        self.webhook_answers: list[tuple[int, bytes]] = []
        self._recent: deque[tuple[float, int]] = deque()
        self._message_ids: dict[int, int] = {}
        self._updates: list[dict[str, Any]] = []
        self._update_id = 1000
        self._arrived: asyncio.Event = asyncio.Event()
        self._poll = 0

    @property
    def base_url(self) -> str:
        """For TELEGRAM_API_BASE_URL."""
        return f"http://127.0.0.1:{self.port}/bot"

    @property
    def waiting(self) -> bool:
        """Whether an update is kept that no poll has passed yet."""
        return bool(self._updates)

    def sent_to(self, chat_id: int) -> list[Said]:
        """What was accepted for one chat, in order."""
        return [one for one in self.sent if one.chat_id == chat_id]

    # --- what people do ------------------------------------------------------------------------

    def text(self, chat_id: int, text: str, **more: Any) -> dict[str, Any]:
        """A person writes in their private chat."""
        heard(text)
        return self.update(message=self._from(chat_id) | {"text": text} | more)

    def start_chat(self, chat_id: int, payload: str = "") -> dict[str, Any]:
        """A person opens a deep link, or presses Start."""
        self.blocked.discard(chat_id)
        return self.text(chat_id, f"/start {payload}".strip())

    def media(self, chat_id: int, kind: str = "voice", caption: str | None = None) -> dict[str, Any]:
        """A voice note, photo, sticker ..."""
        extra = {} if caption is None else {"caption": caption}
        return self.update(message=self._from(chat_id) | {kind: {"file_id": "x"}} | extra)

    def edit(self, chat_id: int, text: str) -> dict[str, Any]:
        """A person edits what they wrote."""
        return self.update(edited_message=self._from(chat_id) | {"text": text, "edit_date": int(time.time())})

    def tap(self, chat_id: int, data: str) -> dict[str, Any]:
        """A person presses a button."""
        pressed = self._from(chat_id)
        query = {"id": f"tap-{self._update_id}", "from": pressed["from"], "message": pressed, "data": data}
        return self.update(callback_query=query)

    def block(self, chat_id: int) -> dict[str, Any]:
        """A person blocks the bot; sends to them now meet 403."""
        self.blocked.add(chat_id)
        return self._membership(chat_id, "private", "kicked")

    def unblock(self, chat_id: int) -> dict[str, Any]:
        """A person unblocks the bot (the app sends /start by itself right after)."""
        self.blocked.discard(chat_id)
        self._membership(chat_id, "private", "member")
        return self.start_chat(chat_id)

    def add_to_group(self, group_id: int) -> dict[str, Any]:
        """Somebody adds the bot to a group."""
        return self._membership(group_id, "supergroup", "member")

    def update(self, **parts: Any) -> dict[str, Any]:
        """Any update, with the next update_id: posted to the webhook if one is set, else kept for polls."""
        self._update_id += 1
        made = {"update_id": self._update_id} | parts
        self.run(self._bring(made))
        return made

    def _membership(self, chat_id: int, kind: str, status: str) -> dict[str, Any]:
        person = _person(abs(chat_id))
        bot = {"id": 1234567, "is_bot": True, "first_name": "Think Family"}
        change = {
            "chat": {"id": chat_id, "type": kind},
            "from": person,
            "date": int(time.time()),
            "old_chat_member": {"user": bot, "status": "left"},
            "new_chat_member": {"user": bot, "status": status},
        }
        return self.update(my_chat_member=change)

    def _from(self, chat_id: int) -> dict[str, Any]:
        return {
            "message_id": self._message_id(chat_id),
            "date": int(time.time()),
            "chat": {"id": chat_id, "type": "private", "first_name": "Secret", "username": "secret_name"},
            "from": _person(chat_id),
        }

    def _message_id(self, chat_id: int) -> int:
        self._message_ids[chat_id] = self._message_ids.get(chat_id, 0) + 1
        return self._message_ids[chat_id]

    # --- updates -------------------------------------------------------------------------------

    async def _listen(self) -> None:
        self._arrived = asyncio.Event()  # after a `stop` the loop is another one
        await super()._listen()

    async def _bring(self, update: dict[str, Any]) -> None:
        if self.webhook is None:
            self._updates.append(update)
            self._arrived.set()
            return
        await self._post(update)

    async def _post(self, update: dict[str, Any]) -> None:
        """As Telegram does: with the secret, again until it is taken, and doing what the reply says."""
        assert self.session is not None
        for wait in (0.05, 0.1, 0.2, 0.4, 0.8, 1.6, None):
            assert self.webhook is not None
            headers = {"X-Telegram-Bot-Api-Secret-Token": self.webhook.get("secret_token", "")}
            async with self.session.post(
                self._real(self.webhook["url"]), json=update, headers=headers
            ) as reply:
                status, body = reply.status, await reply.read()
            self.webhook_answers.append((status, body))
            if status in range(200, 300):
                if body.startswith(b"{"):
                    call = json.loads(body)
                    await self._do(call.pop("method"), call)
                return
            if wait is not None:
                await asyncio.sleep(wait)

    async def _get_updates(self, fields: dict[str, Any]) -> web.Response:
        if self.webhook is not None:
            said = "Conflict: can't use getUpdates method while webhook is active"
            return error(409, f"{said}; use deleteWebhook to delete the webhook first")
        self._poll += 1
        mine = self._poll
        offset = int(fields.get("offset", 0))
        self._updates = [one for one in self._updates if one["update_id"] >= offset]
        until = time.monotonic() + min(float(fields.get("timeout", 0)), 50)
        while not self._updates and (left := until - time.monotonic()) > 0:
            self._arrived.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._arrived.wait(), min(left, 0.5))
            if mine != self._poll:
                return error(409, "Conflict: terminated by other getUpdates request")
        limit = min(int(fields.get("limit", 100)), 100)
        return ok(self._updates[:limit])

    # --- methods -------------------------------------------------------------------------------

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        _, _, path = request.path.partition("/bot")
        token, _, method = path.partition("/")
        fields = fields_of(request, await request.read())
        call = Call(method, fields, time.monotonic())
        self.calls.append(call)
        if token != self.token:
            call.fault = "401"
            return error(401, "Unauthorized")
        if method in ("sendMessage", "sendPhoto"):
            send = self._send_message if method == "sendMessage" else self._send_photo
            fault = self._fault_for(str(fields.get("chat_id")))
            if fault is not None:
                call.fault = fault.name
                struck = await self._strike(fault, request, lambda: send(fields))
                if struck is not None:
                    return struck
        named = method in ("getUpdates", "setMyCommands", "deleteMessage")  # a fault of their own, by name
        if named and (fault := self._always.get(method)) is not None:
            struck = await self._strike(fault, request, lambda: None)
            if struck is not None:
                return struck
        return await self._do(method, fields)

    async def _do(self, method: str, fields: dict[str, Any]) -> web.Response:
        if method == "sendMessage":
            return self._send_message(fields)
        if method == "sendPhoto":
            return self._send_photo(fields)
        if method == "getUpdates":
            return await self._get_updates(fields)
        simple = {
            "getMe": self._get_me,
            "setWebhook": self._set_webhook,
            "deleteWebhook": self._delete_webhook,
            "getWebhookInfo": self._webhook_info,
            "answerCallbackQuery": self._answer_tap,
            "leaveChat": self._leave,
            "setMyCommands": self._set_commands,
            "deleteMessage": self._delete_message,
        }.get(method)
        return error(404, "Not Found") if simple is None else simple(fields)

    def _send_message(self, fields: dict[str, Any]) -> web.Response:
        try:
            chat_id = int(fields["chat_id"])
        except (KeyError, ValueError):
            return error(400, "Bad Request: chat_id is empty")
        if (refused := self._refuse(chat_id, fields)) is not None:
            return refused
        at = time.monotonic()
        heard(fields["text"])
        message_id = self._message_id(chat_id)
        rows = json_field(fields.get("reply_markup"), {}).get("inline_keyboard", [])
        buttons = tuple(tuple((one["text"], one["callback_data"]) for one in row) for row in rows)
        self.sent.append(Said(chat_id, fields["text"], buttons, message_id, at))
        return ok(
            {
                "message_id": message_id,
                "date": int(time.time()),
                "chat": {"id": chat_id, "type": "private", "first_name": "Secret"},
                "text": fields["text"],
            }
        )

    def _send_photo(self, fields: dict[str, Any]) -> web.Response:
        """A file, or the name of one that was carried up before; its caption is a message like any other."""
        photo = fields.get("photo")
        if isinstance(photo, str):
            photo = self.photos.get(photo)
        if not isinstance(photo, bytes):
            return error(400, "Bad Request: wrong file identifier/HTTP URL specified")
        if self.picky:
            return error(400, "Bad Request: IMAGE_PROCESS_FAILED")
        caption = fields.get("caption") or ""
        if len(caption.encode("utf-16-le")) // 2 > 1024:
            return error(400, "Bad Request: message caption is too long")
        answer = self._send_message(fields | {"text": caption})
        if answer.status != 200:
            return answer
        self.sent[-1] = replace(self.sent[-1], photo=photo)
        name = f"photo-{len(self.photos) + 1}"
        known = next((name for name, one in self.photos.items() if one == photo), name)
        self.photos[known] = photo
        sizes = [{"file_id": f"small-{known}"}, {"file_id": known}]
        return ok({"message_id": self.sent[-1].message_id, "photo": sizes, "caption": caption})

    def _refuse(self, chat_id: int, fields: dict[str, Any]) -> web.Response | None:
        text = fields.get("text") or ""
        if chat_id in self.unknown:
            return error(400, "Bad Request: chat not found")
        if chat_id in self.blocked:
            return error(403, "Forbidden: bot was blocked by the user")
        if not text.strip():
            return error(400, "Bad Request: message text is empty")
        if len(text.encode("utf-16-le")) // 2 > 4096:
            return error(400, "Bad Request: message is too long")
        for row in json_field(fields.get("reply_markup"), {}).get("inline_keyboard", []):
            if any(not 1 <= len(one.get("callback_data", "").encode()) <= 64 for one in row):
                return error(400, "Bad Request: BUTTON_DATA_INVALID")
        return self._too_fast(chat_id)

    def _too_fast(self, chat_id: int) -> web.Response | None:
        if self.per_second is None and self.per_chat_second is None:
            return None
        now = time.monotonic()
        while self._recent and self._recent[0][0] <= now - 1:
            self._recent.popleft()
        here = sum(1 for _, chat in self._recent if chat == chat_id)
        over = self.per_second is not None and len(self._recent) >= self.per_second
        if over or (self.per_chat_second is not None and here >= self.per_chat_second):
            more = {"parameters": {"retry_after": 1}}
            return error(429, "Too Many Requests: retry after 1", **more)
        self._recent.append((now, chat_id))
        return None

    def _get_me(self, fields: dict[str, Any]) -> web.Response:
        return ok({"id": 1234567, "is_bot": True, "first_name": "Think Family", "username": self.username})

    def _set_webhook(self, fields: dict[str, Any]) -> web.Response:
        self.webhook = {"url": fields["url"], "secret_token": fields.get("secret_token", "")}
        self._arrived.set()
        return ok(True)

    def _webhook_info(self, fields: dict[str, Any]) -> web.Response:
        failed = {} if self.webhook_failed is None else {"last_error_date": self.webhook_failed}
        url = "" if self.webhook is None else self.webhook["url"]
        return ok({"url": url, "pending_update_count": len(self._updates), **failed})

    def _delete_webhook(self, fields: dict[str, Any]) -> web.Response:
        self.webhook = None
        return ok(True)

    def _answer_tap(self, fields: dict[str, Any]) -> web.Response:
        self.answered_taps.append(fields["callback_query_id"])
        return ok(True)

    def _leave(self, fields: dict[str, Any]) -> web.Response:
        self.left.append(int(fields["chat_id"]))
        return ok(True)

    def _delete_message(self, fields: dict[str, Any]) -> web.Response:
        which = (int(fields["chat_id"]), int(fields["message_id"]))
        if which in self.deleted or which not in {(one.chat_id, one.message_id) for one in self.sent}:
            return error(400, "Bad Request: message to delete not found")
        self.deleted.append(which)
        return ok(True)

    def _set_commands(self, fields: dict[str, Any]) -> web.Response:
        commands, scope = json_field(fields["commands"], []), json_field(fields.get("scope"), {})
        if scope.get("type") == "chat":
            self.menus[int(scope["chat_id"])] = commands
        else:
            self.commands = commands
        return ok(True)


def _person(number: int) -> dict[str, Any]:
    return {"id": number, "is_bot": False, "first_name": "Secret", "username": "secret_name"}
