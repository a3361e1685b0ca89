"""Receive: everything is stored once, and nothing that goes wrong afterwards loses it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot.domain.address import Address, ChannelName
from bot.domain.inbound import Inbound, InboundKind
from bot.services import receive
from bot.services.desk import Desk
from bot.store import addresses, alerts
from bot.store.database import Database
from bot.store.sealed import Seal
from bot.store.tables import inbox
from tests import line
from tests.clock import Clock

SMS, TELEGRAM = ChannelName.SMS, ChannelName.TELEGRAM
HER = Address(SMS, "+447700900000")


@pytest.fixture
def desk(database: Database, seal: Seal) -> Desk:
    return line.desk(database, seal)


def inbound(clock: Clock, provider_id: str = "SM1", **changes: Any) -> Inbound:
    fields: dict[str, Any] = {
        "channel": SMS, "provider_id": provider_id, "kind": InboundKind.TEXT, "address": HER,
        "text": "hello there", "at": clock.now,
    }  # fmt: skip
    return Inbound(**(fields | changes))


def stored(desk: Desk) -> list[sa.Row[Any]]:
    """The inbox, in order."""
    query = sa.select(inbox).order_by(inbox.c.inbound_id)
    return list(desk.database.read(lambda conn: conn.execute(query).all()))


def test_a_message_is_stored_for_the_conversation(desk: Desk, clock: Clock) -> None:
    received = receive.receive(desk, inbound(clock), clock.now)
    (row,) = stored(desk)
    assert (row.inbound_id, row.state, received.duplicate) == (received.inbound_id, "stored", False)


def test_the_same_message_again_is_recognised(desk: Desk, clock: Clock) -> None:
    """P12."""
    first = receive.receive(desk, inbound(clock), clock.now)
    again = receive.receive(desk, inbound(clock), clock.pass_(minutes=5))
    assert (again.inbound_id, again.duplicate, len(stored(desk))) == (first.inbound_id, True, 1)


@pytest.mark.parametrize("kind", list(InboundKind))
@pytest.mark.parametrize("text", ["", "\U0001f600" * 9, "x" * 4000, "{{ 7*7 }} {% for %}"])
def test_whatever_comes_in_is_recorded(desk: Desk, clock: Clock, kind: InboundKind, text: str) -> None:
    receive.receive(desk, inbound(clock, kind=kind, text=text), clock.now)
    assert [(row.kind, desk.seal.open("inbox.text", row.sealed)) for row in stored(desk)] == [
        (kind.value, text)
    ]


@pytest.mark.parametrize("address", [None, HER])
@pytest.mark.parametrize("kind", [InboundKind.GROUP, InboundKind.UNKNOWN, InboundKind.EDIT])
def test_what_nobody_should_answer_is_kept_and_done(
    desk: Desk, clock: Clock, kind: InboundKind, address: Address | None
) -> None:
    """CARE 5: a group hears nothing from us."""
    receive.receive(desk, inbound(clock, kind=kind, address=address), clock.now)
    assert [row.state for row in stored(desk)] == ["done"]


def test_who_blocks_us_has_not_written_that_they_can_be_reached(desk: Desk, clock: Clock) -> None:
    def suspend(conn: sa.Connection) -> None:
        row = addresses.find_or_add(conn, desk.seal, HER, clock.now)
        addresses.suspend(conn, row.id, "unknown", clock.now)

    desk.database.write(suspend)
    receive.receive(desk, inbound(clock, kind=InboundKind.BLOCK, text=""), clock.now)
    row = desk.database.read(lambda conn: addresses.find(conn, desk.seal, HER))
    assert row is not None
    assert row.suspended


def test_whoever_writes_can_be_reached_again(desk: Desk, clock: Clock) -> None:
    def suspend(conn: sa.Connection) -> None:
        row = addresses.find_or_add(conn, desk.seal, HER, clock.now)
        addresses.suspend(conn, row.id, "unknown", clock.now)

    desk.database.write(suspend)
    receive.receive(desk, inbound(clock), clock.now)
    row = desk.database.read(lambda conn: addresses.find(conn, desk.seal, HER))
    assert row is not None
    assert not row.suspended


class _Broken:
    """A lexicon with a fault of ours in it."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError("a fault of ours")


def test_a_fault_in_understanding_does_not_lose_the_message(
    database: Database, seal: Seal, clock: Clock
) -> None:
    desk = line.desk(database, seal, lexicon=_Broken())
    receive.receive(desk, inbound(clock), clock.now)
    kinds = [alert.kind for alert in desk.database.read(alerts.listed)]
    assert ([row.state for row in stored(desk)], kinds) == (["stored"], ["urgent_failed"])


# --- Telegram's updates, Twilio's list ------------------------------------------------------------------


def _update(clock: Clock, number: int) -> Inbound:
    return inbound(clock, str(number), channel=TELEGRAM, address=Address(TELEGRAM, "1001"))


def test_the_offset_passes_only_what_is_stored(desk: Desk, clock: Clock) -> None:
    """P13."""
    receive.receive_updates(desk, [_update(clock, 7), _update(clock, 8)], 9, "here", clock.now)
    assert (receive.poll_offset(desk), len(stored(desk))) == (9, 2)


def test_a_batch_that_cannot_be_stored_leaves_the_offset_where_it_was(desk: Desk, clock: Clock) -> None:
    naive = _update(clock, 8)
    object.__setattr__(naive, "at", clock.now.replace(tzinfo=None))
    with pytest.raises(sa.exc.StatementError):
        receive.receive_updates(desk, [_update(clock, 7), naive], 9, "here", clock.now)
    assert (receive.poll_offset(desk), stored(desk)) == (0, [])


def test_one_process_polls_at_a_time(desk: Desk, clock: Clock) -> None:
    assert receive.poll_lease(desk, "here", clock.now)
    assert not receive.poll_lease(desk, "there", clock.now)
    assert receive.receive_updates(desk, [_update(clock, 7)], 8, "there", clock.now) == []
    assert (receive.poll_offset(desk), stored(desk)) == (0, [])


def test_a_process_that_went_away_is_followed_by_another(desk: Desk, clock: Clock) -> None:
    receive.poll_lease(desk, "here", clock.now)
    assert receive.poll_lease(desk, "there", clock.pass_(seconds=61))


def test_a_process_that_ends_leaves_polling_to_the_next_at_once(desk: Desk, clock: Clock) -> None:
    receive.poll_lease(desk, "here", clock.now)
    receive.let_poll(desk, "here")
    assert receive.poll_lease(desk, "there", clock.now)


TEN = timedelta(minutes=10)


def test_twilios_list_is_compared_from_where_it_was_left(desk: Desk, clock: Clock) -> None:
    receive.listed_since(desk, TEN, clock.now)
    left = clock.pass_(days=1)
    receive.move_listed_until(desk, left)
    assert receive.listed_since(desk, TEN, clock.now + timedelta(days=2)) == left - TEN


def test_what_came_before_the_first_start_is_not_ours_to_answer(desk: Desk, clock: Clock) -> None:
    """Whoever had the number then received it; the overlap does not reach back to it either."""
    first = clock.now
    assert receive.listed_since(desk, TEN, first) == first
    assert receive.listed_since(desk, TEN, clock.pass_(minutes=1)) == first  # the list could not be had
    receive.move_listed_until(desk, clock.now)
    assert receive.listed_since(desk, TEN, clock.pass_(minutes=5)) == first


def test_a_process_that_was_killed_is_followed_within_a_quarter_of_a_minute(desk: Desk, clock: Clock) -> None:
    receive.poll_lease(desk, "here", clock.now)
    assert not receive.poll_lease(desk, "there", clock.pass_(seconds=14))
    assert receive.poll_lease(desk, "there", clock.pass_(seconds=1))
