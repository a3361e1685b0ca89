"""Showing: what PRIVATE kept from the screen, read when it is asked for (CARE 22)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from bot.domain import hours
from bot.domain.family import Family, Member
from bot.domain.outbox import Kind
from bot.store import shown as rows

THIS_WEEK = timedelta(days=7)
MOST = 3  # messages in one go
_RESTS = (Kind.CHOSEN,)
_ALL = (Kind.STAGED, Kind.CHOSEN, Kind.CHECK_IN, Kind.REMINDER)


def unread(conn: sa.Connection, family: Family, member: Member, now: datetime) -> tuple[int, ...]:
    """What of this week a "5" would show, oldest first; once all was read, the latest again.

    While messages rest, for a pause or a hold, only what was chosen, so that nobody can tell one from the
    other; and of the programme never what left before a loss (CARE 8, 19).
    """
    today = hours.local_day(now)
    paused = member.paused_until is not None and member.paused_until > today
    kinds = _RESTS if family.held or paused else _ALL
    losses = [one.lost_on for one in family.pregnancies if one.lost_on is not None]
    found = rows.left_since(conn, family.id, member.id, kinds, now - THIS_WEEK)
    good = [row for row in found if row.kind is Kind.CHOSEN or all(row.day > lost for lost in losses)]
    fresh = [row.id for row in good if not row.shown]
    return tuple(fresh[-MOST:] if fresh else [row.id for row in good[-1:]])


def shown(conn: sa.Connection, ids: Sequence[int], now: datetime) -> None:
    """These were shown."""
    rows.mark(conn, ids, now)
