"""Quiet over a real wire: a loss in the middle of a morning's messages ends them within a second (P3)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa

from bot.channels.telegram.send import TelegramChannel
from bot.domain.address import ChannelName
from bot.running.sending import send_forever
from bot.services import holding
from bot.services.desk import Desk
from bot.services.dispatch import Pace
from bot.store.tables import outbox
from bot.store.writer import Priority
from tests import line
from tests.wire.telegram_server import TelegramServer

Clock = Callable[[], datetime]
TELEGRAM = ChannelName.TELEGRAM


async def test_p3_no_send_to_a_family_begins_more_than_a_second_after_a_loss_was_committed(
    desk: Desk, ticking: Clock, telegram: TelegramChannel, telegram_server: TelegramServer
) -> None:
    """120 families have a message, at a pace at which a busy machine is still in the middle of it; after the
    first, everyone writes of a loss."""
    rows = [line.queue(desk, ticking(), number, TELEGRAM) for number in range(120)]

    def losses(conn: sa.Connection) -> None:
        for family_id in conn.execute(sa.select(outbox.c.family_id)).scalars().all():
            holding.loss(conn, family_id, None, ticking())

    stop = asyncio.Event()
    app = line.app(desk, ticking, telegram)
    sending = asyncio.create_task(send_forever(app, TELEGRAM, stop, rate=Pace(10.0)))
    try:
        await asyncio.to_thread(telegram_server.wait_for, lambda: telegram_server.sent)
        await asyncio.to_thread(desk.database.write, losses, Priority.INBOUND)
        committed = time.monotonic()
        await asyncio.sleep(1.6)
    finally:
        stop.set()
        await asyncio.wait_for(sending, 30)
    assert max(call.at for call in telegram_server.calls) <= committed + 1.0
    assert [line.state(desk, row) for row in rows].count("cancelled") > 10  # it was in the middle
