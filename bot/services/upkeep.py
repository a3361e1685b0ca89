"""Upkeep: what the doctor asks of the database itself."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from bot.domain.revision import Mode
from bot.errors import NotAllowed
from bot.services import backups
from bot.services.desk import Desk
from bot.store import keyring, schema


def database(desk: Desk) -> str:
    """A sentence on a database that is fit for this program and mode; raises what is wrong with it."""
    schema.require_current(desk.database)

    def work(conn: sa.Connection) -> str:
        found, wanted = schema.reality(conn), "rehearsal" if desk.mode is Mode.REHEARSAL else "real"
        if found not in (None, wanted):
            raise NotAllowed(
                f"This is a {found} database, and the mode is {desk.mode.value}.",
                "Name another database in THINKFAMILY_DATABASE_URL.",
            )
        kind = "SQLite" if desk.database.sqlite else "PostgreSQL"
        version = "select sqlite_version()" if desk.database.sqlite else "show server_version"
        return f"{kind} {conn.exec_driver_sql(version).scalar_one()}, schema {schema.version(conn)}: current."

    return desk.database.read(work)


def keys(desk: Desk) -> list[str]:
    """The names of the keys that the database needs, all of them held; SettingsError when one is not."""

    def work(conn: sa.Connection) -> list[str]:
        keyring.check(conn, desk.seal)
        return sorted(keyring.marks(conn)) or [desk.seal.current.id]

    return desk.database.read(work)


def last_backup(desk: Desk) -> datetime | None:
    """When the last backup was taken; None when never."""
    return desk.database.read(backups.last_backup)
