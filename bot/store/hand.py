"""What stands around a text that staff may answer by hand: its answers, its alerts, its phone's alerts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from bot.domain.outbox import Kind, State
from bot.store import ledger
from bot.store.alerts import AlertRow, of_rows
from bot.store.ledger import Entry
from bot.store.tables import alerts, inbox, outbox


def answers(conn: sa.Connection, inbound_id: int) -> list[Entry]:
    """Every message that answers this text, in order; reminders and the like that it asked for are none."""
    kinds = [Kind.REPLY.value, Kind.CRISIS.value, Kind.STAFF.value]
    query = sa.select(outbox.c.outbox_id).where(
        outbox.c.inbound_id == inbound_id, outbox.c.kind.in_(kinds)
    ).order_by(outbox.c.n)  # fmt: skip
    found = [ledger.one(conn, outbox_id) for outbox_id in conn.execute(query).scalars()]
    return [one for one in found if one is not None]


def about_text(conn: sa.Connection, inbound_id: int) -> Sequence[AlertRow]:
    """Every alert about one text, closed ones too, oldest first."""
    query = sa.select(alerts).where(alerts.c.inbound_id == inbound_id).order_by(alerts.c.alert_id)
    return of_rows(conn.execute(query))


def alerted_from(conn: sa.Connection, address_id: int, kinds: Iterable[str]) -> bool:
    """Whether a text from this phone ever raised an alert of these kinds, closed by now or not."""
    from_there = sa.and_(alerts.c.inbound_id == inbox.c.inbound_id, alerts.c.kind.in_(sorted(kinds)))
    query = sa.select(inbox.c.inbound_id).where(
        inbox.c.address_id == address_id, sa.exists().where(from_there)
    )
    return conn.execute(query.limit(1)).first() is not None


NEVER_LEFT = frozenset({State.EXPIRED, State.CANCELLED, State.SKIPPED, State.FAILED})
"""Of an answer in one of these states nothing arrived."""
