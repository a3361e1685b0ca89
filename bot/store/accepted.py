"""What a provider took: the rows become sent, all that were on their way by one statement."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime

import sqlalchemy as sa

from bot.domain.outbox import State, before_states
from bot.store.columns import Moment, as_number
from bot.store.given import Given, as_text, unindexed
from bot.store.prepared import Prepared
from bot.store.tables import outbox


def _in(states: Iterable[State]) -> sa.ColumnElement[bool]:
    """Written out: a list that is bound cannot be part of a batch of UPDATEs."""
    return sa.or_(*(outbox.c.state == sa.text(f"'{state.value}'") for state in sorted(states)))


def _accept(*which: sa.ColumnElement[bool]) -> sa.Update:
    return (
        sa.update(outbox)
        .where(outbox.c.outbox_id == sa.bindparam("row"), *which)
        .values(
            state=State.SENT.value,
            reason=None,
            provider_id=sa.bindparam("theirs"),
            sent_at=sa.bindparam("began", type_=Moment()),
            day=sa.bindparam("local", type_=sa.Date()),
            claimed_by=None,
            claimed_until=None,
            updated_at=sa.bindparam("at", type_=Moment()),
        )
    )


_ACCEPT = _accept(_in(before_states(State.SENT)))
_LEFT = _accept(  # its lease had ended, and it was to go once more: it need not
    _in({State.QUEUED}), outbox.c.attempts > 0
)
_NAME = (  # a receipt came first: keep its state, add what only the answer knows
    sa.update(outbox)
    .where(
        outbox.c.outbox_id == sa.bindparam("row"),
        _in({State.SENT, State.DELIVERED, State.FAILED}),
    )
    .values(
        provider_id=sa.func.coalesce(outbox.c.provider_id, sa.bindparam("theirs")),
        sent_at=sa.func.coalesce(outbox.c.sent_at, sa.bindparam("began", type_=Moment())),
        claimed_by=None,
        claimed_until=None,
    )
)


_GIVEN = Given("rows")


def _leaving() -> sa.Update:
    """As `_ACCEPT`, for all that were on their way in one statement: each is (row, provider's id, moment)."""
    return (
        sa.update(outbox)
        .where(_GIVEN.row(outbox.c.outbox_id), unindexed(outbox.c.state) == State.SENDING.value)
        .values(
            state=State.SENT.value,
            reason=None,
            provider_id=_GIVEN.text(1),
            sent_at=_GIVEN.number(2),
            claimed_by=None,
            claimed_until=None,
            updated_at=sa.bindparam("at", type_=Moment()),
        )
    )


_DAY = sa.bindparam("local", type_=sa.Date())
# A step has its day since it was queued: not to write it once more spares two indexes.
_ON_ITS_DAY = Prepared(_leaving().where(outbox.c.day.is_not_distinct_from(_DAY)))
_ON_ANY_DAY = Prepared(_leaving().values(day=_DAY))


def record(conn: sa.Connection, taken: Sequence[tuple[int, str, datetime, date]], now: datetime) -> bool:
    """The provider took these: (row, its id for it, when the call began, that local day).

    True when all were on their way, and none was in doubt, had its receipt first or was erased.
    """
    days: dict[date, list[tuple[int, str, int]]] = {}
    for row, theirs, began, local in taken:
        days.setdefault(local, []).append((row, theirs, as_number(began)))
    left = 0
    for local, some in days.items():
        values = {"rows": as_text(some), "local": local, "at": now}
        on_it = _ON_ITS_DAY.run(conn, values).rowcount
        left += on_it if on_it == len(some) else on_it + _ON_ANY_DAY.run(conn, values).rowcount
    if left == len(taken):
        return True
    _one_by_one(conn, taken, now)
    return False


def _one_by_one(conn: sa.Connection, taken: Sequence[tuple[int, str, datetime, date]], now: datetime) -> None:
    names = ("row", "theirs", "began", "local")
    values = [dict(zip(names, entry, strict=True)) for entry in taken]
    timed = [entry | {"at": now} for entry in values]
    if conn.execute(_ACCEPT, timed).rowcount != len(values):
        conn.execute(_LEFT, timed)
        conn.execute(_NAME, [{name: entry[name] for name in names[:3]} for entry in values])
