"""Revealing: who was shown personal data, written down before it is shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.services.desk import Desk
from bot.store import audit


@dataclass(frozen=True, slots=True)
class Revealed:
    """An address and the words that came from it or went to it; None where they are not kept (any more).

    `repr` hides both.
    """

    address: str | None
    words: str | None

    def __repr__(self) -> str:
        return "Revealed(...)"


def reveal(desk: Desk, what: str, subject: str, by: str, now: datetime) -> None:
    """`by` is about to see numbers or words: `what` names the command, `subject` whose, in ids."""
    desk.database.write(lambda conn: audit.record(conn, by, f"reveal {what}", now, subject))
