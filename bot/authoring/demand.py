"""Demand: a quick proof that essential messages all find their day, for most days of joining.

While essential messages wait, every day that the cap allows goes to them, and the one that closes first goes
first. So if in no span of days more of them open and close than there are days allowed, none can be kept out.
Days allowed: n in any seven, after n on the days just before; who has just joined had nothing before.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.authoring.waiting import Row

_WEEK = 7


class Demand:
    """The essential rows of one role and one due date, and how many may go in any seven days."""

    def __init__(self, rows: Iterable[Row], per_week: int) -> None:
        self._per_week = per_week
        self._rows = tuple(rows)
        self._too_much = _too_much(self._rows, per_week)

    def fits(self, joined: int, own: Sequence[Row] = ()) -> bool:
        """Whether all find their day for who joins then; False where only living it through can tell.

        `own`: rows that are theirs alone.
        """
        rows = (*self._rows, *own)
        latest = _too_much(rows, self._per_week) if own else self._too_much
        if latest is not None and joined <= latest:
            return False
        closing = sorted(row.closes for row in rows if row.closes > joined)
        return all(
            number <= fresh(closes - joined, self._per_week) for number, closes in enumerate(closing, start=1)
        )


def after_others(days: int, per_week: int) -> int:
    """How many may go in so many days, when as many as may be went just before."""
    weeks, rest = divmod(days, _WEEK)
    return weeks * per_week + max(0, rest - (_WEEK - per_week))


def fresh(days: int, per_week: int) -> int:
    """How many may go in so many days, when none went before."""
    weeks, rest = divmod(days, _WEEK)
    return weeks * per_week + min(rest, per_week)


def _too_much(rows: Sequence[Row], per_week: int) -> int | None:
    """The last day from which on more open and close than may go; None where there is none."""
    latest = None
    for first in {row.opens for row in rows}:
        closing = sorted(row.closes for row in rows if row.opens >= first)
        for number, closes in enumerate(closing, start=1):
            if number > after_others(closes - first, per_week):
                latest = first if latest is None else max(latest, first)
                break
    return latest
