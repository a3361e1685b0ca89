"""Whole families, read set-based: one query a table, however many families are asked for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from bot.domain.address import ChannelName
from bot.domain.family import (
    AddressState,
    Baby,
    BabyStatus,
    Family,
    Hold,
    HoldKind,
    Link,
    Member,
    Pregnancy,
    Purpose,
    Role,
)  # fmt: skip
from bot.domain.hours import PartOfDay, local_day
from bot.store.bulk import among_ids
from bot.store.prepared import Query
from bot.store.tables import (
    addresses,
    answers,
    babies,
    consent_states,
    families,
    holds,
    members,
    pregnancies,
    topics,
)  # fmt: skip

# Rows come as tuples and are taken apart by place: of the planner's work, reading families is the most.
_Rows = dict[Any, list[Any]]
_NONE: tuple[Any, ...] = ()
_NOTHING: frozenset[Any] = frozenset()
_ROLES, _LINKS = {one.value: one for one in Role}, {one.value: one for one in Link}
_PARTS = {one.value: one for one in PartOfDay}
_PURPOSES, _CHANNELS = {one.value: one for one in Purpose}, {one.value: one for one in ChannelName}
_STATUSES = {one.value: one for one in BabyStatus}
_f, _m, _a, _p = families.c, members.c, addresses.c, pregnancies.c

_FAMILIES = Query(
    sa.select(_f.family_id, _f.epoch, _f.moved_on).where(among_ids(_f.family_id)).order_by(_f.family_id)
)
PERSON_NAMES = (
    "family_id", "member_id", "role", "language", "joined_on", "link", "paused_until", "essential_only",
    "area", "under_20", "previous_loss", "private", "sees", "preferred_time", "address_id", "channel",
    "stopped", "suspended", "guest",
)  # fmt: skip
PERSON = (  # what `member` is made of
    _m.family_id, _m.member_id, _m.role, _m.language, _m.joined_on, _m.link, _m.paused_until,
    _m.essential_only, _m.area, _m.under_20, _m.previous_loss, _m.private, _m.sees_pregnancy_id,
    _m.preferred_time, _m.address_id, _a.channel, _a.stopped_at.is_not(None), _a.suspended_at.is_not(None),
    _a.guest,
)  # fmt: skip
_MEMBERS = Query(
    sa.select(*PERSON)
    .outerjoin(addresses, _a.address_id == _m.address_id)
    .where(among_ids(_m.family_id), _m.left_at.is_(None))
    .order_by(_m.family_id, _m.member_id)
)  # fmt: skip
_PREGNANCIES = Query(
    sa.select(
        _p.family_id, _p.pregnancy_id, _p.due_on, _p.born_on, _p.corrected_on, _p.lost_on, _p.neonatal,
        _p.resumed_for,
    )
    .where(among_ids(_p.family_id))
    .order_by(_p.family_id, _p.pregnancy_id)
)  # fmt: skip
_BABIES = Query(
    sa.select(babies.c.family_id, babies.c.pregnancy_id, babies.c.baby_id, babies.c.status)
    .where(among_ids(babies.c.family_id))
    .order_by(babies.c.family_id, babies.c.baby_id)
)
_HOLDS = Query(
    sa.select(holds.c.family_id, holds.c.hold_id, holds.c.kind, holds.c.member_id, holds.c.at)
    .where(among_ids(holds.c.family_id), holds.c.lifted_at.is_(None))
    .order_by(holds.c.family_id, holds.c.hold_id)
)
_TOPICS = Query(
    sa.select(topics.c.family_id, topics.c.member_id, topics.c.topic, topics.c.wanted, topics.c.at)
    .where(among_ids(topics.c.family_id))
)  # fmt: skip
_ANSWERS = Query(
    sa.select(answers.c.family_id, answers.c.member_id, answers.c.campaign, answers.c.meaning)
    .where(among_ids(answers.c.family_id))
)  # fmt: skip
_states = consent_states.c
_CONSENTS = Query(
    sa.select(_states.family_id, _states.member_id, _states.purpose, _states.channel)
    .where(among_ids(_states.family_id), _states.live)
)  # fmt: skip


def ids(conn: sa.Connection, page: tuple[int, int]) -> list[int]:
    """The families whose id lies between these two, the first left out."""
    query = sa.select(_f.family_id).where(_f.family_id > page[0], _f.family_id <= page[1])
    return list(conn.execute(query.order_by(_f.family_id)).scalars())


def load(conn: sa.Connection, family_ids: Sequence[int], *, trial: bool = False) -> list[Family]:
    """The families of these ids, ordered by id, whole; unknown ids are left out.

    Members who left are not in them. In trial mode `address.guest` says who is on the guest list.
    """
    if not family_ids:
        return []
    ids = {"ids": list(dict.fromkeys(family_ids))}
    people = _members(conn, ids, trial)
    clocks = _pregnancies(conn, ids)
    quiet = _first(_HOLDS.rows(conn, ids))
    return [
        Family(
            id=family_id, epoch=epoch, moved_on=moved_on, members=tuple(people.get(family_id, _NONE)),
            pregnancies=tuple(clocks.get(family_id, _NONE)),
            holds=tuple(_hold(*hold) for hold in quiet.get(family_id, _NONE)),
        )
        for family_id, epoch, moved_on in _FAMILIES.rows(conn, ids)
    ]  # fmt: skip


def _members(conn: sa.Connection, ids: dict[str, Any], trial: bool) -> dict[int, list[Member]]:
    wishes = _two(_TOPICS.rows(conn, ids))
    said = _two(_ANSWERS.rows(conn, ids))
    agreed = _two(_CONSENTS.rows(conn, ids))
    found: dict[int, list[Member]] = defaultdict(list)
    for row in _MEMBERS.rows(conn, ids):
        key = (row[0], row[1])
        wanted = wishes.get(key, _NONE)
        said_so = frozenset(said[key]) if key in said else _NOTHING
        said_yes = given(tuple(agreed[key])) if key in agreed else _NOTHING
        found[key[0]].append(member(row, trial, wanted, said_so, said_yes))
    return found


@lru_cache(maxsize=100)  # there are few; and those alike have the very same
def given(agreed: tuple[tuple[str, str], ...]) -> frozenset[tuple[Purpose, ChannelName]]:
    """Live consents, by purpose and channel."""
    return frozenset([(_PURPOSES[purpose], _CHANNELS[on]) for purpose, on in agreed])


def member(
    row: Any,
    trial: bool,
    wishes: Sequence[tuple[str, bool, datetime]],
    said: frozenset[tuple[str, str]],
    agreed: frozenset[tuple[Purpose, ChannelName]],
) -> Member:
    """One of a family, from the columns of `PERSON` and what other tables hold of them."""
    (family_id, member_id, role, language, joined_on, link, paused_until, essential_only, area, under_20,
     previous_loss, private, sees, preferred, *address) = row  # fmt: skip
    return Member(
        id=member_id, family_id=family_id, role=_ROLES[role], language=language, joined_on=joined_on,
        link=_LINKS[link], address=_address(trial, *address), consents=agreed, paused_until=paused_until,
        essential_only=essential_only, topics={name: on for name, on, _ in wishes},
        wished_on={name: local_day(at) for name, _, at in wishes}, answered=said, area=area,
        under_20=under_20,
        previous_loss=previous_loss, private=private, sees_pregnancy=sees,
        preferred_time=None if preferred is None else _PARTS[preferred],
    )  # fmt: skip


def _address(
    trial: bool, address_id: int | None, channel: str, stopped: bool, suspended: bool, guest: bool
) -> AddressState | None:
    if address_id is None:
        return None
    return AddressState(address_id, _CHANNELS[channel], stopped, suspended, guest if trial else True)


def _pregnancies(conn: sa.Connection, ids: dict[str, Any]) -> dict[int, list[Pregnancy]]:
    born = _two(_BABIES.rows(conn, ids))
    found: dict[int, list[Pregnancy]] = defaultdict(list)
    for row in _PREGNANCIES.rows(conn, ids):
        family_id, pregnancy_id, due_on, born_on, corrected_on, lost_on, neonatal, resumed_for = row
        key = (family_id, pregnancy_id)
        everyone = tuple([Baby(one, _STATUSES[status]) for one, status in born.get(key, _NONE)])
        resumed = frozenset(resumed_for) if resumed_for else _NOTHING
        found[family_id].append(
            Pregnancy(
                pregnancy_id, due_on, born_on, corrected_on, lost_on, neonatal, everyone, resumed
            )
        )  # fmt: skip
    return found


def _hold(hold_id: int, kind: str, member_id: int, at: datetime) -> Hold:
    return Hold(hold_id, HoldKind(kind), member_id or None, at)


def _first(rows: Iterable[Any]) -> _Rows:
    """The rest of each row under its first column."""
    found: _Rows = {}
    for row in rows:
        found.setdefault(row[0], []).append(row[1:])
    return found


def _two(rows: Iterable[Any]) -> _Rows:
    """The rest of each row under its first two columns."""
    found: _Rows = {}
    for first, second, *rest in rows:
        found.setdefault((first, second), []).append(tuple(rest))
    return found
