"""Telegram by long polling: one process at a time, and the offset passes only what is stored."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import structlog

from bot.channels.telegram.send import TelegramBot, Updates
from bot.domain.inbound import Inbound, InboundKind
from bot.domain.outbox import Accepted, Answer, Later, Ours
from bot.errors import DatabaseTrouble
from bot.inbound.webhooks import emergency_words
from bot.services import receive

if TYPE_CHECKING:
    from bot.bootstrap import App

T = TypeVar("T")

LONG_POLL = 20.0  # seconds
RENEW_EVERY = 4.0  # during a poll, too: well within the lease, which is short so that a dead one soon ends
WAIT_FOR_LEASE = 3.0
WAIT_AFTER_FAULT = 1.0
WAIT_WHEN_UNREACHED = 3.0  # somebody may be writing of a crisis, and trying costs nothing
LONGEST_WAIT = 60.0
_PATIENCE = 3  # times that a batch may fail for a fault of ours before it is taken one by one


def _nobody() -> None:
    """Nobody waits for what was stored."""


async def poll(app: App, stop: asyncio.Event, *, stored: Callable[[], None] = _nobody) -> None:
    """Fetch and store updates until `stop` is set; returns at once when there is no bot.

    Several processes may call it: the lease lets one of them poll. `stored` is called after each batch.
    """
    if app.bot is not None:
        await _Poller(app, app.bot, stop, stored).run()


class _Poller:
    def __init__(self, app: App, bot: TelegramBot, stop: asyncio.Event, stored: Callable[[], None]) -> None:
        self._app = app
        self._bot = bot
        self._stop = stop
        self._stored = stored
        self._first = True
        self._faults = 0
        self._answered: set[str] = set()  # crises answered while they could not be stored
        self._courtesies: set[asyncio.Task[Any]] = set()

    async def run(self) -> None:
        while not self._stop.is_set():
            try:
                wait = await self._once()
                self._faults = 0
            except Exception as error:  # the database, or a fault of ours: wait, never end
                self._faults += 1
                wait = min(WAIT_AFTER_FAULT * 2 ** min(self._faults - 1, 10), LONGEST_WAIT)
                code = getattr(error, "code", None)
                structlog.get_logger().error("poll_failed", error=type(error).__name__, code=code)
            if wait:
                await self._unless_stopped(self._stop.wait(), wait)
        await self._finish()

    async def _finish(self) -> None:
        for task in self._courtesies:
            task.cancel()
        await asyncio.gather(*self._courtesies, return_exceptions=True)
        with contextlib.suppress(DatabaseTrouble):  # the lease then ends by itself
            await asyncio.to_thread(receive.let_poll, self._app.desk, self._app.desk.holder)

    async def _once(self) -> float:
        """One poll, stored; answers with how long to wait before the next."""
        desk, clock = self._app.desk, self._app.clock
        if not await asyncio.to_thread(receive.poll_lease, desk, desk.holder, clock()):
            self._first = True
            return WAIT_FOR_LEASE
        if self._first:
            refused = await self._bot.delete_webhook()  # Telegram allows one way at a time
            if refused is not None:
                return _patience(refused)
            self._first = False
        offset = await asyncio.to_thread(receive.poll_offset, desk)
        got = await self._unless_stopped(self._holding(self._bot.get_updates(offset, wait=LONG_POLL)))
        if got is None:
            return 0
        if not isinstance(got, Updates):
            structlog.get_logger().warning("poll_refused", code=getattr(got, "code", None))
            return _patience(got)
        if not got.raw:
            return 0
        await self._take_in(got.read(clock()), got.next_offset)
        return (
            WAIT_AFTER_FAULT if got.next_offset == offset else 0
        )  # junk without ids would come at once again

    async def _holding(self, poll: Coroutine[Any, Any, T]) -> T | None:
        """The result of the poll, the lease renewed meanwhile; None when another process has it by now.

        Where it cannot be renewed in time the poll is broken off, and what is wrong is raised: no two poll at
        once. Until then it goes on: a crisis that comes in is answered even if it cannot be stored.
        """
        polling, keeping = asyncio.create_task(poll), asyncio.create_task(self._keep())
        try:
            await asyncio.wait({polling, keeping}, return_when=asyncio.FIRST_COMPLETED)
            return polling.result() if polling.done() else keeping.result()
        finally:
            for one in (polling, keeping):
                one.cancel()
            await asyncio.gather(polling, keeping, return_exceptions=True)

    async def _keep(self) -> None:
        """Renew the lease until it is another's."""
        desk, renewed = self._app.desk, time.monotonic()
        while True:
            await asyncio.sleep(RENEW_EVERY)
            asked = time.monotonic()
            try:
                if not await asyncio.to_thread(receive.poll_lease, desk, desk.holder, self._app.clock()):
                    return
                renewed = asked
            except DatabaseTrouble:
                if time.monotonic() - renewed > receive.LEASE.total_seconds() - RENEW_EVERY:
                    raise

    async def _take_in(self, inbounds: Sequence[Inbound], next_offset: int) -> None:
        try:
            if not await self._store(inbounds, next_offset):
                return  # another process has the lease by now, and will fetch them again
        except Exception as error:
            await self._answer_crises(inbounds)
            if isinstance(error, DatabaseTrouble) or self._faults < _PATIENCE:
                raise
            await self._one_by_one(inbounds)
        self._answered.clear()
        self._stored()
        for inbound in inbounds:
            if inbound.leave is not None:
                self._in_passing(self._bot.leave(inbound.leave))
            if inbound.callback_id is not None:
                self._in_passing(self._bot.answer_tap(inbound.callback_id))

    async def _store(self, inbounds: Sequence[Inbound], next_offset: int) -> bool:
        desk, now = self._app.desk, self._app.clock()
        return bool(
            await asyncio.to_thread(receive.receive_updates, desk, inbounds, next_offset, desk.holder, now)
        )

    async def _one_by_one(self, inbounds: Sequence[Inbound]) -> None:
        """A batch that fails again and again: what fails in it is recorded as unknown, so the rest passes."""
        for inbound in inbounds:
            if not inbound.provider_id.isdecimal():
                continue
            passed = int(inbound.provider_id) + 1
            try:
                await self._store([inbound], passed)
            except DatabaseTrouble:
                raise
            except Exception as error:
                structlog.get_logger().critical("update_not_understood", error=type(error).__name__)
                junk = replace(inbound, kind=InboundKind.UNKNOWN, address=None, text="")
                await self._store([junk], passed)

    async def _answer_crises(self, inbounds: Sequence[Inbound]) -> None:
        """P10: what cannot be stored is answered all the same, once; Telegram will bring it again."""
        for inbound in inbounds:
            if inbound.address is None or inbound.provider_id in self._answered:
                continue
            words = await emergency_words(self._app, inbound)
            if words is not None and isinstance(await self._bot.say(inbound.address, words), Accepted):
                self._answered.add(inbound.provider_id)

    def _in_passing(self, courtesy: Coroutine[Any, Any, Answer | None]) -> None:
        task = asyncio.create_task(courtesy)
        self._courtesies.add(task)
        task.add_done_callback(self._courtesies.discard)

    async def _unless_stopped(self, work: Coroutine[Any, Any, T], seconds: float | None = None) -> T | None:
        """The result of the work, or None when told to stop (or out of time) before it came."""
        task, stopped = asyncio.create_task(work), asyncio.create_task(self._stop.wait())
        try:
            await asyncio.wait({task, stopped}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            return task.result() if task.done() else None
        finally:
            for one in (task, stopped):
                one.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.gather(task, stopped, return_exceptions=True)


def _patience(refused: Answer) -> float:
    """How long to wait after a poll that was refused or not answered, in seconds."""
    if isinstance(refused, Later) and refused.code == "unreached":
        return WAIT_WHEN_UNREACHED
    if isinstance(refused, Later):
        return max(WAIT_AFTER_FAULT, min(refused.after, timedelta(seconds=LONGEST_WAIT)).total_seconds())
    return LONGEST_WAIT if isinstance(refused, Ours) else WAIT_AFTER_FAULT
