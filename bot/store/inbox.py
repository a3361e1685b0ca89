"""What comes in: stored once, processed per address in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from bot.domain.address import ChannelName
from bot.domain.inbound import Inbound, InboundKind
from bot.store.addresses import ROW, AddressRow, as_row
from bot.store.bulk import Bulk, among_ids
from bot.store.conflicts import insert_new
from bot.store.ids import new_id
from bot.store.prepared import Prepared
from bot.store.sealed import Seal
from bot.store.tables import Moment, addresses, alerts, inbox

_STORED = sa.text("inbox.state = 'stored'")  # as the partial index says it
_UNREAD = sa.text("inbox.state IN ('unread', 'failed')")  # and so does that one
_EARLIER = inbox.alias("earlier")
_FIRST = (
    sa.select(sa.func.min(inbox.c.inbound_id).label("inbound_id"))
    .where(_STORED, inbox.c.address_id.is_not(None))
    .group_by(inbox.c.address_id)
    .subquery()
)
_NEXT = Prepared(
    sa.select(_FIRST.c.inbound_id).order_by(_FIRST.c.inbound_id).limit(sa.bindparam("most", type_=sa.Integer))
)
_ROW = (  # what `_row` is made of, in its order
    inbox.c.inbound_id, inbox.c.channel, inbox.c.kind, inbox.c.address_id, inbox.c.sealed, inbox.c.at,
    inbox.c.state, inbox.c.attempts, inbox.c.taken_as,
)  # fmt: skip
_LOCKED = (
    sa.select(*_ROW, *ROW)
    .join(addresses, addresses.c.address_id == inbox.c.address_id)
    .where(
        among_ids(inbox.c.inbound_id),
        _STORED,
        ~sa.exists().where(
            _EARLIER.c.address_id == inbox.c.address_id,
            _EARLIER.c.state == sa.text("'stored'"),
            _EARLIER.c.inbound_id < inbox.c.inbound_id,
        ),
    )
    .order_by(inbox.c.inbound_id)
    .with_for_update(skip_locked=True, of=inbox)
)
_WAITING = Prepared(
    sa.select(inbox.c.address_id, inbox.c.inbound_id, inbox.c.taken_as).where(
        _STORED, among_ids(inbox.c.address_id)
    )
)
_THIS = sa.update(inbox).where(inbox.c.inbound_id == sa.bindparam("one"))
_MARKED = _THIS.values(taken_as=sa.bindparam("codes"))
_FINISHED = _THIS.values(
    state=sa.bindparam("to"), taken_as=sa.bindparam("codes"), done_at=sa.bindparam("at_last", type_=Moment)
)


@dataclass(frozen=True, slots=True)
class InboundRow:
    """A stored message; `repr` hides its words. `text` is None once retention dropped them."""

    id: int
    channel: ChannelName
    kind: InboundKind
    address_id: int | None
    text: str | None
    at: datetime
    state: str
    attempts: int
    taken_as: str

    def __repr__(self) -> str:
        return f"InboundRow({self.id}, {self.kind.value})"


@dataclass(frozen=True, slots=True)
class Fresh:
    """What came in, as it is to be stored: from which address, in what state, and what it was taken for."""

    inbound: Inbound
    address_id: int | None
    state: str
    taken_as: str


@dataclass(frozen=True, slots=True)
class Unread:
    """A message that a person should look at, without its words; `alert` is the kind of one that is open."""

    id: int
    channel: ChannelName
    at: datetime
    state: str
    alert: str | None


def store(
    conn: sa.Connection, seal: Seal, inbound: Inbound, address_id: int | None, state: str = "stored"
) -> tuple[int, bool]:
    """Store what came in under the provider's id: (its id, whether it was there already)."""
    return store_all(conn, seal, [Fresh(inbound, address_id, state, "")])[0]


def store_all(conn: sa.Connection, seal: Seal, fresh: Sequence[Fresh]) -> list[tuple[int, bool]]:
    """As `store`, for all of these, in their order."""
    if not fresh:
        return []
    rows = [_as_row(seal, one) for one in fresh]
    made = frozenset(conn.execute(insert_new(conn, inbox, inbox.c.inbound_id), rows).scalars())
    return [
        (row["inbound_id"], False) if row["inbound_id"] in made else (_known(conn, one.inbound), True)
        for row, one in zip(rows, fresh, strict=True)
    ]


def _as_row(seal: Seal, fresh: Fresh) -> dict[str, Any]:
    said = fresh.inbound
    return {
        "inbound_id": new_id(), "channel": said.channel.value, "provider_id": said.provider_id[:80],
        "kind": said.kind.value, "address_id": fresh.address_id,
        "sealed": seal.seal("inbox.text", said.text), "at": said.at, "state": fresh.state,
        "taken_as": fresh.taken_as,
    }  # fmt: skip


def _known(conn: sa.Connection, inbound: Inbound) -> int:
    return int(
        conn.execute(
            sa.select(inbox.c.inbound_id).where(
                inbox.c.channel == inbound.channel.value, inbox.c.provider_id == inbound.provider_id[:80]
            )
        ).scalar_one()
    )


def written_at(conn: sa.Connection, inbound_id: int) -> datetime | None:
    """When this message was written, as far as its provider told; None when it is not there."""
    at: datetime | None = conn.execute(sa.select(inbox.c.at).where(inbox.c.inbound_id == inbound_id)).scalar()
    return at


def known_provider_ids(conn: sa.Connection, channel: ChannelName, theirs: Sequence[str]) -> frozenset[str]:
    """Which of these provider ids were stored already."""
    found = conn.execute(
        sa.select(inbox.c.provider_id).where(
            inbox.c.channel == channel.value, inbox.c.provider_id.in_(list(theirs))
        )
    )
    return frozenset(found.scalars())


def next_ones(conn: sa.Connection, limit: int) -> list[int]:
    """The ids of the oldest unprocessed message of each address, oldest first."""
    return [inbound_id for (inbound_id,) in _NEXT.run(conn, {"most": limit}).fetchall()]


def lock(conn: sa.Connection, seal: Seal, these: Sequence[int]) -> list[tuple[InboundRow, AddressRow]]:
    """Those of these messages that are still unprocessed and the first of their address, with that address;
    the messages locked, in order."""
    found = conn.execute(_LOCKED, {"ids": these}).all()
    return [(_row(seal, row[: len(_ROW)]), as_row(*row[len(_ROW) :])) for row in found]


def finish(conn: sa.Connection, inbound_id: int, state: str, taken_as: str, now: datetime) -> None:
    """Processed: `done`, `failed`, or `unread` (a person should look). `taken_as` holds codes only."""
    finish_all(conn, {inbound_id: state}, taken_as, now)


def finish_all(conn: sa.Connection, states: Mapping[int, str], taken_as: str, now: datetime) -> None:
    """As `finish`, for all of these; the state of each is given by its id."""
    rows = [(one, state, taken_as[:120], now) for one, state in states.items()]
    _finishing(conn.dialect.name).run(conn, rows)


@lru_cache(maxsize=2)
def _finishing(dialect: str) -> Bulk:
    return Bulk(_FINISHED, ["one", "to", "codes", "at_last"], dialect)


def mark(conn: sa.Connection, inbound_id: int, taken_as: str) -> None:
    """Note what a message was taken for so far, in codes; it stays as unprocessed as it was."""
    conn.execute(_MARKED, {"one": inbound_id, "codes": taken_as[:120]})


def later(conn: sa.Connection, messages: Mapping[int, int]) -> dict[int, frozenset[str]]:
    """What later messages of the same address, not yet processed, were taken for, in codes, for each of these
    addresses and a message of it."""
    found: dict[int, set[str]] = {address_id: set() for address_id in messages}
    for address_id, inbound_id, taken_as in _WAITING.run(conn, {"ids": list(messages)}).fetchall():
        if inbound_id > messages[address_id]:
            found[address_id].update(taken_as.split())
    return {address_id: frozenset(codes) for address_id, codes in found.items()}


def note_attempt(conn: sa.Connection, inbound_id: int) -> int:
    """Count one more try at processing; gives how many there were."""
    return int(
        conn.execute(
            sa.update(inbox)
            .where(inbox.c.inbound_id == inbound_id)
            .values(attempts=inbox.c.attempts + 1)
            .returning(inbox.c.attempts)
        ).scalar_one()
    )


def unread(conn: sa.Connection, limit: int = 200) -> list[Unread]:
    """Messages that a person should look at, oldest first: unread, failed, or with an open alert."""
    about = sa.and_(alerts.c.inbound_id == inbox.c.inbound_id, alerts.c.closed_at.is_(None))
    alert = sa.select(sa.func.min(alerts.c.kind)).where(about).correlate(inbox).scalar_subquery()
    rows = conn.execute(
        sa.select(inbox.c.inbound_id, inbox.c.channel, inbox.c.at, inbox.c.state, alert.label("alert"))
        .where(sa.or_(_UNREAD, sa.exists().where(about).correlate(inbox)))
        .order_by(inbox.c.inbound_id)
        .limit(limit)
    )
    return [Unread(row.inbound_id, ChannelName(row.channel), row.at, row.state, row.alert) for row in rows]


def opened(conn: sa.Connection, seal: Seal, ids: Sequence[int]) -> list[InboundRow]:
    """These messages with their words, oldest first."""
    rows = conn.execute(
        sa.select(*_ROW).where(inbox.c.inbound_id.in_(list(ids))).order_by(inbox.c.inbound_id)
    )
    return [_row(seal, row) for row in rows]


def close_unread(conn: sa.Connection, inbound_id: int, now: datetime) -> bool:
    """Somebody looked; False when it was not waiting for that."""
    return (
        conn.execute(
            sa.update(inbox)
            .where(inbox.c.inbound_id == inbound_id, _UNREAD)
            .values(state="closed", done_at=now)
        ).rowcount
        == 1
    )


def waiting(conn: sa.Connection) -> int:
    """How many messages are stored and not yet processed."""
    return int(conn.execute(sa.select(sa.func.count()).select_from(inbox).where(_STORED)).scalar_one())


def unread_count(conn: sa.Connection) -> int:
    """How many messages wait for a person to read them: not understood, or failed."""
    query = sa.select(sa.func.count()).select_from(inbox).where(_UNREAD)
    return int(conn.execute(query).scalar_one())


_CHANNELS = {one.value: one for one in ChannelName}
_KINDS = {one.value: one for one in InboundKind}


def _row(seal: Seal, row: Sequence[Any]) -> InboundRow:
    inbound_id, channel, kind, address_id, sealed, at, state, attempts, taken_as = row
    text = None if sealed is None else seal.open("inbox.text", sealed)
    return InboundRow(
        inbound_id, _CHANNELS[channel], _KINDS[kind], address_id, text, at, state, attempts, taken_as
    )
