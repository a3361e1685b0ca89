"""One process: which loops and doors it has, one web app, and how it ends."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Callable, Coroutine
from datetime import timedelta
from functools import partial
from typing import Any

import structlog
import uvicorn
from starlette.applications import Starlette

import scheduler
from bot.bootstrap import App
from bot.domain.address import ChannelName
from bot.inbound import polling, webhooks
from bot.running import answering, health, reconciling, sending
from bot.services import leaving
from bot.services.dispatch import Pace

PARTS = frozenset({"plan", "dispatch", "inbound"})
_LOOK_UPS = timedelta(minutes=1)
_MISSED = timedelta(minutes=5)


async def run(app: App, parts: frozenset[str] = PARTS, stop: asyncio.Event | None = None) -> None:
    """Run these parts until SIGTERM, SIGINT or `stop`; then nothing is left in `sending`."""
    stop = asyncio.Event() if stop is None else stop
    wake = asyncio.Event()
    clock = scheduler.build(app, parts, _edges(app, parts))
    async with _channels(app):
        with _signals(stop):
            clock.start()
            tasks = [asyncio.create_task(work) for work in _loops(app, parts, stop, wake)]
            try:
                await _until(stop, tasks)
            finally:
                stop.set()
                clock.shutdown(wait=False)
                await asyncio.gather(*tasks, return_exceptions=True)


async def send_due(
    app: App,
    heard: sending.Heard,
    waiting: Callable[[ChannelName, int], None],
    stop: asyncio.Event | None = None,
) -> None:
    """Send what is due now on every channel, at each one's pace; then, or on SIGTERM, nothing is left in
    `sending`. `heard` is told each answer, `waiting` how many are still to go. What goes wrong on one
    channel ends the others in peace first, and is raised then."""
    stop = asyncio.Event() if stop is None else stop

    async def one(name: ChannelName) -> None:
        try:
            await sending.send_due(
                app, name, stop, rate=_rate(app, name), heard=heard, waiting=partial(waiting, name)
            )
        except BaseException:
            stop.set()
            raise

    async with _channels(app):
        with _signals(stop):
            ended = await asyncio.gather(*map(one, app.channels), return_exceptions=True)
    for wrong in ended:
        if isinstance(wrong, BaseException):
            raise wrong


def _rate(app: App, channel: ChannelName) -> Pace | None:
    """A number's pace is the operator's to say; a bot's is Telegram's."""
    return Pace(app.sms_parts_per_second) if channel is ChannelName.SMS else None


def _loops(
    app: App, parts: frozenset[str], stop: asyncio.Event, wake: asyncio.Event
) -> list[Coroutine[Any, Any, None]]:
    loops: list[Coroutine[Any, Any, None]] = [_serve(app, parts, stop, wake)]
    senders = []
    if "dispatch" in parts:
        for name in app.channels:
            nudge = asyncio.Event()
            senders.append(nudge)
            loops.append(sending.send_forever(app, name, stop, rate=_rate(app, name), wake=nudge))
    if "inbound" in parts:
        loops.append(answering.answer_forever(app, stop, wake=wake, senders=tuple(senders)))
        if app.bot is not None and app.webhook_secret is None:
            loops.append(polling.poll(app, stop, stored=wake.set))
    return loops


def _edges(app: App, parts: frozenset[str]) -> tuple[Any, ...]:
    """The ticks that need a provider."""
    if "dispatch" not in parts or app.twilio is None:
        return ()
    return (
        ("look_ups", _LOOK_UPS, lambda: reconciling.reconcile_once(app)),
        ("missed", _MISSED, lambda: reconciling.fetch_missed(app)),
    )


async def _serve(app: App, parts: frozenset[str], stop: asyncio.Event, wake: asyncio.Event) -> None:
    """The doors and /healthz; Telegram is told where we are when it is to call us."""
    routes = [health.route(app)]
    if "inbound" in parts:
        routes += webhooks.routes(app, stored=wake.set)
        await _tell_telegram(app)
    config = uvicorn.Config(
        Starlette(routes=routes), host=app.host, port=app.port, log_config=None, access_log=False,
        lifespan="off", proxy_headers=False,
    )  # fmt: skip
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server._serve())
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    stopping.cancel()
    await serving


async def _tell_telegram(app: App) -> None:
    if app.bot is not None and (menu := await asyncio.to_thread(leaving.first_menu, app.desk, app.clock())):
        wrong = await app.bot.set_commands(menu)
        if wrong is not None:
            structlog.get_logger().warning("menu_not_set", answer=type(wrong).__name__)
    if app.bot is None or app.webhook_secret is None or app.public_url is None:
        return
    wrong = await app.bot.set_webhook(f"{app.public_url.rstrip('/')}/webhooks/telegram", app.webhook_secret)
    if wrong is not None:
        structlog.get_logger().error("webhook_not_set", answer=type(wrong).__name__)


@contextlib.asynccontextmanager
async def _channels(app: App) -> AsyncIterator[None]:
    for channel in app.channels.values():
        await channel.open()
    try:
        yield
    finally:
        for channel in app.channels.values():
            await channel.close()


@contextlib.contextmanager
def _signals(stop: asyncio.Event) -> Any:
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    try:
        yield
    finally:
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(name)


async def _until(stop: asyncio.Event, tasks: list[asyncio.Task[None]]) -> None:
    """Wait for the word to stop, or for a loop that ended by a fault: that ends the process, and says so."""
    waiting = asyncio.create_task(stop.wait())
    done, _ = await asyncio.wait({waiting, *tasks}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    for task in done - {waiting}:
        if not task.cancelled() and (error := task.exception()) is not None:
            raise error
