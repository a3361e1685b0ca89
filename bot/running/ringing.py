"""Ringing: one pass over what the duty is to be told, by every way that is set up, all of them at once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog

from bot.channels.base import Bell
from bot.domain.duty import TEST, Call, Way
from bot.services import duty
from bot.services.duty import Claimed

if TYPE_CHECKING:
    from bot.bootstrap import App


async def ring_once(app: App) -> int:
    """Make the calls that are due; gives how many were taken by every way. Safe in several processes.

    Nothing else waits for it: it is a job of its own, and families were answered before.
    """
    claimed = await asyncio.to_thread(duty.claim, app.desk, app.clock())
    rung = await asyncio.gather(*(_one(app, one) for one in claimed))
    return sum(rung)


async def _one(app: App, claimed: Claimed) -> bool:
    call = claimed.call
    bells = [bell for bell in app.bells if bell.way not in call.told]
    took = await asyncio.gather(*(rung(bell, call) for bell in bells))
    told = [bell.way for bell, code in zip(bells, took, strict=True) if code is None]
    wanted: list[Way] = [bell.way for bell in app.bells]
    return await asyncio.to_thread(duty.record, app.desk, claimed, told, wanted, app.clock())


async def rung(bell: Bell, call: Call) -> str | None:
    """Tell it one way; None when it was taken, else the code, which is logged."""
    try:
        code = await bell.ring(call)
    except Exception as error:  # of ours: the other way must ring all the same
        code = type(error).__name__
    if code is not None:
        structlog.get_logger().warning("duty_not_told", way=bell.way.value, code=code, tries=call.tries)
    return code


async def test(app: App) -> dict[Way, str | None]:
    """Ring every way once with what says that it is a test; gives each one's code."""
    call = Call(TEST, app.clock(), ())
    codes = {}
    for bell in app.bells:
        await bell.open()
        try:
            codes[bell.way] = await rung(bell, call)
        finally:
            await bell.close()
    return codes
