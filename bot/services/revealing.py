"""Revealing: who was shown personal data, written down before it is shown."""

from __future__ import annotations

from datetime import datetime

from bot.services.desk import Desk
from bot.store import audit


def reveal(desk: Desk, what: str, subject: str, by: str, now: datetime) -> None:
    """`by` is about to see numbers or words: `what` names the command, `subject` whose, in ids."""
    desk.database.write(lambda conn: audit.record(conn, by, f"reveal {what}", now, subject))
