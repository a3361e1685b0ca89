"""A lease has one holder at a time; a cursor remembers."""

from __future__ import annotations

import threading
from datetime import timedelta

import sqlalchemy as sa

from bot.store import leases
from bot.store.database import Database
from tests.clock import Clock


def _take(conn: sa.Connection, clock: Clock, holder: str, seconds: float = 30) -> bool:
    return leases.take(conn, "polling", holder, clock.now, clock.now + timedelta(seconds=seconds))


def test_a_lease_is_held_by_one_and_renewed_by_it(database: Database, clock: Clock) -> None:
    def work(conn: sa.Connection) -> list[bool]:
        return [_take(conn, clock, holder) for holder in ("a", "b", "a")]

    assert database.write(work) == [True, False, True]


def test_a_lease_that_ended_can_be_taken_by_another(database: Database, clock: Clock) -> None:
    database.write(lambda conn: _take(conn, clock, "a"))
    clock.pass_(seconds=30)
    assert database.write(lambda conn: _take(conn, clock, "b"))


def test_a_lease_let_go_is_free_at_once_but_only_by_its_holder(database: Database, clock: Clock) -> None:
    def work(conn: sa.Connection) -> list[bool]:
        _take(conn, clock, "a")
        leases.give(conn, "polling", "b")
        still = _take(conn, clock, "b")
        leases.give(conn, "polling", "a")
        return [still, _take(conn, clock, "b")]

    assert database.write(work) == [False, True]


def test_of_many_who_want_a_new_lease_one_gets_it(database: Database, clock: Clock) -> None:
    got: list[bool] = []
    threads = [
        threading.Thread(
            target=lambda name=name: got.append(database.write(lambda conn: _take(conn, clock, name)))
        )
        for name in "abcd"
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == [False, False, False, True]


def test_a_cursor_remembers_the_last_value(database: Database) -> None:
    def work(conn: sa.Connection) -> list[str | None]:
        never = leases.cursor(conn, "telegram")
        for value in ("7", "9"):
            leases.move_cursor(conn, "telegram", value)
        return [never, leases.cursor(conn, "telegram")]

    assert database.write(work) == [None, "9"]


def test_cursors_are_found_by_how_their_names_begin(database: Database) -> None:
    def work(conn: sa.Connection) -> dict[str, str]:
        for name in ("tick:plan", "tick:expire", "tickets", "tick_plan"):
            leases.move_cursor(conn, name, "x")
        return leases.cursors_like(conn, "tick:")

    assert set(database.write(work)) == {"tick:plan", "tick:expire"}
