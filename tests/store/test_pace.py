"""Senders: one row each, halted and resumed, whose slots only move forward."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import sqlalchemy as sa

from bot.domain.address import ChannelName
from bot.store import pace
from bot.store.database import Database
from bot.store.sealed import Seal
from tests import rows
from tests.clock import Clock


def _sender(conn: sa.Connection, clock: Clock, name: str = "bot") -> int:
    return pace.sender_id(conn, ChannelName.TELEGRAM, name, clock.now)


def test_a_sender_has_one_row_a_channel_and_name(database: Database, clock: Clock) -> None:
    def work(conn: sa.Connection) -> list[int]:
        sms = pace.sender_id(conn, ChannelName.SMS, "bot", clock.now)
        return [_sender(conn, clock), _sender(conn, clock), _sender(conn, clock, "second"), sms]

    first, same, second, sms = database.write(work)
    assert first == same
    assert len({first, second, sms}) == 3


def test_slots_are_only_ever_taken(database: Database, clock: Clock) -> None:
    def work(conn: sa.Connection) -> bool:
        sender = _sender(conn, clock)
        later = clock.now + timedelta(seconds=5)
        pace.reserve(conn, sender, later)
        pace.reserve(conn, sender, clock.now)
        return pace.hold_sender(conn, sender).free_at == later

    assert database.write(work)


def test_two_claims_hold_the_sender_one_after_the_other(database: Database, clock: Clock) -> None:
    """The pace is read and moved under a lock: 40 reservations by two threads take 40 slots."""
    sender = database.write(lambda conn: _sender(conn, clock))

    def reserve() -> None:
        def work(conn: sa.Connection) -> None:
            free = pace.hold_sender(conn, sender).free_at
            pace.reserve(conn, sender, free + timedelta(seconds=1))

        for _ in range(20):
            database.write(work)

    threads = [threading.Thread(target=reserve) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    free = database.write(lambda conn: pace.hold_sender(conn, sender).free_at)
    assert free == clock.now + timedelta(seconds=40)


def test_the_first_reason_for_a_halt_is_kept(database: Database, clock: Clock) -> None:
    def work(conn: sa.Connection) -> tuple[int, int, str | None]:
        sender = _sender(conn, clock)
        first = pace.halt(conn, "provider:401", clock.now, sender)
        second = pace.halt(conn, pace.HALTED_BY_STAFF, clock.now)
        return first, second, pace.hold_sender(conn, sender).halted_reason

    assert database.write(work) == (1, 0, "provider:401")


def test_one_sender_is_resumed_without_the_others(database: Database, clock: Clock) -> None:
    def work(conn: sa.Connection) -> list[str | None]:
        first, second = _sender(conn, clock), _sender(conn, clock, "second")
        pace.halt(conn, pace.HALTED_BY_STAFF, clock.now)
        pace.resume(conn, first)
        return [pace.hold_sender(conn, sender).halted_reason for sender in (first, second)]

    assert database.write(work) == [None, "staff"]


def test_every_sender_is_listed_for_health(database: Database, seal: Seal, clock: Clock) -> None:
    def work(conn: sa.Connection) -> list[str]:
        _sender(conn, clock)
        rows.someone(conn, seal, clock.now)
        return sorted(sender.channel.value for sender in pace.all_senders(conn))

    assert database.write(work) == ["sms", "telegram"]


def _taken(conn: sa.Connection, sender: pace.Sender, clock: Clock, messages: int) -> datetime | None:
    """So many slots of a second each, the last to begin within ten seconds."""
    last, whole = timedelta(seconds=messages - 1), timedelta(seconds=messages)
    return pace.take_slots(conn, sender, clock.now, last, whole, clock.now + timedelta(seconds=10))


def test_slots_are_counted_from_what_others_took_since_the_look(database: Database, clock: Clock) -> None:
    def work(conn: sa.Connection) -> list[datetime | None]:
        seen = pace.hold_sender(conn, _sender(conn, clock))
        return [_taken(conn, seen, clock, messages) for messages in (4, 6, 2)]

    first, second, none = database.write(work)
    assert (first, second, none) == (clock.now, clock.now + timedelta(seconds=4), None)


def test_slots_of_a_sender_that_rested_begin_now(database: Database, clock: Clock) -> None:
    def work(conn: sa.Connection) -> tuple[datetime | None, datetime]:
        seen = pace.hold_sender(conn, _sender(conn, clock))
        clock.pass_(seconds=30)
        return _taken(conn, seen, clock, 2), pace.hold_sender(conn, seen.id).free_at

    assert database.write(work) == (clock.now, clock.now + timedelta(seconds=2))


def test_a_sender_that_was_halted_or_resumed_since_the_look_gives_no_slot(
    database: Database, clock: Clock
) -> None:
    def work(conn: sa.Connection) -> list[datetime | None]:
        running = pace.hold_sender(conn, _sender(conn, clock))
        pace.halt(conn, pace.HALTED_BY_STAFF, clock.now)
        halted = pace.hold_sender(conn, running.id)
        while_halted = [_taken(conn, seen, clock, 1) for seen in (running, halted)]
        pace.resume(conn)
        return [*while_halted, _taken(conn, halted, clock, 1)]

    assert database.write(work) == [None, clock.now, None]


def test_chats_are_taken_unless_they_are_busy(database: Database, seal: Seal, clock: Clock) -> None:
    def work(conn: sa.Connection) -> tuple[frozenset[int], frozenset[int], frozenset[int]]:
        one, two = (rows.someone(conn, seal, clock.now, number).address_id for number in (1, 2))
        soon = clock.now + timedelta(seconds=1)
        first = pace.take_chats(conn, {one: soon}, clock.now)
        return first - {one}, pace.take_chats(conn, {one: soon, two: soon}, clock.now) - {two}, first

    nobody, busy, first = database.write(work)
    assert (nobody, busy, len(first)) == (frozenset(), frozenset(), 1)
    assert database.write(lambda conn: pace.take_chats(conn, {}, clock.now)) == frozenset()
