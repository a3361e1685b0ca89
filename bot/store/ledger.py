"""The outbox as staff read it: rows listed, one row whole; without words or addresses."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from bot.domain.address import ChannelName
from bot.domain.outbox import Kind, State
from bot.store.tables import outbox, senders


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the outbox; ids, codes, days and moments. 0 for a family or member: there is none."""

    outbox_id: int
    kind: Kind
    state: State
    reason: str | None
    family_id: int
    member_id: int
    address_id: int
    channel: ChannelName
    campaign: str
    step: str
    occurrence: str
    purpose: str
    language: str
    inbound_id: int | None
    attempts: int
    opens_on: date | None
    closes_on: date | None
    look_on: date | None
    day: date | None
    send_at: datetime | None
    not_after: datetime | None
    attempted_at: datetime | None
    provider_id: str | None
    provider_code: str | None
    parts: int | None
    sent_at: datetime | None
    delivered_at: datetime | None
    created_at: datetime
    updated_at: datetime

    @property
    def name(self) -> str:
        """CAMPAIGN/STEP, or what kind of answer it is."""
        return f"{self.campaign}/{self.step}" if self.campaign else self.step or self.kind.value


_COLUMNS = [outbox.c[one.name] for one in fields(Entry)]


@dataclass(frozen=True, slots=True)
class Narrowed:
    """Which rows; None: whatever it is."""

    state: State | None = None
    campaign: str | None = None
    family_id: int | None = None


def listed(conn: sa.Connection, which: Narrowed, limit: int) -> list[Entry]:
    """The newest rows that fit, newest first."""
    given = {
        outbox.c.state: None if which.state is None else which.state.value,
        outbox.c.campaign: which.campaign,
        outbox.c.family_id: which.family_id,
    }
    fits = [column == value for column, value in given.items() if value is not None]
    query = sa.select(*_COLUMNS).where(*fits).order_by(outbox.c.outbox_id.desc()).limit(limit)
    return [_entry(row) for row in conn.execute(query)]


def one(conn: sa.Connection, outbox_id: int) -> Entry | None:
    """The row of this id."""
    row = conn.execute(sa.select(*_COLUMNS).where(outbox.c.outbox_id == outbox_id)).first()
    return None if row is None else _entry(row)


def sender_of(conn: sa.Connection, outbox_id: int) -> str:
    """The name of the sender that a row goes by."""
    query = sa.select(senders.c.name).join(outbox, outbox.c.sender_id == senders.c.sender_id)
    return str(conn.execute(query.where(outbox.c.outbox_id == outbox_id)).scalar_one())


def sealed_words(conn: sa.Connection, ids: list[int]) -> dict[int, bytes]:
    """The sealed words of these rows; a row whose words are not made yet, or were dropped, has none."""
    query = sa.select(outbox.c.outbox_id, outbox.c.sealed).where(outbox.c.outbox_id.in_(ids))
    return {row.outbox_id: row.sealed for row in conn.execute(query) if row.sealed is not None}


def _entry(row: Any) -> Entry:
    values = dict(row._mapping)
    values |= {"kind": Kind(row.kind), "state": State(row.state), "channel": ChannelName(row.channel)}
    return Entry(**values)
