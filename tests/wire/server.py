"""What both wire servers share: a thread with its own loop, scripted faults, and memory."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar

import aiohttp
from aiohttp import web

T = TypeVar("T")


@dataclass(frozen=True)
class Fault:
    """One way to fail a call. Made by the functions below; `times` is how often it strikes (None: always).

    `accepted` faults store the message first, as a provider does whose answer is lost.
    """

    name: str
    status: int = 0
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    accepted: bool = False
    goes_on: bool = False  # after the wait, answer as usual


def hang(seconds: float) -> Fault:
    """Take the request, store nothing, say nothing for so long, then drop the connection."""
    return Fault("hang", seconds=seconds)


def slow(seconds: float) -> Fault:
    """Answer as usual, but late."""
    return Fault("slow", seconds=seconds, goes_on=True)


def reset() -> Fault:
    """Drop the connection at once; nothing is stored."""
    return Fault("reset")


def accepted_never_answered() -> Fault:
    """Store the message, then drop the connection without a word."""
    return Fault("accepted_never_answered", accepted=True)


def accepted_late(seconds: float) -> Fault:
    """Store the message at once and hang, then drop the connection."""
    return Fault("accepted_late", seconds=seconds, accepted=True)


def web_page(status: int) -> Fault:
    """A web page with this status, as a proxy in between sends; nothing is stored."""
    return Fault("web_page", status, b"<html><h1>Bad gateway</h1></html>", "text/html")


def garbled(status: int = 200, *, accepted: bool = True) -> Fault:
    """Half of a JSON answer."""
    return Fault("garbled", status, b'{"ok": true, "result": {"mess', accepted=accepted)


@dataclass
class Call:
    """One request as it came in. `at` is time.monotonic() seconds; `fault` names what was done to it."""

    method: str
    fields: dict[str, Any]
    at: float
    fault: str | None = None


class WireServer:
    """An HTTP server on loopback in a thread. `with Server() as server:` starts and stops it.

    After `stop`, `start` comes back at the same address with the same memory, as a provider after an outage.
    `public_url` is what the app is known by, `reach` where it really listens: a proxy's two sides.
    """

    def __init__(self, *, port: int = 0, public_url: str = "", reach: str = "") -> None:
        self.port = port
        self.public_url = public_url
        self.reach = reach
        self.calls: list[Call] = []
        self._next: deque[Fault] = deque()
        self._always: dict[str | None, Fault] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._runner: web.ServerRunner | None = None
        self.session: aiohttp.ClientSession | None = None

    # --- starting and stopping -----------------------------------------------------------------

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *error: object) -> None:
        self.stop()

    def start(self) -> Self:
        """Listen; returns when connections are taken."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._live, name=type(self).__name__, daemon=True)
        self._thread.start()
        self.run(self._listen())
        return self

    def stop(self) -> None:
        """Drop every connection and stop listening. Stopping twice is harmless."""
        loop, thread = self._loop, self._thread
        if loop is None or thread is None:
            return
        self.run(self._close())
        self._loop = None
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)

    def _live(self) -> None:
        """The thread: the loop is run and closed where it was used, as a test may have a loop of its own."""
        assert self._loop is not None
        loop = self._loop
        loop.run_forever()
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()

    async def _listen(self) -> None:
        self.session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30))
        self._runner = web.ServerRunner(web.Server(self._handle, access_log=None), shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, backlog=1024)
        await site.start()
        assert self._runner.addresses
        self.port = self._runner.addresses[0][1]

    async def _close(self) -> None:
        mine = asyncio.current_task()
        waiting = [task for task in asyncio.all_tasks() if task is not mine]
        if self._runner is not None:
            await self._runner.cleanup()
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        if self.session is not None:
            await self.session.close()
        await asyncio.sleep(0.01)  # let transports close

    def run(self, work: Coroutine[Any, Any, T], seconds: float = 30.0) -> T:
        """Run something on the server's loop and wait for it (never from that loop itself)."""
        assert self._loop is not None, "the server is not running"
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(seconds)

    # --- faults --------------------------------------------------------------------------------

    def next(self, *faults: Fault) -> None:
        """The next sends meet these, one each, in order; after that all is well again."""
        self._next.extend(faults)

    def always(self, fault: Fault, to: str | int | None = None) -> None:
        """Every send (to this number or chat, or to all) meets this until `well`."""
        self._always[None if to is None else str(to)] = fault

    def well(self) -> None:
        """No more faults."""
        self._next.clear()
        self._always.clear()

    def _fault_for(self, to: str) -> Fault | None:
        if self._next:
            return self._next.popleft()
        return self._always.get(to) or self._always.get(None)

    async def _strike(
        self, fault: Fault, request: web.BaseRequest, store: Callable[[], object]
    ) -> web.StreamResponse | None:
        """Do what the fault says; None means: now answer as usual."""
        if fault.accepted:
            store()
        if fault.seconds:
            await asyncio.sleep(fault.seconds)
        if fault.goes_on:
            return None
        if fault.status:
            return web.Response(
                status=fault.status, body=fault.body, content_type=fault.content_type, headers=fault.headers
            )
        return drop(request)

    # --- memory --------------------------------------------------------------------------------

    def wait_for(self, condition: Callable[[], T], seconds: float = 30.0) -> T:
        """Wait until the condition is true and return it; fails the test when it does not come true."""
        until = time.monotonic() + seconds
        while True:
            if met := condition():
                return met
            assert time.monotonic() < until, "it did not happen in time"
            time.sleep(0.005)

    def _real(self, url: str) -> str:
        """Where to knock for a URL of the app's."""
        return url.replace(self.public_url, self.reach, 1) if self.reach else url

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        raise NotImplementedError


def drop(request: web.BaseRequest) -> web.StreamResponse:
    """Cut the connection without an answer."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)  # goes nowhere


def closed_port() -> int:
    """A port on which nobody listens: connecting is refused at once."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
