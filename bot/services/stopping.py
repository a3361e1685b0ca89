"""STOP and START of an address, and what they mean for the families behind it (P2, CARE 7)."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from bot.domain import hours
from bot.domain.address import ChannelName
from bot.domain.consent import Consent
from bot.domain.conversation.urgent import WRONG_NUMBER
from bot.domain.family import HoldKind, Purpose, Role
from bot.domain.outbox import Kind, Reason, State
from bot.store import addresses, consents, families, household, outbox

ENDED_BY = ("stop", "block", "staff", "silence")  # what START gives back; one withdrawn by itself stays so
_LAPSED = ("silence",)
_PLANNED = (Kind.STAGED, Kind.CHOSEN, Kind.CHECK_IN, Kind.REMINDER, Kind.STAFF)
_HELD = (Kind.STAGED, Kind.CHECK_IN, Kind.REMINDER, Kind.STAFF)


def stop(conn: sa.Connection, address_id: int, how: str, now: datetime) -> None:
    """STOP, total for this address: everyone behind it, everything open, earlier replies too.

    `how` is stop, block, staff or wrong: then somebody else has the number, nobody we knew is reached there
    any more, and no START of theirs brings anything of it back. Crisis answers still go. A repeat changes
    nothing more. It must run before this message's own replies are written.
    """
    channel = addresses.by_id(conn, address_id).channel
    behind = people_behind(conn, address_id, now)
    _close(conn, address_id, Reason.STOP, now)
    outbox.close_open(
        conn, address_id=address_id, kinds=(Kind.REPLY,), state=State.CANCELLED,
        reason=Reason.OVERTAKEN, now=now,
    )  # fmt: skip
    for family_id, member_id in behind:
        if consents.withdraw_all(conn, family_id, member_id, channel, now, how):
            families.event(conn, family_id, "stop", now, member_id, how=how)
        _away(conn, family_id, member_id, now)
        if how == WRONG_NUMBER:
            families.update_member(conn, family_id, member_id, address_id=None)
    addresses.stop(conn, address_id, now)


def lapse(conn: sa.Connection, address_id: int, now: datetime) -> None:
    """Nobody at this address answered whether texts are still wanted: they end, with no STOP (CARE 18).

    What they ask is answered as before, and START gives all of it back.
    """
    channel = addresses.by_id(conn, address_id).channel
    behind = people_behind(conn, address_id, now)
    _close(conn, address_id, Reason.NO_CONSENT, now)
    for family_id, member_id in behind:
        if consents.withdraw_all(conn, family_id, member_id, channel, now, *_LAPSED):
            families.event(conn, family_id, "lapse", now, member_id)
        _away(conn, family_id, member_id, now)


def start(conn: sa.Connection, address_id: int, now: datetime) -> None:
    """START: what the STOP, or a year's silence, ended is agreed to again, and the families' epochs rise.

    A hold for a loss stays; a hold because this mother was away ends. From an address that is neither
    stopped, suspended nor lapsed it changes nothing.
    """
    row = addresses.by_id(conn, address_id)
    if not row.stopped and not row.suspended and not _lapsed(conn, address_id):
        return
    for family_id, member_id in people_behind(conn, address_id, now):
        for purpose, words in consents.withdrawn_by(conn, family_id, member_id, row.channel, ENDED_BY):
            given = Consent(family_id, member_id, purpose, row.channel, True, now, "start", words)
            consents.record(conn, given)
        families.lift_holds(
            conn, family_id, now, member_id, kinds=(HoldKind.MOTHER_AWAY,), member_id=member_id
        )
        families.raise_epoch(conn, family_id)
        families.event(conn, family_id, "start", now, member_id)
    addresses.start(conn, address_id)
    addresses.unsuspend(conn, address_id)


def would_give_back(
    conn: sa.Connection, family_id: int, member_id: int, channel: ChannelName, wanted: Purpose
) -> bool:
    """Whether a START would bring back a member's consent to this."""
    ended = consents.withdrawn_by(conn, family_id, member_id, channel, ENDED_BY)
    return any(purpose is wanted for purpose, _ in ended)


def unreachable(conn: sa.Connection, address_id: int, now: datetime) -> None:
    """Nothing arrives at this address any more: the families of mothers behind it go quiet (CARE 7)."""
    behind = people_behind(conn, address_id, now)
    _close(conn, address_id, Reason.SUSPENDED, now)
    for family_id, member_id in behind:
        families.event(conn, family_id, "unreachable", now, member_id)
        _away(conn, family_id, member_id, now)


def reachable(conn: sa.Connection, address_id: int, now: datetime) -> bool:
    """Someone wrote from an address that could not be reached: it can be; False when it always could.

    It is no START: a stopped address stays stopped.
    """
    row = addresses.by_id(conn, address_id)
    if not row.suspended:
        return False
    for family_id, member_id in people_behind(conn, address_id, now):
        families.event(conn, family_id, "reachable", now, member_id)
        if not row.stopped:
            families.lift_holds(
                conn, family_id, now, member_id, kinds=(HoldKind.MOTHER_AWAY,), member_id=member_id
            )
            families.raise_epoch(conn, family_id)
    addresses.unsuspend(conn, address_id)
    return True


def _lapsed(conn: sa.Connection, address_id: int) -> bool:
    channel = addresses.by_id(conn, address_id).channel
    return any(
        consents.withdrawn_by(conn, family_id, member_id, channel, _LAPSED)
        for family_id, member_id in families.members_at(conn, address_id)
    )


def _away(conn: sa.Connection, family_id: int, member_id: int, now: datetime) -> None:
    """The family goes quiet when this member is its mother."""
    members = household.load(conn, [family_id])[0].members
    if any(member.id == member_id and member.role is Role.MOTHER for member in members):
        away(conn, family_id, member_id, now)


def away(conn: sa.Connection, family_id: int, mother_id: int | None, now: datetime) -> None:
    """Hold a family whose mother is away; its relatives are told nothing."""
    if families.open_hold(conn, family_id, HoldKind.MOTHER_AWAY, mother_id, now):
        families.event(conn, family_id, "hold", now, mother_id, hold=HoldKind.MOTHER_AWAY.value)
    outbox.close_open(
        conn, family_id=family_id, kinds=_HELD, state=State.CANCELLED, reason=Reason.HOLD, now=now
    )


def _close(conn: sa.Connection, address_id: int, reason: Reason, now: datetime) -> None:
    outbox.close_open(
        conn, address_id=address_id, kinds=_PLANNED, state=State.CANCELLED, reason=reason, now=now
    )


def people_behind(conn: sa.Connection, address_id: int, now: datetime) -> list[tuple[int, int]]:
    """(family, member) of everyone at an address; begins the change of their families."""
    found = families.members_at(conn, address_id)
    for family_id in sorted({family_id for family_id, _ in found}):
        families.begin_change(conn, family_id, hours.local_day(now))
    return found
