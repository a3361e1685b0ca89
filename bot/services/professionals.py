"""Professionals: the codes by which they join, made and ended by staff; nobody is written to by this."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import sqlalchemy as sa

from bot.domain import hours
from bot.errors import BadInput
from bot.services.desk import Desk
from bot.store import audit, work_codes
from bot.store.work_codes import Batch

MOST_AT_ONCE = 200
LONGEST = timedelta(days=92)
_LONGEST_NAME = 60


def invite(desk: Desk, organisation: str, count: int, until: date, now: datetime, by: str) -> list[str]:
    """Make codes for an organisation, one for each person, good through `until`; gives their digits.

    They are kept as hashes only: who loses them makes new ones. Raises BadInput (organisation, count, until).
    """
    name = _name(organisation)
    today = hours.local_day(now)
    if not 1 <= count <= MOST_AT_ONCE:
        raise BadInput(f"{count} codes cannot be made at once.", f"Make 1 to {MOST_AT_ONCE}.", code="count")
    if not today <= until <= today + LONGEST:
        raise BadInput("No code is good until then.", "Name a day within three months.", code="until")
    ends = datetime.combine(until + timedelta(days=1), time(0), hours.LONDON).astimezone(UTC)

    def work(conn: sa.Connection) -> list[str]:
        audit.record(conn, by, work_codes.MADE, now, name)
        return work_codes.add(conn, desk.seal, name, count, now, ends)

    return desk.database.write(work)


def standing(desk: Desk, now: datetime) -> list[Batch]:
    """What stands of each organisation that codes were made for."""
    return desk.database.read(lambda conn: work_codes.batches(conn, desk.seal, now))


def end(desk: Desk, organisation: str, now: datetime, by: str) -> int:
    """End an organisation's codes that nobody joined by yet; gives how many. Who joined is not touched."""
    name = _name(organisation)

    def work(conn: sa.Connection) -> int:
        audit.record(conn, by, work_codes.ENDED, now, name)
        return work_codes.end(conn, desk.seal, name, now)

    return desk.database.write(work)


def _name(organisation: str) -> str:
    name = " ".join(organisation.split())
    if not name or len(name) > _LONGEST_NAME or not name.isprintable() or any(map(str.isdigit, name)):
        raise BadInput(
            "That is no name of an organisation.",
            f"Write it in words, {_LONGEST_NAME} characters at most. It is kept: no person's name or number.",
            code="organisation",
        )
    return name
