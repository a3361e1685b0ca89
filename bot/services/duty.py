"""Duty: alerts that need a person now are told to whoever is on duty, at least once, by every way set up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog

from bot.domain import duty
from bot.domain.duty import Call, Way
from bot.services.desk import Desk
from bot.store import rings
from bot.store.rings import Due
from bot.store.writer import Priority

LEASE = timedelta(minutes=2)  # longer than any way takes; another process tries again after it
AT_ONCE = 200  # alerts of one look


@dataclass(frozen=True, slots=True)
class Claimed:
    """A call that is ours to make until the lease ends."""

    call: Call
    until: datetime


def claim(desk: Desk, now: datetime) -> list[Claimed]:
    """The calls to be made now, claimed for this process.

    Alerts of the same kind about the same family are one call, and the next one waits: a flood of texts from
    one phone rings every five minutes, until somebody has closed the alert.
    """

    def work(conn: sa.Connection) -> list[Claimed]:
        lately = _lately(conn, now)
        together: defaultdict[tuple[str, int | None, frozenset[Way]], list[Due]] = defaultdict(list)
        for one in rings.due(conn, now, now - duty.TOO_OLD, AT_ONCE):
            if (one.kind, one.family_id) not in lately:
                together[one.kind, one.family_id, one.told].append(one)
        claimed = (_claimed(conn, ones, now) for ones in together.values())
        return [one for one in claimed if one is not None]

    if not desk.database.read(lambda conn: rings.due(conn, now, now - duty.TOO_OLD, 1)):
        return []  # most looks: nothing is written
    return desk.database.write(work, Priority.RECORD)


def _lately(conn: sa.Connection, now: datetime) -> set[tuple[str, int | None]]:
    """Of what the duty was told so short a time ago that the next call waits."""
    families = {one for one in rings.lately(conn, now - duty.APART) if one[1] is not None}
    return families | {one for one in rings.lately(conn, now - duty.STRANGERS_APART) if one[1] is None}


def _claimed(conn: sa.Connection, ones: list[Due], now: datetime) -> Claimed | None:
    until = now + LEASE
    mine = frozenset(rings.claim(conn, [one.alert_id for one in ones], now, until))
    ours = [one for one in ones if one.alert_id in mine]
    if not ours:
        return None
    newest = ours[-1]
    tries = max(one.tries for one in ours) + 1
    call = Call(newest.kind, newest.at, tuple(sorted(mine)), newest.family_id, newest.told, tries)
    return Claimed(call, until)


def record(desk: Desk, claimed: Claimed, told: Iterable[Way], wanted: Iterable[Way], now: datetime) -> bool:
    """What came of a call: the ways that took it by now, of those that are `wanted`; whether that is all."""
    call, ways = claimed.call, claimed.call.told | frozenset(told)
    whole = ways >= frozenset(wanted)

    def work(conn: sa.Connection) -> int:
        if whole:
            rings.rung(conn, call.alert_ids, ways, now)
            return 0
        return rings.not_rung(
            conn, call.alert_ids, ways, until=claimed.until, later=now + duty.wait(call.tries),
            long_ago=now - duty.GIVE_UP, now=now,
        )  # fmt: skip

    if given_up := desk.database.write(work, Priority.RECORD):
        structlog.get_logger().error("duty_given_up", kind=call.kind, alerts=given_up)
    return whole
