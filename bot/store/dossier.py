"""All that is kept about a family, a member or an address: read out whole, and erased to the last row."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from bot.domain.family import LEFT
from bot.store import addresses as address_store
from bot.store.conversations import COLUMN as TALK
from bot.store.outbox import unpack
from bot.store.sealed import Seal
from bot.store.tables import (
    addresses,
    alerts,
    answers,
    babies,
    code_book,
    code_tries,
    consent_states,
    consents,
    conversations,
    due,
    families,
    family_events,
    holds,
    inbox,
    members,
    metadata,
    outbox,
    pregnancies,
    put_aside,
    topics,
)  # fmt: skip

_MEMBERS_OWN = (topics, answers, consent_states, consents)
_FAMILYS_OWN = (babies, pregnancies, holds, family_events, due, put_aside, code_book)
Dossier = dict[str, list[dict[str, Any]]]


def read_out(conn: sa.Connection, seal: Seal, family_id: int) -> Dossier:
    """Every row about a family by table, opened, as JSON can hold it; a shared phone's texts included."""
    tables = (families, members, *_MEMBERS_OWN, *_FAMILYS_OWN, outbox, alerts)
    found = {table.name: _rows(conn, seal, table, table.c.family_id == family_id) for table in tables}
    ids = [row["address_id"] for row in found["members"] if row["address_id"] is not None]
    for table in (addresses, inbox, conversations, code_tries):
        found[table.name] = _rows(conn, seal, table, table.c.address_id.in_(ids))
    return found


def exists(conn: sa.Connection, family_id: int) -> bool:
    """Whether there is such a family."""
    query = sa.select(families.c.family_id).where(families.c.family_id == family_id)
    return conn.execute(query).first() is not None


def erase_member(conn: sa.Connection, family_id: int, member_id: int, now: datetime) -> int | None:
    """Erase a member to the last row; what they held stays held, by nobody. Gives their address's id.

    The address itself is left: erase it with `erase_address`, or, when an answer must still reach it,
    unlink it now (`unlink_texts`) and let retention erase it.
    """
    whose = {"family_id": family_id, "member_id": member_id}
    address_id: int | None = conn.execute(
        sa.select(members.c.address_id).where(*_same(members, whose))
    ).scalar()
    anonymise(conn, family_id, member_id, now)
    _erase_outbox(conn, sa.and_(*_same(outbox, whose)))
    for table in (*_MEMBERS_OWN, family_events, code_book, members):
        conn.execute(sa.delete(table).where(*_same(table, whose)))
    return address_id


def erase_family(conn: sa.Connection, family_id: int) -> list[int]:
    """Erase a family and its members to the last row; gives the ids of their addresses, which are left."""
    here = members.c.family_id == family_id
    ids = list(conn.execute(sa.select(members.c.address_id).where(here).distinct()).scalars())
    _erase_outbox(conn, outbox.c.family_id == family_id)
    for table in (alerts, *_MEMBERS_OWN, members, *_FAMILYS_OWN, families):
        conn.execute(sa.delete(table).where(table.c.family_id == family_id))
    return [address_id for address_id in ids if address_id is not None]


def in_use(conn: sa.Connection, address_id: int) -> bool:
    """Whether some member is reached at this address."""
    query = sa.select(members.c.member_id).where(members.c.address_id == address_id).limit(1)
    return conn.execute(query).first() is not None


def unlink_texts(conn: sa.Connection, address_id: int) -> None:
    """Erase what came from an address; what is left of each text says only that it was handled once.

    That remainder (the provider's own id, no address, no words) keeps a repeat from being taken for a
    new text; retention deletes it after two days.
    """
    theirs = inbox.c.address_id == address_id
    ids = sa.select(inbox.c.inbound_id).where(theirs)
    conn.execute(sa.delete(alerts).where(alerts.c.inbound_id.in_(ids)))
    bare = {"address_id": None, "sealed": None, "taken_as": "", "state": "closed"}
    conn.execute(sa.update(inbox).where(theirs).values(bare))
    for table in (conversations, code_tries):
        conn.execute(sa.delete(table).where(table.c.address_id == address_id))
    theirs_once = code_book.c.taken_by == address_id  # taken by nobody we know: not free again
    conn.execute(sa.update(code_book).where(theirs_once).values(taken_by=0))


def blank_texts(conn: sa.Connection, address_id: int) -> None:
    """On a shared phone nobody can say whose a text was: drop the words of all that are handled."""
    handled = sa.and_(inbox.c.address_id == address_id, inbox.c.state != "stored")
    conn.execute(sa.update(inbox).where(handled).values(sealed=None))
    conn.execute(sa.delete(conversations).where(conversations.c.address_id == address_id))


def erase_address(conn: sa.Connection, address_id: int) -> bool:
    """Erase an address that no member uses; of a stopped one only the keyed hash stays. False: in use."""
    if in_use(conn, address_id):
        return False
    unlink_texts(conn, address_id)
    _erase_outbox(conn, outbox.c.address_id == address_id)
    return address_store.forget(conn, address_id)


def leftovers(conn: sa.Connection, column: str, values: Iterable[int]) -> dict[str, int]:
    """How many rows of any table still hold one of these ids in `column`, by table; empty when none."""
    wanted = list(values)
    counted = {
        table.name: conn.execute(
            sa.select(sa.func.count()).select_from(table).where(table.c[column].in_(wanted))
        ).scalar_one()
        for table in metadata.sorted_tables
        if column in table.c
    }
    return {name: number for name, number in counted.items() if number}


def _erase_outbox(conn: sa.Connection, which: sa.ColumnElement[bool]) -> None:
    ids = sa.select(outbox.c.outbox_id).where(which)
    conn.execute(sa.delete(alerts).where(alerts.c.outbox_id.in_(ids)))
    conn.execute(sa.delete(outbox).where(which))


def anonymise(conn: sa.Connection, family_id: int, member_id: int, now: datetime) -> None:
    """A hold outlives who opened it, without saying who; two that become alike become one."""
    theirs = sa.and_(holds.c.family_id == family_id, holds.c.member_id == member_id)
    other = holds.alias("other")
    doubled = sa.exists().where(
        other.c.family_id == holds.c.family_id, other.c.kind == holds.c.kind, other.c.member_id == LEFT,
        other.c.lifted_at.is_(None),
    )  # fmt: skip
    conn.execute(sa.update(holds).where(theirs, holds.c.lifted_at.is_(None), doubled).values(lifted_at=now))
    conn.execute(sa.update(holds).where(theirs).values(member_id=LEFT))
    by_them = sa.and_(holds.c.family_id == family_id, holds.c.lifted_by == member_id)
    conn.execute(sa.update(holds).where(by_them).values(lifted_by=None))
    for row in conn.execute(sa.select(pregnancies).where(pregnancies.c.family_id == family_id)).all():
        if member_id in row.resumed_for:
            others = [one for one in row.resumed_for if one != member_id]
            this = sa.and_(
                pregnancies.c.family_id == family_id, pregnancies.c.pregnancy_id == row.pregnancy_id
            )
            conn.execute(sa.update(pregnancies).where(this).values(resumed_for=others))


def _same(table: sa.Table, values: dict[str, int]) -> list[sa.ColumnElement[bool]]:
    return [table.c[name] == value for name, value in values.items()]


def _rows(
    conn: sa.Connection, seal: Seal, table: sa.Table, which: sa.ColumnElement[bool]
) -> list[dict[str, Any]]:
    key = list(table.primary_key.columns)
    rows = conn.execute(sa.select(table).where(which).order_by(*key)).mappings()
    return [_plain(seal, table, dict(row)) for row in rows]


def _plain(seal: Seal, table: sa.Table, row: dict[str, Any]) -> dict[str, Any]:
    sealed = row.pop("sealed", None)
    row.pop("lookup", None)
    row.pop("lookup_key", None)
    if table is code_book:
        row.pop("label")  # a hash, which says nothing
    plain = {
        name: value.isoformat() if isinstance(value, date | datetime) else value
        for name, value in row.items()
    }
    if sealed is not None:
        plain |= _opened(seal, table, sealed)
    return plain


def _opened(seal: Seal, table: sa.Table, sealed: bytes) -> dict[str, Any]:
    if table is addresses:
        return {"value": seal.open(address_store.COLUMN, sealed)}
    if table is inbox:
        return {"text": seal.open("inbox.text", sealed)}
    if table is conversations:
        return {"talk": json.loads(seal.open(TALK, sealed))}
    body, buttons = unpack(seal.open("outbox.body", sealed))
    return {"body": body, "buttons": buttons}
