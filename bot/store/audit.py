"""The audit: who of the staff did what, and to which family or campaign; ids only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.store.ids import new_id
from bot.store.tables import audit


@dataclass(frozen=True, slots=True)
class Entry:
    """One act of a member of staff."""

    at: datetime
    who: str
    what: str
    subject: str


def record(conn: sa.Connection, who: str, what: str, now: datetime, subject: str = "") -> None:
    """Write down an act; `subject` is such as "family 12" or "campaign flu", never a person's data."""
    row = {"audit_id": new_id(), "at": now, "who": who[:80], "what": what[:60], "subject": subject[:120]}
    conn.execute(sa.insert(audit).values(row))


def listed(conn: sa.Connection, limit: int = 200) -> list[Entry]:
    """The latest acts, newest first."""
    return _entries(conn, sa.select(audit).limit(limit))


def about(conn: sa.Connection, subject: str, limit: int = 50) -> list[Entry]:
    """The latest acts that concern exactly this, newest first."""
    return _entries(conn, sa.select(audit).where(audit.c.subject == subject).limit(limit))


def _entries(conn: sa.Connection, query: sa.Select[Any]) -> list[Entry]:
    rows = conn.execute(query.order_by(audit.c.at.desc(), audit.c.audit_id.desc()))
    return [Entry(row.at, row.who, row.what, row.subject) for row in rows]
