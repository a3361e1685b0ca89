"""Steps by week, and the rows that a plan made, for the tests of plans."""

from __future__ import annotations

from datetime import date
from typing import Any

import sqlalchemy as sa

from bot.domain.campaign import Anchor, Moment, Step
from bot.domain.family import Role
from bot.services.desk import Desk
from bot.store.tables import outbox
from tests import line
from tests.people import DUE
from tests.rows import Someone

TODAY = date(2027, 2, 2)
PREGNANT_DAYS = 280 - (DUE - TODAY).days  # of a mother due on DUE, on TODAY
ALL_PARENTS = frozenset({Role.MOTHER, Role.FATHER})


def week_step(step_id: str = "offer", opens_in: int = 0, **changes: Any) -> Step:
    """Opens in so many days from TODAY for who is due on DUE, and is open for a week."""
    when = Moment(Anchor.DUE, days=PREGNANT_DAYS + opens_in)
    return line.step(step_id, **({"when": when, "timing_hash": "t1"} | changes))


def rows_of(desk: Desk, who: Someone | None = None) -> list[sa.Row[Any]]:
    """The outbox, of one member if given."""
    query = sa.select(outbox).order_by(outbox.c.campaign, outbox.c.step, outbox.c.outbox_id)
    if who is not None:
        query = query.where(outbox.c.member_id == who.member_id)
    return list(desk.database.read(lambda conn: conn.execute(query).all()))


def states(desk: Desk, who: Someone | None = None) -> list[tuple[str, str, str | None]]:
    """The same, in short: which step, its state, and why."""
    return [(row.step, row.state, row.reason) for row in rows_of(desk, who)]
