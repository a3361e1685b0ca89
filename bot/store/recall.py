"""Recall: queued rows go back to waiting, so that nothing stale leaves before the planner looked again."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from bot.domain.outbox import Reason, State
from bot.store.tables import outbox

_QUEUED = sa.text("state = 'queued'")
_PLANNED = sa.text("kind IN ('staged', 'chosen')")
_ANY_STEP = sa.text("kind IN ('staged', 'chosen', 'check_in')")  # as the delivery key's index says it


def recall(
    conn: sa.Connection, family_id: int, today: date, now: datetime, member_id: int | None = None
) -> int:
    """Something the plan was made from has changed for a family, or for one member; gives how many rows.

    They wait, to be looked at today. The caller marks the family due, so the planner does it at once.
    """
    which: list[Any] = [outbox.c.family_id == family_id, _ANY_STEP, _PLANNED, _QUEUED]
    if member_id is not None:
        which.append(outbox.c.member_id == member_id)
    waiting = {
        "state": State.WAITING.value, "reason": Reason.MOVED.value, "look_on": today,
        "day": None, "send_at": None, "updated_at": now,
    }  # fmt: skip
    return conn.execute(sa.update(outbox).where(*which).values(waiting)).rowcount


def bring_back(
    conn: sa.Connection,
    campaign: str,
    steps: Collection[str] | None,
    reason: Reason,
    today: date,
    now: datetime,
) -> int:
    """What was cancelled for this reason and is still open waits again, to be looked at today.

    Of the whole campaign, or of the steps that have one of these names.

    Nothing of it ever left, and the planner decides as of any waiting row. Gives how many it was.
    """
    which: list[Any] = [
        outbox.c.state == State.CANCELLED.value, outbox.c.reason == reason.value, _PLANNED,
        outbox.c.campaign == campaign, outbox.c.closes_on > today,
    ]  # fmt: skip
    if steps is not None:
        which.append(outbox.c.step.in_(sorted(steps)))
    waiting = {
        "state": State.WAITING.value, "reason": None, "look_on": today, "day": None, "send_at": None,
        "not_after": None, "updated_at": now,
    }  # fmt: skip
    return conn.execute(sa.update(outbox).where(*which).values(waiting)).rowcount
