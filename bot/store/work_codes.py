"""Codes by which professionals join: of an organisation, not of a family, until somebody came by one.

They stand among the other codes, as keyed hashes, under family 0, with one of the organisation too.
Its name is in the audit, where staff made them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from bot.domain.code import CodeFor
from bot.store import codes
from bot.store.codes import Code
from bot.store.sealed import Seal
from bot.store.tables import audit, code_book

NOBODY_S = 0  # the family of a code that nobody has joined by
MADE, ENDED = "invite_professionals", "end_professional_codes"  # as the audit says it
_B = code_book.c
_ORGANISATIONS = (
    sa.select(audit.c.subject)
    .where(audit.c.what == sa.text(f"'{MADE}'"))  # literal, so that the partial index is used
    .distinct()
    .order_by(audit.c.subject)
)


@dataclass(frozen=True, slots=True)
class Batch:
    """The codes of one organisation that are kept: how many were made, came to be used, and are free."""

    organisation: str
    made: int
    used: int
    free: int
    until: datetime | None  # the last moment of one that is free


def is_one(code: Code) -> bool:
    """Whether nobody's family is opened by this code."""
    return code.family_id == NOBODY_S


def add(
    conn: sa.Connection, seal: Seal, organisation: str, count: int, now: datetime, until: datetime
) -> list[str]:
    """Make codes and keep their hashes; gives their digits, which nobody can ever read again."""
    made = []
    for _ in range(count):
        digits = codes.fresh(conn, seal)
        codes.add(conn, seal, digits, CodeFor.JOIN, NOBODY_S, now, until, label=organisation)
        made.append(digits)
    return made


def came(conn: sa.Connection, code_id: int, family_id: int, member_id: int) -> None:
    """Somebody joined by this code: it is theirs, and is erased with them."""
    values = {"family_id": family_id, "member_id": member_id}
    conn.execute(sa.update(code_book).where(_B.code_id == code_id).values(values))


def end(conn: sa.Connection, seal: Seal, organisation: str, now: datetime) -> int:
    """End the codes of an organisation that nobody joined by yet; gives how many."""
    free = sa.and_(_of(seal, organisation), _B.member_id.is_(None), _B.ended_at.is_(None))
    return conn.execute(sa.update(code_book).where(free).values(ended_at=now)).rowcount


def batches(conn: sa.Connection, seal: Seal, now: datetime) -> list[Batch]:
    """What stands of each organisation that codes were ever made for, by name."""
    return [_batch(conn, seal, name, now) for name in conn.execute(_ORGANISATIONS).scalars()]


def _batch(conn: sa.Connection, seal: Seal, organisation: str, now: datetime) -> Batch:
    free = sa.and_(_B.taken_by.is_(None), _B.ended_at.is_(None), _B.expires_at > now)
    counted = sa.select(
        sa.func.count(), sa.func.count(_B.member_id), sa.func.count(sa.case((free, 1))),
        sa.func.max(sa.case((free, _B.expires_at))),
    ).where(_of(seal, organisation))  # fmt: skip
    made, used, left, until = conn.execute(counted).one()
    return Batch(organisation, made, used, left, until)


def _of(seal: Seal, organisation: str) -> sa.ColumnElement[bool]:
    return codes.called(seal, NOBODY_S, organisation)
