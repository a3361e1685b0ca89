"""A claim as dispatch makes it, for the tests of claims."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from bot.domain.outbox import Kind
from bot.store import claims
from bot.store.gates import Terms


def take(
    conn: sa.Connection, kind: Kind, sender_id: int, terms: Terms, slots: int = 8, holder: str = "me"
) -> list[int]:
    """Pick and take, as a claim does."""
    picked = dict.fromkeys(row.id for row in claims.pick(conn, kind, sender_id, slots, terms))
    return sorted(claims.take(conn, kind, picked, terms, holder, terms.at + timedelta(seconds=60)))
