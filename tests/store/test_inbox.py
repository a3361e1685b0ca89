"""The inbox: stored once, taken per address in order, never blocked by one bad message."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from bot.domain.address import Address, ChannelName
from bot.domain.inbound import Inbound, InboundKind
from bot.store import inbox
from bot.store.database import Database
from bot.store.sealed import Seal
from bot.store.tables import inbox as table
from tests import rows
from tests.clock import Clock


def _inbound(clock: Clock, provider_id: str = "SM1", **changes: Any) -> Inbound:
    fields: dict[str, Any] = {
        "channel": ChannelName.SMS, "provider_id": provider_id, "kind": InboundKind.TEXT,
        "address": Address(ChannelName.SMS, "+447700900000"), "text": "she wont stop crying",
        "at": clock.now,
    }  # fmt: skip
    return Inbound(**(fields | changes))


def test_a_message_is_stored_once_under_the_providers_id(
    database: Database, seal: Seal, clock: Clock
) -> None:
    """P12: a repeat is recognised, on each channel by itself."""

    def work(conn: sa.Connection) -> list[tuple[int, bool]]:
        telegram = _inbound(clock, channel=ChannelName.TELEGRAM)
        return [inbox.store(conn, seal, one, None) for one in (_inbound(clock), _inbound(clock), telegram)]

    first, again, other = database.write(work)
    assert (first[1], again[1], other[1]) == (False, True, False)
    assert first[0] == again[0] != other[0]


def test_the_words_are_sealed(database: Database, seal: Seal, clock: Clock) -> None:
    def work(conn: sa.Connection) -> bytes:
        inbox.store(conn, seal, _inbound(clock), None)
        return bytes(conn.execute(sa.select(table.c.sealed)).scalar_one())

    sealed = database.write(work)
    assert b"crying" not in sealed
    assert seal.open("inbox.text", sealed) == "she wont stop crying"


def _stored(conn: sa.Connection, seal: Seal, clock: Clock, *addresses: int) -> list[int]:
    return [
        inbox.store(conn, seal, _inbound(clock, f"SM{n}"), address)[0] for n, address in enumerate(addresses)
    ]


def test_the_first_message_of_each_address_is_next(database: Database, seal: Seal, clock: Clock) -> None:
    def work(conn: sa.Connection) -> tuple[list[int], list[int]]:
        a = rows.someone(conn, seal, clock.now, 1).address_id
        b = rows.someone(conn, seal, clock.now, 2).address_id
        ids = _stored(conn, seal, clock, a, a, b, a)
        return inbox.next_ones(conn, 10), [ids[0], ids[2]]

    found, first = database.write(work)
    assert found == first


def test_a_message_cannot_be_taken_before_the_one_ahead_of_it(
    database: Database, seal: Seal, clock: Clock
) -> None:
    def work(conn: sa.Connection) -> list[bool]:
        address = rows.someone(conn, seal, clock.now).address_id
        first, second = _stored(conn, seal, clock, address, address)
        both = [first, second]
        early = [row.id == first for row, _ in inbox.lock(conn, seal, both)]
        inbox.finish(conn, first, "failed", "", clock.now)
        return [*early, *(row.id == second for row, _ in inbox.lock(conn, seal, both))]

    assert database.write(work) == [True, True]


def test_tries_are_counted(database: Database, seal: Seal, clock: Clock) -> None:
    def work(conn: sa.Connection) -> list[int]:
        (row,) = _stored(conn, seal, clock, rows.someone(conn, seal, clock.now).address_id)
        return [inbox.note_attempt(conn, row) for _ in range(3)]

    assert database.write(work) == [1, 2, 3]


def test_what_a_person_should_read_stays_until_somebody_did(
    database: Database, seal: Seal, clock: Clock
) -> None:
    def work(conn: sa.Connection) -> tuple[list[str | None], list[bool]]:
        address = rows.someone(conn, seal, clock.now).address_id
        done, unread = _stored(conn, seal, clock, address, address)
        inbox.finish(conn, done, "done", "topic:sleep", clock.now)
        inbox.finish(conn, unread, "unread", "", clock.now)
        texts = [row.text for row in inbox.opened(conn, seal, [row.id for row in inbox.unread(conn)])]
        return texts, [inbox.close_unread(conn, row, clock.now) for row in (unread, unread, done)]

    assert database.write(work) == (["she wont stop crying"], [True, False, False])


def test_what_is_known_already_is_told_by_the_providers_ids(
    database: Database, seal: Seal, clock: Clock
) -> None:
    def work(conn: sa.Connection) -> frozenset[str]:
        inbox.store(conn, seal, _inbound(clock, "SM7"), None)
        return inbox.known_provider_ids(conn, ChannelName.SMS, ["SM7", "SM8"])

    assert database.write(work) == {"SM7"}


def test_a_row_does_not_show_its_words(clock: Clock) -> None:
    row = inbox.InboundRow(1, ChannelName.SMS, InboundKind.TEXT, 2, "private", clock.now, "stored", 0, "")
    assert "private" not in repr(row)
