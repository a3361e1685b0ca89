"""Revisions and approvals: what was written last is the newest, and nothing written goes unnoticed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from bot.domain.revision import Approval
from bot.store import revisions
from bot.store.database import Database
from bot.store.tables import approvals
from bot.store.tables import revisions as table
from tests.clock import Clock
from tests.crossing import crossing

AHEAD = 1 << 50  # in ids: another host's clock was ten days ahead


@pytest.fixture
def other(database_url: str, clock: Clock) -> Iterator[Database]:
    """The same database, in another process."""
    opened = Database(database_url, clock=clock)
    yield opened
    opened.close()


def _publish(database: Database, clock: Clock, content: str) -> int:
    return database.write(
        lambda conn: revisions.add(conn, "flu", {}, {}, {}, content, "Ada", clock.pass_(minutes=1))
    )


def _approve(conn: sa.Connection, clock: Clock, words: str) -> None:
    revisions.approve(conn, "flu", "offer", Approval(words, "en", "Bo", "midwife", "PIN-1", clock.now))


def test_the_latest_rules_though_the_clock_of_another_host_was_ahead(
    database: Database, clock: Clock
) -> None:
    _publish(database, clock, "wrong")
    later = sa.update(table).values(revision_id=table.c.revision_id + AHEAD)
    database.write(lambda conn: conn.execute(later))
    _publish(database, clock, "mended")
    newest = database.read(lambda conn: revisions.newest(conn, "flu"))
    assert newest is not None
    assert newest.content_hash == "mended"


def test_an_approval_is_noticed_though_the_clock_of_another_host_was_ahead(
    database: Database, clock: Clock
) -> None:
    database.write(lambda conn: _approve(conn, clock, "one"))
    later = sa.update(approvals).values(approval_id=approvals.c.approval_id + AHEAD)
    database.write(lambda conn: conn.execute(later))
    before = database.read(revisions.version)
    database.write(lambda conn: _approve(conn, clock, "two"))
    assert database.read(revisions.version) != before


def test_of_two_approvals_at_once_the_one_that_is_committed_last_is_noticed(
    database: Database, other: Database, clock: Clock
) -> None:
    seen: list[tuple[int, ...]] = []

    def quicker() -> None:
        other.write(lambda conn: _approve(conn, clock, "two"))
        seen.append(other.read(revisions.version))

    def slower(conn: sa.Connection) -> None:
        _approve(conn, clock, "one")
        revisions.withdrawn(conn)  # here the other is quicker

    with crossing(database, "SELECT withdrawals", quicker):
        database.write(slower)
    at_the_end = database.read(revisions.version)
    assert (at_the_end == seen[0]) is database.sqlite  # where one waits for the other, there is no quicker
