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
ROW = (  # what `as_row` is made of, in its order
    _A.address_id, _A.channel, _A.stopped_at.is_not(None), _A.suspended_at.is_not(None), _A.guest,
    _A.told_off_at, _A.sealed.is_(None),
)  # fmt: skip
_FOUND = sa.select(*ROW, _A.lookup, _A.lookup_key).where(
    _A.channel == sa.bindparam("on"), _A.lookup.in_(sa.bindparam("hashes", expanding=True))
)
_THIS = sa.select(*ROW).where(_A.address_id == sa.bindparam("one"))
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
    found = _find(conn, seal, address)
    return None if found is None else found[0]


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
    kept, key = found
    if not _stale(seal, kept, key) and kept.guest >= guest:
        return kept
    _refresh(conn, seal, address, kept.id, guest)
    return by_id(conn, kept.id)


def find_or_add_all(
    conn: sa.Connection, seal: Seal, these: Sequence[Address], now: datetime, guests: Collection[Address] = ()
) -> dict[Address, AddressRow]:
    """As `find_or_add`, for all of these; those among `guests` are guests."""
    hashes = {each: one for one in these for each in seal.lookups(one).values()}
    known: dict[Address, AddressRow] = {}
    for channel in {one.channel for one in these}:
        which = [each for each, one in hashes.items() if one.channel is channel]
        for *kept, lookup, key in conn.execute(_FOUND, {"on": channel.value, "hashes": which}):
            one, row = hashes[lookup], as_row(*kept)
            if not _stale(seal, row, key) and row.guest >= (one in guests):
                known[one] = row
    return {one: known.get(one) or find_or_add(conn, seal, one, now, guest=one in guests) for one in these}


def _stale(seal: Seal, row: AddressRow, key: str) -> bool:
    """Whether the address was forgotten, or is kept under an older key."""
    return row.forgotten or key != seal.current.id


def _refresh(conn: sa.Connection, seal: Seal, address: Address, address_id: int, guest: bool) -> None:
    if guest:
        conn.execute(sa.update(addresses).where(_A.address_id == address_id).values(guest=True))
    stale = sa.or_(_A.sealed.is_(None), _A.lookup_key != seal.current.id)
    conn.execute(
        sa.update(addresses).where(_A.address_id == address_id, stale).values(**_sealed(seal, address))
    )


def by_id(conn: sa.Connection, address_id: int) -> AddressRow:
    """The row of this id; raises sqlalchemy's NoResultFound when there is none."""
    return as_row(*conn.execute(_THIS, {"one": address_id}).one())


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


def _find(conn: sa.Connection, seal: Seal, address: Address) -> tuple[AddressRow, str] | None:
    """Its row, and the key under which it is kept."""
    which = {"on": address.channel.value, "hashes": list(seal.lookups(address).values())}
    found = conn.execute(_FOUND, which).first()
    return None if found is None else (as_row(*found[:-2]), found[-1])


def _sealed(seal: Seal, address: Address) -> dict[str, Any]:
    current = seal.current.id
    return {
        "lookup": seal.lookups(address)[current],
        "lookup_key": current,
        "sealed": seal.seal(COLUMN, address.value),
    }


_CHANNELS = {one.value: one for one in ChannelName}


def as_row(
    address_id: int,
    channel: str,
    stopped: bool,
    suspended: bool,
    guest: bool,
    told_off_at: datetime | None,
    forgotten: bool,
) -> AddressRow:
    """What was read as `ROW`."""
    return AddressRow(address_id, _CHANNELS[channel], stopped, suspended, guest, told_off_at, forgotten)
