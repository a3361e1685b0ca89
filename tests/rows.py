"""Rows that a test can start from: somebody who may be written to, and a message ready to leave."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bot.domain.address import Address, ChannelName
from bot.domain.consent import Consent
from bot.domain.family import Link, Purpose, Role
from bot.domain.outbox import Kind, State
from bot.store import addresses, consents, families, pace
from bot.store.gates import Terms
from bot.store.ids import new_id, public_id
from bot.store.sealed import Seal
from bot.store.tables import outbox


@dataclass(frozen=True, slots=True)
class Someone:
    """A member with one address, who agreed to messages."""

    family_id: int
    member_id: int
    address_id: int
    channel: ChannelName
    sender_id: int


def someone(
    conn: sa.Connection,
    seal: Seal,
    now: datetime,
    number: int = 0,
    *,
    channel: ChannelName = ChannelName.SMS,
    role: Role = Role.MOTHER,
    family_id: int | None = None,
    purpose: Purpose = Purpose.PREGNANCY_AND_BABY,
) -> Someone:
    """A member at Ofcom's drama number 07700 900000 + `number`, or at that chat."""
    value = f"+4477009{number:05d}" if channel is ChannelName.SMS else str(1000 + number)
    address = addresses.find_or_add(conn, seal, Address(channel, value), now)
    family_id = families.add(conn, now) if family_id is None else family_id
    member_id = families.add_member(conn, family_id, role, "en", date(2027, 1, 1), Link.OWN, address.id)
    consents.record(conn, Consent(family_id, member_id, purpose, channel, True, now, "reply", "words-1"))
    sender_id = pace.sender_id(conn, channel, "test", now)
    return Someone(family_id, member_id, address.id, channel, sender_id)


def row(conn: sa.Connection, who: Someone, now: datetime, kind: Kind = Kind.STAGED, **columns: Any) -> int:
    """A row that passes every gate of its kind at `now`, changed by `columns`; gives its id."""
    outbox_id = new_id()
    values: dict[str, Any] = {
        "outbox_id": outbox_id, "public_id": public_id(), "kind": kind.value,
        "state": State.QUEUED.value, "family_id": who.family_id, "member_id": who.member_id,
        "address_id": who.address_id, "channel": who.channel.value, "sender_id": who.sender_id,
        "campaign": "flu", "step": "offer", "occurrence": f"p{outbox_id}",
        "purpose": Purpose.PREGNANCY_AND_BABY.value, "day": now.date(),
        "opens_on": now.date() - timedelta(days=1), "closes_on": now.date() + timedelta(days=7),
        "send_at": now, "not_after": now + timedelta(hours=2), "created_at": now, "updated_at": now,
    }  # fmt: skip
    if kind is not Kind.STAGED:
        values["day"] = None
    conn.execute(sa.insert(outbox).values(values | columns))
    return outbox_id


def terms(now: datetime, **changes: Any) -> Terms:
    """Circumstances in which everything may go."""
    fields: dict[str, Any] = {
        "now": now, "at": now, "today": now.date(), "open_now": True, "anyone": True,
        "live": frozenset({"flu/offer"}),
    }  # fmt: skip
    return Terms(**(fields | changes))


def of(conn: sa.Connection, outbox_id: int) -> sa.Row[Any]:
    """The row as it is."""
    return conn.execute(sa.select(outbox).where(outbox.c.outbox_id == outbox_id)).one()
