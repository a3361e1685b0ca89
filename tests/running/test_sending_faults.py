"""Faults while sending: frost, a channel that raises, a database that is gone, answers that were lost."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot.channels.base import Outgoing
from bot.channels.telegram.send import TelegramChannel
from bot.channels.twilio.send import TwilioChannel
from bot.domain.address import Address
from bot.domain.inbound import Listed
from bot.domain.outbox import Accepted, Answer, Kind
from bot.errors import DatabaseGone
from bot.running.reconciling import reconcile_once
from bot.running.sending import send_forever
from bot.services.desk import Desk
from bot.services.dispatch import Pace
from bot.store.database import Database
from bot.store.tables import outbox
from bot.store.writer import Priority
from tests import line
from tests.running.lines import SMS, TELEGRAM, Clock, queue, running, states, until
from tests.wire.server import accepted_late, hang
from tests.wire.telegram_server import TelegramServer
from tests.wire.twilio_server import TwilioServer


class _Frozen:
    """A channel whose first call freezes the whole process for a while."""

    name = TELEGRAM

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.began: list[float] = []

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def send(self, message: Outgoing) -> Answer:
        self.began.append(time.monotonic())
        if len(self.began) == 1:
            time.sleep(self.seconds)  # noqa: ASYNC251 - that is the point
        return Accepted(message.public_id)

    async def look_up(self, to: Address, since: datetime) -> Sequence[Listed] | None:
        return None


async def test_a_claim_that_a_frozen_process_made_too_late_is_put_back(desk: Desk, ticking: Clock) -> None:
    """begin_by: after 0.7 s of frost none of the other claimed messages begins on the old claim."""
    queue(desk, ticking, 6)
    channel = _Frozen(0.7)
    async with running(line.app(desk, ticking, channel), TELEGRAM):
        await until(lambda: states(desk).get("sent") == 6)
    attempts = desk.database.read(lambda c: c.execute(sa.select(outbox.c.attempts)).scalars().all())
    assert list(attempts) == [1] * 6  # a row put back was not an attempt
    assert len(channel.began) == 6


async def test_p2_no_call_begins_more_than_half_a_second_after_its_claim(desk: Desk, ticking: Clock) -> None:
    """Else a STOP committed during the frost would be overtaken by a claim from before it."""
    queue(desk, ticking, 6)
    async with running(line.app(desk, ticking, _Frozen(0.7)), TELEGRAM):
        await until(lambda: states(desk).get("sent") == 6)
    claimed = desk.database.read(
        lambda c: c.execute(sa.select(outbox.c.sent_at, outbox.c.attempted_at)).all()
    )
    assert max(began - at for began, at in claimed) < timedelta(seconds=0.6)


async def test_once_told_to_stop_no_call_begins(desk: Desk, ticking: Clock) -> None:
    """What was claimed and waits for its own moment goes back; it does not go at once."""
    queue(desk, ticking, 3)
    stop = asyncio.Event()
    channel = _Frozen(0)
    app = line.app(desk, ticking, channel)
    rate = Pace(6.0, chat_seconds=0.0)
    await send_forever(app, TELEGRAM, stop, rate=rate, heard=lambda _answer: stop.set())
    assert states(desk) == {"sent": 1, "queued": 2}
    assert len(channel.began) == 1


class _Faulty(_Frozen):
    """A channel that breaks its promise and raises."""

    async def send(self, message: Outgoing) -> Answer:
        raise RuntimeError("a fault of ours")


async def test_a_channel_that_raises_leaves_its_row_in_doubt(desk: Desk, ticking: Clock) -> None:
    (row,) = queue(desk, ticking, 1)
    async with running(line.app(desk, ticking, _Faulty(0)), TELEGRAM):
        await until(lambda: line.state(desk, row) == "uncertain")


class _Flaky:
    """A database that is gone for a while. Everything else is the real one's."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.gone: set[Priority] = set()

    def write(self, work: Any, priority: Priority = Priority.STAFF) -> Any:
        if priority in self.gone:
            raise DatabaseGone("The database does not answer.")
        return self._database.write(work, priority)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)


async def test_a_database_that_comes_back_finds_the_line_waiting(
    desk: Desk, ticking: Clock, telegram: TelegramChannel, telegram_server: TelegramServer
) -> None:
    flaky = _Flaky(desk.database)
    flaky.gone = {Priority.CLAIM}
    app = line.app(line.desk(flaky, desk.seal), ticking, telegram)  # type: ignore[arg-type]
    (row,) = queue(desk, ticking, 1)
    async with running(app, TELEGRAM):
        await asyncio.sleep(0.3)
        assert telegram_server.sent == []
        flaky.gone = set()
        await until(lambda: line.state(desk, row) == "sent")


async def test_an_answer_is_kept_until_the_database_can_record_it(
    desk: Desk, ticking: Clock, telegram: TelegramChannel, telegram_server: TelegramServer
) -> None:
    flaky = _Flaky(desk.database)
    flaky.gone = {Priority.RECORD}
    app = line.app(line.desk(flaky, desk.seal), ticking, telegram)  # type: ignore[arg-type]
    (row,) = queue(desk, ticking, 1)
    async with running(app, TELEGRAM):
        await until(lambda: len(telegram_server.sent) == 1)
        await asyncio.sleep(0.2)
        assert line.state(desk, row) == "sending"
        flaky.gone = set()
        await until(lambda: line.state(desk, row) == "sent")
    assert len(telegram_server.sent) == 1


async def test_a_text_whose_answer_was_lost_is_healed_by_twilios_list(
    real_desk: Desk, real: Clock, twilio: TwilioChannel, twilio_server: TwilioServer
) -> None:
    desk = real_desk
    twilio_server.next(accepted_late(2))
    row = _answer(desk, real)
    app = line.app(desk, real, twilio)
    async with running(app, SMS):
        await until(lambda: line.state(desk, row) == "uncertain")
    _age(desk, row)
    await reconcile_once(app)
    assert (line.state(desk, row), len(twilio_server.sent)) == ("sent", 1)


async def test_a_text_that_twilio_never_took_goes_again(
    real_desk: Desk, real: Clock, twilio: TwilioChannel, twilio_server: TwilioServer
) -> None:
    desk = real_desk
    twilio_server.next(hang(2))
    row = _answer(desk, real)
    app = line.app(desk, real, twilio)
    async with running(app, SMS):
        await until(lambda: line.state(desk, row) == "uncertain")
        _age(desk, row)
        await reconcile_once(app)
        await until(lambda: line.state(desk, row) == "sent")
    assert len(twilio_server.sent) == 1


async def test_a_doubt_that_trips_over_a_fault_of_ours_does_not_keep_the_others_from_being_settled(
    real_desk: Desk, real: Clock, twilio: TwilioChannel, twilio_server: TwilioServer
) -> None:
    desk = real_desk
    twilio_server.next(accepted_late(2))
    fine = _answer(desk, real)
    app = line.app(desk, real, twilio)
    async with running(app, SMS):
        await until(lambda: line.state(desk, fine) == "uncertain")
    before = real() - timedelta(minutes=1)  # so that it comes first
    broken = _answer(desk, real, 1, state="uncertain", attempted_at=before, sealed=b"k9      damaged")
    for row in (broken, fine):
        _age(desk, row)
    with pytest.raises(DatabaseGone):
        await reconcile_once(app)
    assert (line.state(desk, broken), line.state(desk, fine)) == ("uncertain", "sent")


def _answer(desk: Desk, clock: Clock, number: int = 0, **columns: Any) -> int:
    sealed = desk.seal.seal("outbox.body", "Text STOP to end.")
    return line.queue(desk, clock(), number, **({"kind": Kind.REPLY, "sealed": sealed} | columns))


def _age(desk: Desk, row: int) -> None:
    """As if five minutes had passed since the attempt; within what two clocks may differ by."""
    earlier = line.row(desk, row).attempted_at - timedelta(minutes=5, seconds=1)
    change = sa.update(outbox).where(outbox.c.outbox_id == row).values(attempted_at=earlier)
    desk.database.write(lambda conn: conn.execute(change))
