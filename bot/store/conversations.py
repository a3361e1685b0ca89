"""Where each address's conversation stands, sealed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa

from bot.store.conflicts import insert_new
from bot.store.sealed import Seal
from bot.store.tables import conversations

COLUMN = "conversations.talk"
_LOADED = (
    sa.select(conversations).where(conversations.c.address_id == sa.bindparam("address")).with_for_update()
)
_SAVED = (
    sa.update(conversations)
    .where(conversations.c.address_id == sa.bindparam("address"))
    .values(sealed=sa.bindparam("talk"), since=sa.bindparam("from"), updated_at=sa.bindparam("at"))
)


_FORGOTTEN = sa.delete(conversations).where(conversations.c.address_id == sa.bindparam("address"))


def load(conn: sa.Connection, seal: Seal, address_id: int) -> tuple[str, dict[str, str], datetime] | None:
    """The name of what is being talked about, its small data, and since when; None when nothing is."""
    row = conn.execute(_LOADED, {"address": address_id}).first()
    if row is None:
        return None
    kept = json.loads(seal.open(COLUMN, row.sealed))
    return kept["name"], kept["data"], row.since


def save(
    conn: sa.Connection, seal: Seal, address_id: int, name: str, data: Mapping[str, str], now: datetime
) -> None:
    """Remember where this conversation stands; `since` stays while the name does."""
    before = load(conn, seal, address_id)
    sealed = seal.seal(COLUMN, json.dumps({"name": name, "data": dict(data)}, ensure_ascii=False))
    since = now if before is None or before[0] != name else before[2]
    fresh = {"address": address_id, "talk": sealed, "from": since, "at": now}
    changed = conn.execute(_SAVED, fresh).rowcount
    if not changed:
        row = {"address_id": address_id, "sealed": sealed, "since": since, "updated_at": now}
        conn.execute(insert_new(conn, conversations), row)


def forget(conn: sa.Connection, address_id: int) -> None:
    """This conversation is over, or erased."""
    conn.execute(_FORGOTTEN, {"address": address_id})
