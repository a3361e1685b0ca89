"""The gates in SQL: what must be true of a row at the moment it is claimed.

Made from `domain.outbox.GATES`; which kind passes which gate is written nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from bot.domain.outbox import GATES, Gate, Kind
from bot.store.columns import Moment
from bot.store.given import as_text, texts
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
    live: Sequence[str]

    def values(self) -> dict[str, Any]:
        """As bound parameters of the claim."""
        return {
            "now": self.now, "at": self.at, "today": self.today, "open_now": self.open_now,
            "anyone": self.anyone, "live": _listed(tuple(self.live)),
        }  # fmt: skip


@lru_cache(maxsize=8)
def _listed(live: tuple[str, ...]) -> str:
    """The same from one claim to the next."""
    return as_text(live)


def _member(*conditions: Predicate) -> Predicate:
    return sa.exists().where(
        members.c.family_id == outbox.c.family_id, members.c.member_id == outbox.c.member_id, *conditions
    )


def _consent() -> Predicate:
    return sa.exists().where(
        consent_states.c.family_id == outbox.c.family_id,
        consent_states.c.member_id == outbox.c.member_id,
        consent_states.c.purpose == outbox.c.purpose,
        consent_states.c.channel == outbox.c.channel,
        consent_states.c.live.is_(True),
    )


def _hold() -> Predicate:
    return sa.exists().where(families.c.family_id == outbox.c.family_id, families.c.held.is_(False))


def _quiet() -> Predicate:
    return sa.bindparam("open_now", type_=sa.Boolean())


def _window() -> Predicate:
    """Open today, meant for today, and not yet useless; what a row does not say does not bind it."""
    today = sa.bindparam("today", type_=sa.Date())
    now = sa.bindparam("now", type_=Moment())
    return sa.and_(
        sa.or_(outbox.c.opens_on.is_(None), outbox.c.opens_on <= today),
        sa.or_(outbox.c.closes_on.is_(None), outbox.c.closes_on > today),
        sa.or_(outbox.c.day.is_(None), outbox.c.day == today),
        sa.or_(outbox.c.not_after.is_(None), outbox.c.not_after > now),
    )


def _pause() -> Predicate:
    today = sa.bindparam("today", type_=sa.Date())
    return _member(sa.or_(members.c.paused_until.is_(None), members.c.paused_until <= today))


def _approved() -> Predicate:
    key = outbox.c.campaign + "/" + outbox.c.step
    return key.in_(texts("live"))


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


def gates(kind: Kind, *of_address: Predicate) -> list[Predicate]:
    """The conditions that a row of this kind must meet to be claimed; its address meets `of_address` too."""
    rest = [OF_THE_REST[gate]() for gate in Gate if gate in GATES[kind] and gate in OF_THE_REST]
    its = [OF_ADDRESS[gate] for gate in Gate if gate in GATES[kind] and gate in OF_ADDRESS]
    both = [*its, *of_address]
    return [*rest, sa.exists().where(addresses.c.address_id == outbox.c.address_id, *both)] if both else rest
