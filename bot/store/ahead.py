"""Ahead: moments that a wrong clock wrote too far into the future, brought back once it was set right.

Without that a sender, a chat, a lease or an answer would wait until the wrong moment comes: for a month.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from bot.domain.outbox import Kind, State
from bot.store.tables import addresses, alerts, leases, outbox, put_aside, senders

_LEASE = timedelta(seconds=60)  # a call may be under way


def bring_back(conn: sa.Connection, at: datetime, allowed: timedelta) -> int:
    """Bring back what is further ahead of the database's clock than `allowed`; gives how many rows.

    Only what is always short: paces, leases, when an answer or the duty may be tried, and what was put
    aside. A step's time is its own.
    """
    far = at + allowed
    answers = outbox.c.kind.in_([Kind.REPLY.value, Kind.CRISIS.value])
    changes = (
        sa.update(senders).where(senders.c.free_at > far).values(free_at=at),
        sa.update(addresses).where(addresses.c.free_at > far).values(free_at=None),
        sa.update(leases).where(leases.c.until > far).values(until=at),
        sa.update(alerts).where(alerts.c.ring_at > far).values(ring_at=at),
        sa.update(put_aside).where(put_aside.c.next_at > far).values(next_at=at),
        sa.update(outbox)
        .where(outbox.c.state == State.SENDING.value, outbox.c.claimed_until > far)
        .values(claimed_until=at + _LEASE),
        sa.update(outbox)
        .where(outbox.c.state == State.QUEUED.value, answers, outbox.c.send_at > far)
        .values(send_at=at),
    )
    return sum(conn.execute(change).rowcount for change in changes)
