"""Privacy: what is kept no longer than needed, what is kept of a family, and how it is erased (P11)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa
import structlog

from bot.domain import hours
from bot.domain.family import Role
from bot.errors import DatabaseTrouble, NotFound
from bot.services import stopping
from bot.services.desk import Desk
from bot.store import audit, dossier, families, household
from bot.store import retention as kept
from bot.store.retention import Which
from bot.store.writer import Priority

BATCH = 200  # rows a transaction, so that nobody waits for the sweep
PROGRAMME = timedelta(days=2 * 366)  # two years after the last date that a family gave
_ANSWERED = timedelta(days=1)  # long enough for our last answer to arrive


@dataclass(frozen=True, slots=True)
class Swept:
    """How many rows one retention run dealt with, by what they were."""

    texts: int = 0
    bodies: int = 0
    talks: int = 0
    addresses: int = 0
    numbers: int = 0
    ended: int = 0
    dates: int = 0
    remainders: int = 0
    codes: int = 0


def retention(desk: Desk, now: datetime, batch: int = BATCH) -> Swept:
    """Drop what need not be kept, by the days in config; many short transactions, safe to repeat.

    `batch` is how many rows one transaction deals with.
    """
    keep = desk.config.retention
    texts_before = now - timedelta(days=keep.texts_days)
    talks_before = now - timedelta(days=keep.signup_days)
    parts: dict[str, Callable[[], int]] = {
        "texts": lambda: _all(desk, lambda conn: kept.drop_texts(conn, texts_before, batch)),
        "bodies": lambda: _all(desk, lambda conn: kept.drop_bodies(conn, texts_before, batch)),
        "talks": lambda: _all(desk, lambda conn: kept.drop_talks(conn, talks_before, batch)),
        "addresses": lambda: _abandoned(desk, talks_before, texts_before, now, batch),
        "numbers": lambda: _stopped(desk, keep.stopped_numbers_days, keep.texts_days, now, batch),
        "ended": lambda: _ended(desk, now, batch),
        "dates": lambda: _dates(desk, keep.dates_after_end_days, now, batch),
        "remainders": lambda: _all(desk, lambda conn: kept.drop_remainders(conn, now, batch)),
        "codes": lambda: _all(desk, lambda conn: kept.drop_codes(conn, now, batch)),
    }
    return Swept(**_each_part(parts))


def _each_part(parts: Mapping[str, Callable[[], int]]) -> dict[str, int]:
    """What each part did; a fault of ours in one is raised once all the others have had their turn."""
    done: dict[str, int] = {}
    faults: list[Exception] = []
    for name, part in parts.items():
        try:
            done[name] = part()
        except DatabaseTrouble:
            raise
        except Exception as fault:
            structlog.get_logger().error("retention_failed", part=name, error=type(fault).__name__)
            faults.append(fault)
    if faults:
        raise faults[0]
    return done


def export(desk: Desk, family_id: int, now: datetime) -> dict[str, Any]:
    """Everything kept about a family, opened, as JSON can hold it; raises NotFound.

    For staff only, after an identity check (CARE 23); the command that asks writes the audit.
    """

    def work(conn: sa.Connection) -> dict[str, Any]:
        _require(conn, family_id)
        return {
            "family_id": family_id,
            "exported_at": now.isoformat(),
            "rows": dossier.read_out(conn, desk.seal, family_id),
        }

    return desk.database.read(work)


def erase(desk: Desk, family_id: int, member_id: int | None, now: datetime, by: str) -> None:
    """Erase a family, or one member of it, to the last row; raises NotFound.

    Of an address that said STOP its keyed hash is kept, so that the STOP is. The audit keeps who erased
    and the ids, nothing else. The last member to go takes the family along.
    """

    def work(conn: sa.Connection) -> None:
        _require(conn, family_id, member_id)
        for address_id in _erase(conn, family_id, member_id, now):
            dossier.erase_address(conn, address_id)
        subject = f"family {family_id}" + ("" if member_id is None else f" member {member_id}")
        audit.record(conn, by, "erase", now, subject)

    desk.database.write(work, Priority.STAFF)


def erase_who_asked(conn: sa.Connection, family_id: int, member_id: int, now: datetime) -> None:
    """A person wrote DELETE: all of it goes in this transaction, but for the address, which our last
    answer still needs; retention erases that a day later."""
    for address_id in _erase(conn, family_id, member_id, now):
        dossier.unlink_texts(conn, address_id)


def _erase(conn: sa.Connection, family_id: int, member_id: int | None, now: datetime) -> list[int]:
    """Erase the family or the member; gives the addresses that nobody uses any more."""
    families.lock(conn, family_id)
    if member_id is None:
        gone = dossier.erase_family(conn, family_id)
    else:
        gone = _erase_member(conn, family_id, member_id, now)
    for address_id in gone:
        if dossier.in_use(conn, address_id):
            dossier.blank_texts(conn, address_id)
    return [address_id for address_id in gone if not dossier.in_use(conn, address_id)]


def _erase_member(conn: sa.Connection, family_id: int, member_id: int, now: datetime) -> list[int]:
    members = household.load(conn, [family_id])[0].members
    if all(member.id == member_id for member in members):
        return dossier.erase_family(conn, family_id)
    was_mother = any(member.id == member_id and member.role is Role.MOTHER for member in members)
    address_id = dossier.erase_member(conn, family_id, member_id, now)
    if was_mother:  # the dates were hers, and her relatives go quiet (CARE 7)
        stopping.away(conn, family_id, None, now)
        kept.drop_dates(conn, family_id)
        kept.drop_codes_of(conn, family_id)
    return [] if address_id is None else [address_id]


def _require(conn: sa.Connection, family_id: int, member_id: int | None = None) -> None:
    if not dossier.exists(conn, family_id):
        raise NotFound(f"There is no family {family_id}.", "`thinkfamily outbox list` shows families.")
    if member_id is not None and not families.has_member(conn, family_id, member_id):
        raise NotFound(f"There is no member {member_id} in family {family_id}.")


def _all(desk: Desk, some: Callable[[sa.Connection], int]) -> int:
    done = 0
    while number := desk.database.write(some, Priority.PLAN):
        done += number
    return done


def _abandoned(desk: Desk, before: datetime, texts_before: datetime, now: datetime, batch: int) -> int:
    def find(conn: sa.Connection, which: Which) -> list[int]:
        return kept.abandoned(conn, before, now - _ANSWERED, texts_before, which)

    def sweep(conn: sa.Connection, address_id: int) -> bool:
        # Asked again in the writing transaction: someone may have joined meanwhile.
        return bool(find(conn, Which(only=address_id))) and dossier.erase_address(conn, address_id)

    done, which = 0, Which(limit=batch)
    faults: list[Exception] = []
    while found := desk.database.read(partial(find, which=which)):
        for address_id in found:
            try:
                done += desk.database.write(partial(sweep, address_id=address_id), Priority.PLAN)
            except DatabaseTrouble:
                raise
            except Exception as fault:
                structlog.get_logger().error("not_erased", address_id=address_id, error=type(fault).__name__)
                faults.append(fault)
        which = Which(found[-1], batch)
    if faults:
        raise faults[0]
    return done


def _stopped(desk: Desk, days: int, alert_days: int, now: datetime, batch: int) -> int:
    before, watched_since = now - timedelta(days=days), now - timedelta(days=alert_days)
    return _all(desk, lambda conn: kept.forget_stopped(conn, before, watched_since, batch))


def _ended(desk: Desk, now: datetime, batch: int) -> int:
    today = hours.local_day(now)

    def sweep(conn: sa.Connection) -> int:
        changed = kept.changed_ends(conn, today - PROGRAMME, batch)
        for family_id, ended in changed:
            kept.mark_end(conn, family_id, today if ended else None)
        return len(changed)

    return _all(desk, sweep)


def _dates(desk: Desk, days: int, now: datetime, batch: int) -> int:
    before = hours.local_day(now) - timedelta(days=days)

    def sweep(conn: sa.Connection) -> int:
        found = kept.with_old_dates(conn, before, batch)
        for family_id in found:
            kept.drop_dates(conn, family_id)
        return len(found)

    return _all(desk, sweep)
