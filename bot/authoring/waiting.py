"""Waiting: the messages ahead of one member, the open ones, and those that closed before their turn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import heappop, heappush

from bot.domain.calm import Order
from bot.domain.campaign import Importance, Step


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """A step that may go; days are ordinals. `order` says who goes first, `mark` tells rows apart."""

    step: Step
    opens: int
    closes: int
    order: Order
    whole: bool  # a birth does not cut it short: it is the cap that keeps it out until it closes
    own: bool  # it depends on when this member joined, or on what went before
    mark: int

    @property
    def expires(self) -> bool:
        """Whether somebody would miss what matters most if it never had its turn."""
        return self.whole and self.step.importance is Importance.ESSENTIAL

    def __lt__(self, other: Row) -> bool:
        return self.order < other.order


def later(row: Row) -> int:
    """For sorting: the next last."""
    return -row.opens


class Waiting:
    """What is ahead of one member, what is open, and what closed before its turn; a day at a time.

    `mark` tells apart what is open and what is only theirs: for two members with the same mark, day and
    history everything goes on alike.
    """

    __slots__ = ("_ahead", "_closing", "_open", "_there", "day", "expired", "mark")

    def __init__(self, ahead: list[Row], day: int) -> None:
        self._ahead, self.day = ahead, day  # the next last
        self._open: list[Row] = []  # a heap: who goes first
        self._closing: list[tuple[int, int, Row]] = []  # a heap: who closes first
        self._there: set[int] = set()
        self.expired: list[Step] = []
        self.mark = 0
        for row in ahead:
            self.mark ^= row.mark if row.own else 0

    @property
    def first(self) -> Row:
        """Who goes first of those that are open."""
        return self._open[0]

    def go_on(self, *, everything: bool) -> bool:
        """On to a day on which something is open; False when nothing will be.

        Essential steps that close on the way have expired; all of them where `everything` is asked.
        """
        while self._ahead or self._there:
            if not self._there:
                self.day = max(self.day, self._ahead[-1].opens)
            self._open_up()
            self._close(everything)
            while self._open and id(self._open[0]) not in self._there:
                heappop(self._open)
            if self._open:
                return True
        return False

    def gone(self, children: Iterator[Row]) -> None:
        """The first has gone; `children` come after it."""
        row = heappop(self._open)
        self._there.remove(id(row))
        self.mark ^= row.mark
        for child in children:
            self.mark ^= child.mark
            self._ahead = sorted([*self._ahead, child], key=later)

    def _open_up(self) -> None:
        while self._ahead and self._ahead[-1].opens <= self.day:
            row = self._ahead.pop()
            self.mark ^= 0 if row.own else row.mark
            self._there.add(id(row))
            heappush(self._open, row)
            heappush(self._closing, (row.closes, id(row), row))

    def _close(self, everything: bool) -> None:
        while self._closing and self._closing[0][0] <= self.day:
            row = heappop(self._closing)[2]
            if id(row) in self._there:
                self._there.remove(id(row))
                self.mark ^= row.mark
                if row.whole and (everything or row.expires):
                    self.expired.append(row.step)
