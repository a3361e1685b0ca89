"""Sending: claim, call, record, for one channel, until told to stop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import structlog

from bot.channels.base import Channel, Outgoing
from bot.domain.address import ChannelName
from bot.domain.outbox import Answer, Uncertain
from bot.errors import DatabaseTrouble
from bot.running.spacing import Spacing
from bot.running.waiting import first_of
from bot.services import dispatch
from bot.services.dispatch import Job, Pace, Result

if TYPE_CHECKING:
    from bot.bootstrap import App

Heard = Callable[[Answer], None]

IDLE = 0.2  # seconds between looks when nothing is due
GRACE = 20.0  # seconds that calls under way get to finish; longer than the channels' time-outs
_BATCH, _BATCH_SECONDS = 50, 0.02
_STILL_BUSY = 5  # a line that has more to send claims again when one slot in so many is
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 15.0


def _nobody(answer: Answer) -> None:
    """Nobody wants to hear an answer."""


async def send_forever(
    app: App,
    channel: ChannelName,
    stop: asyncio.Event,
    *,
    rate: Pace | None = None,
    wake: asyncio.Event | None = None,
    grace: float = GRACE,
    heard: Heard = _nobody,
) -> None:
    """Send what is due on this channel until `stop` is set; then leave no row in `sending`.

    `wake` cuts a wait short (a reply was just written); `heard` is told each answer. Trouble with the
    database is waited out: nothing is claimed meanwhile, and answers already had are kept until they can
    be recorded.
    """
    line = _Line(app, app.channels[channel], rate, heard)
    recorder = asyncio.create_task(line.record_forever())
    try:
        await line.claim_until(stop, wake or asyncio.Event())
    finally:
        await line.finish(grace)
        recorder.cancel()
        await asyncio.gather(recorder, return_exceptions=True)
        await line.leave_nothing(grace)


async def send_due(
    app: App,
    channel: ChannelName,
    stop: asyncio.Event,
    *,
    rate: Pace | None = None,
    heard: Heard = _nobody,
    waiting: Callable[[int], None] = lambda number: None,
    grace: float = GRACE,
) -> None:
    """Send what is due on this channel now and return when nothing more is, or when told to stop.

    `waiting` is told from time to time how many are still to go. Leaves no row in `sending`; raises
    what keeps it from knowing what is due (DatabaseTrouble, NotAllowed).
    """
    done = asyncio.Event()
    line = asyncio.create_task(send_forever(app, channel, done, rate=rate, heard=heard, grace=grace))
    try:
        while not stop.is_set() and not line.done():
            number = await asyncio.to_thread(dispatch.left, app.desk, channel, app.clock())
            waiting(number)
            if number == 0:
                break
            await first_of(IDLE, stop)
    finally:
        done.set()
        await line


class _Line:
    """One channel's claims, the calls under way, and the answers not yet recorded."""

    def __init__(self, app: App, channel: Channel, rate: Pace | None, heard: Heard) -> None:
        self._app, self._channel, self._rate, self._heard = app, channel, rate, heard
        self._calls: set[asyncio.Task[None]] = set()
        self._answers: list[Result] = []
        self._late: list[Job] = []
        self._recording = asyncio.Lock()
        self._turned = 0.0  # when answers were last taken along by a claim
        self._some_free = asyncio.Event()
        self._stopping = asyncio.Event()
        self._spacing = Spacing((rate or dispatch.PACES[channel.name]).per_second)
        self._log = structlog.get_logger().bind(channel=channel.name.value)

    async def claim_until(self, stop: asyncio.Event, wake: asyncio.Event) -> None:
        wait = _FIRST_WAIT
        while not stop.is_set():
            room = self._app.slots - len(self._calls)
            try:
                jobs = await self._claimed(room) if room > 0 else []
                wait = _FIRST_WAIT
            except Exception as error:  # the database, or a fault of ours: wait, never end the line
                self._log.error("claim_failed", **_named(error))
                await first_of(wait, stop)
                wait = min(wait * 2, _LONGEST_WAIT)
                continue
            for job in jobs:
                self._start(job)
            if room <= 0 or len(jobs) >= room:
                await self._some_room()
            elif not jobs:
                await first_of(IDLE, stop, wake)
                wake.clear()

    async def _claimed(self, room: int) -> list[Job]:
        """What goes next. Answers that are there already are recorded with it."""
        if self._late or not self._answers:
            return await self._in_turn([], room)
        try:
            async with self._recording:
                answers = self._answers[:_BATCH]
                jobs = await self._in_turn(answers, room)
                del self._answers[: len(answers)]
                self._turned = time.monotonic()
                return jobs
        except DatabaseTrouble:
            raise
        except Exception as fault:  # of an answer, or of the claim: each by itself
            self._log.error("turn_failed", **_named(fault))
            await self.record()
            return []

    async def _in_turn(self, answers: list[Result], room: int) -> list[Job]:
        desk, on, now, rate = self._app.desk, self._channel.name, self._app.clock(), self._rate
        if answers:
            return await asyncio.to_thread(dispatch.turn, desk, on, answers, room, now, rate)
        return await asyncio.to_thread(dispatch.claim, desk, on, room, now, rate)

    def _start(self, job: Job) -> None:
        call = asyncio.create_task(self._call(job))
        self._calls.add(call)
        call.add_done_callback(self._ended)

    def _ended(self, call: asyncio.Task[None]) -> None:
        self._calls.discard(call)
        if len(self._calls) <= self._app.slots // _STILL_BUSY:
            self._some_free.set()

    async def _some_room(self) -> None:
        """Wait until most of the slots are free, or a moment: claims of one row each cost the most."""
        if len(self._calls) > self._app.slots // _STILL_BUSY:
            self._some_free.clear()
            await first_of(_BATCH_SECONDS, self._some_free)

    async def _call(self, job: Job) -> None:
        """One call, at its own moment: never after `begin_by`, never once stopping."""
        shown = None if job.message.picture is None else await asyncio.to_thread(dispatch.drawn, job.message)
        earliest = self._spacing.earliest
        while (wait := earliest(job.start) - time.monotonic()) > 0 and not self._stopping.is_set():
            await first_of(wait, self._stopping)
        now = time.monotonic()
        if self._stopping.is_set() or now > job.begin_by:
            self._late.append(job)
            return
        self._spacing.began(now, job.takes)
        began = self._app.clock()
        try:
            answer = await self._channel.send(_outgoing(job, shown))
        except asyncio.CancelledError:
            answer = Uncertain("stopped")  # bytes may have left
        except Exception as error:  # a channel promises not to raise; what left is not known
            self._log.error("channel_raised", error=type(error).__name__, outbox_id=job.outbox_id)
            answer = Uncertain("fault")
        self._answers.append((job.outbox_id, answer, began))
        self._heard(answer)

    async def record_forever(self) -> None:
        """Record in small batches, every 20 ms in which no claim took them along."""
        wait = _FIRST_WAIT
        while True:
            try:
                if not self._recording.locked() and time.monotonic() - self._turned >= _BATCH_SECONDS:
                    await self.record()
                wait = _FIRST_WAIT
                await asyncio.sleep(_BATCH_SECONDS)
            except DatabaseTrouble as trouble:
                self._log.error("record_failed", code=trouble.code, waiting=len(self._answers))
                await asyncio.sleep(wait)
                wait = min(wait * 2, _LONGEST_WAIT)

    async def record(self) -> None:
        """Record what has come; what cannot be recorded is kept."""
        async with self._recording:
            while self._answers or self._late:
                answers, late = self._answers[:_BATCH], self._late[:_BATCH]
                await asyncio.to_thread(self._write, answers, late)
                del self._answers[: len(answers)], self._late[: len(late)]

    def _write(self, answers: list[Result], late: list[Job]) -> None:
        """One transaction a batch; an answer that trips over a fault of ours does not hold up the others.

        Recording an answer twice changes nothing. One that cannot be recorded ends uncertain, by its lease.
        """
        now = self._app.clock()
        dispatch.put_back(self._app.desk, late, now)
        try:
            dispatch.record(self._app.desk, answers, now)
        except DatabaseTrouble:
            raise
        except Exception as fault:
            self._log.error("answers_one_by_one", **_named(fault))
            for answer in answers:
                try:
                    dispatch.record(self._app.desk, [answer], now)
                except DatabaseTrouble:
                    raise
                except Exception as error:
                    self._log.error("answer_not_recorded", outbox_id=answer[0], **_named(error))

    async def finish(self, grace: float) -> None:
        """Let the calls under way end; what lasts longer than `grace` is broken off, in doubt."""
        self._stopping.set()
        if self._calls:
            await asyncio.wait(set(self._calls), timeout=grace)
        for call in set(self._calls):
            call.cancel()
        if self._calls:
            await asyncio.wait(set(self._calls))

    async def leave_nothing(self, grace: float) -> None:
        """Record the last answers and look that no row of ours is still `sending`."""
        until = time.monotonic() + grace
        while True:
            try:
                await self.record()
                left = await asyncio.to_thread(
                    dispatch.drain, self._app.desk, self._channel.name, self._app.clock()
                )
            except DatabaseTrouble as trouble:
                if time.monotonic() > until:  # the leases end, and the rows become uncertain
                    self._log.error("answers_lost", code=trouble.code, waiting=len(self._answers))
                    return
                await asyncio.sleep(_FIRST_WAIT)
            else:
                self._log.info("sending_stopped", in_doubt=left)
                return


def _outgoing(job: Job, shown: bytes | None) -> Outgoing:
    leaving = job.message
    return Outgoing(
        leaving.public_id, leaving.address, leaving.body, leaving.valid_for, leaving.buttons, leaving.menu,
        leaving.removes, shown, job.begin_by,
    )  # fmt: skip


def _named(error: Exception) -> dict[str, str]:
    """What a log may say of an error: never its sentence, which may quote a statement's values."""
    return {"error": type(error).__name__, "code": str(getattr(error, "code", ""))}
