"""The doors that providers knock at: genuine, stored, and only then answered."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.channels.base import Reader
from bot.channels.base import Request as Letter
from bot.domain.address import ChannelName
from bot.domain.inbound import Inbound, InboundKind, Receipt
from bot.inbound.gathering import Gathering
from bot.services import receive, reconcile
from bot.services.calm import Received

if TYPE_CHECKING:
    from bot.bootstrap import App

LARGEST_BODY = 1024 * 1024  # bytes; no provider comes near it
SMALL = 16 * 1024  # looked through at once; what is larger is no text of anybody's, and takes a thread
AT_ONCE = 50  # stored in one transaction, at most
LINGER = 0.002  # seconds that one waits for the next while several come at a time
_MOST_FIELDS = 200
_TRIES_AGAIN = (1.0, 2.0, 5.0, 10.0, 30.0, *(60.0,) * 60)  # seconds between tries, about an hour
_MOST_PENDING = 500


def _nobody() -> None:
    """Nobody waits for what was stored."""


def routes(app: App, *, stored: Callable[[], None] = _nobody) -> list[Route]:
    """The webhooks, for a Starlette app. `stored` is called when something was stored, in the loop."""
    doors = _Doors(app, stored)
    knocks: dict[str, Callable[[Request], Awaitable[Response]]] = {
        "/webhooks/telegram": doors.telegram,
        "/webhooks/twilio/inbound": doors.twilio,
        "/webhooks/twilio/status/{public_id}": doors.twilio,
    }
    return [Route(path, knock, methods=["POST"]) for path, knock in knocks.items()]


class _Doors:
    """A 200 says: it is in the database. Anything else makes the provider keep it, or bring it again."""

    def __init__(self, app: App, stored: Callable[[], None]) -> None:
        self._app = app
        self._stored = stored
        self._store = Gathering(self._store_all, AT_ONCE, LINGER)
        self._pending: set[asyncio.Task[None]] = set()

    async def telegram(self, request: Request) -> Response:
        """POST /webhooks/telegram"""
        return await self._open(ChannelName.TELEGRAM, request)

    async def twilio(self, request: Request) -> Response:
        """POST /webhooks/twilio/inbound and /webhooks/twilio/status/{public_id}"""
        return await self._open(ChannelName.SMS, request)

    async def _open(self, channel: ChannelName, request: Request) -> Response:
        reader = self._app.readers.get(channel)
        if reader is None:
            return Response(status_code=404)
        try:
            letter, whole = await self._letter(request)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody is there to read it
        if not await self._genuine(reader, letter):
            structlog.get_logger().warning("webhook_not_genuine", channel=channel.value)
            return Response(status_code=403 if whole else 413)
        return await self._take_in(reader, letter, self._app.clock())

    async def _genuine(self, reader: Reader, letter: Letter) -> bool:
        if len(letter.body) <= SMALL:
            return reader.genuine(letter)
        return await asyncio.to_thread(reader.genuine, letter)

    async def _letter(self, request: Request) -> tuple[Letter, bool]:
        """The request as readers want it, and whether its body was taken whole."""
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > LARGEST_BODY:
                break
        whole = len(body) <= LARGEST_BODY
        taken = bytes(body[:LARGEST_BODY])
        headers = {name.lower(): value for name, value in request.headers.items()}
        return Letter(self._public_url(request), headers, _form(headers, taken), taken), whole

    def _public_url(self, request: Request) -> str:
        """The URL as the provider called it, whatever proxies made of it on the way."""
        if self._app.public_url is None:
            return str(request.url)
        query = f"?{request.url.query}" if request.url.query else ""
        return f"{self._app.public_url.rstrip('/')}{request.url.path}{query}"

    async def _take_in(self, reader: Reader, letter: Letter, now: datetime) -> Response:
        said = reader.read(letter, now)
        try:
            if isinstance(said, Receipt):
                await asyncio.to_thread(reconcile.receipt, self._app.desk, said, now)
                return Response()
            await self._store(said)
        except Exception as error:  # the database, or a fault of ours: either way it is not stored
            _log_trouble("inbound_not_stored", reader.name, error)
            return Response(status_code=503) if isinstance(said, Receipt) else await self._unstored(said, now)
        self._stored()
        return _thanks(said)

    def _store_all(self, inbounds: Sequence[Inbound]) -> Sequence[Received | Exception]:
        return receive.receive_all(self._app.desk, inbounds, self._app.clock())

    async def _unstored(self, inbound: Inbound, now: datetime) -> Response:
        """P10: a crisis is answered in the reply itself. All else is refused, to be brought again."""
        words = await emergency_words(self._app, inbound)
        if words is None or inbound.address is None or len(self._pending) >= _MOST_PENDING:
            return Response(status_code=503)
        # The provider takes the answer only with a 200, which ends its own tries: ours go on.
        again = asyncio.create_task(self._store_later(inbound, now))
        self._pending.add(again)
        again.add_done_callback(self._pending.discard)
        if inbound.channel is ChannelName.SMS:
            return _twiml(words)
        return JSONResponse({"method": "sendMessage", "chat_id": int(inbound.address.value), "text": words})

    async def _store_later(self, inbound: Inbound, now: datetime) -> None:
        for seconds in _TRIES_AGAIN:
            await asyncio.sleep(seconds)
            try:
                await asyncio.to_thread(receive.receive, self._app.desk, inbound, now)
            except Exception as error:
                _log_trouble("inbound_not_stored", inbound.channel, error)
                continue
            self._stored()
            return
        structlog.get_logger().critical("inbound_lost", channel=inbound.channel.value)


async def emergency_words(app: App, inbound: Inbound) -> str | None:
    """The answer to a crisis without the database; None when it is none, or even that failed."""
    try:
        return await asyncio.to_thread(receive.emergency_answer, app.desk, inbound)
    except Exception as error:
        _log_trouble("emergency_answer_failed", inbound.channel, error)
        return None


def _log_trouble(event: str, channel: ChannelName, error: Exception) -> None:
    code = getattr(error, "code", None)
    structlog.get_logger().error(event, channel=channel.value, error=type(error).__name__, code=code)


def _form(headers: dict[str, str], body: bytes) -> list[tuple[str, str]]:
    """The raw pairs of a form body, in order; none when it is not a form."""
    if not headers.get("content-type", "").lower().startswith("application/x-www-form-urlencoded"):
        return []
    try:
        return parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        return []


def _thanks(inbound: Inbound) -> Response:
    """Stored. What a chat needs at once rides in the reply: a group is left, a button's spinner stopped."""
    if inbound.channel is ChannelName.SMS:
        return _twiml()
    if inbound.leave is not None:
        return JSONResponse({"method": "leaveChat", "chat_id": inbound.leave})
    if inbound.kind is InboundKind.TAP and inbound.callback_id is not None:
        return JSONResponse({"method": "answerCallbackQuery", "callback_query_id": inbound.callback_id})
    return Response()


def _twiml(words: str | None = None) -> Response:
    message = "" if words is None else f"<Message>{escape(words)}</Message>"
    xml = f'<?xml version="1.0" encoding="UTF-8"?><Response>{message}</Response>'
    return Response(xml, media_type="text/xml")
