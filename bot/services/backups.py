"""Backups: one file of the whole database, proved; and a restore after which nothing is sent twice by itself.

What happened between a backup and its restore is not known. So a restored database keeps planned sending
halted; what families texted meanwhile is read again from the provider's list; what may have left is in doubt
(`uncertain`) until that list shows that it did not; and staff say when sending goes on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from bot.domain import hours
from bot.errors import DatabaseGone, NotAllowed
from bot.services import plan, publish
from bot.services.desk import Desk
from bot.store import audit, copies, keyring, leases, pace, parcel, restored, schema
from bot.store.database import Database
from bot.store.parcel import Manifest
from bot.store.restored import Gap
from bot.store.writer import Priority

_LAST, _LISTED = "backup", "twilio_listed_until"


@dataclass(frozen=True, slots=True)
class Resumed:
    """What came of a restore: messages in doubt from then on, and how many senders go on."""

    in_doubt: int
    senders: int


def backup(desk: Desk, target: Path, by: str, now: datetime) -> Manifest:
    """Copy the database into one new file while the bot runs; raises NotAllowed when it is there already.

    The file is made under another name, read again, and only then named; the keys are not in it.
    """
    parcel.not_taken(target)
    with parcel.workplace(target.parent) as folder:
        copied = folder / "copy"
        seen = copies.copy(desk.database, copied)
        copies.readable(copied, sqlite=desk.database.sqlite)
        made = parcel.pack(folder, copied, _kind(desk.database), now, seen, target)

    def noted(conn: sa.Connection) -> None:
        leases.move_cursor(conn, _LAST, now.astimezone(UTC).isoformat())
        audit.record(conn, by, "backup", now)

    desk.database.write(noted, Priority.PLAN)
    return made


def last_backup(conn: sa.Connection) -> datetime | None:
    """When the last backup by this program was taken; None when never."""
    value = leases.cursor(conn, _LAST)
    return None if value is None else datetime.fromisoformat(value)


def verify(desk: Desk, source: Path) -> Manifest:
    """Prove a backup without restoring it: whole, readable, and its keys are held.

    Of SQLite's everything is counted again. Raises DatabaseGone or SettingsError.
    """
    with parcel.workplace(source.parent) as folder:
        copied = folder / "copy"
        made = parcel.unpack(source, copied)
        copies.readable(copied, sqlite=made.kind == "sqlite")
        keyring.open_with(desk.seal, made.seen.keys)
        if made.kind == "sqlite":
            there = Database(f"sqlite:///{copied}", kept=False)
            try:
                there.read(lambda conn: _prove(conn, made))
            finally:
                there.close()
    return made


def restore(desk: Desk, source: Path, by: str, now: datetime) -> Manifest:
    """Put a backup into the database that the settings name, which must be empty or not there, and make it
    safe: all of it or nothing that any process would run with. Halts planned sending."""
    target = desk.database.file
    beside = source.parent if target is None else Path(target).parent
    with parcel.workplace(beside) as folder:
        copied = folder / "copy"
        made = parcel.unpack(source, copied)
        if made.kind != _kind(desk.database):
            raise NotAllowed(
                f"This is a backup of a {made.kind} database.",
                "Name one of its kind in THINKFAMILY_DATABASE_URL.",
            )
        keyring.open_with(desk.seal, made.seen.keys)
        if target is None:
            _into_postgres(desk, copied, made, by, now)
        else:
            _into_file(desk, copied, Path(target), made, by, now)
    return made


def _into_file(desk: Desk, copied: Path, target: Path, made: Manifest, by: str, now: datetime) -> None:
    parcel.not_taken(target)
    for beside in ("-wal", "-shm"):  # of another database: SQLite would read them into this one
        parcel.not_taken(target.with_name(target.name + beside))
    copies.readable(copied, sqlite=True)
    there = Database(f"sqlite:///{copied}")
    try:
        there.write(lambda conn: _made_safe(conn, desk, made, by, now))
    finally:
        there.close()
    parcel.name_it(copied, target)


def _into_postgres(desk: Desk, copied: Path, made: Manifest, by: str, now: datetime) -> None:
    stands = desk.database.read(schema.stands)
    if stands == "missing" and desk.database.read(copies.is_empty):
        copies.put_back(desk.database, copied)
    elif stands != "unfinished":  # one that was broken off is gone on with
        raise NotAllowed(
            "The database that THINKFAMILY_DATABASE_URL names is not empty, and is left alone.",
            "Make an empty one, and name that.",
            code="taken",
        )
    desk.database.write(lambda conn: _made_safe(conn, desk, made, by, now))
    desk.database.write(lambda conn: conn.execute(sa.text("ANALYZE")))


def _made_safe(conn: sa.Connection, desk: Desk, made: Manifest, by: str, now: datetime) -> None:
    """One transaction: proved, of today's schema, halted, and nothing that may have left goes by itself."""
    _prove(conn, made)
    schema.finish(conn, made.seen.version)
    restored.note(conn, made.taken_at, now)
    for channel, name in desk.senders.items():
        pace.sender_id(conn, channel, name, now)
    pace.halt(conn, pace.HALTED_BY_STAFF, now)
    restored.doubt_answers(conn, made.taken_at, now)
    if leases.cursor(conn, _LISTED) is None:  # received texts are read again from the backup on
        leases.move_cursor(conn, _LISTED, made.taken_at.astimezone(UTC).isoformat())
    audit.record(conn, by, "restore backup", now, made.taken_at.isoformat())


def _prove(conn: sa.Connection, made: Manifest) -> None:
    found = copies.look(conn)
    if (found.rows, found.reality, found.keys) != (made.seen.rows, made.seen.reality, made.seen.keys):
        wrong = sorted(
            name for name in {*found.rows, *made.seen.rows}
            if found.rows.get(name, 0) != made.seen.rows.get(name, 0)
        )  # fmt: skip
        raise DatabaseGone(
            f"What was put back is not what was backed up: {', '.join(wrong) or 'meta'}.",
            "Use another backup, into an empty database.",
        )


def gap(desk: Desk) -> Gap | None:
    """The restore that staff have not settled yet; None when there is none."""
    found = desk.database.read(restored.gap)
    return None if found is None or found.settled else found


def resume_restored(desk: Desk, by: str, now: datetime, *, twilio: bool) -> Resumed:
    """Staff let sending go on after a restore: what was open then and may have left is in doubt first.

    Raises NotAllowed while the texts of the gap were not read again (where `twilio` can list them).
    """
    found = gap(desk)
    if found is None:
        return Resumed(0, publish.resume(desk, by, now))
    if twilio and not _caught_up(desk, found):
        raise NotAllowed(
            "The texts that came since the backup have not been read again yet: STOPs and LOSSes among them.",
            "Start `thinkfamily run`, wait five minutes, then look at /healthz and come back.",
            code="not_caught_up",
        )
    plan.plan(desk, now)  # what opened since is made now, so that it can be in doubt too

    def work(conn: sa.Connection) -> Resumed:
        last_day = hours.last_sending_day(found.taken_at, found.restored_at)
        if last_day is not None:
            restored.doubt_planned(conn, found.taken_at, last_day, now)
        restored.settle(conn)
        audit.record(conn, by, "resume after restore", now)
        return Resumed(restored.in_doubt(conn), pace.resume(conn))

    return desk.database.write(work)


def _caught_up(desk: Desk, found: Gap) -> bool:
    value = desk.database.read(lambda conn: leases.cursor(conn, _LISTED))
    return value is not None and datetime.fromisoformat(value) > found.restored_at


def _kind(database: Database) -> str:
    return "sqlite" if database.sqlite else "postgresql"
