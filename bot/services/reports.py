"""Reports: what became of every row, in sums; no personal data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from bot.domain import hours
from bot.domain.outbox import State
from bot.errors import NotFound
from bot.services.desk import Desk
from bot.store.tables import members, outbox

_SAME = (outbox.c.family_id == members.c.family_id) & (outbox.c.member_id == members.c.member_id)
_LEFT = (State.SENT.value, State.DELIVERED.value, State.UNCERTAIN.value)
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
    query = (
        sa.select(outbox.c.campaign, members.c.role, outbox.c.state, sa.func.count())
        .select_from(outbox.join(members, _SAME))
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


@dataclass(frozen=True, slots=True)
class Receiver:
    """One member whom a step reached, or may have reached: `state` is sent, delivered or uncertain."""

    family_id: int
    member_id: int
    role: str
    language: str  # of the words that left
    state: str


def received(desk: Desk, campaign: str, step: str, now: datetime) -> list[Receiver]:
    """Whom a step left for, under any name it had; ids and codes only. Raises NotFound for an unknown one."""

    def work(conn: sa.Connection) -> list[Receiver]:
        names = _names(desk, conn, campaign, step, now)
        query = (
            sa.select(
                outbox.c.family_id, outbox.c.member_id, members.c.role, outbox.c.language, outbox.c.state
            )
            .select_from(outbox.join(members, _SAME))
            .where(_STEPS, outbox.c.campaign == campaign, outbox.c.step.in_(names), outbox.c.state.in_(_LEFT))
            .order_by(members.c.role, outbox.c.language, outbox.c.family_id, outbox.c.member_id)
        )
        return [Receiver(*row) for row in conn.execute(query)]

    return desk.database.read(work)


def _names(desk: Desk, conn: sa.Connection, campaign: str, step: str, now: datetime) -> list[str]:
    """What a published step is and was called."""
    today = hours.local_day(now)
    known = desk.shelf.at(conn, desk.mode, desk.config.authors, today).campaigns
    if campaign not in known:
        raise NotFound(f"{campaign!r} was never published.", f"Published are: {', '.join(known) or 'none'}.")
    found = known[campaign].step(step)
    if found is None:
        steps = ", ".join(one.id for one in known[campaign].steps)
        raise NotFound(f"{campaign} has no step {step!r}.", f"Its steps are: {steps}.")
    return [found.id, *found.formerly]


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
