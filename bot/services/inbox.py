"""The inbox of staff: alerts and unread replies; what was seen to is closed."""

from __future__ import annotations

from datetime import datetime

from bot.services.desk import Desk
from bot.store import alerts, inbox
from bot.store.alerts import AlertRow
from bot.store.inbox import InboundRow


def open_alerts(desk: Desk) -> list[AlertRow]:
    """Every alert nobody has closed, newest first; ids and kinds only."""
    return desk.database.read(alerts.listed)


def close_alert(desk: Desk, alert_id: int, now: datetime) -> bool:
    """Somebody saw to it; False when it was closed already or is unknown."""
    return desk.database.write(lambda conn: alerts.close_alert(conn, alert_id, now))


def unread(desk: Desk) -> list[InboundRow]:
    """Messages that a person should look at, oldest first, opened: for `--reveal` only."""
    return desk.database.read(lambda conn: inbox.unread(conn, desk.seal))


def close_unread(desk: Desk, inbound_id: int, now: datetime) -> bool:
    """Somebody looked; False when it was not waiting for that."""
    return desk.database.write(lambda conn: inbox.close_unread(conn, inbound_id, now))
