"""The gates in SQL: what must be true of a row at the moment it is claimed.

Made from `domain.outbox.GATES`; which kind passes which gate is written nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from bot.domain.outbox import GATES, Gate, Kind
from bot.store.columns import Moment
from bot.store.given import among, as_text
from bot.store.tables import addresses, consent_states, families, members, outbox

Predicate = sa.ColumnElement[bool]


@dataclass(frozen=True, slots=True)
class Terms:
    """What the gates go by. `at` is the database's clock, for pace and leases; `now` the process's.

    `open_now`: staged sends may begin. `anyone`: not trial mode, so guests or not. `live`: the
    "campaign/step" of everything that may be sent today.
    """

    now: datetime
    at: datetime
    today: date
    open_now: bool
    anyone: bool
    live: frozenset[str]

    def values(self) -> dict[str, Any]:
        """As bound parameters of the claim."""
        return {
            "now": self.now, "at": self.at, "today": self.today, "open_now": self.open_now,
            "anyone": self.anyone, "live": _listed(self.live),
        }  # fmt: skip


@lru_cache(maxsize=8)
def _listed(live: frozenset[str]) -> str:
    """The same from one claim to the next."""
    return as_text(sorted(live))


def _one(condition: Predicate, *key: Predicate) -> Predicate:
    """Whether the one row of this key meets a condition; not, when there is none. Asked as a value, for an
    EXISTS may be made a join, and the rows would be sorted anew before the first few are taken."""
    return sa.select(condition).where(*key).scalar_subquery()


def _consent() -> Predicate:
    return _one(
        consent_states.c.live,
        consent_states.c.family_id == outbox.c.family_id,
        consent_states.c.member_id == outbox.c.member_id,
        consent_states.c.purpose == outbox.c.purpose,
        consent_states.c.channel == outbox.c.channel,
    )


def _hold() -> Predicate:
    return _one(families.c.held.is_(False), families.c.family_id == outbox.c.family_id)


def _quiet() -> Predicate:
    return sa.bindparam("open_now", type_=sa.Boolean())


def _window() -> Predicate:
    """Open today, meant for today, and not yet useless; what a row does not say does not bind it."""
    today = sa.bindparam("today", type_=sa.Date())
    now = sa.bindparam("now", type_=Moment())
    return sa.and_(
        sa.or_(outbox.c.opens_on.is_(None), outbox.c.opens_on <= today),
        sa.or_(outbox.c.closes_on.is_(None), outbox.c.closes_on > today),
        sa.func.coalesce(outbox.c.day, today) == today,  # said so that no index of days is used
        sa.or_(outbox.c.not_after.is_(None), outbox.c.not_after > now),
    )


def _pause() -> Predicate:
    today = sa.bindparam("today", type_=sa.Date())
    return _one(
        sa.or_(members.c.paused_until.is_(None), members.c.paused_until <= today),
        members.c.family_id == outbox.c.family_id,
        members.c.member_id == outbox.c.member_id,
    )


def _approved() -> Predicate:
    return among(outbox.c.campaign + "/" + outbox.c.step, "live")


# What the address must meet, all of it by one look at its row.
OF_ADDRESS: Mapping[Gate, Predicate] = {
    Gate.STOP: sa.and_(addresses.c.stopped_at.is_(None), addresses.c.suspended_at.is_(None)),
    # A reply that was being sent, or not yet committed, when the STOP came is not among those it closed.
    Gate.OVERTAKEN: sa.or_(addresses.c.stopped_at.is_(None), addresses.c.stopped_at <= outbox.c.created_at),
    Gate.GUEST: sa.or_(sa.bindparam("anyone", type_=sa.Boolean()), addresses.c.guest.is_(True)),
}
OF_THE_REST: Mapping[Gate, Callable[[], Predicate]] = {
    Gate.CONSENT: _consent,
    Gate.HOLD: _hold,
    Gate.QUIET: _quiet,
    Gate.WINDOW: _window,
    Gate.PAUSE: _pause,
    Gate.APPROVED: _approved,
}


def gates(kind: Kind, *of_address: Predicate, but: Gate | None = None) -> list[Predicate]:
    """The conditions that a row of this kind must meet to be claimed; its address meets `of_address` too.
    `but` is one that the caller sees to."""
    rest = [OF_THE_REST[gate]() for gate in Gate if gate in GATES[kind] - {but} and gate in OF_THE_REST]
    its = [OF_ADDRESS[gate] for gate in Gate if gate in GATES[kind] and gate in OF_ADDRESS]
    both = [*its, *of_address]
    whose = addresses.c.address_id == outbox.c.address_id
    return [*rest, _one(sa.and_(*both), whose)] if both else rest
