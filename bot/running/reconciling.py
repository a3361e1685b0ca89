"""Reconciling: one pass over what is in doubt or too late, and over what a webhook may have missed."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from bot.domain.address import ChannelName
from bot.errors import DatabaseTrouble
from bot.services import receive, reconcile

if TYPE_CHECKING:
    from bot.bootstrap import App

OVERLAP = timedelta(minutes=10)  # a list read again; what is known is recognised


async def reconcile_once(app: App) -> None:
    """End leases, settle doubts by the provider's list, expire. Safe to repeat and to run in two places.

    A doubt that trips over a fault of ours is raised once all the others are settled.
    """
    await asyncio.to_thread(reconcile.expired_leases, app.desk, app.clock())
    await asyncio.to_thread(reconcile.expire, app.desk, app.clock())
    channel = app.channels.get(ChannelName.SMS)
    if channel is None:
        return
    faults: list[Exception] = []
    for question in await asyncio.to_thread(reconcile.look_ups, app.desk, app.clock()):
        listed = await channel.look_up(question.address, question.since)
        try:
            await asyncio.to_thread(reconcile.healed, app.desk, question.outbox_id, listed, app.clock())
        except Exception as fault:
            structlog.get_logger().error(
                "not_settled", outbox_id=question.outbox_id, error=type(fault).__name__
            )
            faults.append(fault)
    if faults:
        raise faults[0]


async def fetch_missed(app: App) -> int:
    """Store what Twilio lists as sent to us and no webhook brought (P13); gives how many were new.

    A text that trips over a fault of ours is raised once all the others are stored, and comes again.
    """
    if app.twilio is None:
        return 0
    now = app.clock()
    since = await asyncio.to_thread(receive.listed_since, app.desk, OVERLAP, now)
    listed = await app.twilio.inbound_since(since, now)
    if listed is None:
        return 0
    new, faults = 0, []
    for inbound in listed:
        try:
            new += (await asyncio.to_thread(receive.receive, app.desk, inbound, now)).new
        except DatabaseTrouble:
            raise
        except Exception as fault:
            structlog.get_logger().error("listed_text_not_stored", error=type(fault).__name__)
            faults.append(fault)
    if new:
        structlog.get_logger().warning("webhooks_missed", texts=new)
    if faults:
        raise faults[0]
    await asyncio.to_thread(receive.move_listed_until, app.desk, now)
    return new
