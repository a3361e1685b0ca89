"""Open rows are closed, spent ones left alone; a reply is written once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot.domain.outbox import CLOSED_UNSENT, OPEN, Kind, Reason, State
from bot.store import addresses
from bot.store import outbox as store
from bot.store.database import Database
from bot.store.sealed import Seal
from tests import rows
from tests.clock import Clock


def _close(conn: sa.Connection, now: Any, **which: Any) -> int:
    given = {"kinds": list(Kind), "state": State.CANCELLED, "reason": Reason.STOP, "now": now} | which
    return store.close_open(conn, **given)


@pytest.mark.parametrize("state", list(State))
def test_only_what_waits_or_is_queued_is_closed(
    database: Database, seal: Seal, clock: Clock, state: State
) -> None:
    def work(conn: sa.Connection) -> tuple[int, str]:
        who = rows.someone(conn, seal, clock.now)
        row = rows.row(conn, who, clock.now, state=state.value)
        return _close(conn, clock.now, address_id=who.address_id), rows.of(conn, row).state

    closed, after = database.write(work)
    assert (closed, after) == ((1, "cancelled") if state in OPEN else (0, state.value))


@pytest.mark.parametrize("state", sorted(set(State) - CLOSED_UNSENT))
def test_a_row_does_not_close_as_something_that_is_not_an_end(
    database: Database, clock: Clock, state: State
) -> None:
    with pytest.raises(ValueError, match="does not close"):
        database.write(lambda conn: _close(conn, clock.now, address_id=1, state=state))


def test_somebody_must_be_named(database: Database, clock: Clock) -> None:
    with pytest.raises(ValueError, match="whose rows"):
        database.write(lambda conn: _close(conn, clock.now))


@pytest.mark.parametrize(
    ("which", "closed"),
    [
        ({"kinds": [Kind.REPLY]}, 1),
        ({"kinds": [Kind.STAGED]}, 1),
        ({"campaign": "flu"}, 2),
        ({"campaign": "flu", "steps": ["nudge"]}, 0),
        ({"member_id": 1}, 0),
    ],
)
def test_everything_that_is_given_must_fit(
    database: Database, seal: Seal, clock: Clock, which: dict[str, Any], closed: int
) -> None:
    def work(conn: sa.Connection) -> int:
        who = rows.someone(conn, seal, clock.now)
        rows.row(conn, who, clock.now)
        rows.row(conn, who, clock.now, Kind.REPLY)
        rows.row(conn, rows.someone(conn, seal, clock.now, 1), clock.now)
        return _close(conn, clock.now, **({"family_id": who.family_id} | which))

    assert database.write(work) == closed


def _reply(conn: sa.Connection, seal: Seal, clock: Clock, **changes: Any) -> int | None:
    who = rows.someone(conn, seal, clock.now)
    given: dict[str, Any] = {
        "address": addresses.by_id(conn, who.address_id), "sender_id": who.sender_id, "inbound_id": 7,
        "n": 0, "kind": Kind.REPLY, "body": "Hello", "language": "en", "key": "help",
        "family_id": who.family_id, "member_id": who.member_id,
        "not_after": clock.now + timedelta(minutes=30),
    }  # fmt: skip
    return store.add_reply(conn, seal, store.NewReply(**(given | changes)), clock.now)


def test_a_reply_is_queued_sealed_for_now(database: Database, seal: Seal, clock: Clock) -> None:
    def work(conn: sa.Connection) -> sa.Row[Any]:
        row = _reply(conn, seal, clock)
        assert row is not None
        return rows.of(conn, row)

    row = database.write(work)
    assert (row.state, row.kind, row.send_at, row.step) == ("queued", "reply", clock.now, "help")
    assert b"Hello" not in row.sealed
    assert seal.open("outbox.body", row.sealed) == "Hello"


def test_the_same_reply_to_the_same_message_is_written_once(
    database: Database, seal: Seal, clock: Clock
) -> None:
    """P4 for answers: UNIQUE(inbound, n)."""

    def work(conn: sa.Connection) -> list[bool]:
        made = [_reply(conn, seal, clock, n=n) for n in (0, 0, 1)]
        return [row is not None for row in made]

    assert database.write(work) == [True, False, True]


@pytest.mark.parametrize(
    "buttons", [(), [[("Yes", "1"), ("No", "2")]], [[("بعد میں", "0")], [("STOP", "STOP")]]]
)
def test_a_body_and_its_buttons_come_back_as_they_were(buttons: Any) -> None:
    assert store.unpack(store.pack("Text 1 or 2", buttons)) == ("Text 1 or 2", [list(b) for b in buttons])
