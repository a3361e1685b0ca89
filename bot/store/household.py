"""Whole families, read set-based: one query a table, however many families are asked for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
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
from bot.domain.hours import PartOfDay
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

Rows = Sequence[sa.Row[Any]]
_IDS: sa.BindParameter[Any] = sa.bindparam("ids", expanding=True)

_FAMILIES = sa.select(families).where(families.c.family_id.in_(_IDS)).order_by(families.c.family_id)
_MEMBERS = (
    sa.select(members, addresses.c.channel, addresses.c.stopped_at, addresses.c.suspended_at,
              addresses.c.guest)
    .outerjoin(addresses, addresses.c.address_id == members.c.address_id)
    .where(members.c.family_id.in_(_IDS), members.c.left_at.is_(None))
    .order_by(members.c.family_id, members.c.member_id)
)  # fmt: skip
_PREGNANCIES = (
    sa.select(pregnancies)
    .where(pregnancies.c.family_id.in_(_IDS))
    .order_by(pregnancies.c.family_id, pregnancies.c.pregnancy_id)
)
_BABIES = sa.select(babies).where(babies.c.family_id.in_(_IDS)).order_by(babies.c.family_id, babies.c.baby_id)
_HOLDS = (
    sa.select(holds)
    .where(holds.c.family_id.in_(_IDS), holds.c.lifted_at.is_(None))
    .order_by(holds.c.family_id, holds.c.hold_id)
)
_TOPICS = sa.select(topics).where(topics.c.family_id.in_(_IDS))
_ANSWERS = sa.select(answers).where(answers.c.family_id.in_(_IDS))
_CONSENTS = sa.select(consent_states).where(consent_states.c.family_id.in_(_IDS), consent_states.c.live)


def load(conn: sa.Connection, family_ids: Sequence[int], *, trial: bool = False) -> list[Family]:
    """The families of these ids, ordered by id, whole; unknown ids are left out.

    Members who left are not in them. In trial mode `address.guest` says who is on the guest list.
    """
    if not family_ids:
        return []
    ids = {"ids": list(dict.fromkeys(family_ids))}
    people = _members(conn, ids, trial)
    clocks = _pregnancies(conn, ids)
    quiet = _by_family(conn.execute(_HOLDS, ids))
    return [
        Family(
            id=row.family_id, epoch=row.epoch, moved_on=row.moved_on,
            members=tuple(people[row.family_id]), pregnancies=tuple(clocks[row.family_id]),
            holds=tuple(_hold(hold) for hold in quiet[row.family_id]),
        )
        for row in conn.execute(_FAMILIES, ids)
    ]  # fmt: skip


def _members(conn: sa.Connection, ids: dict[str, Any], trial: bool) -> dict[int, list[Member]]:
    wishes = _by_member(conn.execute(_TOPICS, ids))
    said = _by_member(conn.execute(_ANSWERS, ids))
    agreed = _by_member(conn.execute(_CONSENTS, ids))
    found: dict[int, list[Member]] = defaultdict(list)
    for row in conn.execute(_MEMBERS, ids):
        key = (row.family_id, row.member_id)
        found[row.family_id].append(_member(row, trial, wishes[key], said[key], agreed[key]))
    return found


def _member(row: sa.Row[Any], trial: bool, wishes: Rows, said: Rows, agreed: Rows) -> Member:
    return Member(
        id=row.member_id, family_id=row.family_id, role=Role(row.role), language=row.language,
        joined_on=row.joined_on, link=Link(row.link), address=_address(row, trial),
        consents=frozenset((Purpose(item.purpose), ChannelName(item.channel)) for item in agreed),
        paused_until=row.paused_until, essential_only=row.essential_only,
        topics={item.topic: item.wanted for item in wishes},
        answered=frozenset((item.campaign, item.meaning) for item in said),
        area=row.area, private=row.private, sees_pregnancy=row.sees_pregnancy_id,
        preferred_time=None if row.preferred_time is None else PartOfDay(row.preferred_time),
        under_20=row.under_20, previous_loss=row.previous_loss,
    )  # fmt: skip


def _address(row: sa.Row[Any], trial: bool) -> AddressState | None:
    if row.address_id is None:
        return None
    return AddressState(
        id=row.address_id, channel=ChannelName(row.channel), stopped=row.stopped_at is not None,
        suspended=row.suspended_at is not None, guest=row.guest if trial else True,
    )  # fmt: skip


def _pregnancies(conn: sa.Connection, ids: dict[str, Any]) -> dict[int, list[Pregnancy]]:
    born: dict[tuple[int, int], list[Baby]] = defaultdict(list)
    for row in conn.execute(_BABIES, ids):
        born[row.family_id, row.pregnancy_id].append(Baby(row.baby_id, BabyStatus(row.status)))
    found: dict[int, list[Pregnancy]] = defaultdict(list)
    for row in conn.execute(_PREGNANCIES, ids):
        found[row.family_id].append(_pregnancy(row, born[row.family_id, row.pregnancy_id]))
    return found


def _pregnancy(row: sa.Row[Any], born: Sequence[Baby]) -> Pregnancy:
    return Pregnancy(
        id=row.pregnancy_id, due_on=row.due_on, born_on=row.born_on, corrected_on=row.corrected_on,
        lost_on=row.lost_on, neonatal=row.neonatal, babies=tuple(born),
        resumed_for=frozenset(row.resumed_for),
    )  # fmt: skip


def _hold(row: sa.Row[Any]) -> Hold:
    return Hold(row.hold_id, HoldKind(row.kind), row.member_id or None, row.at)


def _by_family(rows: Iterable[sa.Row[Any]]) -> dict[int, list[sa.Row[Any]]]:
    found: dict[int, list[sa.Row[Any]]] = defaultdict(list)
    for row in rows:
        found[row.family_id].append(row)
    return found


def _by_member(rows: Iterable[sa.Row[Any]]) -> dict[tuple[int, int], list[sa.Row[Any]]]:
    found: dict[tuple[int, int], list[sa.Row[Any]]] = defaultdict(list)
    for row in rows:
        found[row.family_id, row.member_id].append(row)
    return found
