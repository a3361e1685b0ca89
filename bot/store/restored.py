"""After a restore nobody knows what left since the backup: what may have left does not go by itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from bot.domain.outbox import Kind, Reason, State
from bot.store.columns import Moment
from bot.store.conflicts import insert_new
from bot.store.tables import meta, outbox

_NAME, _OPEN, _DONE = "restored", "open", "done"
KEPT = "restored:kept"  # the list could not tell either: it stays in doubt, and is asked about no more
_ASKED = "restored"
_PLANNED = (Kind.STAGED.value, Kind.CHOSEN.value, Kind.CHECK_IN.value)


@dataclass(frozen=True, slots=True)
class Gap:
    """From the backup until the restore: what happened then is not in this database."""

    taken_at: datetime
    restored_at: datetime
    settled: bool  # staff have let sending go on


def note(conn: sa.Connection, taken_at: datetime, restored_at: datetime) -> None:
    """This database was restored."""
    conn.execute(sa.delete(meta).where(meta.c.name == _NAME))
    value = f"{taken_at.isoformat()}|{restored_at.isoformat()}|{_OPEN}"
    conn.execute(insert_new(conn, meta), {"name": _NAME, "value": value})


def gap(conn: sa.Connection) -> Gap | None:
    """The last restore; None when this database never was."""
    value: str | None = conn.execute(sa.select(meta.c.value).where(meta.c.name == _NAME)).scalar()
    if value is None:
        return None
    taken, at, stands = value.split("|")
    return Gap(datetime.fromisoformat(taken), datetime.fromisoformat(at), stands == _DONE)


def settle(conn: sa.Connection) -> None:
    """Staff let sending go on."""
    value = sa.func.replace(meta.c.value, f"|{_OPEN}", f"|{_DONE}")
    conn.execute(sa.update(meta).where(meta.c.name == _NAME).values(value=value))


def doubt_answers(conn: sa.Connection, taken_at: datetime, now: datetime) -> int:
    """What was being sent, or was an answer about to be, may have left since; gives how many rows."""
    answers = sa.and_(outbox.c.state == State.QUEUED.value, outbox.c.kind.not_in(_PLANNED))
    return _doubt(conn, sa.or_(outbox.c.state == State.SENDING.value, answers), taken_at, now)


def doubt_planned(conn: sa.Connection, taken_at: datetime, last_day: date, now: datetime) -> int:
    """What is planned and was open by `last_day` may have left since the backup; gives how many rows.

    Of what only waited nobody knows the day, and none is left on it.
    """
    open_then = sa.or_(outbox.c.opens_on.is_(None), outbox.c.opens_on <= last_day)
    planned = sa.and_(outbox.c.kind.in_(_PLANNED), open_then)
    waiting = sa.and_(outbox.c.state == State.WAITING.value, planned)
    queued = sa.and_(outbox.c.state == State.QUEUED.value, planned)
    conn.execute(sa.update(outbox).where(waiting).values(day=None))
    return _doubt(conn, sa.or_(waiting, queued), taken_at, now)


def _doubt(conn: sa.Connection, which: sa.ColumnElement[bool], taken_at: datetime, now: datetime) -> int:
    values = {
        "state": State.UNCERTAIN.value, "reason": Reason.RESTORED.value, "provider_code": _ASKED,
        "attempted_at": sa.func.coalesce(outbox.c.attempted_at, sa.literal(taken_at, Moment())),
        "claimed_by": None, "claimed_until": None, "look_on": None, "updated_at": now,
    }  # fmt: skip
    return conn.execute(sa.update(outbox).where(which).values(values)).rowcount


def never_left(conn: sa.Connection, outbox_id: int, today: date, now: datetime) -> bool:
    """The provider lists nothing to that address since the backup: the planner decides again, today."""
    waiting = {
        "state": State.WAITING.value, "look_on": today, "day": None, "send_at": None, "not_after": None,
        "attempted_at": None, "provider_code": None, "updated_at": now,
    }  # fmt: skip
    return _settled(conn, outbox_id, waiting)


def not_told(conn: sa.Connection, outbox_id: int, now: datetime) -> bool:
    """Something left to that address, and nobody can say whether it was this: it stays in doubt."""
    return _settled(conn, outbox_id, {"provider_code": KEPT, "updated_at": now})


def _settled(conn: sa.Connection, outbox_id: int, values: dict[str, object]) -> bool:
    mine = [
        outbox.c.outbox_id == outbox_id,
        outbox.c.state == State.UNCERTAIN.value,
        outbox.c.reason == Reason.RESTORED.value,
    ]
    return conn.execute(sa.update(outbox).where(*mine).values(values)).rowcount == 1


def in_doubt(conn: sa.Connection) -> int:
    """How many rows are in doubt because of the restore."""
    doubt = sa.text("outbox.state IN ('sending', 'uncertain')")  # as the partial index says it
    query = sa.select(sa.func.count()).select_from(outbox)
    return int(conn.execute(query.where(doubt, outbox.c.reason == Reason.RESTORED.value)).scalar_one())
