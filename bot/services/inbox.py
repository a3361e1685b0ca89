"""The inbox of staff: alerts and texts that a person should read; what was seen to is closed, by name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from bot.errors import NotFound
from bot.services.desk import Desk
from bot.services.revealing import Revealed
from bot.store import addresses, alerts, audit, inbox
from bot.store.alerts import AlertRow
from bot.store.inbox import Unread


def open_alerts(desk: Desk, limit: int) -> list[AlertRow]:
    """The newest alerts that nobody has closed; ids and kinds only."""
    return desk.database.read(lambda conn: alerts.listed(conn, limit=limit))


def close_alert(desk: Desk, alert_id: int, by: str, now: datetime) -> None:
    """Somebody saw to it, and who is written down. Raises NotFound when no such alert is open."""

    def work(conn: sa.Connection) -> None:
        if not alerts.close_alert(conn, alert_id, now):
            raise NotFound(f"No alert {alert_id} is open.", "`thinkfamily alerts list` lists those that are.")
        audit.record(conn, by, "close alert", now, f"alert {alert_id}")

    desk.database.write(work)


def unread(desk: Desk, limit: int) -> list[Unread]:
    """Texts that a person should look at, oldest first: not understood, failed, or with an open alert.

    No personal data.
    """
    return desk.database.read(lambda conn: inbox.unread(conn, limit))


def reveal(desk: Desk, ids: Sequence[int], by: str, now: datetime) -> dict[int, Revealed]:
    """Whom these texts came from, and their words; who asked is written down in the same transaction."""

    def work(conn: sa.Connection) -> dict[int, Revealed]:
        for inbound_id in ids:
            audit.record(conn, by, "reveal text", now, _subject(inbound_id))
        found = inbox.opened(conn, desk.seal, ids)
        known = addresses.reveal(conn, desk.seal, {row.address_id for row in found if row.address_id})
        shown = {}
        for row in found:
            address = None if row.address_id is None else known.get(row.address_id)
            shown[row.id] = Revealed(None if address is None else address.value, row.text)
        return shown

    return desk.database.write(work)


def close_unread(desk: Desk, inbound_id: int, by: str, now: datetime) -> None:
    """Somebody looked, and who is written down. Raises NotFound when the text was not waiting for that."""

    def work(conn: sa.Connection) -> None:
        if not inbox.close_unread(conn, inbound_id, now):
            raise NotFound(
                f"No text {inbound_id} waits to be read.",
                "`thinkfamily inbox list` lists those that do; one that only an alert names goes with it.",
            )
        audit.record(conn, by, "read text", now, _subject(inbound_id))

    desk.database.write(work)


def _subject(inbound_id: int) -> str:
    return f"inbound {inbound_id}"
