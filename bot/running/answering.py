"""Answering: stored messages are processed, per address in order, until told to stop."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

import structlog

from bot.running.waiting import first_of
from bot.services import converse

if TYPE_CHECKING:
    from bot.bootstrap import App

IDLE = 0.2
LINGER = 0.02  # what comes so soon after another is answered with it, for half of what two answers cost
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 15.0


async def answer_forever(
    app: App,
    stop: asyncio.Event,
    *,
    wake: asyncio.Event | None = None,
    senders: Sequence[asyncio.Event] = (),
) -> None:
    """Process the inbox until `stop` is set. `wake`: something was just stored. `senders` are woken when
    replies were written. Trouble is waited out; nothing that was stored is lost."""
    wake = wake or asyncio.Event()
    log = structlog.get_logger()
    wait = _FIRST_WAIT
    while not stop.is_set():
        try:
            done = await asyncio.to_thread(converse.converse, app.desk, app.clock())
        except Exception as error:  # the database, or a fault of ours: wait, never end
            log.error("converse_failed", error=type(error).__name__, code=getattr(error, "code", ""))
            await first_of(wait, stop)
            wait = min(wait * 2, _LONGEST_WAIT)
            continue
        wait = _FIRST_WAIT
        if done:
            for sender in senders:
                sender.set()
        else:
            await first_of(IDLE, stop, wake)
            wake.clear()
        if done < converse.MOST:
            await first_of(LINGER, stop)
