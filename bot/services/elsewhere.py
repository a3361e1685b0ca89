"""Elsewhere: staff help a member to another phone, by a code or by a consent given on paper (P1).

Nobody is written to by either. The old phone keeps its STOP and its history, and is told nothing.
"""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa

from bot.domain import hours
from bot.domain.address import Address
from bot.domain.family import Member
from bot.errors import BadInput, NotAllowed, NotFound
from bot.services import enrol, inviting
from bot.services.desk import Desk
from bot.store import addresses, audit, codes, dossier, families, household
from bot.store.addresses import AddressRow


def code(desk: Desk, family_id: int, member_id: int, until: date, now: datetime, by: str) -> str:
    """A code that the member texts from another phone, where they are asked to agree; earlier ones are over.

    Raises NotFound for an unknown member, NotAllowed when they said STOP.
    """

    def work(conn: sa.Connection) -> str:
        _reached(conn, family_id, member_id, now)
        audit.record(conn, by, "code for another phone", now, f"family {family_id} member {member_id}")
        digits = codes.fresh(conn, desk.seal)
        inviting.ask_new_phone(conn, desk, family_id, member_id, digits, until, now)
        return digits

    return desk.database.write(work)


def move(desk: Desk, family_id: int, member_id: int, to: Address, words: str, now: datetime, by: str) -> None:
    """The member is reached at this address from now on: they agreed to that, on paper or in person.

    `words` is the version of the words they agreed to for it. What they had agreed to goes on there, and ends
    at the old address. Raises NotFound, BadInput without words or for the same address, NotAllowed where
    either address said STOP, a trial does not know the new one, or it is for work and they are not.
    """
    if not words:
        raise BadInput(
            "Nobody is written to at another number without consent for it.",
            "Say which words they agreed to, or give them a code for the new phone.",
            code="consent",
        )

    def work(conn: sa.Connection) -> None:
        member = _reached(conn, family_id, member_id, now)
        address = _held(conn, desk, to, now)
        if member.address is not None and member.address.id == address.id:
            raise BadInput("They are reached there already.", code="same_address")
        enrol.one_kind(conn, address.id, member.role)
        audit.record(conn, by, "move to another address", now, f"family {family_id} member {member_id}")
        inviting.moved(conn, desk, member, address.id, "staff", words, now)

    desk.database.write(work)


def _held(conn: sa.Connection, desk: Desk, to: Address, now: datetime) -> AddressRow:
    """The row of the new address, as it is once nobody else joins or stops there before we are done."""
    addresses.hold(conn, enrol.admitted(conn, desk, to, now).id)
    return enrol.admitted(conn, desk, to, now)


def _reached(conn: sa.Connection, family_id: int, member_id: int, now: datetime) -> Member:
    """The member, who is reached somewhere and said no STOP there; their family's change has begun."""
    if not dossier.exists(conn, family_id):
        raise NotFound(f"There is no family {family_id}.")
    families.begin_change(conn, family_id, hours.local_day(now))
    here = household.load(conn, [family_id])[0].members
    member = next((one for one in here if one.id == member_id), None)
    if member is None or member.address is None:
        raise NotFound(f"There is no member {member_id} in family {family_id} who is reached anywhere.")
    if member.address.stopped:
        raise NotAllowed(
            "They said STOP, and only START from that phone ends that.",
            "If they want messages on another phone, enrol them there anew.",
            code="stopped",
        )
    return member
