"""The other end of the wire: both providers in one small process, the same for ours and for the baselines.

It reads HTTP/1.1 by hand and answers what Telegram and Twilio answer, so that it costs a fifth of the
client that is measured and is never the bottleneck. It keeps what each chat or number was sent, and when.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import multiprocessing
import re
import time
from collections import defaultdict
from collections.abc import Iterator
from multiprocessing.connection import Connection
from typing import Self
from urllib.parse import unquote_plus

TOKEN = "1234567:bench-token"
ACCOUNT = "AC" + "0" * 32
SECRET = "bench-auth-token"
NUMBER = "+447700900999"

Taken = tuple[float, str]
"""When it came, by the machine's monotonic clock (the same in every process), and its words."""

_TO = re.compile(rb"(?:^|&)(?:chat_id|To)=([^&]*)")
_TEXT = re.compile(rb"(?:^|&)(?:text|Body)=([^&]*)")
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_MOMENT = "Tue, 02 Feb 2027 10:00:00 +0000"


class _Conversation(asyncio.Protocol):
    """One kept connection."""

    def __init__(self, reached: dict[str, list[Taken]], numbers: Iterator[int]) -> None:
        self._reached, self._numbers = reached, numbers
        self._come = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._come += data
        while (end := self._come.find(b"\r\n\r\n")) >= 0:
            head = self._come[:end]
            said = _LENGTH.search(head)
            whole = end + 4 + (int(said[1]) if said else 0)
            if len(self._come) < whole:
                return
            body, self._come = self._come[end + 4 : whole], self._come[whole:]
            self._transport.write(self._answer(head, body))

    def _answer(self, head: bytes, body: bytes) -> bytes:
        to, text = _said(body)
        if b"/getMe" in head[:120]:
            return _ok(b"200 OK", {"ok": True, "result": _BOT})
        self._reached[to].append((time.monotonic(), text))
        number = next(self._numbers)
        if b"/Messages.json" in head[:120]:
            return _ok(b"201 CREATED", _text(to, text, number))
        return _ok(b"200 OK", {"ok": True, "result": _message(to, text, number)})


_BOT = {"id": 1234567, "is_bot": True, "first_name": "Bench", "username": "BenchBot"}


def _said(body: bytes) -> tuple[str, str]:
    """To whom, and the words: of a form or of JSON."""
    if body.startswith(b"{"):
        said = json.loads(body)
        return str(said.get("chat_id", "")), str(said.get("text", ""))
    return _field(_TO, body), _field(_TEXT, body)


def _field(pattern: re.Pattern[bytes], body: bytes) -> str:
    found = pattern.search(body)
    return unquote_plus(found[1].decode()) if found else ""


def _ok(status: bytes, answer: object) -> bytes:
    body = json.dumps(answer).encode()
    head = b"HTTP/1.1 %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    return head % (status, len(body)) + body


def _message(to: str, text: str, number: int) -> dict[str, object]:
    """As the Bot API answers sendMessage."""
    return {
        "message_id": number, "from": _BOT, "date": 1801562400, "text": text,
        "chat": {"id": int(to or 0), "type": "private", "first_name": "Secret"},
    }  # fmt: skip


def _text(to: str, text: str, number: int) -> dict[str, object]:
    """As Twilio answers the making of a message."""
    sid = f"SM{number:032x}"
    return {
        "account_sid": ACCOUNT, "api_version": "2010-04-01", "body": text, "date_created": _MOMENT,
        "date_sent": None, "date_updated": _MOMENT, "direction": "outbound-api", "error_code": None,
        "error_message": None, "from": NUMBER, "messaging_service_sid": None, "num_media": "0",
        "num_segments": "1", "price": None, "price_unit": "USD", "sid": sid, "status": "queued",
        "subresource_uris": {}, "to": to, "uri": f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{sid}.json",
    }  # fmt: skip


async def _listen(pipe: Connection) -> None:
    reached: dict[str, list[Taken]] = defaultdict(list)
    numbers = itertools.count(1)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Conversation(reached, numbers), "127.0.0.1", 0, backlog=1024)
    pipe.send(server.sockets[0].getsockname()[1])
    while (asked := await asyncio.to_thread(pipe.recv)) != "end":
        pipe.send(dict(reached))
        if asked == "forget":
            reached.clear()
    server.close()


def _serve(pipe: Connection) -> None:
    asyncio.run(_listen(pipe))


class Provider:
    """`with Provider() as provider:` a process that plays both."""

    def __enter__(self) -> Self:
        spawn = multiprocessing.get_context("spawn")
        self._pipe, theirs = spawn.Pipe()
        self._process = spawn.Process(target=_serve, args=(theirs,))
        self._process.start()
        theirs.close()  # should it not start, that is noticed
        self.port: int = self._pipe.recv()
        return self

    def __exit__(self, *_error: object) -> None:
        self._pipe.send("end")
        self._process.join()

    @property
    def url(self) -> str:
        """What Twilio's SDK takes."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def bot_url(self) -> str:
        """What PTB takes: the part before the token."""
        return f"{self.url}/bot"

    def taken(self) -> dict[str, list[Taken]]:
        """What each was sent since the last question; forgotten then."""
        self._pipe.send("forget")
        reached: dict[str, list[Taken]] = self._pipe.recv()
        return reached

    def arrived(self, messages: int) -> None:
        """Raise unless so many people were written to since the last question, each exactly once."""
        taken = self.taken()
        sent = sum(map(len, taken.values()))
        if len(taken) != messages or sent != messages:
            raise AssertionError(f"{len(taken)} of {messages} were reached, by {sent} messages")
