"""Sending over a real wire: nothing lost, nothing doubled, nothing left in `sending`."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
import sqlalchemy as sa

from bot.channels.telegram.send import TelegramChannel
from bot.domain.outbox import Accepted, Answer, Kind, Reason, State
from bot.errors import DatabaseGone
from bot.running.sending import send_due
from bot.services.desk import Desk
from bot.services.dispatch import Pace
from bot.store import outbox as store
from bot.store.tables import addresses
from bot.store.writer import Priority
from tests import line
from tests.content.test_pictures import PATH, SVG
from tests.running.lines import FAST, TELEGRAM, Clock
from tests.running.lines import queue as _queue
from tests.running.lines import running as _running
from tests.running.lines import states as _states
from tests.running.lines import until as _until
from tests.wire.server import accepted_never_answered, hang, reset, slow
from tests.wire.telegram_http import telegram_error, too_many
from tests.wire.telegram_server import TelegramServer


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
