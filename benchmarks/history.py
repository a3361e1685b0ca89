"""What became of a member's steps in the last weeks: each opening, and the day it went or what it waits for.

The rules of the calm are written down here a second time, plainly, so that the made history is one that
the planner could have left behind; `tests/benchmarks` holds it against the real one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from bot.domain import timeline
from bot.domain.campaign import Anchor, Calendar, Step
from bot.domain.timeline import Dates

WEEKS_OF_HISTORY = 15
_PLAIN = {Anchor.DUE: "due", Anchor.BIRTH: "birth", Anchor.CORRECTED: "corrected", Anchor.JOINED: "joined"}
_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Past:
    """One row of the outbox as it stands this morning."""

    step: Step
    occurrence: str
    opens: date
    closes: date
    state: str
    reason: str | None
    made_on: date
    day: date | None = None
    look_on: date | None = None
    first_days: bool = False


@dataclass(frozen=True, slots=True)
class Person:
    """One member, as far as it matters for what they had."""

    id: int
    pregnancy: str  # the occurrence that names it
    role: str
    dates: Mapping[Anchor, date | None]
    joined: date
    area: str | None
    under_20: bool
    refused: frozenset[str]  # topics
    essential_only: bool
    done: frozenset[str]  # campaigns answered with DONE


class Openings:
    """Which steps opened for which anchor dates in the weeks before `today`."""

    def __init__(self, steps: Sequence[Step], today: date, weeks: int = WEEKS_OF_HISTORY) -> None:
        self.first, self.today = today - timedelta(weeks=weeks), today
        self.next = {
            (step.campaign, step.when.step): step for step in steps if step.when.anchor is Anchor.AFTER
        }
        self.by_date: dict[tuple[Anchor, date], list[tuple[date, date, Step]]] = defaultdict(list)
        for step in steps:
            if step.when.anchor in _PLAIN:
                self._add(step)

    def _add(self, step: Step) -> None:
        day = self.first
        while day < self.today:
            span = timeline.anchor_range(step, day, Calendar())
            anchor = span.first if span is not None else day
            while span is not None and anchor <= span.last:
                dates = Dates(**{_PLAIN[step.when.anchor]: anchor})
                window = timeline.window(step, dates, Calendar())
                if window is not None and window.opens == day:
                    self.by_date[step.when.anchor, anchor].append((day, window.closes, step))
                anchor += _DAY
            day += _DAY

    def of(self, who: Person) -> Iterator[tuple[date, date, Step]]:
        """Every step that opened for this person, pregnancy's ending at the birth."""
        born = who.dates[Anchor.BIRTH]
        for anchor, day in who.dates.items():
            for opens, closes, step in self.by_date.get((anchor, day), ()) if day is not None else ():
                if anchor is Anchor.DUE and born is not None:
                    closes = min(closes, born)
                if opens < closes and closes > who.joined and _meant(step, who):
                    yield opens, closes, step


def _meant(step: Step, who: Person) -> bool:
    wanted = step.audience
    if who.role not in step.to or step.topic in who.refused:
        return False
    if who.essential_only and step.importance.rank > 0:
        return False
    if wanted.areas and who.area not in wanted.areas:
        return False
    if wanted.under_20 is not None and wanted.under_20 is not who.under_20:
        return False
    before, due = wanted.joined_before_days, who.dates[Anchor.DUE]
    return before is None or (due is not None and (who.joined - due).days + 280 < before)


def past(openings: Openings, who: Person) -> list[Past]:
    """The rows of one person: at most one a day and two in seven days, the essential first."""
    todo = sorted(openings.of(who), key=lambda one: (one[0], one[2].key), reverse=True)
    rows: list[Past] = []
    waiting: list[tuple[date, date, Step, date]] = []  # opens, closes, step, made on
    sent: list[date] = []
    born = who.dates[Anchor.BIRTH]
    day = max(todo[-1][0], who.joined) if todo else openings.today
    while day < openings.today and (todo or waiting):
        while todo and todo[-1][0] <= day:
            opens, closes, step = todo.pop()
            if step.unless and step.campaign in who.done:
                rows.append(Past(step, _name(step, who), opens, closes, "skipped", "answered", day))
            else:
                waiting.append((opens, closes, step, day))
        for one in [one for one in waiting if one[1] <= day]:
            waiting.remove(one)
            rows.append(Past(one[2], _name(one[2], who), one[0], one[1], "expired", "cap", one[3]))
        first_days = born is not None and timedelta() <= day - born < timedelta(days=10)
        if waiting and (first_days or sum(day - one < timedelta(days=7) for one in sent[-2:]) < 2):
            best = min(waiting, key=lambda one: (one[2].importance.rank, one[1], one[2].key))
            waiting.remove(best)
            rows.append(_went(best, who, day, first_days))
            if not first_days:
                sent.append(day)
            child = _child(openings, who, best[2], day)
            if child is not None:
                todo.append(child)
                todo.sort(key=lambda one: (one[0], one[2].key), reverse=True)
        day = day + _DAY if waiting or not todo else max(day + _DAY, todo[-1][0])
    frees = sent[-2] + timedelta(days=7) if len(sent) > 1 else openings.today
    for opens, closes, step, made in waiting:
        look_on = max(openings.today, min(frees, closes))
        rows.append(Past(step, _name(step, who), opens, closes, "waiting", "cap", made, look_on=look_on))
    return rows


def _child(openings: Openings, who: Person, parent: Step, day: date) -> tuple[date, date, Step] | None:
    """What opens because this one went; never once the baby is born."""
    step, born = openings.next.get(parent.key), who.dates[Anchor.BIRTH]
    if step is None or not _meant(step, who):
        return None
    opens = day + timedelta(days=step.when.days)
    closes = opens + _WEEK if born is None else min(opens + _WEEK, born)
    return (opens, closes, step) if opens < closes else None


def _went(one: tuple[date, date, Step, date], who: Person, day: date, first_days: bool) -> Past:
    opens, closes, step, made = one
    return Past(
        step, _name(step, who), opens, closes, "delivered", None, made, day=day, first_days=first_days
    )


def _name(step: Step, who: Person) -> str:
    return f"m{who.id}" if step.when.anchor is Anchor.JOINED else who.pregnancy
