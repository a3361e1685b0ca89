"""The keyring: which keys this database was written with. Without all of them nothing may be written."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa

from bot.errors import DatabaseGone, SettingsError
from bot.store import addresses
from bot.store.conflicts import insert_new
from bot.store.sealed import Seal
from bot.store.tables import addresses as address_table
from bot.store.tables import meta

_PREFIX, _RETIRED = "key:", "retired-key:"
_COLUMN, _TEXT = "meta.key", "Think Family"


def recognise(conn: sa.Connection, seal: Seal) -> None:
    """Check that what this database holds can be opened, then note the current key in it.

    Raises SettingsError when a key that it was written with is missing, another of the same name is
    given, or the newest is one that was retired: rows written under a wrong key could be found and read
    by nobody.
    """
    check(conn, seal)
    mark = {"name": _PREFIX + seal.current.id, "value": seal.seal(_COLUMN, _TEXT).hex()}
    conn.execute(insert_new(conn, meta), mark)


def check(conn: sa.Connection, seal: Seal) -> None:
    """The same check, without noting anything."""
    noted = marks(conn)
    open_with(seal, noted)
    if not noted:  # new, or written before keys were noted
        for row in conn.execute(_one_address_a_key()):
            _check(seal, row.lookup_key, addresses.COLUMN, row.sealed)
    if seal.current.id in retired(conn):
        raise SettingsError(
            f"The key {seal.current.id!r} was retired, and nothing new may be sealed with it.",
            "Put the newest key first in THINKFAMILY_KEYS.",
        )


def open_with(seal: Seal, noted: Mapping[str, str]) -> None:
    """Check that these marks of keys, as they stand in a database or a backup, open with the keys held."""
    for name, value in noted.items():
        _check(seal, name, _COLUMN, bytes.fromhex(value))


def marks(conn: sa.Connection) -> dict[str, str]:
    """Each key that this database needs, and what was sealed with it to know it by; no secret."""
    return _noted(conn, _PREFIX)


def retired(conn: sa.Connection) -> frozenset[str]:
    """The keys of which it was proved that nothing needs them any more."""
    return frozenset(_noted(conn, _RETIRED))


def retire(conn: sa.Connection, key_id: str, now: datetime) -> None:
    """This database needs the key no more, whether or not it was ever noted."""
    conn.execute(sa.delete(meta).where(meta.c.name == _PREFIX + key_id))
    conn.execute(insert_new(conn, meta), {"name": _RETIRED + key_id, "value": now.date().isoformat()})


def _noted(conn: sa.Connection, prefix: str) -> dict[str, str]:
    rows = conn.execute(sa.select(meta).where(meta.c.name.startswith(prefix, autoescape=True)))
    return {row.name.removeprefix(prefix): row.value for row in rows}


def _one_address_a_key() -> sa.Select[tuple[str, bytes]]:
    """The newest address under each key."""
    columns = address_table.c
    newest = (
        sa.select(sa.func.max(columns.address_id))
        .where(columns.sealed.is_not(None))
        .group_by(columns.lookup_key)
    )
    return sa.select(columns.lookup_key, columns.sealed).where(columns.address_id.in_(newest))


def _check(seal: Seal, name: str, column: str, sealed: bytes) -> None:
    if name not in seal.key_ids:
        raise SettingsError(
            f"The key {name!r}, which this database was written with, is missing.",
            "Put it back into THINKFAMILY_KEYS (after the newest one), or its file beside the database.",
        )
    try:
        seal.open(column, sealed)
    except DatabaseGone as cause:
        raise SettingsError(
            f"The key {name!r} is another one than this database was written with.",
            "Put the right one into THINKFAMILY_KEYS, or its file beside the database.",
        ) from cause
