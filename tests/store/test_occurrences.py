"""The planner reads the rows that a decision needs by their indexes, and writes a batch of them at once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from bot.domain.outbox import State
from bot.store import occurrences
from bot.store.database import Database
from bot.store.sealed import Seal
from bot.store.tables import outbox
from tests import rows
from tests.clock import Clock
from tests.rows import Someone

DAY = date(2027, 2, 2)


@pytest.fixture
def who(database: Database, seal: Seal, clock: Clock) -> Someone:
    return database.write(lambda conn: rows.someone(conn, seal, clock.now))


def made(database: Database, who: Someone, clock: Clock, **columns: Any) -> int:
    return database.write(lambda conn: rows.row(conn, who, clock.now, **columns))


@contextmanager
def explained(database: Database) -> Iterator[list[str]]:
    """How the database goes about every SELECT of the block."""
    plans: list[str] = []

    def hear(_conn: Any, cursor: Any, statement: str, parameters: Any, *_more: Any) -> None:
        if not statement.lstrip().upper().startswith("SELECT"):
            return
        kind = "EXPLAIN QUERY PLAN " if database.sqlite else "EXPLAIN "
        if not database.sqlite:
            cursor.execute("SET LOCAL enable_seqscan = off")
        plans.append(" ".join(str(row) for row in cursor.execute(kind + statement, parameters).fetchall()))

    event.listen(database.engine, "before_cursor_execute", hear)
    yield plans
    event.remove(database.engine, "before_cursor_execute", hear)


def _whatever_was_left(database: Database) -> None:
    """An index is the dearer, the more rows of other tests it once held."""
    if not database.sqlite:
        with database.engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("REINDEX TABLE outbox")


def test_open_rows_are_those_that_wait_or_are_queued(database: Database, who: Someone, clock: Clock) -> None:
    here = [made(database, who, clock, state=state, step=state, day=None) for state in ("waiting", "queued")]
    for state in ("sending", "sent", "delivered", "failed", "expired", "skipped", "cancelled", "uncertain"):
        made(database, who, clock, state=state, step=state, day=None)
    found = database.read(lambda conn: occurrences.open_rows(conn, [who.family_id]))
    assert sorted(row.id for row in found) == sorted(here)


def test_open_rows_are_found_by_their_own_index(database: Database, who: Someone, clock: Clock) -> None:
    _whatever_was_left(database)

    def closed(conn: sa.Connection) -> None:
        for number in range(300):
            rows.row(conn, who, clock.now, state="cancelled", step=f"s{number}", day=None)

    database.write(closed)  # among few rows every index is as good
    with explained(database) as plans:
        database.read(lambda conn: occurrences.open_rows(conn, [who.family_id, 2, 3]))
    assert re.search(r"\bix_outbox_open\b", plans[0])


def test_the_rows_of_a_step_are_its_own_whatever_became_of_them(
    database: Database, who: Someone, clock: Clock
) -> None:
    here = made(database, who, clock, state="delivered", step="mine")
    made(database, who, clock, state="delivered", step="other", day=DAY - timedelta(days=1))
    key = (who.family_id, who.member_id, "flu", "mine")
    found = database.read(lambda conn: occurrences.of_steps(conn, [key, key, (1, 2, "flu", "mine")]))
    assert [(row.id, row.address_id, row.state) for row in found] == [(here, who.address_id, State.DELIVERED)]
    assert database.read(lambda conn: occurrences.of_steps(conn, [])) == []


def test_the_rows_of_a_step_are_found_by_the_delivery_key(database: Database, who: Someone) -> None:
    with explained(database) as plans:
        database.read(lambda conn: occurrences.of_steps(conn, [(who.family_id, who.member_id, "flu", "x")]))
    assert re.search(r"\buq_outbox_delivery\b", plans[0])


def test_of_rows_made_at_once_each_says_whether_it_was_there(
    database: Database, who: Someone, clock: Clock
) -> None:
    def values(step: str, day: date) -> dict[str, Any]:
        return {
            "kind": "staged", "state": "queued", "family_id": who.family_id, "member_id": who.member_id,
            "address_id": who.address_id, "channel": "sms", "sender_id": who.sender_id, "campaign": "flu",
            "step": step, "occurrence": "p1", "purpose": "reminders", "day": day,
        }  # fmt: skip

    made(database, who, clock, step="there", occurrence="p1", day=DAY)
    three = [values("there", DAY + timedelta(days=1)), values("busy", DAY), values("new", DAY + timedelta(2))]
    done = database.write(lambda conn: occurrences.insert_all(conn, three, clock.now))
    assert done == [False, False, True]


def test_rows_moved_at_once_move_only_from_the_state_they_were_read_in(
    database: Database, who: Someone, clock: Clock
) -> None:
    ids = [made(database, who, clock, state="waiting", step=f"s{number}", day=None) for number in range(3)]
    database.write(
        lambda conn: conn.execute(
            sa.update(outbox).where(outbox.c.outbox_id == ids[1]).values(state="cancelled")
        )
    )
    moves = [(one, State.WAITING, {"state": "expired", "reason": "cap"}) for one in ids]
    assert database.write(lambda conn: occurrences.move_all(conn, moves, clock.now)) == 2
    states = [database.read(lambda conn, one=one: rows.of(conn, one)).state for one in ids]
    assert states == ["expired", "cancelled", "expired"]
