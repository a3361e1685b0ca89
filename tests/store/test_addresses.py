"""Addresses: sealed, found by hash, stopped and suspended by the phone."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from bot.domain.address import Address, ChannelName, telegram_chat
from bot.store import addresses, families
from bot.store.database import Database
from bot.store.sealed import Seal, new_key, parse_keys
from bot.store.tables import addresses as table
from tests.clock import Clock

if TYPE_CHECKING:
    from tests.store.conftest import Rows

PHONE = Address(ChannelName.SMS, "+447700900001")
OTHER = Address(ChannelName.SMS, "+447700900002")


def _add(database: Database, seal: Seal, clock: Clock, address: Address = PHONE) -> int:
    return database.write(lambda conn: addresses.find_or_add(conn, seal, address, clock.now).id)


def test_an_address_is_one_row_however_often_it_is_met(database: Database, seal: Seal, clock: Clock) -> None:
    assert _add(database, seal, clock) == _add(database, seal, clock)


def test_the_same_digits_on_two_channels_are_two_addresses(
    database: Database, seal: Seal, clock: Clock
) -> None:
    chat = telegram_chat(447700900001)
    number = Address(ChannelName.SMS, "447700900001")
    assert _add(database, seal, clock, chat) != _add(database, seal, clock, number)


def test_p11_no_row_holds_the_number_in_clear(database: Database, seal: Seal, clock: Clock) -> None:
    _add(database, seal, clock)
    row = database.read(lambda conn: conn.execute(sa.select(table)).one())
    assert all(b"7700900001" not in str(value).encode() for value in row)
    assert b"7700900001" not in row.sealed


def test_an_address_is_revealed_only_with_the_key(database: Database, seal: Seal, clock: Clock) -> None:
    address_id = _add(database, seal, clock)
    assert database.read(lambda conn: addresses.reveal(conn, seal, [address_id])) == {address_id: PHONE}


def test_an_unknown_address_is_not_found(database: Database, seal: Seal) -> None:
    assert database.read(lambda conn: addresses.find(conn, seal, PHONE)) is None


def test_p2_stop_is_kept_and_said_once(database: Database, seal: Seal, clock: Clock) -> None:
    address_id = _add(database, seal, clock)
    assert database.write(lambda conn: addresses.stop(conn, address_id, clock.now)) is True
    assert database.write(lambda conn: addresses.stop(conn, address_id, clock.now)) is False
    assert database.read(lambda conn: addresses.by_id(conn, address_id)).stopped


def test_p2_being_met_again_does_not_end_a_stop(database: Database, seal: Seal, clock: Clock) -> None:
    address_id = _add(database, seal, clock)
    database.write(lambda conn: addresses.stop(conn, address_id, clock.now))
    assert database.write(lambda conn: addresses.find_or_add(conn, seal, PHONE, clock.now)).stopped


def test_start_ends_a_stop(database: Database, seal: Seal, clock: Clock) -> None:
    address_id = _add(database, seal, clock)
    database.write(lambda conn: addresses.stop(conn, address_id, clock.now))
    assert database.write(lambda conn: addresses.start(conn, address_id)) is True
    assert not database.read(lambda conn: addresses.by_id(conn, address_id)).stopped


def test_a_suspension_ends_with_its_failures(database: Database, seal: Seal, clock: Clock) -> None:
    address_id = _add(database, seal, clock)

    def work(conn: sa.Connection) -> tuple[bool, bool, int]:
        addresses.note_failure(conn, address_id, date(2027, 2, 1))
        addresses.suspend(conn, address_id, "unknown", clock.now)
        was = addresses.unsuspend(conn, address_id)
        row = addresses.by_id(conn, address_id)
        return was, row.suspended, addresses.note_failure(conn, address_id, date(2027, 2, 2))

    assert database.write(work) == (True, False, 1)


def test_at_most_one_failure_a_day_counts(database: Database, seal: Seal, clock: Clock) -> None:
    address_id = _add(database, seal, clock)
    first = date(2027, 2, 1)

    def work(conn: sa.Connection) -> list[int]:
        days = (first, first, first + timedelta(days=1), first)
        return [addresses.note_failure(conn, address_id, day) for day in days]

    assert database.write(work) == [1, 1, 2, 2]


def test_what_arrives_ends_the_count_of_failures(database: Database, seal: Seal, clock: Clock) -> None:
    address_id = _add(database, seal, clock)

    def work(conn: sa.Connection) -> int:
        addresses.note_failure(conn, address_id, date(2027, 2, 1))
        addresses.clear_failures(conn, address_id)
        return addresses.note_failure(conn, address_id, date(2027, 2, 1))

    assert database.write(work) == 1


def test_forgetting_removes_the_row_of_an_address_nobody_uses(
    database: Database, seal: Seal, clock: Clock
) -> None:
    address_id = _add(database, seal, clock)
    assert database.write(lambda conn: addresses.forget(conn, address_id)) is True
    assert database.read(lambda conn: addresses.find(conn, seal, PHONE)) is None


def test_p11_forgetting_a_stopped_address_keeps_only_its_hash(
    database: Database, seal: Seal, clock: Clock
) -> None:
    address_id = _add(database, seal, clock)

    def work(conn: sa.Connection) -> tuple[bool, addresses.AddressRow | None, dict[int, Address]]:
        addresses.stop(conn, address_id, clock.now)
        gone = addresses.forget(conn, address_id)
        return gone, addresses.find(conn, seal, PHONE), addresses.reveal(conn, seal, [address_id])

    gone, row, revealed = database.write(work)
    assert gone
    assert row is not None
    assert row.stopped
    assert row.forgotten
    assert revealed == {}


def test_an_address_in_use_is_not_forgotten(rows: Rows) -> None:
    rows.family(None, 7)
    address_id = rows.address(7)
    assert rows.database.write(lambda conn: addresses.forget(conn, address_id)) is False


def test_a_forgotten_address_that_writes_again_can_be_answered_and_stays_stopped(
    database: Database, seal: Seal, clock: Clock
) -> None:
    address_id = _add(database, seal, clock)

    def work(conn: sa.Connection) -> addresses.AddressRow:
        addresses.stop(conn, address_id, clock.now)
        addresses.forget(conn, address_id)
        return addresses.find_or_add(conn, seal, PHONE, clock.now)

    row = database.write(work)
    assert row.stopped
    assert database.read(lambda conn: addresses.reveal(conn, seal, [row.id])) == {row.id: PHONE}


def test_an_address_from_before_a_key_rotation_is_found_and_moved_to_the_new_key(
    database: Database, clock: Clock
) -> None:
    old, new = new_key("old"), new_key("new")
    before, both = Seal(parse_keys(old)), Seal(parse_keys(f"{new},{old}"))
    address_id = _add(database, before, clock)
    assert _add(database, both, clock) == address_id
    only_new = Seal(parse_keys(new))
    assert database.read(lambda conn: addresses.reveal(conn, only_new, [address_id])) == {address_id: PHONE}


def test_a_chat_that_got_a_new_id_keeps_its_row(database: Database, seal: Seal, clock: Clock) -> None:
    address_id = _add(database, seal, clock, telegram_chat(5))
    moved = database.write(lambda conn: addresses.rename_chat(conn, seal, address_id, telegram_chat(6)))
    assert moved == address_id
    assert database.read(lambda conn: addresses.find(conn, seal, telegram_chat(5))) is None


def test_a_chat_that_becomes_one_known_already_brings_its_members_and_its_stop(
    rows: Rows, seal: Seal
) -> None:
    family_id = rows.family(None, 5)
    old, there = rows.address(5), rows.address(6)

    def work(conn: sa.Connection) -> tuple[int, bool, list[tuple[int, int]]]:
        addresses.stop(conn, old, rows.now)
        moved = addresses.rename_chat(conn, seal, old, Address(ChannelName.SMS, "+447700900006"))
        return moved, addresses.by_id(conn, there).stopped, families.members_at(conn, there)

    moved, stopped, members = rows.database.write(work)
    assert (moved, stopped) == (there, True)
    assert [family for family, _ in members] == [family_id]


def test_a_guest_stays_one(database: Database, seal: Seal, clock: Clock) -> None:
    def work(conn: sa.Connection) -> list[bool]:
        return [
            addresses.find_or_add(conn, seal, PHONE, clock.now, guest=guest).guest
            for guest in (False, True, False)
        ]

    assert database.write(work) == [False, True, True]


def test_being_told_off_is_remembered_from_the_first_time(
    database: Database, seal: Seal, clock: Clock
) -> None:
    address_id = _add(database, seal, clock)
    first = clock.now
    for _ in range(2):
        database.write(lambda conn: addresses.mark_told_off(conn, address_id, clock.now))
        clock.pass_(days=1)
    assert database.read(lambda conn: addresses.by_id(conn, address_id)).told_off_at == first


def test_an_unknown_channel_is_refused_by_the_database(database: Database, seal: Seal, clock: Clock) -> None:
    address_id = _add(database, seal, clock)
    with pytest.raises(sa.exc.IntegrityError):
        database.write(
            lambda conn: conn.execute(
                sa.update(table).where(table.c.address_id == address_id).values(channel="pigeon")
            )
        )
