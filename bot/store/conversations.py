"""Where each address's conversation stands, sealed."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from bot.store.bulk import among_ids
from bot.store.sealed import Seal
from bot.store.tables import conversations

COLUMN = "conversations.talk"
_LOADED = (
    sa.select(conversations).where(conversations.c.address_id == sa.bindparam("address")).with_for_update()
)
_ALL_LOADED = (
    sa.select(conversations)
    .where(among_ids(conversations.c.address_id))
    .order_by(conversations.c.address_id)
    .with_for_update()
)
_FORGOTTEN = sa.delete(conversations).where(among_ids(conversations.c.address_id))


class Kept(NamedTuple):
    """What is being talked about, its small data, and since when."""

    name: str
    data: dict[str, str]
    since: datetime


def load_all(conn: sa.Connection, seal: Seal, address_ids: Collection[int]) -> dict[int, Kept]:
    """Where the conversations at these addresses stand, by address; those that are over are left out."""
    if not address_ids:
        return {}
    rows = conn.execute(_ALL_LOADED, {"ids": list(address_ids)})
    return {row.address_id: _opened(seal, row) for row in rows}


def _opened(seal: Seal, row: sa.Row[Any]) -> Kept:
    kept = json.loads(seal.open(COLUMN, row.sealed))
    return Kept(kept["name"], kept["data"], row.since)


def load(conn: sa.Connection, seal: Seal, address_id: int) -> Kept | None:
    """Where the conversation at an address stands; None when nothing is being talked about."""
    row = conn.execute(_LOADED, {"address": address_id}).first()
    return None if row is None else _opened(seal, row)


def save(
    conn: sa.Connection, seal: Seal, address_id: int, name: str, data: Mapping[str, str], now: datetime
) -> None:
    """Remember where this conversation stands; `since` stays while the name does."""
    before = load(conn, seal, address_id)
    since = now if before is None or before.name != name else before.since
    save_all(conn, seal, {address_id: Kept(name, dict(data), since)}, now)


def _sealed(seal: Seal, name: str, data: Mapping[str, str]) -> bytes:
    return seal.seal(COLUMN, json.dumps({"name": name, "data": dict(data)}, ensure_ascii=False))


def save_all(conn: sa.Connection, seal: Seal, talks: Mapping[int, Kept], now: datetime) -> None:
    """Remember where these conversations stand, by address; `since` is as given."""
    if not talks:
        return
    rows = [
        {"address_id": address_id, "sealed": _sealed(seal, one.name, one.data), "since": one.since,
         "updated_at": now}
        for address_id, one in talks.items()
    ]  # fmt: skip
    conn.execute(_kept(conn.dialect.name), rows)


@lru_cache(maxsize=2)
def _kept(dialect: str) -> Any:
    insert = (sqlite.insert if dialect == "sqlite" else postgresql.insert)(conversations)
    fresh = {name: insert.excluded[name] for name in ("sealed", "since", "updated_at")}
    return insert.on_conflict_do_update(index_elements=["address_id"], set_=fresh)


def forget(conn: sa.Connection, address_id: int) -> None:
    """This conversation is over, or erased."""
    forget_all(conn, [address_id])


def forget_all(conn: sa.Connection, address_ids: Collection[int]) -> None:
    """These conversations are over."""
    if address_ids:
        conn.execute(_FORGOTTEN, {"ids": list(address_ids)})
