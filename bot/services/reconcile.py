"""Reconcile: receipts, leases that ended, look-ups of what is in doubt, and time that passed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

import sqlalchemy as sa
import structlog

from bot.domain import hours
from bot.domain.address import Address, ChannelName
from bot.domain.inbound import Listed, Receipt
from bot.domain.outbox import Kind, Reason, State
from bot.errors import DatabaseGone
from bot.services import answered
from bot.services.desk import Desk
from bot.store import accepted, addresses, alerts, outcomes, reminders, restored
from bot.store.outbox import unpack
from bot.store.outcomes import Attempt
from bot.store.writer import Priority

SURE_AFTER = timedelta(minutes=5)  # what Twilio does not list by then, it never took
_AROUND = timedelta(minutes=2)  # its clock and ours
_LOOK_UPS = 20
_PLANNED = frozenset({Kind.STAGED, Kind.CHOSEN, Kind.CHECK_IN})
_MORNING = time(9)
_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class LookUp:
    """Ask the provider what it sent to `address` since then, and hand that to `healed`."""

    outbox_id: int
    address: Address
    since: datetime


@dataclass(frozen=True, slots=True)
class Expired:
    """What time did: answers and reminders that came too late, and steps that wait for the planner again."""

    answers: int
    steps: int


def receipt(desk: Desk, said: Receipt, now: datetime) -> bool:
    """Apply a provider's receipt; False when it changed nothing (repeated, late, unknown, erased)."""

    def work(conn: sa.Connection) -> bool:
        row = outcomes.receipt(conn, said, now)
        if row is None:
            return False
        alerts.settled(conn, [row.id], now)
        if said.state is State.FAILED:
            answered.refused(conn, row, said.refused, now)
        elif said.state is State.DELIVERED:
            addresses.clear_failures(conn, row.address_id)
        return True

    return desk.database.write(work, Priority.RECORD)


def expired_leases(desk: Desk, now: datetime) -> int:
    """Rows whose process went away while sending: nobody knows whether they left; gives how many."""

    def work(conn: sa.Connection) -> int:
        rows = outcomes.leases_ended(conn, desk.database.now(conn))
        for row in rows:
            answered.in_doubt(conn, desk, row, Reason.LEASE, "lease", now)
        return len(rows)

    return desk.database.write(work, Priority.RECORD)


def look_ups(desk: Desk, now: datetime) -> list[LookUp]:
    """What to ask the provider about: texts in doubt, five minutes after the attempt."""

    def work(conn: sa.Connection) -> list[LookUp]:
        rows = outcomes.uncertain(conn, ChannelName.SMS, now - SURE_AFTER, _LOOK_UPS, now)
        known = {row.address_id: _to(conn, desk, row) for row in rows}
        return [
            LookUp(row.id, to, row.attempted_at - _AROUND)
            for row in rows
            if (to := known[row.address_id]) is not None and row.attempted_at is not None
        ]

    return desk.database.write(work, Priority.RECORD)


def _to(conn: sa.Connection, desk: Desk, row: Attempt) -> Address | None:
    """Where it went; None when that was erased, or cannot be opened: then the others are asked about."""
    try:
        return addresses.reveal(conn, desk.seal, [row.address_id]).get(row.address_id)
    except DatabaseGone:
        structlog.get_logger().error("unreadable", outbox_id=row.id)
        return None


def healed(desk: Desk, outbox_id: int, listed: Sequence[Listed] | None, now: datetime) -> bool:
    """Settle a row in doubt by the provider's own list; False when it could not be settled.

    Listed (same address, words and time, and not another row's): it left. Absent: it was never taken
    and goes again, if its time is not over. None (the provider could not be asked): still in doubt.
    """
    if listed is None:
        return False

    def work(conn: sa.Connection) -> bool:
        row = outcomes.attempts(conn, [outbox_id]).get(outbox_id)
        if row is None or row.state is not State.UNCERTAIN:
            return False
        if row.reason == Reason.RESTORED.value and row.kind in _PLANNED:
            return _after_restore(conn, row, listed, now)
        if row.sealed is None:
            return False
        found = _ours_among(conn, desk, row, listed)
        if found is None:
            moved = outcomes.again(conn, row.id, Reason.PUT_BACK, now, "not_listed", now)
            alerts.settled(conn, [row.id], now)
            return moved
        if outcomes.under_way(conn, row.address_id):  # it may be that one's, whose answer comes yet
            return False
        began = row.attempted_at or now
        accepted.record(conn, [(row.id, found.provider_id, began, hours.local_day(began))], now)
        if found.state in (State.DELIVERED, State.FAILED):
            said = Receipt(row.channel, None, found.provider_id, found.state, found.code)
            outcomes.receipt(conn, said, now)
        alerts.settled(conn, [row.id], now)
        return True

    return desk.database.write(work, Priority.RECORD)


def _after_restore(conn: sa.Connection, row: Attempt, listed: Sequence[Listed], now: datetime) -> bool:
    """A step that may have left since the backup. Its words may have been others, so any text to that
    address that no row of ours accounts for may have been it; where there is none, it never left."""
    since = None if row.attempted_at is None else row.attempted_at - _AROUND
    ours = outcomes.known_provider_ids(conn, [entry.provider_id for entry in listed])
    strange = [
        entry
        for entry in listed
        if entry.provider_id not in ours and not (since and entry.at is not None and entry.at < since)
    ]
    if strange:
        restored.not_told(conn, row.id, now)
        return False
    return restored.never_left(conn, row.id, hours.local_day(now), now)


def _ours_among(conn: sa.Connection, desk: Desk, row: Attempt, listed: Sequence[Listed]) -> Listed | None:
    """The first of its words since it was tried: a later one may be another row's that is in doubt as well,
    and would be missed there."""
    to = addresses.reveal(conn, desk.seal, [row.address_id]).get(row.address_id)
    assert row.sealed is not None
    body = unpack(desk.seal.open("outbox.body", row.sealed))[0].strip()
    taken = outcomes.known_provider_ids(conn, [entry.provider_id for entry in listed])
    earliest = None if row.attempted_at is None else row.attempted_at - _AROUND
    for entry in sorted(listed, key=lambda entry: (entry.at is None, entry.at or _NEVER)):
        early = entry.at is not None and earliest is not None and entry.at < earliest
        same = to is not None and entry.to == to.value and entry.body.strip().endswith(body)
        if same and not early and entry.provider_id not in taken:
            return entry
    return None


def expire(desk: Desk, now: datetime) -> Expired:
    """What became useless ends; a step whose sending time is over today waits for the planner again.

    What speaks of food and did not leave before noon on a day of fasting goes after six instead (CARE 26).
    """
    today = hours.local_day(now)
    last = hours.last_moment(today)
    fasting = today in desk.config.calendar.fasting and now < last
    tomorrow = today + timedelta(days=1)
    next_day = tomorrow if now >= last else today

    def work(conn: sa.Connection) -> Expired:
        answers = outcomes.expire_answers(conn, now)
        if fasting:
            outcomes.evening_instead(conn, now, today, *hours.around_noon(today, now, last))
        steps = outcomes.too_late_today(conn, now, today, tomorrow)
        begins = max(now, hours.sending_moment(next_day, _MORNING))
        steps += outcomes.check_ins_tomorrow(conn, now, today, begins, hours.last_moment(next_day))
        return Expired(answers + reminders.expire(conn, today, now), steps)

    return desk.database.write(work, Priority.RECORD)
