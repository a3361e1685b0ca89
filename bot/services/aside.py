"""Putting aside: a family that trips over a fault of ours is tried again later, and holds up nobody else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

import sqlalchemy as sa
import structlog

from bot.errors import DatabaseTrouble
from bot.services.desk import Desk
from bot.store import alerts, aside
from bot.store.aside import Work
from bot.store.writer import Priority

PUT_ASIDE = "put_aside"  # the kind of its alert
SHOWN = 20  # so many open alerts at most: a fault that everybody meets is told by /healthz, in one number
_FIRST, _LONGEST = timedelta(minutes=1), timedelta(hours=1)


class _OfFamily(Protocol):
    @property
    def family_id(self) -> int: ...


T = TypeVar("T")
One = TypeVar("One", bound=_OfFamily)


def delay(tries: int) -> timedelta:
    """How long to wait after so many tries that failed: from a minute, doubling, to an hour."""
    return min(_FIRST * (1 << min(tries - 1, 10)), _LONGEST)


def each(
    desk: Desk, work: Work, ones: Sequence[One], change: Callable[[sa.Connection, One], T], now: datetime
) -> list[T]:
    """Do it for every one in a transaction of its own; gives what came of those that were done.

    One that trips over a fault of ours is put aside: what it changed is rolled back, it is shown to staff,
    and tried again after a while that grows, for a mended release will do it. Until then it is passed over.
    DatabaseTrouble is nobody's fault, and raised.
    """
    later = desk.database.read(lambda conn: aside.waiting(conn, work, [one.family_id for one in ones], now))
    done: list[T] = []
    failed: set[int] = set()
    for one in ones:
        if one.family_id in later:
            continue

        def transaction(conn: sa.Connection, one: One = one) -> T:
            result = change(conn, one)
            if one.family_id not in failed:  # by another of its members
                mended(conn, work, [one.family_id], now)
            return result

        try:
            done.append(desk.database.write(transaction, Priority.PLAN))
        except DatabaseTrouble:
            raise
        except Exception as error:  # of ours, or a value that cannot be; the next must not wait
            failed.add(one.family_id)
            _put(desk, work, one.family_id, error, now)
    return done


def mended(conn: sa.Connection, work: Work, family_ids: Sequence[int], now: datetime) -> None:
    """This was done for these families; those that had been put aside for it are so no more."""
    for family_id in aside.mended(conn, work, family_ids):
        if not aside.of_family(conn, family_id):
            alerts.close_about(conn, PUT_ASIDE, family_id, now)


def _put(desk: Desk, work: Work, family_id: int, error: Exception, now: datetime) -> None:
    """Of the error only its type is kept: its words may quote a value."""
    kind = type(error).__name__

    def transaction(conn: sa.Connection) -> int:
        tries = aside.tries(conn, family_id, work) + 1
        aside.put(conn, family_id, work, kind, now, tries, now + delay(tries))
        if alerts.open_counts(conn).get(PUT_ASIDE, 0) < SHOWN:
            alerts.raise_alert(conn, PUT_ASIDE, now, family_id=family_id)
        return tries

    tries = desk.database.write(transaction, Priority.PLAN)
    structlog.get_logger().error(PUT_ASIDE, work=work.value, family_id=family_id, error=kind, tries=tries)
