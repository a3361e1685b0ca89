"""Rotation: what an older key sealed is sealed anew, batch by batch; and which keys are still needed."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from bot.domain.code import CodeFor
from bot.errors import DatabaseGone
from bot.store import addresses as address_store
from bot.store import conversations as talks
from bot.store.sealed import ID_BYTES, Seal, address_from
from bot.store.tables import addresses, code_book, conversations, families, inbox, members, outbox


@dataclass(frozen=True, slots=True)
class Column:
    """A sealed column: its table, the key of its rows, and the name that its values are bound to."""

    table: sa.Table
    row: sa.Column[int]
    bound_to: str

    @property
    def name(self) -> str:
        """What is sealed in it, for people."""
        return self.table.name


COLUMNS = (
    Column(addresses, addresses.c.address_id, address_store.COLUMN),
    Column(inbox, inbox.c.inbound_id, "inbox.text"),
    Column(outbox, outbox.c.outbox_id, "outbox.body"),
    Column(conversations, conversations.c.address_id, talks.COLUMN),
)


@dataclass(frozen=True, slots=True)
class Batch:
    """What one transaction did: rows sealed anew, rows that no key opens, and where the next one begins."""

    done: int
    unreadable: int
    after: int | None  # None: the table has been gone through


def reseal(conn: sa.Connection, seal: Seal, column: Column, after: int, limit: int) -> Batch:
    """Seal up to `limit` values anew that are under an older key, in order of id after `after`.

    Rows that somebody else is changing are passed over: that one seals with the newest key, or the next
    round finds them.
    """
    table, stale = column.table, _key_of(column.table) != _marked(seal.current.id)
    rows = conn.execute(
        sa.select(table)
        .where(column.row > after, table.c.sealed.is_not(None), stale)
        .order_by(column.row)
        .limit(limit)
        .with_for_update(skip_locked=True, of=table)
    ).all()
    done = 0
    for row in rows:
        done += _reseal_one(conn, seal, column, row)
    last = None if len(rows) < limit else int(rows[-1]._mapping[column.row.name])
    return Batch(done, len(rows) - done, last)


def _reseal_one(conn: sa.Connection, seal: Seal, column: Column, row: sa.Row[tuple[object, ...]]) -> bool:
    sealed: bytes = row._mapping["sealed"]
    try:
        text = seal.open(column.bound_to, sealed)
    except DatabaseGone:
        return False
    values: dict[str, object] = {"sealed": seal.seal(column.bound_to, text)}
    if column.table is addresses:
        values |= _found_by(conn, seal, row, text)
    same = sa.and_(column.row == row._mapping[column.row.name], column.table.c.sealed == sealed)
    return conn.execute(sa.update(column.table).where(same).values(**values)).rowcount == 1


def _found_by(
    conn: sa.Connection, seal: Seal, row: sa.Row[tuple[object, ...]], text: str
) -> dict[str, object]:
    """The look-up hash of an address under the newest key.

    A process that did not hold the newest key may have made the same address a second time. Its members
    and its STOP then move to the one that has the hash, and nothing is ever found by this one again.
    """
    mine: int = row._mapping["address_id"]
    channel: str = row._mapping["channel"]
    current = seal.current.id
    lookup = seal.lookups(address_from(channel, text))[current]
    same = sa.and_(addresses.c.channel == channel, addresses.c.lookup == lookup)
    other: int | None = conn.execute(
        sa.select(addresses.c.address_id).where(same, addresses.c.address_id != mine)
    ).scalar()
    if other is not None:
        lookup = os.urandom(len(lookup))
        conn.execute(sa.update(members).where(members.c.address_id == mine).values(address_id=other))
        if row._mapping["stopped_at"] is not None:
            address_store.stop(conn, other, row._mapping["stopped_at"])
    return {"lookup": lookup, "lookup_key": current}


def sealed_under(conn: sa.Connection, column: Column) -> dict[str, int]:
    """How many values of a sealed column need each key to be read."""
    key = _key_of(column.table)
    counted = sa.select(key, sa.func.count()).where(column.table.c.sealed.is_not(None)).group_by(key)
    return {
        bytes(marked).rstrip().decode(errors="replace"): number for marked, number in conn.execute(counted)
    }


def hashed_under(conn: sa.Connection) -> dict[str, int]:
    """How many forgotten addresses can be known again by each key alone: their STOP hangs on it."""
    query = (
        sa.select(addresses.c.lookup_key, sa.func.count())
        .where(addresses.c.sealed.is_(None))
        .group_by(addresses.c.lookup_key)
    )
    return {row[0]: row[1] for row in conn.execute(query)}


def referenced_under(conn: sa.Connection) -> dict[str | None, int]:
    """How many families an import knows by each key alone; None: from before that was noted."""
    query = (
        sa.select(families.c.reference_key, sa.func.count())
        .where(families.c.reference.is_not(None))
        .group_by(families.c.reference_key)
    )
    return {row[0]: row[1] for row in conn.execute(query)}


def coded_under(conn: sa.Connection, now: datetime) -> dict[str | None, int]:
    """How many codes can be known again by each key alone; None: from before that was noted.

    Those that may still be texted, and those that somebody came by: REMOVE finds them by their name, and
    staff count an organisation's.
    """
    c = code_book.c
    joined = sa.and_(c.member_id.is_not(None), c.purpose == CodeFor.JOIN.value)
    query = (
        sa.select(c.lookup_key, sa.func.count())
        .where(c.ended_at.is_(None), sa.or_(c.expires_at > now, joined))
        .group_by(c.lookup_key)
    )
    return {row[0]: row[1] for row in conn.execute(query)}


def remake_references(conn: sa.Connection, references: Sequence[str], key: str) -> None:
    """An import has named a family again: from now on it is known under the newest key.

    `references` are its keyed hashes, the newest key's first.
    """
    older = sa.and_(
        families.c.reference.in_(list(references)),
        sa.or_(families.c.reference_key.is_(None), families.c.reference_key != key),
    )
    conn.execute(sa.update(families).where(older).values(reference=references[0], reference_key=key))


def _key_of(table: sa.Table) -> sa.ColumnElement[bytes]:
    """The id of the key that a value is sealed with, as it stands before the value."""
    return sa.func.substr(table.c.sealed, 1, ID_BYTES, type_=sa.LargeBinary)


def _marked(key_id: str) -> bytes:
    return key_id.encode().ljust(ID_BYTES)
