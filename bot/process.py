"""One process: which loops and doors it has, one web app, and how it ends."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from datetime import timedelta
from functools import partial
from typing import Any

import structlog
import uvicorn
from starlette.applications import Starlette

import scheduler
from bot.bootstrap import App
from bot.domain.address import ChannelName
from bot.errors import DatabaseTrouble, RefusedToStart
from bot.inbound import polling, webhooks
from bot.running import answering, health, metrics, reconciling, ringing, sending, systemd
from bot.running.waiting import first_of
from bot.services import leaving, pulse
from bot.services.dispatch import Pace

PARTS = frozenset({"plan", "dispatch", "inbound"})
_LOOK_UPS = timedelta(minutes=1)
_MISSED = timedelta(minutes=5)
_RINGS = timedelta(seconds=10)
_EDGES = ("look_ups", "missed", "duty")
_LONGEST_ASKED = timedelta(days=1, minutes=1)  # that a provider may ask us to wait
_FIRST_WAIT, _LONGEST_WAIT = 1.0, 60.0


def door(app: App) -> socket.socket:
    """The web door's socket: who knocks waits until it is opened. RefusedToStart when it cannot be had."""
    taken = socket.socket(socket.AF_INET6 if ":" in app.host else socket.AF_INET)
    try:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind((app.host, app.port))
        taken.listen(2048)
    except OSError as cause:
        taken.close()
        raise RefusedToStart(
            f"Nothing can listen at {app.host}, port {app.port}: {cause.strerror or 'no such address'}.",
            "Another process may have it: set THINKFAMILY_PORT (and THINKFAMILY_HOST).",
        ) from cause
    return taken


def settle_memory() -> None:
    """What is loaded by now stays as long as the process: the collector need not go through it over and
    over, which would cost as much again as the sending."""
    gc.collect()
    gc.freeze()


async def run(
    app: App,
    parts: frozenset[str] = PARTS,
    stop: asyncio.Event | None = None,
    *,
    at: socket.socket | None = None,
    supervisor: systemd.Supervisor | None = None,
) -> None:
    """Run these parts, their doors at this socket, until SIGTERM, SIGINT or `stop`; then nothing is left
    in `sending`. `supervisor` is told when it is ready, that it is alive, and that it stops."""
    stop = asyncio.Event() if stop is None else stop
    supervisor = systemd.Supervisor() if supervisor is None else supervisor
    wake = asyncio.Event()
    at = door(app) if at is None else at
    clock = scheduler.build(app, parts, _edges(app, parts))
    async with _channels(app):
        with _signals(stop):
            await asyncio.to_thread(_expect, app, parts, {job.id: job.args[2] for job in clock.get_jobs()})
            settle_memory()
            clock.start()
            tasks = [asyncio.create_task(work) for work in _loops(app, parts, stop, wake, at)]
            tasks.append(asyncio.create_task(scheduler.watch(app, clock, stop)))
            alive = asyncio.create_task(supervisor.keep_alive(stop))
            supervisor.tell(systemd.READY)
            try:
                await _until(stop, tasks)
            finally:
                supervisor.tell(systemd.STOPPING)
                stop.set()
                clock.shutdown(wait=False)
                await asyncio.gather(*tasks, return_exceptions=True)
                alive.cancel()


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
    app: App, parts: frozenset[str], stop: asyncio.Event, wake: asyncio.Event, at: socket.socket
) -> list[Coroutine[Any, Any, None]]:
    loops: list[Coroutine[Any, Any, None]] = [_serve(app, parts, stop, wake, at)]
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
        if app.bot is not None:
            loops.append(_tell_telegram(app, stop))
    return loops


def _expect(app: App, parts: frozenset[str], turns: dict[str, timedelta]) -> None:
    """Have /healthz miss the jobs that we run, and no longer the ones that we did when set up otherwise."""
    idle = () if "dispatch" not in parts else tuple(name for name in _EDGES if name not in turns)
    pulse.expect(app.desk, turns, idle, app.clock())
    pulse.bring_back(app.desk, _LONGEST_ASKED)


def _edges(app: App, parts: frozenset[str]) -> tuple[Any, ...]:
    """The ticks that need a provider, or a way to the duty."""
    if "dispatch" not in parts:
        return ()
    twilio = (
        (_EDGES[0], _LOOK_UPS, lambda: reconciling.reconcile_once(app)),
        (_EDGES[1], _MISSED, lambda: reconciling.fetch_missed(app)),
    )
    duty = (_EDGES[2], _RINGS, lambda: ringing.ring_once(app))
    return (*(twilio if app.twilio is not None else ()), *((duty,) if app.bells else ()))


async def _serve(
    app: App, parts: frozenset[str], stop: asyncio.Event, wake: asyncio.Event, at: socket.socket
) -> None:
    """The doors, /healthz and /metrics."""
    routes = [health.route(app), metrics.route(app)]
    if "inbound" in parts:
        routes += webhooks.routes(app, stored=wake.set)
    config = uvicorn.Config(
        Starlette(routes=routes), log_config=None, access_log=False, lifespan="off", proxy_headers=False,
        server_header=False, timeout_graceful_shutdown=5,
    )  # fmt: skip
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server._serve([at]))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    stopping.cancel()
    await serving


async def _tell_telegram(app: App, stop: asyncio.Event) -> None:
    """Say where Telegram is to call us, if it is, and which menu its chats begin with."""
    bot, public, secret = app.bot, app.public_url, app.webhook_secret
    assert bot is not None
    if public is not None and secret is not None:
        url = f"{public.rstrip('/')}/webhooks/telegram"
        await _told("webhook_not_set", lambda: bot.set_webhook(url, secret), stop)

    async def first_menu() -> object | None:
        menu = await asyncio.to_thread(leaving.first_menu, app.desk, app.clock())
        return await bot.set_commands(menu) if menu else None

    await _told("menu_not_set", first_menu, stop)
    await stop.wait()


async def _told(event: str, tell: Callable[[], Awaitable[object | None]], stop: asyncio.Event) -> None:
    """Say it, and again until Telegram took it (then it answers with no error)."""
    wait = _FIRST_WAIT
    while not stop.is_set():
        try:
            wrong = await tell()
        except DatabaseTrouble as trouble:
            wrong = trouble
        if wrong is None:
            return
        structlog.get_logger().error(event, answer=type(wrong).__name__)
        await first_of(wait, stop)
        wait = min(wait * 2, _LONGEST_WAIT)


@contextlib.asynccontextmanager
async def _channels(app: App) -> AsyncIterator[None]:
    ways: tuple[Any, ...] = (*app.channels.values(), *app.bells)
    for way in ways:
        await way.open()
    try:
        yield
    finally:
        for way in ways:
            await way.close()


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
