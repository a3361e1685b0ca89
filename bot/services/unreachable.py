"""What it means for a family that an address refuses or cannot be reached; within a transaction."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from bot.domain import hours
from bot.domain.conversation.turn import StopAddress
from bot.services import families
from bot.services.desk import Desk
from bot.store import addresses, alerts

FAILED_DAYS = 3  # one bad day is not a refusal


def stopped(conn: sa.Connection, desk: Desk, address_id: int, now: datetime) -> None:
    """The person refused at the provider (a Telegram block, Twilio 21610): that is a STOP."""
    person = families.person(conn, desk, addresses.by_id(conn, address_id), now)
    families.apply(conn, desk, person, (StopAddress(how="block"),), now)


def suspended(conn: sa.Connection, desk: Desk, address_id: int, reason: str, now: datetime) -> None:
    """Nothing arrives at this address for good; relatives of a mother so lost go quiet (CARE 7)."""
    if addresses.suspend(conn, address_id, reason, now):
        families.unreachable(conn, desk, address_id, now)


def failed(conn: sa.Connection, desk: Desk, address_id: int, now: datetime) -> None:
    """One message failed on its way. At most one failure a day counts; after three days we give up."""
    days = addresses.note_failure(conn, address_id, hours.local_day(now))
    if days >= FAILED_DAYS:
        suspended(conn, desk, address_id, "failing", now)
        alerts.raise_alert(conn, "address_failing", now)
