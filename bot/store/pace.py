"""Senders and their pace: one row a number or bot, shared by every process, so that nobody bursts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bot.domain.address import ChannelName
from bot.store.columns import Moment, as_moment, as_number
from bot.store.conflicts import insert_new
from bot.store.given import Given, as_text
from bot.store.ids import new_id
from bot.store.prepared import Prepared
from bot.store.tables import addresses, senders

_MICROSECOND = timedelta(microseconds=1)
HALTED_BY_STAFF = "staff"  # answers to what people write still go; any other reason stops everything


@dataclass(frozen=True, slots=True)
class Sender:
    """A sender's row: when its next slot is free (database clock), and why it is halted, if it is."""

    id: int
    channel: ChannelName
    name: str
    free_at: datetime
    halted_at: datetime | None
    halted_reason: str | None


_ID = Prepared(
    sa.select(senders.c.sender_id).where(
        senders.c.channel == sa.bindparam("on"), senders.c.name == sa.bindparam("called")
    )
)
_HELD = (
    sa.select(senders).where(senders.c.sender_id == sa.bindparam("sender")).with_for_update(key_share=True)
)
_TAKEN = (
    sa.update(senders)
    .where(senders.c.sender_id == sa.bindparam("sender"), senders.c.free_at < sa.bindparam("until"))
    .values(free_at=sa.bindparam("until"))
)
_FREE = sa.type_coerce(senders.c.free_at, sa.BigInteger)
_AT = sa.bindparam("at", type_=Moment())
_FIRST = sa.case((_FREE > _AT, _FREE), else_=_AT)
_SLOTS = Prepared(
    sa.update(senders)
    .where(
        senders.c.sender_id == sa.bindparam("sender"),
        senders.c.halted_at.is_not_distinct_from(sa.bindparam("halted", type_=Moment())),
        _FIRST + sa.bindparam("last", type_=sa.BigInteger()) <= sa.bindparam("until", type_=Moment()),
    )
    .values(free_at=_FIRST + sa.bindparam("taken", type_=sa.BigInteger()))
    .returning(senders.c.free_at)
)
_GIVEN = Given("chats")
_FREE_CHATS = (
    sa.select(addresses.c.address_id)
    .where(
        addresses.c.address_id.in_(sa.select(_GIVEN.number(0))),
        sa.or_(addresses.c.free_at.is_(None), addresses.c.free_at <= _AT),
    )
    .with_for_update(key_share=True, skip_locked=True, of=addresses)
)
_TO = Given("chats")
_CHATS = Prepared(
    sa.update(addresses)
    .where(addresses.c.address_id == _TO.number(0), addresses.c.address_id.in_(_FREE_CHATS))
    .values(free_at=_TO.number(1))
    .returning(addresses.c.address_id)
)


def sender_id(conn: sa.Connection, channel: ChannelName, name: str, now: datetime) -> int:
    """The id of the sender of this channel and name; its row is made when it is new."""
    which = {"on": channel.value, "called": name}
    if (found := _ID.run(conn, which).fetchone()) is not None:
        return int(found[0])
    fresh = {"sender_id": new_id(), "channel": channel.value, "name": name, "free_at": now}
    conn.execute(insert_new(conn, senders), fresh)
    return int(_ID.run(conn, which).fetchone()[0])


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
    return Sender(row.sender_id, ChannelName(row.channel), row.name, row.free_at, row.halted_at, reason)


def read_sender(row: Sequence[Any]) -> Sender:
    """A row of all columns as the driver gives it."""
    sender_id, channel, name, free_at, halted_at, reason = row
    halted = None if halted_at is None else as_moment(halted_at)
    why = None if halted is None else reason or HALTED_BY_STAFF
    return Sender(sender_id, ChannelName(channel), name, as_moment(free_at), halted, why)


def reserve(conn: sa.Connection, sender_id: int, free_at: datetime) -> None:
    """Take every slot before `free_at`; never gives one back."""
    conn.execute(_TAKEN, {"sender": sender_id, "until": free_at})


def take_slots(
    conn: sa.Connection, sender: Sender, at: datetime, last: timedelta, taken: timedelta, until: datetime
) -> datetime | None:
    """Take the sender from its next free slot on, for as long as `taken`; gives when that is.

    None, and nothing was taken, when what begins `last` after that slot would begin after `until`, or when
    the sender was halted or resumed since it was looked at. From here to the end of the transaction no
    other claim of this sender goes on, so this comes last.
    """
    span, whole = (int(part / _MICROSECOND) for part in (last, taken))
    values = {
        "sender": sender.id, "halted": sender.halted_at, "at": at, "last": span, "taken": whole,
        "until": until,
    }  # fmt: skip
    free = _SLOTS.run(conn, values).fetchall()
    return as_moment(free[0][0]) - taken if free else None


def take_chats(conn: sa.Connection, free: Mapping[int, datetime], at: datetime) -> frozenset[int]:
    """Nothing more goes to these addresses before the moments given; gives those that were free at `at`.

    One that is being changed (a STOP, another claim) is not waited for: it counts as busy.
    """
    if not free:
        return frozenset()
    chats = as_text([(chat, as_number(until)) for chat, until in free.items()])
    return frozenset(chat for (chat,) in _CHATS.run(conn, {"chats": chats, "at": at}).fetchall())


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
