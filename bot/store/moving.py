"""Moving a member: to another family with all that is theirs alone, or to another phone."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from bot.domain.family import Link
from bot.domain.outbox import Kind, Reason, State
from bot.store import dossier
from bot.store import outbox as line
from bot.store.tables import (
    answers,
    consent_states,
    consents,
    families,
    family_events,
    members,
    outbox,
    pregnancies,
    topics,
)  # fmt: skip

# What these say is about the family's dates and quiet: it stays there, and names nobody who left.
_OF_THE_FAMILY = frozenset(
    {"due", "born", "not_born", "neonatal", "home", "apart", "loss", "hold", "lift", "undo", "living_baby"}
)
_PLANNED = (Kind.STAGED, Kind.CHOSEN, Kind.CHECK_IN, Kind.REMINDER)
_OPEN = sa.text("state IN ('waiting', 'queued')")


def to_family(
    conn: sa.Connection, family_id: int, member_id: int, there: int, link: Link, now: datetime
) -> None:
    """The member is one of the family `there` from now on, with their consents, wishes and what they had.

    What is planned for them here ends. What they told of the dates here stays, and so does a hold of theirs,
    by nobody. The caller has begun the change of both families.
    """
    whose = {"family_id": family_id, "member_id": member_id}
    line.close_open(
        conn, family_id=family_id, member_id=member_id, kinds=_PLANNED, state=State.CANCELLED,
        reason=Reason.LEFT, now=now,
    )  # fmt: skip
    sees = sa.select(sa.func.max(pregnancies.c.pregnancy_id)).where(pregnancies.c.family_id == there)
    row = dict(conn.execute(sa.select(members).where(*_same(members, whose))).mappings().one())
    row |= {"family_id": there, "link": link.value, "sees_pregnancy_id": conn.execute(sees).scalar()}
    conn.execute(sa.insert(members).values(row))
    for table in (topics, answers, consent_states, consents):
        conn.execute(sa.update(table).where(*_same(table, whose)).values(family_id=there))
    theirs = sa.update(outbox).where(*_same(outbox, whose))
    conn.execute(theirs.values(family_id=there, pregnancy_id=None))
    _events(conn, whose, there)
    dossier.anonymise(conn, family_id, member_id, now)
    conn.execute(sa.delete(members).where(*_same(members, whose)))
    _above(conn, family_id, there)


def _events(conn: sa.Connection, whose: dict[str, int], there: int) -> None:
    mine = _same(family_events, whose)
    of_both = family_events.c.kind.in_(sorted(_OF_THE_FAMILY))
    conn.execute(sa.update(family_events).where(*mine, of_both).values(member_id=None))
    conn.execute(sa.update(family_events).where(*mine, ~of_both).values(family_id=there))


def _above(conn: sa.Connection, family_id: int, there: int) -> None:
    """What ended here unsent may come round there: the epoch there is a later one."""
    epochs = sa.select(sa.func.max(families.c.epoch)).where(families.c.family_id.in_([family_id, there]))
    highest = conn.execute(epochs).scalar_one()
    conn.execute(sa.update(families).where(families.c.family_id == there).values(epoch=highest + 1))


def sees_now(conn: sa.Connection, family_id: int, member_id: int) -> None:
    """Invited anew: this member may hear of the newest pregnancy too."""
    newest = sa.select(sa.func.max(pregnancies.c.pregnancy_id)).where(pregnancies.c.family_id == family_id)
    this = sa.and_(members.c.family_id == family_id, members.c.member_id == member_id)
    conn.execute(sa.update(members).where(this).values(sees_pregnancy_id=conn.execute(newest).scalar()))


def to_address(
    conn: sa.Connection,
    family_id: int,
    member_id: int,
    address_id: int,
    channel: str,
    sender_id: int,
    today: date,
    now: datetime,
) -> None:
    """The member is reached at another address from now on, and so is all that is planned for them.

    What was sent, and the old address with its STOP, stay as they are. Steps are to be looked at again.
    """
    whose = {"family_id": family_id, "member_id": member_id}
    conn.execute(sa.update(members).where(*_same(members, whose)).values(address_id=address_id))
    goes: dict[str, Any] = {
        "address_id": address_id, "channel": channel, "sender_id": sender_id, "updated_at": now,
    }  # fmt: skip
    waits = {"state": State.WAITING.value, "reason": Reason.MOVED.value, "look_on": today, "day": None,
             "send_at": None}  # fmt: skip
    planned = sa.and_(*_same(outbox, whose), _OPEN)
    steps = outbox.c.kind.in_([Kind.STAGED.value, Kind.CHOSEN.value])
    asked = outbox.c.kind.in_([Kind.CHECK_IN.value, Kind.REMINDER.value])
    conn.execute(sa.update(outbox).where(planned, steps).values(goes | waits))
    conn.execute(sa.update(outbox).where(planned, asked).values(goes))


def _same(table: sa.Table, values: dict[str, int]) -> list[sa.ColumnElement[bool]]:
    return [table.c[name] == value for name, value in values.items()]
