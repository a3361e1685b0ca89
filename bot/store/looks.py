"""The one look with which a claim begins: the sender, what it has due, and what was published."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction

from bot.domain.address import ChannelName
from bot.domain.outbox import Kind
from bot.store.columns import Moment
from bot.store.pace import Sender, read_sender
from bot.store.prepared import Prepared
from bot.store.revisions import VERSION, Version
from bot.store.tables import outbox, senders


@dataclass(frozen=True, slots=True)
class Look:
    """The sender as it is at this moment, not locked; the kinds of which it has something due, gates aside,
    each by one look at the index; the version of what was published; and the database's clock, of
    PostgreSQL only (for `Database.now`)."""

    sender: Sender
    due: frozenset[Kind]
    version: Version
    told: datetime | None


class _clock(GenericFunction[datetime]):
    """The clock of a database on another host."""

    _register = False
    name = "clock_timestamp"
    inherit_cache = True


@compiles(_clock, "sqlite")
def _none(_element: _clock, _compiler: SQLCompiler, **_more: Any) -> str:
    return "NULL"


def _is_due(kind: Kind) -> Any:
    """Literal state and kind, and the order: so that its own partial index is used."""
    first = (
        sa.select(outbox.c.outbox_id)
        .where(
            outbox.c.state == sa.text("'queued'"),
            outbox.c.sender_id == senders.c.sender_id,
            outbox.c.kind == sa.text(f"'{kind.value}'"),
            outbox.c.send_at <= sa.bindparam("now", type_=Moment()),
        )
        .order_by(outbox.c.send_at, outbox.c.outbox_id)
        .limit(sa.literal_column("1"))
    )
    return first.scalar_subquery().is_not(None)


_KINDS = tuple(Kind)
_LOOK = Prepared(
    sa.select(*senders.c, _clock(), *(_is_due(kind).label(kind.value) for kind in _KINDS), *VERSION).where(
        senders.c.channel == sa.bindparam("on"), senders.c.name == sa.bindparam("called")
    )
)


def look(conn: sa.Connection, channel: ChannelName, name: str, now: datetime) -> Look | None:
    """None when there is no such sender yet."""
    found = _LOOK.run(conn, {"on": channel.value, "called": name, "now": now}).fetchone()
    if found is None:
        return None
    its, (told, *rest) = found[: len(senders.c)], found[len(senders.c) :]
    due = frozenset(kind for kind, there in zip(_KINDS, rest, strict=False) if there)
    return Look(read_sender(its), due, tuple(rest[len(_KINDS) :]), told)
