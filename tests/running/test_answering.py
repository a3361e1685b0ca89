"""Answering and catching up: stored messages are answered by themselves, missed ones are fetched."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from bot.channels.twilio.send import TwilioChannel
from bot.domain.address import Address, ChannelName
from bot.domain.inbound import Inbound, InboundKind
from bot.domain.revision import Mode
from bot.errors import DatabaseGone
from bot.running.answering import answer_forever
from bot.running.reconciling import fetch_missed
from bot.services import receive
from bot.services.desk import Desk
from bot.store import addresses
from bot.store.tables import inbox
from tests import line, ours
from tests.wire.twilio_server import TwilioServer

Clock = Callable[[], datetime]
TEXTS = line.replies("help", "join_first", "not_understood")


@pytest.fixture
def talking(real_desk: Desk) -> Desk:
    """A desk that understands and answers."""
    return line.desk(
        real_desk.database,
        real_desk.seal,
        lexicon=ours.lexicon(),
        shelf=line.shelf(texts=TEXTS),
        drama_numbers=True,
    )


def _states(desk: Desk) -> list[str]:
    query = sa.select(inbox.c.state)
    return list(desk.database.read(lambda conn: conn.execute(query).scalars().all()))


def _says(desk: Desk, clock: Clock, number: int) -> None:
    address = Address(ChannelName.SMS, f"+4477009{number:05d}")
    said = Inbound(ChannelName.SMS, f"SM{number}", InboundKind.TEXT, address, "HELP", clock())
    receive.receive(desk, said, clock())


async def _run(app: Any, until: Callable[[], bool], **events: Any) -> None:
    stop = asyncio.Event()
    task = asyncio.create_task(answer_forever(app, stop, **events))
    try:
        for _ in range(500):
            if until():
                break
            await asyncio.sleep(0.02)
        assert until()
    finally:
        stop.set()
        await asyncio.wait_for(task, 5)


async def test_stored_messages_are_answered_and_the_senders_are_woken(talking: Desk, real: Clock) -> None:
    for number in range(3):
        _says(talking, real, number)
    woken = asyncio.Event()
    app = line.app(talking, real)
    await _run(app, lambda: set(_states(talking)) <= {"done", "unread"}, senders=[woken])
    assert woken.is_set()


class _Flaky:
    """A database that is gone for the first looks."""

    def __init__(self, database: Any, times: int) -> None:
        self._database, self.times = database, times

    def read(self, work: Any) -> Any:
        if self.times > 0:
            self.times -= 1
            raise DatabaseGone("The database does not answer.")
        return self._database.read(work)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)


async def test_trouble_with_the_database_is_waited_out(talking: Desk, real: Clock) -> None:
    _says(talking, real, 0)
    flaky = _Flaky(talking.database, 1)
    desk = line.desk(
        flaky,
        talking.seal,
        lexicon=talking.lexicon,
        shelf=talking.shelf,
        drama_numbers=True,  # type: ignore[arg-type]
    )
    await _run(line.app(desk, real), lambda: "stored" not in _states(talking))


async def test_a_text_whose_webhook_never_came_is_fetched_once(
    talking: Desk, real: Clock, twilio: TwilioChannel, twilio_server: TwilioServer
) -> None:
    """P13: Twilio's list is compared with ours."""
    await asyncio.to_thread(twilio_server.text, "+447700900001", "HELP", brought=False)
    app = line.app(talking, real, twilio, twilio=twilio)
    assert [await fetch_missed(app) for _ in range(2)] == [1, 0]
    assert _states(talking) == ["stored"]


async def test_a_list_that_cannot_be_had_moves_nothing(
    talking: Desk, real: Clock, twilio: TwilioChannel, twilio_server: TwilioServer
) -> None:
    before = real()
    twilio_server.stop()
    app = line.app(talking, real, twilio, twilio=twilio)
    assert await fetch_missed(app) == 0
    later = before + timedelta(hours=1)
    assert receive.listed_since(talking, timedelta(minutes=10), later) < before + timedelta(minutes=1)


async def test_the_first_start_answers_no_text_from_before_it(
    talking: Desk, real: Clock, twilio: TwilioChannel, twilio_server: TwilioServer
) -> None:
    """Another system had the number, or nobody: late, an answer would be wrong. What comes later is ours."""
    await asyncio.to_thread(twilio_server.text, "+447700900001", "HELP", brought=False)
    twilio_server.received[-1].made -= timedelta(minutes=1)
    app = line.app(talking, real, twilio, twilio=twilio)
    assert await fetch_missed(app) == 0
    await asyncio.to_thread(twilio_server.text, "+447700900002", "HELP", brought=False)
    assert [await fetch_missed(app) for _ in range(2)] == [1, 0]


async def test_a_listed_text_that_trips_over_a_fault_of_ours_does_not_keep_the_others(
    talking: Desk, real: Clock, twilio: TwilioChannel, twilio_server: TwilioServer
) -> None:
    """It is raised, and fetched again: it must not be lost either."""
    odd = "CREATE TRIGGER odd BEFORE INSERT ON addresses BEGIN SELECT RAISE(ABORT, 'odd'); END"
    if not talking.database.sqlite:
        odd = "ALTER TABLE addresses ADD CONSTRAINT odd CHECK (lookup IS NULL) NOT VALID"
    known = Address(ChannelName.SMS, "+447700900002")
    talking.database.write(lambda conn: addresses.find_or_add(conn, talking.seal, known, real()))
    for number in (1, 2):
        text = (f"+44770090000{number}", "HELP")
        await asyncio.to_thread(twilio_server.text, *text, brought=False)
    talking.database.write(lambda conn: conn.exec_driver_sql(odd))
    app = line.app(talking, real, twilio, twilio=twilio)
    with pytest.raises(IntegrityError):
        await fetch_missed(app)
    assert _states(talking) == ["stored"]
    mend = "DROP TRIGGER odd" if talking.database.sqlite else "ALTER TABLE addresses DROP CONSTRAINT odd"
    talking.database.write(lambda conn: conn.exec_driver_sql(mend))
    assert await fetch_missed(app) == 1


async def test_in_a_trial_a_stranger_s_text_is_none_that_was_missed(
    talking: Desk,
    real: Clock,
    twilio: TwilioChannel,
    twilio_server: TwilioServer,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It is left alone each time that the list has it."""
    await asyncio.to_thread(twilio_server.text, "+447700900001", "hello", brought=False)
    app = line.app(replace(talking, mode=Mode.TRIAL), real, twilio, twilio=twilio)
    assert [await fetch_missed(app) for _ in range(2)] == [0, 0]
    assert "webhooks_missed" not in capsys.readouterr().out
