"""What a provider's refusal says of an address; within the transaction that records it."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from bot.domain import hours
from bot.services import stopping
from bot.store import addresses, alerts

FAILED_DAYS = 3  # one bad day is not a refusal


def stopped(conn: sa.Connection, address_id: int, now: datetime) -> None:
    """The person refused at the provider (a Telegram block, Twilio 21610): that is a STOP."""
    stopping.stop(conn, address_id, "block", now)


def suspended(conn: sa.Connection, address_id: int, reason: str, now: datetime) -> None:
    """Nothing arrives at this address any more; relatives of a mother so lost go quiet (CARE 7)."""
    if addresses.suspend(conn, address_id, reason, now):
        stopping.unreachable(conn, address_id, now)


def failed(conn: sa.Connection, address_id: int, family_id: int, now: datetime) -> None:
    """One message failed on its way. At most one failure a day counts; after three days we give up."""
    days = addresses.note_failure(conn, address_id, hours.local_day(now))
    if days >= FAILED_DAYS:
        suspended(conn, address_id, "failing", now)
        alerts.raise_alert(conn, "address_failing", now, family_id=family_id or None)
