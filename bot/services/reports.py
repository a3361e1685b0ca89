"""Reports: what became of every row, in sums; no personal data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from bot.services.desk import Desk
from bot.store.tables import members, outbox

_STEPS = sa.text("outbox.kind IN ('staged', 'chosen', 'check_in')")


@dataclass(frozen=True, slots=True)
class Line:
    """One campaign's rows for one role: `planned` is the sum of `outcomes` (state -> rows)."""

    campaign: str
    role: str
    planned: int
    outcomes: Mapping[str, int]


def summary(desk: Desk) -> list[Line]:
    """Every planned row, by campaign and role, and what became of it. Erased members are not in it."""
    same = (outbox.c.family_id == members.c.family_id) & (outbox.c.member_id == members.c.member_id)
    query = (
        sa.select(outbox.c.campaign, members.c.role, outbox.c.state, sa.func.count())
        .select_from(outbox.join(members, same))
        .where(_STEPS)
        .group_by(outbox.c.campaign, members.c.role, outbox.c.state)
        .order_by(outbox.c.campaign, members.c.role, outbox.c.state)
    )
    found: dict[tuple[str, str], dict[str, int]] = {}
    for campaign, role, state, count in desk.database.read(lambda conn: conn.execute(query).all()):
        found.setdefault((campaign, role), {})[state] = count
    return [
        Line(campaign, role, sum(outcomes.values()), outcomes) for (campaign, role), outcomes in found.items()
    ]


def reasons(desk: Desk) -> dict[str, int]:
    """Why rows ended unsent or still wait: reason -> rows."""
    query = (
        sa.select(outbox.c.reason, sa.func.count())
        .where(_STEPS, outbox.c.reason.is_not(None))
        .group_by(outbox.c.reason)
        .order_by(sa.func.count().desc())
    )
    rows = desk.database.read(lambda conn: conn.execute(query).all())
    return {row.reason: row[1] for row in rows}
