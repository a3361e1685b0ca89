"""The claim: one conditional UPDATE a kind, with every gate of that kind in it.

The predicates are made from `domain.outbox.GATES`; which kind passes which gate is written nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

import sqlalchemy as sa

from bot.domain.address import ChannelName
from bot.domain.family import Role
from bot.domain.outbox import GATES, Gate, Kind, Reason, State
from bot.store.columns import Moment
from bot.store.tables import addresses, consent_states, families, members, outbox, pregnancies

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
            "anyone": self.anyone, "live": list(self.live),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Claimed:
    """A row that is ours until the lease ends, with what its words are made from."""

    id: int
    public_id: str
    kind: Kind
    family_id: int
    member_id: int
    address_id: int
    channel: ChannelName
    campaign: str
    step: str
    language: str  # the member's today; the row's own where no member is named
    role: Role
    due_on: date | None
    sealed: bytes | None
    address: bytes | None  # sealed; None when the address was forgotten
    send_at: datetime
    not_after: datetime | None
    closes_on: date | None
    private: bool = False

    def __repr__(self) -> str:
        return f"Claimed({self.id}, {self.kind.value})"


def _address(*conditions: Predicate) -> Predicate:
    return sa.exists().where(addresses.c.address_id == outbox.c.address_id, *conditions)


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


def _stop() -> Predicate:
    return _address(addresses.c.stopped_at.is_(None), addresses.c.suspended_at.is_(None))


def _overtaken() -> Predicate:
    """A reply that was being sent, or not yet committed, when the STOP came is not among those it closed."""
    before = sa.and_(addresses.c.stopped_at.is_not(None), addresses.c.stopped_at > outbox.c.created_at)
    return ~_address(before)


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
    return key.in_(sa.bindparam("live", expanding=True, type_=sa.String()))


def _guest() -> Predicate:
    return sa.or_(sa.bindparam("anyone", type_=sa.Boolean()), _address(addresses.c.guest.is_(True)))


PREDICATES: Mapping[Gate, Callable[[], Predicate]] = {
    Gate.CONSENT: _consent,
    Gate.STOP: _stop,
    Gate.OVERTAKEN: _overtaken,
    Gate.HOLD: _hold,
    Gate.QUIET: _quiet,
    Gate.WINDOW: _window,
    Gate.PAUSE: _pause,
    Gate.APPROVED: _approved,
    Gate.GUEST: _guest,
}


def gates(kind: Kind) -> list[Predicate]:
    """The conditions that a row of this kind must meet to be claimed, in the order of the table."""
    return [PREDICATES[gate]() for gate in Gate if gate in GATES[kind]]


@cache
def _statement(kind: Kind) -> Any:
    """Built once a kind: literal state and kind, so that the partial index is used."""
    now, at = sa.bindparam("now", type_=Moment()), sa.bindparam("at", type_=Moment())
    chat_busy = _address(addresses.c.free_at > at)
    pick = (
        sa.select(outbox.c.outbox_id)
        .where(
            outbox.c.state == sa.text("'queued'"),
            outbox.c.sender_id == sa.bindparam("sender"),
            outbox.c.kind == sa.text(f"'{kind.value}'"),
            outbox.c.send_at <= now,
            ~chat_busy,
            *gates(kind),
        )
        .order_by(outbox.c.send_at, outbox.c.outbox_id)
        .limit(sa.bindparam("slots", type_=sa.Integer()))
        .with_for_update(skip_locked=True, of=outbox)
        .cte("pick")
    )
    return (
        sa.update(outbox)
        .where(outbox.c.outbox_id.in_(sa.select(pick.c.outbox_id)), outbox.c.state == sa.text("'queued'"))
        .values(
            state=State.SENDING.value,
            reason=None,
            claimed_by=sa.bindparam("holder"),
            claimed_until=sa.bindparam("until", type_=Moment()),
            attempted_at=now,
            attempts=outbox.c.attempts + 1,
            updated_at=now,
        )
        .returning(outbox.c.outbox_id)
    )


@cache
def _due() -> Any:
    def one(kind: Kind) -> Any:
        row = sa.exists().where(
            outbox.c.state == sa.text("'queued'"),
            outbox.c.sender_id == sa.bindparam("sender"),
            outbox.c.kind == sa.text(f"'{kind.value}'"),
            outbox.c.send_at <= sa.bindparam("now", type_=Moment()),
        )
        return row.label(kind.value)

    return sa.select(*(one(kind) for kind in Kind))


def due(conn: sa.Connection, sender_id: int, now: datetime) -> frozenset[Kind]:
    """The kinds of which this sender has something due, gates aside; one look at the index for each."""
    found = conn.execute(_due(), {"sender": sender_id, "now": now}).one()
    return frozenset(kind for kind, there in zip(Kind, found, strict=True) if there)


def claim(
    conn: sa.Connection, kind: Kind, sender_id: int, slots: int, terms: Terms, holder: str, until: datetime
) -> list[int]:
    """Move up to `slots` queued rows of one kind that pass its gates to `sending`; gives their ids."""
    values = terms.values() | {"sender": sender_id, "slots": slots, "holder": holder, "until": until}
    return list(conn.execute(_statement(kind), values).scalars())


@cache
def _count(kind: Kind) -> Any:
    return (
        sa.select(sa.func.count())
        .select_from(outbox)
        .where(
            outbox.c.state == sa.text("'queued'"),
            outbox.c.sender_id == sa.bindparam("sender"),
            outbox.c.kind == sa.text(f"'{kind.value}'"),
            outbox.c.send_at <= sa.bindparam("now", type_=Moment()),
            *gates(kind),
        )
    )


def claimable(conn: sa.Connection, kind: Kind, sender_id: int, terms: Terms) -> int:
    """How many rows of one kind would pass its gates now, pace aside."""
    bound = {name: value for name, value in terms.values().items() if name in _bound(kind)}
    return int(conn.execute(_count(kind), bound | {"sender": sender_id, "now": terms.now}).scalar_one())


@cache
def _bound(kind: Kind) -> frozenset[str]:
    """The parameters that the gates of this kind use."""
    return frozenset(_count(kind).compile().params)


_PARENTS = (
    outbox.outerjoin(addresses, addresses.c.address_id == outbox.c.address_id)
    .outerjoin(
        members,
        sa.and_(members.c.family_id == outbox.c.family_id, members.c.member_id == outbox.c.member_id),
    )
    .outerjoin(
        pregnancies,
        sa.and_(
            pregnancies.c.family_id == outbox.c.family_id,
            pregnancies.c.pregnancy_id == outbox.c.pregnancy_id,
        ),
    )
)
_LOAD = (
    sa.select(
        outbox.c.outbox_id, outbox.c.public_id, outbox.c.kind, outbox.c.family_id, outbox.c.member_id,
        outbox.c.address_id, outbox.c.channel, outbox.c.campaign, outbox.c.step,
        sa.func.coalesce(members.c.language, outbox.c.language).label("language"),
        members.c.role, pregnancies.c.due_on, outbox.c.sealed, addresses.c.sealed.label("address"),
        outbox.c.send_at, outbox.c.not_after, outbox.c.closes_on,
        sa.func.coalesce(members.c.private, sa.false()).label("private"),
    )
    .select_from(_PARENTS)
    .where(outbox.c.outbox_id.in_(sa.bindparam("ids", expanding=True)))
)  # fmt: skip


def load(conn: sa.Connection, ids: Iterable[int]) -> list[Claimed]:
    """The rows of these ids, earliest first, with what their words are made from; one query."""
    found = [_claimed(row) for row in conn.execute(_LOAD, {"ids": list(ids)})]
    return sorted(found, key=lambda row: (row.send_at, row.id))


def _claimed(row: Any) -> Claimed:
    """In the order of `_LOAD`: a name a column would cost more than the query."""
    number, public, kind, family, member, address, channel, campaign, step, language, role, *rest = row
    return Claimed(
        number, public, Kind(kind), family, member, address, ChannelName(channel), campaign, step, language,
        Role.MOTHER if role is None else Role(role), *rest,
    )  # fmt: skip


def keep_words(conn: sa.Connection, words: Sequence[tuple[int, bytes, str, str, int]]) -> None:
    """Keep what leaves: (row, sealed words, language, words hash, parts)."""
    if words:
        names = ("row", "body", "tongue", "hash", "count")
        conn.execute(_KEEP, [dict(zip(names, entry, strict=True)) for entry in words])


_KEEP = (
    sa.update(outbox)
    .where(outbox.c.outbox_id == sa.bindparam("row"))
    .values(
        sealed=sa.bindparam("body"),
        language=sa.bindparam("tongue"),
        words_hash=sa.bindparam("hash"),
        parts=sa.bindparam("count"),
    )
)


def put_back(
    conn: sa.Connection, ids: Sequence[int], holder: str, now: datetime, reason: Reason | None
) -> int:
    """Give claimed rows back that never began; gives how many were still this holder's."""
    if not ids:
        return 0
    return conn.execute(_PUT_BACK, _back(ids, holder, reason, now)).rowcount


def never_begun(
    conn: sa.Connection, ids: Sequence[int], claimed_at: datetime, holder: str, now: datetime
) -> int:
    """Give back what this holder claimed at that moment and never began, also where the claim's lease has
    ended since and the row was taken to be in doubt; gives how many."""
    if not ids:
        return 0
    values = _back(ids, holder, Reason.TOO_LATE, now) | {"claimed_at": claimed_at}
    return conn.execute(_NEVER_BEGUN, values).rowcount


def _back(ids: Sequence[int], holder: str, reason: Reason | None, now: datetime) -> dict[str, Any]:
    return {"ids": list(ids), "holder": holder, "why": None if reason is None else reason.value, "at": now}


_CLAIMED = sa.and_(outbox.c.state == State.SENDING.value, outbox.c.claimed_by == sa.bindparam("holder"))
_DOUBTED = sa.and_(
    outbox.c.state == State.UNCERTAIN.value,
    outbox.c.reason == Reason.LEASE.value,
    outbox.c.attempted_at == sa.bindparam("claimed_at", type_=Moment()),  # no other claim came after it
)
_BACK = (
    sa.update(outbox)
    .where(outbox.c.outbox_id.in_(sa.bindparam("ids", expanding=True)))
    .values(
        state=State.QUEUED.value,
        reason=sa.bindparam("why"),
        provider_code=None,
        claimed_by=None,
        claimed_until=None,
        attempts=outbox.c.attempts - 1,
        updated_at=sa.bindparam("at", type_=Moment()),
    )
)
_PUT_BACK = _BACK.where(_CLAIMED)
_NEVER_BEGUN = _BACK.where(sa.or_(_CLAIMED, _DOUBTED))


def give_up(conn: sa.Connection, outbox_id: int, holder: str, reason: Reason, now: datetime) -> bool:
    """A claimed row whose words cannot be made ends here, before anything left."""
    # sending -> queued -> cancelled, both in this transaction: nothing has left.
    back = put_back(conn, [outbox_id], holder, now, reason)
    conn.execute(
        sa.update(outbox)
        .where(outbox.c.outbox_id == outbox_id, outbox.c.state == State.QUEUED.value)
        .values(state=State.CANCELLED.value, reason=reason.value, updated_at=now)
    )
    return bool(back)
