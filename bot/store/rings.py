"""Rings: which alerts the duty is to be told of now, claimed by one process, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from bot.domain.duty import Way
from bot.store.tables import alerts

_OPEN = sa.text("alerts.closed_at IS NULL")  # as the partial index says it
_DUE = (
    sa.select(
        alerts.c.alert_id, alerts.c.kind, alerts.c.family_id, alerts.c.at, alerts.c.rung_by, alerts.c.rings
    )
    .where(
        _OPEN,
        alerts.c.ring_at <= sa.bindparam("now"),
        sa.or_(alerts.c.rings > 0, alerts.c.at > sa.bindparam("not_before")),
    )
    .order_by(alerts.c.at, alerts.c.alert_id)
    .limit(sa.bindparam("most"))
)
_LATELY = sa.select(alerts.c.kind, alerts.c.family_id).distinct().where(
    _OPEN, alerts.c.rung_at > sa.bindparam("since")
)  # fmt: skip
_THESE = alerts.c.alert_id.in_(sa.bindparam("ids", expanding=True))
_CLAIMED = (
    sa.update(alerts)
    .where(_THESE, _OPEN, alerts.c.ring_at <= sa.bindparam("now"))
    .values(ring_at=sa.bindparam("until"), rings=alerts.c.rings + 1)
    .returning(alerts.c.alert_id)
)
_RUNG = (
    sa.update(alerts)
    .where(_THESE, alerts.c.rung_at.is_(None))
    .values(rung_at=sa.bindparam("now"), rung_by=sa.bindparam("ways"), ring_at=None, given_up_at=None)
)
_MINE = (_THESE, alerts.c.rung_at.is_(None), alerts.c.ring_at == sa.bindparam("until"))
_AGAIN = (
    sa.update(alerts)
    .where(*_MINE, alerts.c.at > sa.bindparam("long_ago"))
    .values(ring_at=sa.bindparam("later"), rung_by=sa.bindparam("ways"))
)
_GIVEN_UP = (
    sa.update(alerts)
    .where(*_MINE, alerts.c.at <= sa.bindparam("long_ago"))
    .values(ring_at=None, given_up_at=sa.bindparam("now"), rung_by=sa.bindparam("ways"))
)
_FAILING = sa.select(sa.func.min(alerts.c.at)).where(
    _OPEN, alerts.c.ring_at.is_not(None), alerts.c.rings > 0
)  # fmt: skip
_UNTOLD = sa.select(sa.func.count()).where(_OPEN, alerts.c.given_up_at.is_not(None))
_waits = alerts.c.ring_at.is_not(None)
_COUNTED = sa.select(
    sa.func.count(sa.case((sa.and_(_waits, alerts.c.rings == 0), 1))),
    sa.func.count(sa.case((sa.and_(_waits, alerts.c.rings > 0), 1))),
    sa.func.count(alerts.c.rung_at),
).where(_OPEN)


@dataclass(frozen=True, slots=True)
class Due:
    """An alert that the duty is to be told of now; `told`: the ways that took it already."""

    alert_id: int
    kind: str
    family_id: int | None
    at: datetime
    told: frozenset[Way]
    tries: int


def due(conn: sa.Connection, now: datetime, not_before: datetime, most: int) -> list[Due]:
    """Open alerts whose time to ring has come, oldest first; never tried ones only from `not_before` on."""
    rows = conn.execute(_DUE, {"now": now, "not_before": not_before, "most": most})
    return [
        Due(row.alert_id, row.kind, row.family_id, row.at, _ways(row.rung_by), row.rings) for row in rows
    ]  # fmt: skip


def lately(conn: sa.Connection, since: datetime) -> set[tuple[str, int | None]]:
    """The kinds and families of which the duty was told since then, and which nobody has seen to."""
    return {(row.kind, row.family_id) for row in conn.execute(_LATELY, {"since": since})}


def claim(conn: sa.Connection, ids: Sequence[int], now: datetime, until: datetime) -> list[int]:
    """Those of these alerts that are ours to tell until then; another process may have the others."""
    return list(conn.execute(_CLAIMED, {"ids": list(ids), "now": now, "until": until}).scalars())


def rung(conn: sa.Connection, ids: Sequence[int], ways: Iterable[Way], now: datetime) -> None:
    """Every way took it."""
    conn.execute(_RUNG, {"ids": list(ids), "ways": _said(ways), "now": now})


def not_rung(
    conn: sa.Connection,
    ids: Sequence[int],
    ways: Iterable[Way],
    *,
    until: datetime,
    later: datetime,
    long_ago: datetime,
    now: datetime,
) -> int:
    """Not every way took it: try again `later`, or give up what is of `long_ago`; gives how many were given
    up. `until` names the claim: where another process has it by now, nothing is changed."""
    mine = {"ids": list(ids), "until": until, "ways": _said(ways), "long_ago": long_ago}
    conn.execute(_AGAIN, mine | {"later": later})
    return conn.execute(_GIVEN_UP, mine | {"now": now}).rowcount


def failing_since(conn: sa.Connection) -> datetime | None:
    """When the oldest alert was raised that the duty did not take yet, though it was tried."""
    since: datetime | None = conn.execute(_FAILING).scalar()
    return since


def counts(conn: sa.Connection) -> dict[str, int]:
    """Open alerts that ring: not tried yet, tried in vain, told, given up."""
    waiting, failing, told = conn.execute(_COUNTED).one()
    return {"waiting": waiting, "failing": failing, "told": told, "given_up": given_up(conn)}


def given_up(conn: sa.Connection) -> int:
    """How many open alerts could not be told to the duty for a day."""
    return int(conn.execute(_UNTOLD).scalar_one())


def _ways(codes: str) -> frozenset[Way]:
    return frozenset(Way(code) for code in codes.split())


def _said(ways: Iterable[Way]) -> str:
    return " ".join(sorted(way.value for way in ways))
