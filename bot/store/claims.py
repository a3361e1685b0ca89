"""The claim: rows are picked with what their words are made from, then taken by a conditional UPDATE.

Every gate of the kind is in both: in the pick, so that what may not leave never keeps others waiting, and
in the UPDATE, which alone claims. The predicates are those of `store.gates`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import cache, lru_cache
from typing import Any, NamedTuple

import sqlalchemy as sa

from bot.domain.address import ChannelName
from bot.domain.family import Role
from bot.domain.outbox import GATES, Gate, Kind, Reason, State
from bot.store.columns import Moment, as_moment
from bot.store.gates import Terms, gates
from bot.store.given import Given, as_list, as_rows, as_text, unindexed
from bot.store.prepared import Prepared
from bot.store.tables import addresses, members, outbox, pregnancies


class Claimed(NamedTuple):
    """A row that may be claimed, with what its words are made from."""

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

    @property
    def called(self) -> str:
        """Its step, as `Terms.live` names one."""
        return f"{self.campaign}/{self.step}"

    def __repr__(self) -> str:
        return f"Claimed({self.id}, {self.kind.value})"


class Said(NamedTuple):
    """What leaves of a row and is kept with it: its sealed words, their language, hash and parts."""

    sealed: bytes
    language: str
    words_hash: str
    parts: int


_NOW, _AT = sa.bindparam("now", type_=Moment()), sa.bindparam("at", type_=Moment())


_OWN = (
    outbox.c.outbox_id, outbox.c.public_id, outbox.c.kind, outbox.c.family_id, outbox.c.member_id,
    outbox.c.address_id, outbox.c.channel, outbox.c.campaign, outbox.c.step, outbox.c.language,
    outbox.c.sealed, outbox.c.send_at, outbox.c.not_after, outbox.c.closes_on, outbox.c.pregnancy_id,
)  # fmt: skip


def _loaded(rows: Any) -> Any:
    """A query of rows that hold `_OWN`, with their parents, as one list: what `_claimed` reads."""
    row = rows.c
    parents = (
        rows.outerjoin(addresses, addresses.c.address_id == row.address_id)
        .outerjoin(
            members, sa.and_(members.c.family_id == row.family_id, members.c.member_id == row.member_id)
        )
        .outerjoin(
            pregnancies,
            sa.and_(pregnancies.c.family_id == row.family_id, pregnancies.c.pregnancy_id == row.pregnancy_id),
        )
    )
    listed = as_list(
        row.outbox_id, row.public_id, row.kind, row.family_id, row.member_id, row.address_id, row.channel,
        row.campaign, row.step, sa.func.coalesce(members.c.language, row.language), members.c.role,
        pregnancies.c.due_on, row.sealed, addresses.c.sealed, row.send_at, row.not_after, row.closes_on,
        sa.func.coalesce(members.c.private, sa.false()),
    )  # fmt: skip
    return sa.select(listed).select_from(parents)


_KINDS: Mapping[str, Kind] = {kind.value: kind for kind in Kind}  # a third of what Kind(...) costs
_CHANNELS: Mapping[str, ChannelName] = {channel.value: channel for channel in ChannelName}
_ROLES: Mapping[str, Role] = {role.value: role for role in Role}


def _claimed(row: Sequence[Any]) -> Claimed:
    number, public, kind, family, member, address, channel, campaign, step, language, role, *rest = row
    due_on, sealed, to, send_at, not_after, closes_on, private = rest
    return Claimed(
        number, public, _KINDS[kind], family, member, address, _CHANNELS[channel], campaign, step, language,
        _ROLES[role or Role.MOTHER], _day(due_on), _bytes(sealed), _bytes(to), _moment(send_at),
        None if not_after is None else _moment(not_after), _day(closes_on), bool(private),
    )  # fmt: skip


_moment = lru_cache(maxsize=1000)(as_moment)  # the same few stand in every row of a morning


@lru_cache(maxsize=1000)
def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _bytes(digits: str | None) -> bytes | None:
    return bytes.fromhex(digits) if digits else None


def _read(found: Any) -> list[Claimed]:
    """Earliest first."""
    return sorted(map(_claimed, as_rows(found)), key=lambda row: (row.send_at, row.id))


def _to_pick(kind: Kind, but: Gate | None) -> Any:
    """Literal state and kind, so that the partial index is used."""
    chat_free = sa.or_(addresses.c.free_at.is_(None), addresses.c.free_at <= _AT)
    picked = (
        sa.select(*_OWN)
        .where(
            outbox.c.state == sa.text("'queued'"),
            outbox.c.sender_id == sa.bindparam("sender"),
            outbox.c.kind == sa.text(f"'{kind.value}'"),
            outbox.c.send_at <= _NOW,
            *gates(kind, chat_free, but=but),
        )
        .order_by(outbox.c.send_at, outbox.c.outbox_id)
        .limit(sa.bindparam("slots", type_=sa.Integer()))
        .with_for_update(skip_locked=True, of=outbox)
        .subquery("picked")
    )
    return _loaded(picked)


_pick = cache(lambda kind, but: Prepared(_to_pick(kind, but)))


def pick(conn: sa.Connection, kind: Kind, sender_id: int, slots: int, terms: Terms) -> list[Claimed]:
    """Up to `slots` queued rows of one kind that pass its gates and whose chat is free, earliest first.

    Nobody else picks or changes them before this transaction ends; nothing is claimed yet.
    """
    which = {**terms.values(), "sender": sender_id, "slots": slots}
    # To look each row up in all that is live costs more than the rest of the pick, and hardly ever finds one
    # that is not: only then are they picked so.
    rows = _read(_pick(kind, Gate.APPROVED).run(conn, which).fetchone()[0])
    if Gate.APPROVED not in GATES[kind] or all(row.called in terms.live for row in rows):
        return rows
    return _read(_pick(kind, None).run(conn, which).fetchone()[0])


_GIVEN = Given("rows")
_THIS = _GIVEN.row(outbox.c.outbox_id)


def _to_take(kind: Kind, said: bool) -> Any:
    values: dict[Any, Any] = {
        "state": State.SENDING.value, "reason": None, "claimed_by": sa.bindparam("holder"),
        "claimed_until": sa.bindparam("until", type_=Moment()), "attempted_at": _NOW,
        "attempts": outbox.c.attempts + 1, "updated_at": _NOW,
    }  # fmt: skip
    if said:
        words = sa.bindparam("words", type_=sa.LargeBinary())
        begin, length = (sa.cast(_GIVEN.text(place), sa.Integer) for place in (1, 2))
        values |= {
            "sealed": sa.func.substr(words, begin, length), "language": _GIVEN.text(3),
            "words_hash": _GIVEN.text(4), "parts": sa.cast(_GIVEN.text(5), sa.Integer),
        }  # fmt: skip
    return (
        sa.update(outbox)
        .where(_THIS, unindexed(outbox.c.state) == State.QUEUED.value, *gates(kind))
        .values(values)
    )


_take = cache(lambda kind, said: Prepared(_to_take(kind, said)))
_TAKEN = sa.select(outbox.c.outbox_id).where(
    _THIS, unindexed(outbox.c.state) == State.SENDING.value, outbox.c.claimed_by == sa.bindparam("holder")
)


def take(
    conn: sa.Connection,
    kind: Kind,
    rows: Mapping[int, Said | None],
    terms: Terms,
    holder: str,
    until: datetime,
) -> frozenset[int]:
    """Claim picked rows of one kind that still pass its gates, and keep what leaves of each (None: the row
    holds it already): queued -> sending. Gives those that are ours until then."""
    bound = terms.values() | {"holder": holder, "until": until}
    made = {row: said for row, said in rows.items() if said is not None}
    taken = _take(kind, True).run(conn, bound | _kept(made)).rowcount if made else 0
    if len(made) < len(rows):
        as_they_are = as_text([[row] for row in rows if row not in made])
        taken += _take(kind, False).run(conn, bound | {"rows": as_they_are}).rowcount
    if taken == len(rows):
        return frozenset(rows)
    each = {"rows": as_text([[row] for row in rows]), "holder": holder}
    return frozenset(conn.execute(_TAKEN, each).scalars())


def _kept(rows: Mapping[int, Said]) -> dict[str, Any]:
    """The words one after the other, each text once, and for each row where its own begin."""
    words = bytearray()
    begins: dict[bytes, int] = {}
    given = []
    for row, said in rows.items():
        if (begin := begins.get(said.sealed)) is None:
            begin = begins[said.sealed] = len(words) + 1
            words += said.sealed
        given.append((row, begin, len(said.sealed), said.language, said.words_hash, said.parts))
    return {"rows": as_text(given), "words": bytes(words)}


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


_ROWS = sa.select(*_OWN).where(outbox.c.outbox_id.in_(sa.bindparam("ids", expanding=True)))
_LOAD = _loaded(_ROWS.subquery("ours"))


def load(conn: sa.Connection, ids: Iterable[int]) -> list[Claimed]:
    """The rows of these ids, earliest first, with what their words are made from; one query."""
    return _read(conn.execute(_LOAD, {"ids": list(ids)}).scalar_one())


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


def give_up(conn: sa.Connection, outbox_id: int, reason: Reason, now: datetime) -> bool:
    """A picked row whose words cannot be made ends here, before anything left."""
    over = {"state": State.CANCELLED.value, "reason": reason.value, "updated_at": now}
    return conn.execute(_still_queued(outbox_id).values(over)).rowcount == 1


def later(
    conn: sa.Connection, outbox_id: int, reason: Reason, send_at: datetime, code: str | None, now: datetime
) -> bool:
    """A picked row stays queued, for not before `send_at`."""
    again = {"reason": reason.value, "send_at": send_at, "provider_code": code, "updated_at": now}
    return conn.execute(_still_queued(outbox_id).values(again)).rowcount == 1


def _still_queued(outbox_id: int) -> sa.Update:
    return sa.update(outbox).where(outbox.c.outbox_id == outbox_id, outbox.c.state == State.QUEUED.value)
