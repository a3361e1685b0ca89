"""Sending over a real wire: nothing lost, nothing doubled, nothing left in `sending`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot.channels.base import Outgoing
from bot.channels.telegram.send import TelegramChannel
from bot.channels.twilio.send import TwilioChannel
from bot.domain.address import Address, ChannelName
from bot.domain.inbound import Listed
from bot.domain.outbox import Accepted, Answer, Kind, Reason, State
from bot.errors import DatabaseGone
from bot.running.reconciling import reconcile_once
from bot.running.sending import send_due, send_forever
from bot.services.desk import Desk
from bot.services.dispatch import Pace
from bot.store import outbox as store
from bot.store.database import Database
from bot.store.tables import addresses, outbox
from bot.store.writer import Priority
from tests import line
from tests.content.test_pictures import PATH, SVG
from tests.wire.server import accepted_late, accepted_never_answered, hang, reset, slow
from tests.wire.telegram_http import telegram_error, too_many
from tests.wire.telegram_server import TelegramServer
from tests.wire.twilio_server import TwilioServer

TELEGRAM, SMS = ChannelName.TELEGRAM, ChannelName.SMS
FAST = Pace(1000.0, chat_seconds=0.0)
Clock = Callable[[], datetime]


def _queue(desk: Desk, clock: Clock, count: int, channel: ChannelName = TELEGRAM) -> list[int]:
    return [line.queue(desk, clock(), number, channel) for number in range(count)]


def _states(desk: Desk) -> dict[str, int]:
    query = sa.select(outbox.c.state, sa.func.count().label("number")).group_by(outbox.c.state)
    return {row.state: row.number for row in desk.database.read(lambda c: c.execute(query).all())}


@asynccontextmanager
async def _running(app: Any, channel: ChannelName, **more: Any) -> AsyncIterator[None]:
    """The line running; on the way out it is told to stop, and ends by itself."""
    stop = asyncio.Event()
    task = asyncio.create_task(send_forever(app, channel, stop, **({"rate": FAST} | more)))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(task, 30)


async def _until(done: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "it did not happen in time"
        await asyncio.sleep(0.02)


async def test_what_is_due_reaches_each_chat_once(
    desk: Desk, ticking: Clock, telegram: TelegramChannel, telegram_server: TelegramServer
) -> None:
    _queue(desk, ticking, 40)
    async with _running(line.app(desk, ticking, telegram), TELEGRAM):
        await _until(lambda: _states(desk).get("sent") == 40)
    chats = [said.chat_id for said in telegram_server.sent]
    assert len(chats) == len(set(chats)) == 40


async def test_the_providers_id_is_recorded(
    desk: Desk, ticking: Clock, telegram: TelegramChannel, telegram_server: TelegramServer
) -> None:
    (row,) = _queue(desk, ticking, 1)
    async with _running(line.app(desk, ticking, telegram), TELEGRAM):
        await _until(lambda: line.state(desk, row) == "sent")
    assert line.row(desk, row).provider_id is not None


async def test_two_processes_over_one_database_double_nothing(
    desk: Desk, ticking: Clock, telegram: TelegramChannel, telegram_server: TelegramServer
) -> None:
    _queue(desk, ticking, 60)
    there = line.desk(desk.database, desk.seal, holder="there")
    async with (
        _running(line.app(desk, ticking, telegram), TELEGRAM),
        _running(line.app(there, ticking, telegram), TELEGRAM),
    ):
        await _until(lambda: _states(desk).get("sent") == 60)
    assert len(telegram_server.sent) == 60


async def test_the_pace_holds_over_a_real_wire(
    desk: Desk, ticking: Clock, telegram: TelegramChannel, telegram_server: TelegramServer
) -> None:
    """At 29.3 a second no second of 45 messages holds more than 31, though this machine stumbles."""
    telegram_server.per_second = 31
    _queue(desk, ticking, 45)
    async with _running(line.app(desk, ticking, telegram), TELEGRAM, rate=Pace(29.3)):
        await _until(lambda: _states(desk).get("sent") == 45)
    assert [call.fault for call in telegram_server.calls if call.fault] == []
    assert len(telegram_server.calls) == 45


async def test_no_send_begins_more_than_a_second_after_stop_was_committed(
    desk: Desk, ticking: Clock, telegram: TelegramChannel, telegram_server: TelegramServer
) -> None:
    """P2, in the middle of a morning's messages."""
    _queue(desk, ticking, 120)

    def stop(conn: sa.Connection) -> None:
        store.close_open(
            conn, kinds=Kind, state=State.CANCELLED, reason=Reason.STOP, now=ticking(), campaign="flu"
        )
        conn.execute(sa.update(addresses).values(stopped_at=ticking()))

    async with _running(line.app(desk, ticking, telegram), TELEGRAM, rate=Pace(29.3)):
        await _until(lambda: len(telegram_server.sent) >= 20)
        await asyncio.to_thread(desk.database.write, stop, Priority.INBOUND)
        committed = time.monotonic()
        await asyncio.sleep(1.6)
    assert max(call.at for call in telegram_server.calls) <= committed + 1.0
    assert _states(desk)["cancelled"] > 50


async def test_a_429_is_put_back_and_goes_later(
    desk: Desk, ticking: Clock, telegram: TelegramChannel, telegram_server: TelegramServer
) -> None:
    telegram_server.next(too_many(1))
    (row,) = _queue(desk, ticking, 1)
    began = time.monotonic()
    async with _running(line.app(desk, ticking, telegram), TELEGRAM):
        await _until(lambda: line.state(desk, row) == "sent")
    assert time.monotonic() - began >= 1.0
    assert len(telegram_server.sent) == 1


async def test_an_unclear_answer_is_never_followed_by_a_second_send(
    desk: Desk, ticking: Clock, telegram: TelegramChannel, telegram_server: TelegramServer
) -> None:
    telegram_server.next(accepted_never_answered())
    (row,) = _queue(desk, ticking, 1)
    async with _running(line.app(desk, ticking, telegram), TELEGRAM):
        await _until(lambda: line.state(desk, row) == "uncertain")
        await asyncio.sleep(0.6)
    assert len(telegram_server.sent) == 1


async def test_one_refused_chat_does_not_hold_up_the_others(
    desk: Desk, ticking: Clock, telegram: TelegramChannel, telegram_server: TelegramServer
) -> None:
    telegram_server.next(telegram_error(400, "Bad Request: message is too long"))
    _queue(desk, ticking, 3)
    async with _running(line.app(desk, ticking, telegram), TELEGRAM):
        await _until(lambda: _states(desk) == {"failed": 1, "sent": 2})


async def test_a_call_under_way_at_the_end_is_waited_for(
    desk: Desk, ticking: Clock, telegram: TelegramChannel, telegram_server: TelegramServer
) -> None:
    telegram_server.always(slow(0.4))
    _queue(desk, ticking, 4)
    async with _running(line.app(desk, ticking, telegram), TELEGRAM):
        await _until(lambda: len(telegram_server.calls) >= 2)
    states = _states(desk)
    assert set(states) <= {"sent", "queued"}
    assert states["sent"] >= 2


async def test_a_call_that_hangs_at_the_end_is_broken_off_in_doubt(
    desk: Desk, ticking: Clock, telegram: TelegramChannel, telegram_server: TelegramServer
) -> None:
    """Issue 2, item 5: no message is left in `sending`."""
    telegram_server.always(hang(5))
    (row,) = _queue(desk, ticking, 1)
    async with _running(line.app(desk, ticking, telegram), TELEGRAM, grace=0.2):
        await _until(lambda: len(telegram_server.calls) == 1)
    assert line.state(desk, row) == "uncertain"


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
    _queue(desk, ticking, 6)
    channel = _Frozen(0.7)
    async with _running(line.app(desk, ticking, channel), TELEGRAM):
        await _until(lambda: _states(desk).get("sent") == 6)
    attempts = desk.database.read(lambda c: c.execute(sa.select(outbox.c.attempts)).scalars().all())
    assert list(attempts) == [1] * 6  # a row put back was not an attempt
    assert len(channel.began) == 6


async def test_p2_no_call_begins_more_than_half_a_second_after_its_claim(desk: Desk, ticking: Clock) -> None:
    """Else a STOP committed during the frost would be overtaken by a claim from before it."""
    _queue(desk, ticking, 6)
    async with _running(line.app(desk, ticking, _Frozen(0.7)), TELEGRAM):
        await _until(lambda: _states(desk).get("sent") == 6)
    claimed = desk.database.read(
        lambda c: c.execute(sa.select(outbox.c.sent_at, outbox.c.attempted_at)).all()
    )
    assert max(began - at for began, at in claimed) < timedelta(seconds=0.6)


async def test_once_told_to_stop_no_call_begins(desk: Desk, ticking: Clock) -> None:
    """What was claimed and waits for its own moment goes back; it does not go at once."""
    _queue(desk, ticking, 3)
    stop = asyncio.Event()
    channel = _Frozen(0)
    app = line.app(desk, ticking, channel)
    rate = Pace(6.0, chat_seconds=0.0)
    await send_forever(app, TELEGRAM, stop, rate=rate, heard=lambda _answer: stop.set())
    assert _states(desk) == {"sent": 1, "queued": 2}
    assert len(channel.began) == 1


class _Faulty(_Frozen):
    """A channel that breaks its promise and raises."""

    async def send(self, message: Outgoing) -> Answer:
        raise RuntimeError("a fault of ours")


async def test_a_channel_that_raises_leaves_its_row_in_doubt(desk: Desk, ticking: Clock) -> None:
    (row,) = _queue(desk, ticking, 1)
    async with _running(line.app(desk, ticking, _Faulty(0)), TELEGRAM):
        await _until(lambda: line.state(desk, row) == "uncertain")


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
    (row,) = _queue(desk, ticking, 1)
    async with _running(app, TELEGRAM):
        await asyncio.sleep(0.3)
        assert telegram_server.sent == []
        flaky.gone = set()
        await _until(lambda: line.state(desk, row) == "sent")


async def test_an_answer_is_kept_until_the_database_can_record_it(
    desk: Desk, ticking: Clock, telegram: TelegramChannel, telegram_server: TelegramServer
) -> None:
    flaky = _Flaky(desk.database)
    flaky.gone = {Priority.RECORD}
    app = line.app(line.desk(flaky, desk.seal), ticking, telegram)  # type: ignore[arg-type]
    (row,) = _queue(desk, ticking, 1)
    async with _running(app, TELEGRAM):
        await _until(lambda: len(telegram_server.sent) == 1)
        await asyncio.sleep(0.2)
        assert line.state(desk, row) == "sending"
        flaky.gone = set()
        await _until(lambda: line.state(desk, row) == "sent")
    assert len(telegram_server.sent) == 1


async def test_a_text_whose_answer_was_lost_is_healed_by_twilios_list(
    real_desk: Desk, real: Clock, twilio: TwilioChannel, twilio_server: TwilioServer
) -> None:
    desk = real_desk
    twilio_server.next(accepted_late(2))
    row = _answer(desk, real)
    app = line.app(desk, real, twilio)
    async with _running(app, SMS):
        await _until(lambda: line.state(desk, row) == "uncertain")
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
    async with _running(app, SMS):
        await _until(lambda: line.state(desk, row) == "uncertain")
        _age(desk, row)
        await reconcile_once(app)
        await _until(lambda: line.state(desk, row) == "sent")
    assert len(twilio_server.sent) == 1


async def test_a_doubt_that_trips_over_a_fault_of_ours_does_not_keep_the_others_from_being_settled(
    real_desk: Desk, real: Clock, twilio: TwilioChannel, twilio_server: TwilioServer
) -> None:
    desk = real_desk
    twilio_server.next(accepted_late(2))
    fine = _answer(desk, real)
    app = line.app(desk, real, twilio)
    async with _running(app, SMS):
        await _until(lambda: line.state(desk, fine) == "uncertain")
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


async def test_a_provider_that_cannot_be_reached_delays_and_loses_nothing(
    desk: Desk, ticking: Clock, telegram: TelegramChannel, telegram_server: TelegramServer
) -> None:
    telegram_server.stop()
    (row,) = _queue(desk, ticking, 1)
    async with _running(line.app(desk, ticking, telegram), TELEGRAM):
        await _until(lambda: line.row(desk, row).provider_code == "unreached")
    assert line.state(desk, row) == "queued"


@pytest.mark.parametrize("fault", [reset()])
async def test_a_connection_dropped_without_a_word_is_a_doubt(
    desk: Desk, ticking: Clock, telegram: TelegramChannel, telegram_server: TelegramServer, fault: Any
) -> None:
    telegram_server.next(fault)
    (row,) = _queue(desk, ticking, 1)
    async with _running(line.app(desk, ticking, telegram), TELEGRAM):
        await _until(lambda: line.state(desk, row) == "uncertain")


async def test_sending_once_ends_when_nothing_more_is_due(
    desk: Desk, ticking: Clock, telegram: TelegramChannel, telegram_server: TelegramServer
) -> None:
    _queue(desk, ticking, 20)
    heard: list[Answer] = []
    left: list[int] = []
    app = line.app(desk, ticking, telegram)
    await asyncio.wait_for(
        send_due(app, TELEGRAM, asyncio.Event(), rate=FAST, heard=heard.append, waiting=left.append), 15
    )
    assert _states(desk) == {"sent": 20}
    assert [type(answer) for answer in heard] == [Accepted] * 20
    assert left[-1] == 0


async def test_sending_once_does_not_wait_for_what_goes_later(
    desk: Desk, ticking: Clock, telegram: TelegramChannel, telegram_server: TelegramServer
) -> None:
    telegram_server.next(too_many(600))
    _queue(desk, ticking, 1)
    app = line.app(desk, ticking, telegram)
    await asyncio.wait_for(send_due(app, TELEGRAM, asyncio.Event(), rate=FAST), 30)
    assert _states(desk) == {"queued": 1}


async def test_p13_sending_once_that_is_told_to_stop_leaves_nothing_in_sending(
    desk: Desk, ticking: Clock, telegram: TelegramChannel, telegram_server: TelegramServer
) -> None:
    _queue(desk, ticking, 200)
    stop = asyncio.Event()
    app = line.app(desk, ticking, telegram)
    task = asyncio.create_task(send_due(app, TELEGRAM, stop, rate=Pace(50.0)))
    await _until(lambda: _states(desk).get("sent", 0) > 5)
    stop.set()
    await asyncio.wait_for(task, 30)
    found = _states(desk)
    assert set(found) == {"sent", "queued"}
    assert len(telegram_server.sent) == found["sent"]


async def test_sending_once_says_that_the_database_is_gone(
    desk: Desk, ticking: Clock, telegram: TelegramChannel
) -> None:
    desk.database.write(lambda conn: conn.exec_driver_sql("DROP TABLE alerts"))
    desk.database.write(lambda conn: conn.exec_driver_sql("DROP TABLE outbox"))
    app = line.app(desk, ticking, telegram)
    task = send_due(app, TELEGRAM, asyncio.Event(), rate=FAST, grace=0.1)
    with pytest.raises(DatabaseGone):
        await asyncio.wait_for(task, 30)


async def test_a_picture_reaches_the_chat_with_its_words_and_counts_once(
    desk: Desk, ticking: Clock, telegram: TelegramChannel, telegram_server: TelegramServer
) -> None:
    shown = line.step("offer", picture="candle")
    desk = line.desk(desk.database, desk.seal, shelf=line.shelf(shown, texts={**line.TEXTS, PATH: SVG}))
    _queue(desk, ticking, 3)
    async with _running(line.app(desk, ticking, telegram), TELEGRAM):
        await _until(lambda: _states(desk).get("sent") == 3)
    assert {said.text for said in telegram_server.sent} == {"Flu jab: ask your midwife."}
    assert all((said.photo or b"").startswith(b"\x89PNG") for said in telegram_server.sent)
    assert len(telegram_server.calls) == len(telegram_server.sent) == 3
