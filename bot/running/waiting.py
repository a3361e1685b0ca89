"""Waiting for whichever comes first: a moment, or one of several events."""

from __future__ import annotations

import asyncio
from contextlib import suppress


async def first_of(seconds: float, *events: asyncio.Event) -> None:
    """Return when one of the events is set, or after so many seconds."""
    if any(event.is_set() for event in events):
        return
    if len(events) == 1:  # each call of a line waits so for its moment: it need not cost three tasks
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await events[0].wait()
        return
    waits = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
        await asyncio.gather(*waits, return_exceptions=True)
