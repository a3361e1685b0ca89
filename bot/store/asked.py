"""Whose due date is past with nothing told: who is to be asked, and who did not answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa

from bot.domain.family import Purpose
from bot.store.columns import Id, Moment
from bot.store.tables import addresses, consent_states, families, members, outbox, pregnancies


@dataclass(frozen=True, slots=True)
class Waiting:
    """A pregnancy of which nobody said how it went."""

    family_id: int
    pregnancy_id: int


@dataclass(frozen=True, slots=True)
class Which:
    """Which families are looked at: so many after the id `after`, or only that one."""

    after: int = 0
    limit: int = 50
    only: Waiting | None = None


def to_ask(
    conn: sa.Connection, _now: datetime, due_by: date, _silence: timedelta, which: Which
) -> list[Waiting]:
    """Families not asked yet, due by a day, with somebody who can be asked."""
    return _listed(conn, _to_ask(which.only is not None), which, due_by=due_by)


def unanswered(
    conn: sa.Connection, now: datetime, _due_by: date, silence: timedelta, which: Which
) -> list[Waiting]:
    """Families that were asked so long ago and did not answer, the question being out of the house."""
    return _listed(conn, _unanswered(which.only is not None), which, asked_by=now - silence)


def answered(conn: sa.Connection, family_id: int, pregnancy_id: int, now: datetime) -> None:
    """A loss answers the question that was asked; one not asked yet is still to be, should it be undone."""
    conn.execute(
        sa.update(pregnancies)
        .where(
            pregnancies.c.family_id == family_id,
            pregnancies.c.pregnancy_id == pregnancy_id,
            pregnancies.c.checked_in_at.is_not(None),
        )
        .values(check_in_answered_at=now)
    )


def was_asked(conn: sa.Connection, family_id: int, step: str, occurrence: str) -> bool:
    """Whether a row of this question is there, whatever became of it."""
    query = sa.select(outbox.c.outbox_id).where(
        outbox.c.family_id == family_id, outbox.c.step == step, outbox.c.occurrence == occurrence
    )
    return conn.execute(query).first() is not None


@cache
def _to_ask(alone: bool) -> sa.Select[Any]:
    due_by = sa.bindparam("due_by", type_=sa.Date)
    return _unknown(alone).where(
        pregnancies.c.due_on <= due_by, pregnancies.c.checked_in_at.is_(None), _somebody()
    )


@cache
def _unanswered(alone: bool) -> sa.Select[Any]:
    asked_by = sa.bindparam("asked_by", type_=Moment)
    still_here = sa.exists().where(
        outbox.c.family_id == pregnancies.c.family_id,
        outbox.c.pregnancy_id == pregnancies.c.pregnancy_id,
        outbox.c.kind == sa.text("'check_in'"),
        sa.or_(outbox.c.state.in_(["queued", "sending"]), outbox.c.sent_at > asked_by),
    )
    return _unknown(alone).where(pregnancies.c.checked_in_at <= asked_by, ~still_here)


def _unknown(alone: bool) -> sa.Select[Any]:
    """Pregnancies of which nothing is known: after a family, or (`alone`) the one that is named."""
    newer = pregnancies.alias("newer")
    newest = ~sa.exists().where(
        newer.c.family_id == pregnancies.c.family_id, newer.c.pregnancy_id > pregnancies.c.pregnancy_id
    )
    here = pregnancies.c.family_id > sa.bindparam("after", type_=Id)
    if alone:
        here = sa.and_(
            pregnancies.c.family_id == sa.bindparam("family", type_=Id),
            pregnancies.c.pregnancy_id == sa.bindparam("pregnancy", type_=Id),
        )
    return (
        sa.select(pregnancies.c.family_id, pregnancies.c.pregnancy_id)
        .join(families, families.c.family_id == pregnancies.c.family_id)
        .where(
            here,
            pregnancies.c.born_on.is_(None),
            pregnancies.c.lost_on.is_(None),
            pregnancies.c.check_in_answered_at.is_(None),
            ~families.c.held,
            newest,
        )
        .order_by(pregnancies.c.family_id)
        .limit(sa.bindparam("most", type_=sa.Integer))
    )


def _somebody() -> sa.ColumnElement[bool]:
    return sa.exists().where(
        members.c.family_id == pregnancies.c.family_id,
        members.c.left_at.is_(None),
        addresses.c.address_id == members.c.address_id,
        addresses.c.stopped_at.is_(None),
        addresses.c.suspended_at.is_(None),
        consent_states.c.family_id == members.c.family_id,
        consent_states.c.member_id == members.c.member_id,
        consent_states.c.purpose == Purpose.PREGNANCY_AND_BABY.value,
        consent_states.c.live,
    )


def _listed(conn: sa.Connection, query: sa.Select[Any], which: Which, **more: Any) -> list[Waiting]:
    if which.only is None:
        where = {"after": which.after}
    else:
        where = {"family": which.only.family_id, "pregnancy": which.only.pregnancy_id}
    found = conn.execute(query, where | {"most": which.limit} | more)
    return [Waiting(row.family_id, row.pregnancy_id) for row in found]
