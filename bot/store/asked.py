"""Whose due date is past with nothing told: who is to be asked, and who did not answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bot.domain.family import Purpose
from bot.store.tables import addresses, consent_states, families, members, outbox, pregnancies


@dataclass(frozen=True, slots=True)
class Waiting:
    """A pregnancy of which nobody said how it went."""

    family_id: int
    pregnancy_id: int


def _unknown() -> sa.Select[Any]:
    newer = pregnancies.alias("newer")
    newest = ~sa.exists().where(
        newer.c.family_id == pregnancies.c.family_id, newer.c.pregnancy_id > pregnancies.c.pregnancy_id
    )
    return (
        sa.select(pregnancies.c.family_id, pregnancies.c.pregnancy_id)
        .join(families, families.c.family_id == pregnancies.c.family_id)
        .where(
            pregnancies.c.family_id > sa.bindparam("past"),
            pregnancies.c.born_on.is_(None),
            pregnancies.c.lost_on.is_(None),
            pregnancies.c.check_in_answered_at.is_(None),
            ~families.c.held,
            newest,
        )
        .order_by(pregnancies.c.family_id)
        .limit(sa.bindparam("most"))
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


_TO_ASK = _unknown().where(
    pregnancies.c.due_on <= sa.bindparam("due_by"), pregnancies.c.checked_in_at.is_(None), _somebody()
)
_STILL_HERE = sa.exists().where(
    outbox.c.family_id == pregnancies.c.family_id,
    outbox.c.pregnancy_id == pregnancies.c.pregnancy_id,
    outbox.c.kind == sa.text("'check_in'"),
    sa.or_(outbox.c.state.in_(["queued", "sending"]), outbox.c.sent_at > sa.bindparam("asked_by")),
)
_UNANSWERED = _unknown().where(pregnancies.c.checked_in_at <= sa.bindparam("asked_by"), ~_STILL_HERE)


def to_ask(
    conn: sa.Connection, _now: datetime, due_by: date, _silence: timedelta, after: int, limit: int
) -> list[Waiting]:
    """Families after the id `after`, not asked yet, due by a day, with somebody who can be asked."""
    return _listed(conn, _TO_ASK, {"past": after, "most": limit, "due_by": due_by})


def unanswered(
    conn: sa.Connection, now: datetime, _due_by: date, silence: timedelta, after: int, limit: int
) -> list[Waiting]:
    """Families after the id `after` that were asked so long ago, the question being out of the house."""
    return _listed(conn, _UNANSWERED, {"past": after, "most": limit, "asked_by": now - silence})


def still_unanswered(conn: sa.Connection, one: Waiting) -> bool:
    """Whether nobody has answered, asked again once the family is locked."""
    query = sa.select(pregnancies.c.pregnancy_id).where(
        pregnancies.c.family_id == one.family_id,
        pregnancies.c.pregnancy_id == one.pregnancy_id,
        pregnancies.c.checked_in_at.is_not(None),
        pregnancies.c.check_in_answered_at.is_(None),
    )
    return conn.execute(query).first() is not None


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


def _listed(conn: sa.Connection, query: sa.Select[Any], which: dict[str, Any]) -> list[Waiting]:
    return [Waiting(row.family_id, row.pregnancy_id) for row in conn.execute(query, which)]
