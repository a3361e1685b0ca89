"""What staff must see: kinds and ids only, never words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.domain import duty
from bot.store.ids import new_id
from bot.store.tables import alerts, outbox

UNCERTAIN = "uncertain"  # nobody knows whether a message left

_IN_DOUBT = sa.exists().where(outbox.c.outbox_id == alerts.c.outbox_id, outbox.c.state == "uncertain")
_SETTLED = (
    sa.update(alerts)
    .where(
        alerts.c.closed_at.is_(None),
        alerts.c.kind == UNCERTAIN,
        alerts.c.outbox_id.in_(sa.bindparam("ids", expanding=True)),
        ~_IN_DOUBT.correlate(alerts),
    )
    .values(closed_at=sa.bindparam("seen"))
)


@dataclass(frozen=True, slots=True)
class AlertRow:
    """One open or closed alert; the ids say where to look.

    The duty is to be told of it at `ring_at`, was told at `rung_at`, or could not be told for a day.
    """

    id: int
    kind: str
    at: datetime
    family_id: int | None
    inbound_id: int | None
    outbox_id: int | None
    closed_at: datetime | None
    ring_at: datetime | None = None
    rung_at: datetime | None = None
    given_up_at: datetime | None = None


def raise_alert(
    conn: sa.Connection,
    kind: str,
    now: datetime,
    *,
    family_id: int | None = None,
    inbound_id: int | None = None,
    outbox_id: int | None = None,
) -> int:
    """Open an alert, which rings if its kind does (`domain.duty`); gives its id. Nobody waits for the ring.

    The same kind about the same thing that is still open is not opened twice.
    """
    about = {"family_id": family_id, "inbound_id": inbound_id, "outbox_id": outbox_id}
    same = [alerts.c[name].is_not_distinct_from(value) for name, value in about.items()]
    there: int | None = conn.execute(
        sa.select(alerts.c.alert_id).where(alerts.c.closed_at.is_(None), alerts.c.kind == kind, *same)
    ).scalar()
    if there is not None:
        return there
    alert_id = new_id()
    ring_at = now if duty.rings(kind) else None
    conn.execute(sa.insert(alerts).values(alert_id=alert_id, kind=kind, at=now, ring_at=ring_at, **about))
    return alert_id


def listed(conn: sa.Connection, *, only_open: bool = True, limit: int = 200) -> list[AlertRow]:
    """Alerts, newest first."""
    query = sa.select(alerts).order_by(alerts.c.at.desc(), alerts.c.alert_id.desc()).limit(limit)
    if only_open:
        query = query.where(alerts.c.closed_at.is_(None))
    return of_rows(conn.execute(query))


def about_message(conn: sa.Connection, outbox_id: int) -> list[AlertRow]:
    """Every alert about one message that leaves, closed ones too, oldest first."""
    query = sa.select(alerts).where(alerts.c.outbox_id == outbox_id).order_by(alerts.c.alert_id)
    return of_rows(conn.execute(query))


def of_rows(rows: Iterable[Any]) -> list[AlertRow]:
    """These rows of the table as alerts."""
    return [_row(row) for row in rows]


def _row(row: Any) -> AlertRow:
    return AlertRow(
        row.alert_id, row.kind, row.at, row.family_id, row.inbound_id, row.outbox_id, row.closed_at,
        row.ring_at, row.rung_at, row.given_up_at,
    )  # fmt: skip


def close_alert(conn: sa.Connection, alert_id: int, now: datetime) -> bool:
    """Somebody saw to it; False when it was closed already or is unknown."""
    return (
        conn.execute(
            sa.update(alerts)
            .where(alerts.c.alert_id == alert_id, alerts.c.closed_at.is_(None))
            .values(closed_at=now)
        ).rowcount
        == 1
    )


def close_about(conn: sa.Connection, kind: str, family_id: int, now: datetime) -> None:
    """Close the alerts of this kind about a family: what they told of is over."""
    which = (alerts.c.closed_at.is_(None), alerts.c.kind == kind, alerts.c.family_id == family_id)
    conn.execute(sa.update(alerts).where(*which).values(closed_at=now))


def settled(conn: sa.Connection, outbox_ids: Sequence[int], now: datetime) -> int:
    """Close the alerts that these messages are uncertain, where they are so no more; gives how many."""
    return conn.execute(_SETTLED, {"ids": list(outbox_ids), "seen": now}).rowcount


def open_counts(conn: sa.Connection) -> dict[str, int]:
    """How many alerts of each kind are open."""
    rows = conn.execute(
        sa.select(alerts.c.kind, sa.func.count().label("number"))
        .where(alerts.c.closed_at.is_(None))
        .group_by(alerts.c.kind)
        .order_by(alerts.c.kind)
    )
    return {row.kind: row.number for row in rows}
