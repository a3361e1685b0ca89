"""Families: their rows are written here; `load` (in store.household) reads them whole."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from bot.domain.family import BabyStatus, HoldKind, Link, Role
from bot.store.conflicts import insert_new
from bot.store.household import load as load
from bot.store.ids import new_id
from bot.store.tables import (
    answers,
    babies,
    due,
    families,
    family_events,
    holds,
    members,
    pregnancies,
    topics,
)  # fmt: skip

_REACHED = (
    sa.select(members.c.family_id, members.c.member_id)
    .where(members.c.address_id == sa.bindparam("address"), members.c.left_at.is_(None))
    .order_by(members.c.member_id)
)
_SPOKEN = (  # as `_REACHED`, the mother first
    sa.select(members.c.language)
    .where(members.c.address_id == sa.bindparam("address"), members.c.left_at.is_(None))
    .order_by(members.c.role != Role.MOTHER.value, members.c.member_id)
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a family: append-only, dated, codes and dates only."""

    id: int
    family_id: int
    at: datetime
    kind: str
    member_id: int | None
    detail: Mapping[str, Any]


def add(
    conn: sa.Connection, now: datetime, reference: str | None = None, reference_key: str | None = None
) -> int:
    """A new, empty family; `reference` is the keyed hash of an import's own one. Gives its id."""
    family_id = new_id()
    row = {
        "family_id": family_id, "reference": reference, "reference_key": reference_key, "created_at": now,
    }  # fmt: skip
    conn.execute(sa.insert(families).values(row))
    return family_id


def by_reference(conn: sa.Connection, references: Sequence[str]) -> int | None:
    """The family that an import knows under one of these keyed hashes (one for each key)."""
    found: int | None = conn.execute(
        sa.select(families.c.family_id).where(families.c.reference.in_(list(references)))
    ).scalar()
    return found


def add_member(
    conn: sa.Connection,
    family_id: int,
    role: Role,
    language: str,
    joined_on: date,
    link: Link,
    address_id: int | None,
    **more: Any,
) -> int:
    """A new member; `more` are columns such as area, under_20, previous_loss. Gives the member's id."""
    member_id = new_id()
    conn.execute(
        sa.insert(members).values(
            family_id=family_id, member_id=member_id, role=role.value, language=language,
            joined_on=joined_on, link=link.value, address_id=address_id, **more,
        )
    )  # fmt: skip
    return member_id


def update_member(conn: sa.Connection, family_id: int, member_id: int, **columns: Any) -> bool:
    """Change columns of one member; False when there is no such member."""
    which = sa.and_(members.c.family_id == family_id, members.c.member_id == member_id)
    return conn.execute(sa.update(members).where(which).values(**columns)).rowcount == 1


def has_member(conn: sa.Connection, family_id: int, member_id: int) -> bool:
    """Whether this family has such a member."""
    which = sa.and_(members.c.family_id == family_id, members.c.member_id == member_id)
    return conn.execute(sa.select(members.c.member_id).where(which)).first() is not None


def members_at(conn: sa.Connection, address_id: int) -> list[tuple[int, int]]:
    """(family_id, member_id) of everyone who is reached at this address; a shared phone gives several."""
    rows = conn.execute(_REACHED, {"address": address_id})
    return [(row.family_id, row.member_id) for row in rows]


def language_at(conn: sa.Connection, address_id: int) -> str | None:
    """The language of the one who speaks for this address, the mother or who joined first; None: nobody."""
    return conn.execute(_SPOKEN, {"address": address_id}).scalar()


def add_pregnancy(
    conn: sa.Connection,
    family_id: int,
    *,
    due_on: date | None = None,
    born_on: date | None = None,
    corrected_on: date | None = None,
    babies: int = 1,
) -> int:
    """A new pregnancy of so many babies, expected or (with `born_on`) born. Gives its id."""
    pregnancy_id = new_id()
    conn.execute(
        sa.insert(pregnancies).values(
            family_id=family_id, pregnancy_id=pregnancy_id, due_on=due_on, born_on=born_on,
            corrected_on=corrected_on, resumed_for=[],
        )
    )  # fmt: skip
    status = BabyStatus.EXPECTED if born_on is None else BabyStatus.BORN
    set_babies(conn, family_id, pregnancy_id, [status] * babies)
    return pregnancy_id


def update_pregnancy(conn: sa.Connection, family_id: int, pregnancy_id: int, **columns: Any) -> bool:
    """Change columns of one pregnancy; False when there is no such pregnancy."""
    which = sa.and_(pregnancies.c.family_id == family_id, pregnancies.c.pregnancy_id == pregnancy_id)
    return conn.execute(sa.update(pregnancies).where(which).values(**columns)).rowcount == 1


def set_babies(
    conn: sa.Connection, family_id: int, pregnancy_id: int, statuses: Sequence[BabyStatus]
) -> None:
    """The babies of a pregnancy are exactly these; ones already there keep their ids, in order."""
    which = sa.and_(babies.c.family_id == family_id, babies.c.pregnancy_id == pregnancy_id)
    there = list(conn.execute(sa.select(babies.c.baby_id).where(which).order_by(babies.c.baby_id)).scalars())
    for baby_id, status in zip(there, statuses, strict=False):
        conn.execute(sa.update(babies).where(which, babies.c.baby_id == baby_id).values(status=status.value))
    for baby_id in there[len(statuses) :]:
        conn.execute(sa.delete(babies).where(which, babies.c.baby_id == baby_id))
    fresh = [
        {"family_id": family_id, "baby_id": new_id(), "pregnancy_id": pregnancy_id, "status": status.value}
        for status in statuses[len(there) :]
    ]
    if fresh:
        conn.execute(sa.insert(babies), fresh)


def set_topic(
    conn: sa.Connection, family_id: int, member_id: int, topic: str, wanted: bool, now: datetime
) -> None:
    """A member wants a topic, or wants no more of it."""
    values = {"wanted": wanted, "at": now}
    which = {"family_id": family_id, "member_id": member_id, "topic": topic}
    _put(conn, topics, which, values)


def forget_choices(conn: sa.Connection, family_id: int, member_id: int, but: Collection[str]) -> int:
    """What a member asked for is chosen no longer, save these topics; what they ended stays ended."""
    mine = sa.and_(topics.c.family_id == family_id, topics.c.member_id == member_id)
    which = sa.and_(mine, topics.c.wanted, topics.c.topic.not_in(list(but)))
    return conn.execute(sa.delete(topics).where(which)).rowcount


def set_answer(
    conn: sa.Connection, family_id: int, member_id: int, campaign: str, meaning: str, now: datetime
) -> None:
    """A member answered a campaign, such as ("flu", "done")."""
    which = {"family_id": family_id, "member_id": member_id, "campaign": campaign, "meaning": meaning}
    _put(conn, answers, which, {"at": now})


def forget_answers(conn: sa.Connection, family_id: int) -> int:
    """What was answered holds for one pregnancy; gives how many answers are forgotten."""
    return conn.execute(sa.delete(answers).where(answers.c.family_id == family_id)).rowcount


def _put(conn: sa.Connection, table: sa.Table, which: dict[str, Any], values: dict[str, Any]) -> None:
    made = conn.execute(insert_new(conn, table), which | values).rowcount
    if made != 1:
        same = [table.c[name] == value for name, value in which.items()]
        conn.execute(sa.update(table).where(*same).values(**values))


# --- quiet -------------------------------------------------------------------------------------------


def open_hold(
    conn: sa.Connection, family_id: int, kind: HoldKind, member_id: int | None, now: datetime
) -> bool:
    """A reason for quiet begins; False when the same member opened the same kind already."""
    made = conn.execute(
        insert_new(conn, holds, holds.c.hold_id),
        {"family_id": family_id, "hold_id": new_id(), "kind": kind.value, "member_id": member_id or 0,
         "at": now},
    ).scalar()  # fmt: skip
    conn.execute(
        sa.update(families).where(families.c.family_id == family_id, ~families.c.held).values(held=True)
    )
    return made is not None


def lift_holds(
    conn: sa.Connection,
    family_id: int,
    now: datetime,
    by: int | None,
    *,
    kinds: Iterable[HoldKind] | None = None,
    member_id: int | None = None,
) -> int:
    """End reasons for quiet, all or those of `kinds` or of one member; gives how many ended.

    When any ended the epoch rises, and the family is no longer held once none is open.
    """
    which: list[sa.ColumnElement[bool]] = []
    if kinds is not None:
        which.append(holds.c.kind.in_([kind.value for kind in kinds]))
    if member_id is not None:
        which.append(holds.c.member_id == member_id)
    return _lift(conn, family_id, which, now, by)


def lift_hold(conn: sa.Connection, family_id: int, hold_id: int, now: datetime, by: int | None) -> bool:
    """End one hold, as `lift_holds` does; False when it was not open."""
    return _lift(conn, family_id, [holds.c.hold_id == hold_id], now, by) == 1


def _lift(
    conn: sa.Connection,
    family_id: int,
    which: Sequence[sa.ColumnElement[bool]],
    now: datetime,
    by: int | None,
) -> int:
    still_open = sa.and_(holds.c.family_id == family_id, holds.c.lifted_at.is_(None))
    ended = sa.update(holds).where(still_open, *which).values(lifted_at=now, lifted_by=by)
    lifted = conn.execute(ended).rowcount
    if lifted:
        raise_epoch(conn, family_id)
        held = sa.exists().where(still_open)
        conn.execute(sa.update(families).where(families.c.family_id == family_id).values(held=held))
    return lifted


def raise_epoch(conn: sa.Connection, family_id: int) -> None:
    """Messages may go again: rows closed before may be planned again."""
    conn.execute(
        sa.update(families)
        .where(families.c.family_id == family_id)
        .values(epoch=families.c.epoch + 1, ended_on=None)
    )


def lock(conn: sa.Connection, family_id: int) -> bool:
    """Hold the family's row until the transaction ends, so that two changes never cross."""
    query = sa.select(families.c.family_id).where(families.c.family_id == family_id).with_for_update()
    return conn.execute(query).first() is not None


def begin_change(conn: sa.Connection, family_id: int, today: date) -> None:
    """Always first in a change: the planner will look again, and the family's row is held till the end.

    Due row, family, outbox, address, in this order everywhere: so two changes, the planner and the
    dispatcher never wait for each other in a circle.
    """
    mark_due(conn, family_id, today)
    lock(conn, family_id)


def set_moved(conn: sa.Connection, family_id: int, day: date) -> None:
    """The family moved home on this day."""
    conn.execute(sa.update(families).where(families.c.family_id == family_id).values(moved_on=day))


# --- what happened, and what is to be looked at ------------------------------------------------------


def event(
    conn: sa.Connection, family_id: int, kind: str, now: datetime, member_id: int | None = None, **detail: Any
) -> None:
    """Write down that something happened; `detail` holds codes, ids and days (as ISO text) only."""
    plain = {name: value.isoformat() if isinstance(value, date) else value for name, value in detail.items()}
    conn.execute(
        sa.insert(family_events).values(
            family_id=family_id, event_id=_next_event(conn, family_id), at=now, kind=kind,
            member_id=member_id, detail=plain,
        )
    )  # fmt: skip


def _next_event(conn: sa.Connection, family_id: int) -> int:
    """An id after every event there is, though another host's clock may have been ahead of ours."""
    last = conn.execute(
        sa.select(sa.func.max(family_events.c.event_id)).where(family_events.c.family_id == family_id)
    ).scalar()
    return max(new_id(), (last or 0) + 1)


def events(conn: sa.Connection, family_id: int) -> list[Event]:
    """All that happened to a family, in order."""
    rows = conn.execute(
        sa.select(family_events)
        .where(family_events.c.family_id == family_id)
        .order_by(family_events.c.event_id)
    )
    return [Event(row.event_id, row.family_id, row.at, row.kind, row.member_id, row.detail) for row in rows]


def mark_due(conn: sa.Connection, family_id: int, since: date) -> None:
    """The planner must look at this family again, at everything that opened from `since` on."""
    # The row is written even where it says so already: so a plan under way does not take it meanwhile.
    conn.execute(_noted_due(conn.dialect.name), {"family_id": family_id, "since": since})


@lru_cache(maxsize=2)
def _noted_due(dialect: str) -> Any:
    insert = (sqlite.insert if dialect == "sqlite" else postgresql.insert)(due).values(campaign="", step="")
    earlier = sa.case((due.c.since < insert.excluded.since, due.c.since), else_=insert.excluded.since)
    return insert.on_conflict_do_update(
        index_elements=["family_id", "campaign", "step"], set_={"since": earlier}
    )
