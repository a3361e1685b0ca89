"""A conversation's place is kept sealed, and forgotten whole."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from bot.store import conversations
from bot.store.database import Database
from bot.store.sealed import Seal
from bot.store.tables import conversations as table
from tests import rows
from tests.clock import Clock


def test_a_conversation_is_taken_up_where_it_was_left(database: Database, seal: Seal, clock: Clock) -> None:
    def work(conn: sa.Connection) -> object:
        address = rows.someone(conn, seal, clock.now).address_id
        nothing = conversations.load(conn, seal, address)
        conversations.save(conn, seal, address, "join.date", {"role": "mother"}, clock.now)
        return nothing, conversations.load(conn, seal, address)

    assert database.write(work) == (None, ("join.date", {"role": "mother"}, clock.now))


def test_since_stays_while_the_question_does(database: Database, seal: Seal, clock: Clock) -> None:
    def work(conn: sa.Connection) -> list[object]:
        address = rows.someone(conn, seal, clock.now).address_id
        seen: list[object] = []
        for hours, name in ((0, "join.date"), (1, "join.date"), (2, "join.confirm")):
            conversations.save(conn, seal, address, name, {}, clock.now + timedelta(hours=hours))
            loaded = conversations.load(conn, seal, address)
            assert loaded is not None
            seen.append((loaded[2] - clock.now) / timedelta(hours=1))
        return seen

    assert database.write(work) == [0, 0, 2]


def test_what_is_kept_is_sealed_and_can_be_forgotten(database: Database, seal: Seal, clock: Clock) -> None:
    def work(conn: sa.Connection) -> tuple[bytes, object]:
        address = rows.someone(conn, seal, clock.now).address_id
        conversations.save(conn, seal, address, "join.date", {"due": "2027-08-01"}, clock.now)
        sealed = bytes(conn.execute(sa.select(table.c.sealed)).scalar_one())
        conversations.forget(conn, address)
        return sealed, conversations.load(conn, seal, address)

    sealed, after = database.write(work)
    assert b"2027" not in sealed
    assert after is None
