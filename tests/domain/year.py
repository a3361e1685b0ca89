"""A year of one family, planned day by day in memory, as the planner does it over rows."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from bot.domain import decide as decision
from bot.domain.campaign import Calendar, CapRules
from bot.domain.decide import Close, History, OpenRow, Queue
from bot.domain.family import Family
from bot.domain.outbox import Kind, State
from bot.domain.revision import LiveStep
from bot.domain.timeline import Window

Name = tuple[str, str, str]


@dataclass(slots=True)
class Year:
    """What left, what ended, and what is open. `queued` holds each Queue with that day's window."""

    live: Sequence[LiveStep]
    calendar: Calendar
    home: Callable[[date], Family]  # the family as it is known on a day
    shuffle: random.Random = field(default_factory=lambda: random.Random(1))
    rows: dict[Name, OpenRow] = field(default_factory=dict)
    sent: dict[Name, date] = field(default_factory=dict)
    queued: list[tuple[Queue, Window | None]] = field(default_factory=list)
    ended: list[Close] = field(default_factory=list)
    seen: set[Name] = field(default_factory=set)

    def run(self, first: date, days: int) -> None:
        """Every day once, at 03:00; whatever is queued leaves."""
        for ahead in range(days):
            self._day(first + timedelta(days=ahead))

    def _day(self, today: date) -> None:
        family = self.home(today)
        (person,) = family.members
        for one in decision.openings(family, person, self.live, today, today, self.calendar, self.sent):
            fresh = decision.fresh(one)
            if fresh.name not in self.seen:
                self.seen.add(fresh.name)
                self.rows[fresh.name] = replace(fresh, planned_on=today)
        rows = [self._today(row, family) for row in self.rows.values()]
        self.shuffle.shuffle(rows)
        now = datetime(today.year, today.month, today.day, 3, tzinfo=UTC)
        past = [(item.day, not item.in_first_days) for item, _ in self.queued if item.row.kind is Kind.STAGED]
        for found in decision.decide(person, family, rows, History(past), now, self.calendar, CapRules()):
            self._apply(found)

    def _today(self, row: OpenRow, family: Family) -> OpenRow:
        person = family.members[0]
        span = decision.window_for(row.step, family, person, row.occurrence, self.calendar, self.sent)
        return replace(row, id=1, window=span)

    def _apply(self, found: decision.Decision) -> None:
        if isinstance(found, Queue):
            del self.rows[found.row.name]
            self.sent[found.row.name] = found.day
            self.queued.append((found, found.row.window))
        elif isinstance(found, Close):
            del self.rows[found.row.name]
            self.ended.append(found)
        else:
            self.rows[found.row.name] = replace(found.row, state=State.WAITING, reason=found.reason)
