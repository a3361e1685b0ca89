"""What somebody wrote last holds: an earlier message that is only now understood takes nothing of it back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from bot.domain.address import Address, ChannelName
from bot.domain.inbound import Inbound, InboundKind
from bot.services import converse, receive
from bot.services.desk import Desk
from bot.store import addresses
from bot.store.database import Database
from bot.store.sealed import Seal
from bot.store.tables import families, outbox
from tests import line, ours, rows
from tests.clock import Clock
from tests.crossing import crossing

SMS = ChannelName.SMS
HER = Address(SMS, "+447700900000")
TEXTS = line.replies("stopped", "loss", "help", "undone", "started", "start", "resumed", "not_understood")


@pytest.fixture
def desk(database: Database, seal: Seal) -> Desk:
    return line.desk(
        database, seal, lexicon=ours.lexicon(), shelf=line.shelf(texts=TEXTS), drama_numbers=True
    )


@pytest.fixture
def other(desk: Desk, database_url: str, clock: Clock) -> Iterator[Desk]:
    """The same house, in another process."""
    opened = Database(database_url, clock=clock)
    yield replace(desk, database=opened, holder="there")
    opened.close()


@pytest.fixture
def her(desk: Desk, clock: Clock) -> rows.Someone:
    """A mother who joined."""
    return desk.database.write(lambda conn: rows.someone(conn, desk.seal, clock.now))


def _says(desk: Desk, clock: Clock, *texts: str) -> None:
    for text in texts:
        said = Inbound(SMS, f"SM{clock.now.timestamp()}", InboundKind.TEXT, HER, text, clock.pass_(seconds=1))
        receive.receive(desk, said, clock.now)


def _answered(desk: Desk, clock: Clock) -> None:
    while converse.converse(desk, clock.now):
        pass


def _is(desk: Desk, her: rows.Someone) -> tuple[bool, bool]:
    """Stopped, held."""

    def work(conn: sa.Connection) -> tuple[bool, Any]:
        held = sa.select(families.c.held).where(families.c.family_id == her.family_id)
        return addresses.by_id(conn, her.address_id).stopped, conn.execute(held).scalar_one()

    return desk.database.read(work)


def _replies(desk: Desk) -> list[str]:
    """The answers that are queued, in order."""
    said = sa.select(outbox.c.step).where(outbox.c.state == "queued").order_by(outbox.c.outbox_id)
    return list(desk.database.read(lambda conn: conn.execute(said).scalars()))


def test_p2_a_start_that_is_understood_after_a_later_stop_ends_it_not(
    desk: Desk, her: rows.Someone, clock: Clock
) -> None:
    _says(desk, clock, "STOP")
    _answered(desk, clock)
    _says(desk, clock, "START", "STOP")
    _answered(desk, clock)
    assert _is(desk, her)[0]


def test_p3_an_undo_that_is_understood_after_a_later_loss_takes_it_not_back(
    desk: Desk, her: rows.Someone, clock: Clock
) -> None:
    _says(desk, clock, "LOSS")
    _answered(desk, clock)
    _says(desk, clock, "UNDO", "LOSS")
    _answered(desk, clock)
    assert _is(desk, her)[1]


def test_an_answer_to_what_was_asked_before_a_stop_does_not_follow_it(
    desk: Desk, her: rows.Someone, clock: Clock
) -> None:
    _says(desk, clock, "HELP", "STOP")
    _answered(desk, clock)
    assert _replies(desk) == ["stopped"]


def test_a_start_after_a_stop_is_heeded_though_both_came_together(
    desk: Desk, her: rows.Someone, clock: Clock
) -> None:
    _says(desk, clock, "STOP", "START")
    _answered(desk, clock)
    assert not _is(desk, her)[0]


def test_p12_the_same_text_at_two_doors_at_once_is_stored_and_answered_once(
    desk: Desk, other: Desk, her: rows.Someone, clock: Clock
) -> None:
    said = Inbound(SMS, "SM1", InboundKind.TEXT, HER, "STOP", clock.now)
    again: list[receive.Received] = []
    with crossing(
        desk.database, "INSERT INTO inbox", lambda: again.append(receive.receive(other, said, clock.now))
    ):
        first = receive.receive(desk, said, clock.now)
    assert sorted(one.duplicate for one in (first, *again)) == [False, True]
    assert _replies(desk) == ["stopped"]


def test_two_workers_at_one_address_answer_each_message_once_and_in_order(
    desk: Desk, other: Desk, her: rows.Someone, clock: Clock
) -> None:
    _says(desk, clock, "HELP", "abracadabra")
    with crossing(desk.database, "INSERT INTO outbox", lambda: converse.converse(other, clock.now)):
        converse.converse(desk, clock.now)
    _answered(desk, clock)
    assert _replies(desk) == ["help", "not_understood"]


def test_p2_a_stop_that_comes_while_a_start_is_understood_is_the_last_word(
    desk: Desk, other: Desk, her: rows.Someone, clock: Clock
) -> None:
    _says(desk, clock, "STOP")
    _answered(desk, clock)
    _says(desk, clock, "START")
    with crossing(desk.database, "INSERT INTO consents", lambda: _says(other, clock, "STOP")):
        _answered(desk, clock)
    assert _is(desk, her)[0]
