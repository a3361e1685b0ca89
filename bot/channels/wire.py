"""The wire: kept connections over which requests go, and what is known of a request that got no answer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
import yarl
from aiohttp.connector import Connection
from aiohttp.http import HttpProcessingError
from telegram.error import TelegramError

# PTB prints the token (it is in the URL) and the words of a message at DEBUG, and whole answers at ERROR;
# twilio prints phone numbers at INFO.
_TALKATIVE = ("telegram", "twilio", "httpx", "httpcore")


class WireError(TelegramError):
    """No answer of the provider's own. A TelegramError only because PTB hands those on unwrapped."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(type(self).__name__)  # never the cause's text: it may hold the URL


class NotText(WireError):
    """Half a surrogate pair: it cannot be put on any wire, and was not."""

    __slots__ = ()


class NeverConnected(WireError):
    """No connection was made, so not one byte of the request left."""

    __slots__ = ()


class Unanswered(WireError):
    """Bytes may have left, and no whole answer came back in time."""

    __slots__ = ()


class NotTheProvider(WireError):
    """An answer came that is not the provider's own JSON: a proxy, a web page, a fault in between.

    `passed_on` says whether what stands in between may have handed the request on before it failed.
    """

    __slots__ = ("passed_on",)

    def __init__(self, status: int) -> None:
        super().__init__()
        self.passed_on = status >= 500 or status == 408


class ProviderFault(WireError):
    """The provider itself said, in its own JSON, that it could not do it (5xx)."""

    __slots__ = ("code",)

    def __init__(self, code: str) -> None:
        super().__init__()
        self.code = code


class AskedToWait(WireError):
    """A 429: certainly not accepted. `seconds` is what the provider asked for, if it said."""

    __slots__ = ("code", "description", "seconds")

    def __init__(self, code: str, seconds: float | None, description: str = "") -> None:
        super().__init__()
        self.code = code
        self.seconds = seconds
        self.description = description


Reply = tuple[int, bytes, Mapping[str, str]]
"""Status, body and headers of an answer."""

_LOST = (aiohttp.ClientError, HttpProcessingError, aiohttp.EofStream, TimeoutError, OSError)
_MOST_DOORS = 64


@dataclass(frozen=True, slots=True)
class _Door:
    """Where requests of one kind go: what the pool must know of it, and their head but for the length."""

    request: aiohttp.ClientRequest
    head: bytes


class Wire:
    """A pool of kept connections. Made without a loop; `open` makes the session, `close` ends it.

    `timeout` is for a whole request in seconds, `connect_timeout` for getting a connection (a free place
    in the pool included). Proxies, .netrc and cookies are not looked at; redirects are not followed.
    """

    def __init__(self, *, connections: int, timeout: float, connect_timeout: float) -> None:
        self.timeout = timeout
        self._connections = connections
        self._connect_timeout = connect_timeout
        self._limits = self._within(timeout)
        self._doors: dict[tuple[object, ...], _Door] = {}
        self._session: aiohttp.ClientSession | None = None
        for name in _TALKATIVE:
            logging.getLogger(name).setLevel(logging.WARNING)

    async def open(self) -> None:
        """Make the session; no connection is made yet. Opening twice is harmless."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._connections, keepalive_timeout=15),
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
            )

    async def close(self) -> None:
        """Close every connection; the wire may be opened again."""
        session, self._session = self._session, None
        self._doors.clear()
        if session is not None:
            await session.close()

    async def exchange(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        data: bytes | aiohttp.FormData | None = None,
        headers: Mapping[str, str] | None = None,
        seconds: float | None = None,
    ) -> Reply:
        """What was answered; `seconds` replaces the timeout. Raises NeverConnected or Unanswered."""
        if self._session is None:
            raise NeverConnected
        limits = self._limits if seconds is None else self._within(seconds)
        if isinstance(data, bytes) and not params and (pool := self._session.connector) is not None:
            return await self._straight(pool, self._door(method, url, headers or {}), data, limits)
        try:
            async with self._session.request(
                method, url, params=params, data=data, headers=headers, timeout=limits, allow_redirects=False
            ) as answer:
                return answer.status, await answer.read(), answer.headers
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL) as cause:
            raise NeverConnected from cause
        except (aiohttp.ClientError, TimeoutError, OSError) as cause:
            raise Unanswered from cause

    def _within(self, seconds: float) -> aiohttp.ClientTimeout:
        # Getting a connection must give up first, else its timeout could not be told from a late answer's.
        return aiohttp.ClientTimeout(total=seconds, connect=min(self._connect_timeout, seconds / 2))

    async def _straight(
        self, pool: aiohttp.BaseConnector, door: _Door, data: bytes, limits: aiohttp.ClientTimeout
    ) -> Reply:
        """One request, without the session: for each it would make anew what never differs, which costs more
        than all the rest. The pool, TLS and the reading of the answer are aiohttp's as ever.
        """
        until = asyncio.get_running_loop().time() + (limits.total or self.timeout)
        try:
            connection = await pool.connect(door.request, [], limits)
        except (aiohttp.ClientError, TimeoutError, OSError) as cause:
            raise NeverConnected from cause
        try:
            reply = await _asked(connection, b"%b%d\r\n\r\n%b" % (door.head, len(data), data), until)
        except _LOST as cause:
            connection.close()
            raise Unanswered from cause
        except BaseException:
            connection.close()
            raise
        connection.release()
        return reply

    def _door(self, method: str, url: str, headers: Mapping[str, str]) -> _Door:
        key = (method, url, *headers.items())
        door = self._doors.get(key)
        if door is None:
            if len(self._doors) >= _MOST_DOORS:
                self._doors.clear()
            door = self._doors[key] = _door(method, url, headers)
        return door


async def _asked(connection: Connection, request: bytes, until: float) -> Reply:
    """Write it and read the answer, the whole of it; a connection that takes longer is cut."""
    protocol, transport = connection.protocol, connection.transport
    if protocol is None or transport is None:
        raise aiohttp.ClientConnectionError
    protocol.set_response_params(read_until_eof=True)
    transport.write(request)
    cut = asyncio.get_running_loop().call_at(until, transport.abort)  # half the price of a timeout
    try:
        message, body = await protocol.read()
        while message.code < 200:  # "go on", and the like
            message, body = await protocol.read()
        words = body.read_nowait() if body.is_eof() else await body.read()
    finally:
        cut.cancel()
    if transport.is_closing() and asyncio.get_running_loop().time() >= until:
        raise TimeoutError  # what ends with its connection looks whole when it was cut
    return message.code, words, message.headers


def _door(method: str, url: str, headers: Mapping[str, str]) -> _Door:
    """Its head as aiohttp would write it. Raises NeverConnected for what is no address or no header."""
    try:
        request = aiohttp.ClientRequest(method, yarl.URL(url), headers=headers)
    except ValueError as cause:
        raise NeverConnected from cause
    request.headers.setdefault("Content-Type", "application/octet-stream")
    said = [(name, value) for name, value in request.headers.items() if name != "Content-Length"]
    lines = [f"{method} {request.url.raw_path_qs} HTTP/1.1", *(f"{name}: {value}" for name, value in said)]
    if request.url.scheme not in ("http", "https") or any(not line.isprintable() for line in lines):
        raise NeverConnected
    return _Door(request, "\r\n".join([*lines, "Content-Length: "]).encode())
