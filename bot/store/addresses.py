"""Addresses: found by keyed hash, kept sealed; STOP and suspension belong to the phone, not the person."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from bot.domain.address import Address, ChannelName
from bot.store.conflicts import insert_new
from bot.store.ids import new_id
from bot.store.sealed import Seal, address_from
from bot.store.tables import addresses, conversations, inbox, members, outbox

COLUMN = "addresses.value"
_A = addresses.c
_FOUND = sa.select(addresses).where(
    _A.channel == sa.bindparam("on"), _A.lookup.in_(sa.bindparam("hashes", expanding=True))
)
_THIS = sa.select(addresses).where(_A.address_id == sa.bindparam("one"))
_THESE = sa.select(addresses).where(_A.address_id.in_(sa.bindparam("ids", expanding=True)))
_SEALED = sa.select(_A.address_id, _A.channel, _A.sealed).where(
    _A.address_id.in_(sa.bindparam("ids", expanding=True)), _A.sealed.is_not(None)
)


@dataclass(frozen=True, slots=True)
class AddressRow:
    """What is known of one address, without the address."""

    id: int
    channel: ChannelName
    stopped: bool
    suspended: bool
    guest: bool
    told_off_at: datetime | None
    forgotten: bool = False  # its value is gone: only its hash is kept, to honour a STOP


def find(conn: sa.Connection, seal: Seal, address: Address) -> AddressRow | None:
    """The row of this address under any key, current or older; None when it was never seen."""
    row = _find(conn, seal, address)
    return None if row is None else _row(row)


def find_or_add(
    conn: sa.Connection, seal: Seal, address: Address, now: datetime, *, guest: bool = False
) -> AddressRow:
    """The row of this address, made when new. One found under an older key moves to the current key.

    A forgotten address that writes again is kept again; its STOP stays. `guest` can only be added.
    """
    found = _find(conn, seal, address)
    if found is None:
        row = {
            "address_id": new_id(), "channel": address.channel.value, **_sealed(seal, address),
            "guest": guest, "created_at": now,
        }  # fmt: skip
        conn.execute(insert_new(conn, addresses), row)  # another process may have been first
        found = _find(conn, seal, address)
        assert found is not None  # inserted, or there already
    if not _stale(seal, found) and found.guest >= guest:
        return _row(found)
    _refresh(conn, seal, address, found.address_id, guest)
    return by_id(conn, found.address_id)


def find_or_add_all(
    conn: sa.Connection, seal: Seal, these: Sequence[Address], now: datetime, guests: Collection[Address] = ()
) -> dict[Address, AddressRow]:
    """As `find_or_add`, for all of these; those among `guests` are guests."""
    hashes = {(one.channel, each): one for one in these for each in seal.lookups(one).values()}
    known: dict[Address, AddressRow] = {}
    for channel in {one.channel for one in these}:
        which = {"on": channel.value, "hashes": [each for on, each in hashes if on is channel]}
        for row in conn.execute(_FOUND, which):
            one = hashes[channel, row.lookup]
            if not _stale(seal, row) and row.guest >= (one in guests):
                known[one] = _row(row)
    return {one: known.get(one) or find_or_add(conn, seal, one, now, guest=one in guests) for one in these}


def _stale(seal: Seal, row: sa.Row[Any]) -> bool:
    """Whether the address was forgotten, or is kept under an older key."""
    return row.sealed is None or row.lookup_key != seal.current.id


def _refresh(conn: sa.Connection, seal: Seal, address: Address, address_id: int, guest: bool) -> None:
    if guest:
        conn.execute(sa.update(addresses).where(_A.address_id == address_id).values(guest=True))
    stale = sa.or_(_A.sealed.is_(None), _A.lookup_key != seal.current.id)
    conn.execute(
        sa.update(addresses).where(_A.address_id == address_id, stale).values(**_sealed(seal, address))
    )


def by_id(conn: sa.Connection, address_id: int) -> AddressRow:
    """The row of this id; raises sqlalchemy's NoResultFound when there is none."""
    return _row(conn.execute(_THIS, {"one": address_id}).one())


def by_ids(conn: sa.Connection, address_ids: Collection[int]) -> dict[int, AddressRow]:
    """The rows of these ids, by id."""
    rows = conn.execute(_THESE, {"ids": list(address_ids)})
    return {row.address_id: _row(row) for row in rows}


def hold(conn: sa.Connection, address_id: int) -> None:
    """Hold the address's row until the transaction ends, so that nobody else joins there meanwhile.

    Not held against rows that name it: what comes in and what is answered is written meanwhile.
    """
    conn.execute(sa.select(_A.address_id).where(_A.address_id == address_id).with_for_update(key_share=True))


def reveal(conn: sa.Connection, seal: Seal, ids: Iterable[int]) -> dict[int, Address]:
    """The opened addresses by id; forgotten and unknown ones are left out."""
    rows = conn.execute(_SEALED, {"ids": list(ids)})
    return {row.address_id: address_from(row.channel, seal.open(COLUMN, row.sealed)) for row in rows}


def stop(conn: sa.Connection, address_id: int, now: datetime) -> bool:
    """STOP: total for this address from the commit on; False when it was stopped already."""
    return _set(conn, address_id, _A.stopped_at.is_(None), stopped_at=now)


def start(conn: sa.Connection, address_id: int) -> bool:
    """The person wants messages again; False when the address was not stopped."""
    return _set(conn, address_id, _A.stopped_at.is_not(None), stopped_at=None)


def suspend(conn: sa.Connection, address_id: int, reason: str, now: datetime) -> bool:
    """The provider says that nothing arrives here; False when it was suspended already."""
    values = {"suspended_at": now, "suspended_reason": reason[:40]}
    return _set(conn, address_id, _A.suspended_at.is_(None), **values)


def unsuspend(conn: sa.Connection, address_id: int) -> bool:
    """It can be reached again, and its failures are forgotten; False when it was not suspended."""
    was = _set(
        conn, address_id, _A.suspended_at.is_not(None),
        suspended_at=None, suspended_reason=None,
    )  # fmt: skip
    _set(conn, address_id, _A.failures > 0, failures=0, failed_on=None)
    return was


def note_failure(conn: sa.Connection, address_id: int, day: date) -> int:
    """Count a failed delivery, at most one a day; gives how many days have failed since it last worked."""
    new_day = sa.or_(_A.failed_on.is_(None), _A.failed_on < day)
    _set(conn, address_id, new_day, failures=_A.failures + 1, failed_on=day)
    return int(conn.execute(sa.select(_A.failures).where(_A.address_id == address_id)).scalar_one())


def clear_failures(conn: sa.Connection, address_id: int) -> None:
    """Something arrived: the count of failed days begins anew."""
    _set(conn, address_id, _A.failures > 0, failures=0, failed_on=None)


def mark_told_off(conn: sa.Connection, address_id: int, now: datetime) -> None:
    """It was answered once (not a mobile, unknown), which is enough."""
    _set(conn, address_id, _A.told_off_at.is_(None), told_off_at=now)


def forget(conn: sa.Connection, address_id: int) -> bool:
    """Drop the address; of a stopped one only the keyed hash stays. False when it is still in use.

    In use: a member has it, or rows of the outbox, the inbox or a conversation name it.
    """
    user = sa.or_(*(
        sa.exists().where(table.c.address_id == _A.address_id)
        for table in (members, outbox, inbox, conversations)
    ))  # fmt: skip
    gone = conn.execute(
        sa.delete(addresses).where(_A.address_id == address_id, _A.stopped_at.is_(None), ~user)
    ).rowcount
    if gone:
        return True
    bare = {
        "sealed": None, "failures": 0, "failed_on": None, "free_at": None, "guest": False,
        "told_off_at": None, "suspended_at": None, "suspended_reason": None,
    }  # fmt: skip
    return _set(conn, address_id, sa.and_(_A.stopped_at.is_not(None), ~user), **bare)


def rename_chat(conn: sa.Connection, seal: Seal, address_id: int, address: Address) -> int:
    """The chat has a new id: its row says so from now on; gives the id of the row that now has it.

    Where the new id has a row already, members move there, and a STOP with them.
    """
    there = find(conn, seal, address)
    if there is None:
        _set(conn, address_id, sa.true(), **_sealed(seal, address))
        return address_id
    if there.id != address_id:
        conn.execute(sa.update(members).where(members.c.address_id == address_id).values(address_id=there.id))
        stopped = sa.select(_A.stopped_at).where(_A.address_id == address_id).scalar_subquery()
        _set(conn, there.id, _A.stopped_at.is_(None), stopped_at=stopped)
    return there.id


def _set(conn: sa.Connection, address_id: int, only: sa.ColumnElement[bool], **values: Any) -> bool:
    changed = conn.execute(sa.update(addresses).where(_A.address_id == address_id, only).values(**values))
    return changed.rowcount == 1


def _find(conn: sa.Connection, seal: Seal, address: Address) -> sa.Row[Any] | None:
    which = {"on": address.channel.value, "hashes": list(seal.lookups(address).values())}
    return conn.execute(_FOUND, which).first()


def _sealed(seal: Seal, address: Address) -> dict[str, Any]:
    current = seal.current.id
    return {
        "lookup": seal.lookups(address)[current],
        "lookup_key": current,
        "sealed": seal.seal(COLUMN, address.value),
    }


def _row(row: sa.Row[Any]) -> AddressRow:
    return AddressRow(
        row.address_id, ChannelName(row.channel), row.stopped_at is not None, row.suspended_at is not None,
        row.guest, row.told_off_at, row.sealed is None,
    )  # fmt: skip
