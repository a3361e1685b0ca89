"""Leases: who may do what only one process may do; and cursors: how far something was read."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from bot.store.conflicts import insert_new
from bot.store.tables import cursors, leases


def take(conn: sa.Connection, name: str, holder: str, at: datetime, until: datetime) -> bool:
    """Hold or renew the lease until `until` (database clock); False while somebody else holds it."""
    renewed = conn.execute(
        sa.update(leases)
        .where(leases.c.name == name, sa.or_(leases.c.holder == holder, leases.c.until <= at))
        .values(holder=holder, until=until)
    ).rowcount
    if renewed:
        return True
    made = conn.execute(
        insert_new(conn, leases, leases.c.name),
        {"name": name, "holder": holder, "until": until},
    ).first()
    return made is not None


def give(conn: sa.Connection, name: str, holder: str) -> None:
    """Let the lease go, if it is this holder's."""
    conn.execute(sa.delete(leases).where(leases.c.name == name, leases.c.holder == holder))


def cursor(conn: sa.Connection, name: str) -> str | None:
    """How far this was read; None when never."""
    value: str | None = conn.execute(sa.select(cursors.c.value).where(cursors.c.name == name)).scalar()
    return value


def move_cursor(conn: sa.Connection, name: str, value: str) -> None:
    """Remember how far this was read."""
    moved = conn.execute(sa.update(cursors).where(cursors.c.name == name).values(value=value)).rowcount
    if not moved:
        conn.execute(insert_new(conn, cursors), {"name": name, "value": value})


def drop_cursor(conn: sa.Connection, name: str) -> None:
    """Forget how far this was read."""
    conn.execute(sa.delete(cursors).where(cursors.c.name == name))


def cursors_like(conn: sa.Connection, prefix: str) -> dict[str, str]:
    """Every cursor whose name begins so."""
    rows = conn.execute(sa.select(cursors).where(cursors.c.name.startswith(prefix, autoescape=True)))
    return {row.name: row.value for row in rows}
