"""Senders and their pace: one row a number or bot, shared by every process, so that nobody bursts."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.domain.address import ChannelName
from bot.store.conflicts import insert_new
from bot.store.ids import new_id
from bot.store.tables import addresses, senders

HALTED_BY_STAFF = "staff"  # answers to what people write still go; any other reason stops everything


@dataclass(frozen=True, slots=True)
class Sender:
    """A sender's row: when its next slot is free (database clock), and why it is halted, if it is."""

    id: int
    channel: ChannelName
    name: str
    free_at: datetime
    halted_reason: str | None


_ID = sa.select(senders.c.sender_id).where(
    senders.c.channel == sa.bindparam("on"), senders.c.name == sa.bindparam("called")
)
_LOOKED_AT = sa.select(senders).where(
    senders.c.channel == sa.bindparam("on"), senders.c.name == sa.bindparam("called")
)
_BUSY = sa.select(addresses.c.address_id).where(
    addresses.c.address_id.in_(sa.bindparam("chats", expanding=True)),
    addresses.c.free_at > sa.bindparam("at"),
)
_HELD = (
    sa.select(senders).where(senders.c.sender_id == sa.bindparam("sender")).with_for_update(key_share=True)
)
_TAKEN = (
    sa.update(senders)
    .where(senders.c.sender_id == sa.bindparam("sender"), senders.c.free_at < sa.bindparam("until"))
    .values(free_at=sa.bindparam("until"))
)
_CHAT_TAKEN = (
    sa.update(addresses)
    .where(addresses.c.address_id == sa.bindparam("chat"))
    .values(free_at=sa.bindparam("until"))
)


def sender_id(conn: sa.Connection, channel: ChannelName, name: str, now: datetime) -> int:
    """The id of the sender of this channel and name; its row is made when it is new."""
    which = {"on": channel.value, "called": name}
    found: int | None = conn.execute(_ID, which).scalar()
    if found is not None:
        return found
    fresh = {"sender_id": new_id(), "channel": channel.value, "name": name, "free_at": now}
    conn.execute(insert_new(conn, senders), fresh)
    return int(conn.execute(_ID, which).scalar_one())


def look_at_sender(conn: sa.Connection, channel: ChannelName, name: str, now: datetime) -> Sender:
    """The sender of this channel and name as it is at this moment, not locked; made when it is new."""
    row = conn.execute(_LOOKED_AT, {"on": channel.value, "called": name}).first()
    return hold_sender(conn, sender_id(conn, channel, name, now)) if row is None else _sender(row)


def busy_chats(conn: sa.Connection, address_ids: Collection[int], at: datetime) -> frozenset[int]:
    """Of these addresses, those to which nothing more may go yet at this moment."""
    return frozenset(conn.execute(_BUSY, {"chats": list(address_ids), "at": at}).scalars())


def hold_sender(conn: sa.Connection, sender_id: int) -> Sender:
    """The sender's row, locked until the transaction ends, so that two claims never share a slot.

    Not locked against rows that name it: replies and plans are written meanwhile.
    """
    return _sender(conn.execute(_HELD, {"sender": sender_id}).one())


def all_senders(conn: sa.Connection) -> list[Sender]:
    """Every sender, in order of id."""
    return [_sender(row) for row in conn.execute(sa.select(senders).order_by(senders.c.sender_id))]


def _sender(row: Any) -> Sender:
    reason = None if row.halted_at is None else row.halted_reason or HALTED_BY_STAFF
    return Sender(row.sender_id, ChannelName(row.channel), row.name, row.free_at, reason)


def reserve(conn: sa.Connection, sender_id: int, free_at: datetime) -> None:
    """Take every slot before `free_at`; never gives one back."""
    conn.execute(_TAKEN, {"sender": sender_id, "until": free_at})


def reserve_chats(conn: sa.Connection, free: dict[int, datetime]) -> None:
    """Nothing more goes to these addresses before the moments given."""
    if free:
        conn.execute(_CHAT_TAKEN, [{"chat": chat, "until": until} for chat, until in free.items()])


def halt(conn: sa.Connection, reason: str, now: datetime, sender_id: int | None = None) -> int:
    """Stop one sender, or all; gives how many were running. The first reason is kept."""
    which = sa.and_(senders.c.halted_at.is_(None), _this(sender_id))
    return conn.execute(
        sa.update(senders).where(which).values(halted_at=now, halted_reason=reason[:60])
    ).rowcount


def resume(conn: sa.Connection, sender_id: int | None = None) -> int:
    """Let one sender, or all, go on; gives how many were halted."""
    which = sa.and_(senders.c.halted_at.is_not(None), _this(sender_id))
    return conn.execute(sa.update(senders).where(which).values(halted_at=None, halted_reason=None)).rowcount


def _this(sender_id: int | None) -> sa.ColumnElement[bool]:
    return sa.true() if sender_id is None else senders.c.sender_id == sender_id
