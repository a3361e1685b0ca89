"""Who is behind an address: asked for many at once, as the conversation needs it of each who wrote."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.store.bulk import among_ids
from bot.store.tables import family_events, members, outbox

_TOLD = sa.text("kind IN ('due', 'born', 'not_born', 'neonatal', 'home', 'apart')")  # of dates and the baby
_STEPS = sa.text("kind IN ('staged', 'chosen', 'check_in', 'reminder')")


def _latest(family: Any, member: Any) -> sa.Select[Any]:
    return (
        sa.select(outbox.c.campaign)
        .where(
            outbox.c.family_id == family, outbox.c.member_id == member, _STEPS,
            outbox.c.sent_at.is_not(None), outbox.c.campaign != "",
        )
        .order_by(outbox.c.sent_at.desc(), outbox.c.outbox_id.desc())
        .limit(1)
    )  # fmt: skip


_LAST_CAMPAIGN = _latest(sa.bindparam("family"), sa.bindparam("member"))
_BEHIND = (
    sa.select(
        members.c.address_id, members.c.family_id, members.c.member_id,
        _latest(members.c.family_id, members.c.member_id).correlate(members).scalar_subquery(),
    )
    .where(among_ids(members.c.address_id), members.c.left_at.is_(None))
    .order_by(members.c.member_id)
)  # fmt: skip
_TOLD_EVENTS = (
    sa.select(family_events.c.family_id, family_events.c.at, family_events.c.kind, family_events.c.member_id)
    .where(among_ids(family_events.c.family_id), _TOLD)
    .order_by(family_events.c.family_id, family_events.c.event_id)
)


@dataclass(frozen=True, slots=True)
class Behind:
    """A member who is reached at an address, and the campaign of the latest step that left for them."""

    family_id: int
    member_id: int
    last_campaign: str | None


def behind(conn: sa.Connection, address_ids: Collection[int]) -> dict[int, list[Behind]]:
    """Everyone who is reached at these addresses, by address, in the order they joined."""
    found: dict[int, list[Behind]] = defaultdict(list)
    for address_id, *who in conn.execute(_BEHIND, {"ids": list(address_ids)}):
        found[address_id].append(Behind(*who))
    return found


def last_campaign(conn: sa.Connection, family_id: int, member_id: int) -> str | None:
    """The campaign of the latest step that left for this member: what DONE answers."""
    found: str | None = conn.execute(_LAST_CAMPAIGN, {"family": family_id, "member": member_id}).scalar()
    return found


def told_births(conn: sa.Connection, whose: Collection[tuple[int, int]]) -> dict[tuple[int, int], datetime]:
    """When each of these, (family, member), told the birth, if that is the last that was told of the dates or
    the baby.

    Of holds nothing is asked here: whether a family is held, its members cannot tell by this (CARE 8).
    """
    if not whose:
        return {}
    told: dict[int, list[Any]] = defaultdict(list)
    for row in conn.execute(_TOLD_EVENTS, {"ids": sorted({family_id for family_id, _ in whose})}):
        told[row.family_id].append(row)
    births = {(family_id, member_id): _birth(told[family_id], member_id) for family_id, member_id in whose}
    return {who: at for who, at in births.items() if at is not None}


def _birth(told: Sequence[Any], member_id: int) -> datetime | None:
    births = [row.at for row in told if row.kind == "born" and row.member_id == member_id]
    # In one text "in hospital" comes with the birth, at the same moment.
    return births[-1] if births and births[-1] == told[-1].at else None
