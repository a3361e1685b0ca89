"""Codes: kept as keyed hashes only, taken once, and never found by trying (CARE 10, 23).

A code is looked for by its keyed hash, so how long the look takes says nothing of the digits.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.domain.code import ANYWHERE, DIGITS, HERE, CodeFor
from bot.store.columns import Moment
from bot.store.ids import new_id
from bot.store.sealed import Seal
from bot.store.tables import code_book, code_tries

_B = code_book.c
_SECRET, _LABEL = "code", "code label"


@dataclass(frozen=True, slots=True)
class Code:
    """One code: whose family it opens, and for a move which member's it is."""

    id: int
    family_id: int
    member_id: int | None


def fresh(conn: sa.Connection, seal: Seal) -> str:
    """Digits that no code has or had, from the system's own randomness."""
    while True:
        digits = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
        if not _row(conn, seal, digits):
            return digits


def add(
    conn: sa.Connection,
    seal: Seal,
    digits: str,
    purpose: CodeFor,
    family_id: int,
    now: datetime,
    expires_at: datetime,
    *,
    member_id: int | None = None,
    label: str = "",
) -> int:
    """Keep a code that was given out, as its hash; gives its id."""
    code_id = new_id()
    conn.execute(
        sa.insert(code_book).values(
            family_id=family_id, code_id=code_id, purpose=purpose.value, member_id=member_id,
            lookup=seal.keyed_hash(_SECRET, digits), label=_label(seal, family_id, label),
            lookup_key=seal.current.id, created_at=now, expires_at=expires_at,
        )
    )  # fmt: skip
    return code_id


def good(
    conn: sa.Connection, seal: Seal, digits: str, purpose: CodeFor, address_id: int, now: datetime
) -> Code | None:
    """The code with these digits, held till the end of the transaction; None when it opens nothing here.

    It does while it is not over, and nobody else's; whose it is already may write it again.
    """
    row = _row(conn, seal, digits)
    if row is None or row.purpose != purpose.value or row.taken_by not in (None, address_id):
        return None
    alive = row.ended_at is None and row.expires_at > now
    return Code(row.code_id, row.family_id, row.member_id) if alive else None


def taken(conn: sa.Connection, code_id: int, address_id: int) -> Code | None:
    """The code that this address took and that was not ended since; None when it is no longer theirs."""
    row = conn.execute(
        sa.select(code_book).where(_B.code_id == code_id, _B.taken_by == address_id, _B.ended_at.is_(None))
    ).first()
    return None if row is None else Code(row.code_id, row.family_id, row.member_id)


def still_good(conn: sa.Connection, code_id: int, address_id: int, now: datetime) -> Code | None:
    """The same, within its time."""
    row = conn.execute(sa.select(_B.expires_at).where(_B.code_id == code_id)).first()
    return taken(conn, code_id, address_id) if row is not None and row.expires_at > now else None


def take(conn: sa.Connection, code_id: int, address_id: int, now: datetime) -> bool:
    """The code is this address's from now on; False when somebody was quicker."""
    free = sa.or_(_B.taken_by.is_(None), _B.taken_by == address_id)
    return (
        conn.execute(
            sa.update(code_book)
            .where(_B.code_id == code_id, free, _B.ended_at.is_(None))
            .values(taken_by=address_id, taken_at=sa.func.coalesce(_B.taken_at, sa.literal(now, Moment())))
        ).rowcount
        == 1
    )


def came(conn: sa.Connection, code_id: int, member_id: int) -> None:
    """This member came by the code."""
    conn.execute(sa.update(code_book).where(_B.code_id == code_id).values(member_id=member_id))


def end(conn: sa.Connection, family_id: int, now: datetime, *which: sa.ColumnElement[bool]) -> list[int]:
    """End a family's invitations, those that `which` names; gives the members who came by them."""
    mine = sa.and_(_B.family_id == family_id, _B.purpose == CodeFor.JOIN.value, _B.ended_at.is_(None), *which)
    rows = conn.execute(sa.select(_B.code_id, _B.member_id).where(mine)).all()
    conn.execute(sa.update(code_book).where(mine).values(ended_at=now))
    return [row.member_id for row in rows if row.member_id is not None]


def called(seal: Seal, family_id: int, label: str) -> sa.ColumnElement[bool]:
    """Invitations that go by her word for whom; under any key."""
    return _B.label.in_(_labels(seal, family_id, label))


def end_moves(conn: sa.Connection, family_id: int, member_id: int, now: datetime) -> None:
    """A member's earlier codes for another phone are over: one at a time."""
    conn.execute(
        sa.update(code_book)
        .where(
            _B.family_id == family_id, _B.member_id == member_id, _B.ended_at.is_(None),
            _B.purpose == CodeFor.NEWPHONE.value,
        )
        .values(ended_at=now)
    )  # fmt: skip


def standing(conn: sa.Connection, family_id: int, *which: sa.ColumnElement[bool]) -> int:
    """How many invitations of a family were not ended, used or not; of those that `which` names."""
    mine = (_B.family_id == family_id, _B.purpose == CodeFor.JOIN.value, _B.ended_at.is_(None))
    return _count(conn, *mine, *which)


def unused(conn: sa.Connection, family_id: int, now: datetime) -> int:
    """How many invitations wait for somebody."""
    waits = (_B.taken_by.is_(None), _B.ended_at.is_(None), _B.expires_at > now)
    return _count(conn, _B.family_id == family_id, _B.purpose == CodeFor.JOIN.value, *waits)


def asked_since(conn: sa.Connection, family_id: int, purpose: CodeFor, since: datetime) -> int:
    """How many codes of this kind a family was given since then."""
    return _count(conn, _B.family_id == family_id, _B.purpose == purpose.value, _B.created_at > since)


def wrong(conn: sa.Connection, address_id: int, now: datetime) -> None:
    """A wrong code came from this address."""
    conn.execute(sa.insert(code_tries).values(try_id=new_id(), address_id=address_id, at=now))


def tries(conn: sa.Connection, address_id: int, now: datetime) -> tuple[int, int]:
    """How many wrong codes came lately: from this address, and from everywhere."""
    t = code_tries.c
    here = sa.select(sa.func.count()).where(t.address_id == address_id, t.at > now - HERE)
    anywhere = sa.select(sa.func.count()).where(t.at > now - ANYWHERE)
    return int(conn.execute(here).scalar_one()), int(conn.execute(anywhere).scalar_one())


def _count(conn: sa.Connection, *which: sa.ColumnElement[bool]) -> int:
    return int(conn.execute(sa.select(sa.func.count()).select_from(code_book).where(*which)).scalar_one())


def _row(conn: sa.Connection, seal: Seal, digits: str) -> Any:
    hashes = seal.keyed_hashes(_SECRET, digits)
    row = conn.execute(sa.select(code_book).where(_B.lookup.in_(hashes)).with_for_update()).first()
    if row is None or not any(hmac.compare_digest(row.lookup, one) for one in hashes):
        return None
    return row


def _label(seal: Seal, family_id: int, label: str) -> str:
    return _labels(seal, family_id, label)[0]


def _labels(seal: Seal, family_id: int, label: str) -> Sequence[str]:
    """The same word in two families is two hashes, so that nothing is learned by comparing them."""
    return seal.keyed_hashes(_LABEL, f"{family_id}:{label}")
