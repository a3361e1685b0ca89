"""Every change to a family, whoever asks: `apply` for people's own words, the rest for staff.

Each change is written down in family_events, makes the planner look again, and closes or recalls at once
what must not leave any more.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import TypeVar

import sqlalchemy as sa

from bot.domain.address import Address
from bot.errors import NotFound
from bot.services import aftercare, dates, holding, stopping, wishes
from bot.services.aftercare import Choice
from bot.services.applying import apply as apply
from bot.services.desk import Desk
from bot.services.person import language as language
from bot.services.person import person as person
from bot.store import addresses, audit, conversations, dossier
from bot.store import families as rows

T = TypeVar("T")


def unreachable(conn: sa.Connection, desk: Desk, address_id: int, now: datetime) -> None:
    """Nothing arrives at this address any more; relatives of a mother so lost go quiet (CARE 7)."""
    stopping.unreachable(conn, address_id, now)


def reachable(conn: sa.Connection, desk: Desk, address_id: int, now: datetime) -> bool:
    """Someone wrote from an address that was suspended: it can be reached; False when it always could."""
    return stopping.reachable(conn, address_id, now)


def stop(desk: Desk, address: Address, now: datetime, by: str) -> None:
    """STOP an address on request, no proof needed (CARE 23); an unknown one is kept as stopped too."""

    def work(conn: sa.Connection) -> None:
        row = addresses.find_or_add(conn, desk.seal, address, now)
        stopping.stop(conn, row.id, "staff", now)
        conversations.forget(conn, row.id)
        audit.record(conn, by, "stop", now, f"address {row.id}")

    desk.database.write(work)


def pause(desk: Desk, family_id: int, member_id: int, until: date, now: datetime, by: str) -> None:
    """Pause a member's messages until a day. Raises NotFound."""

    def change(conn: sa.Connection) -> None:
        wishes.pause(conn, family_id, member_id, until, now)

    _audited(desk, family_id, member_id, "pause", change, now, by)


def loss(desk: Desk, family_id: int, member_id: int | None, now: datetime, by: str) -> None:
    """A loss that staff were told of, by a member or (None) somebody else. Raises NotFound."""

    def change(conn: sa.Connection) -> None:
        holding.loss(conn, family_id, member_id, now)

    _audited(desk, family_id, member_id, "loss", change, now, by)


def undo(desk: Desk, family_id: int, now: datetime, by: str) -> int:
    """Take back every report of a loss, at any time; gives how many. Raises NotFound."""

    def change(conn: sa.Connection) -> int:
        return holding.undo(conn, family_id, None, now)

    return _audited(desk, family_id, None, "undo", change, now, by)


def support(desk: Desk, family_id: int, member_id: int, choice: Choice, now: datetime, by: str) -> None:
    """What a member chose from the menu after a loss (CARE 17). Raises NotFound and BadInput."""

    def change(conn: sa.Connection) -> None:
        aftercare.choose(conn, family_id, member_id, choice, "staff", "staff", now)

    _audited(desk, family_id, member_id, f"support {choice}", change, now, by)


def correct_due(desk: Desk, family_id: int, due_on: date, now: datetime, by: str) -> None:
    """Correct a family's due date. Raises NotFound."""

    def change(conn: sa.Connection) -> None:
        dates.set_due(conn, family_id, due_on, None, now)

    _audited(desk, family_id, None, "due", change, now, by)


def born(desk: Desk, family_id: int, born_on: date, now: datetime, by: str, babies: int = 1) -> None:
    """A birth that staff were told of. Raises NotFound."""

    def change(conn: sa.Connection) -> None:
        dates.set_born(conn, family_id, born_on, None, now, babies)

    _audited(desk, family_id, None, "born", change, now, by)


def _audited(
    desk: Desk,
    family_id: int,
    member_id: int | None,
    what: str,
    change: Callable[[sa.Connection], T],
    now: datetime,
    by: str,
) -> T:
    def work(conn: sa.Connection) -> T:
        if not dossier.exists(conn, family_id):
            raise NotFound(f"There is no family {family_id}.")
        if member_id is not None and not rows.has_member(conn, family_id, member_id):
            raise NotFound(f"There is no member {member_id} in family {family_id}.")
        subject = f"family {family_id}" + ("" if member_id is None else f" member {member_id}")
        audit.record(conn, by, what, now, subject)
        return change(conn)

    return desk.database.write(work)
