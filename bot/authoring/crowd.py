"""Crowd: one person's year of messages under the cap (P8), fast enough to try every day of joining."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from bot.authoring.demand import Demand
from bot.authoring.waiting import Row, Waiting, later
from bot.domain import calm, timeline
from bot.domain.address import ChannelName
from bot.domain.audience import anchor_of, not_for
from bot.domain.calm import Candidate
from bot.domain.campaign import Anchor, Calendar, CapRules, Importance, Step
from bot.domain.family import (
    AddressState,
    Baby,
    BabyStatus,
    Family,
    Link,
    Member,
    Pregnancy,
    Role,
    corrected_day,
)
from bot.domain.timeline import GESTATION, Dates, Window

OVERDUE = timedelta(days=14)  # the longest pregnancy, so that no window is cut short by an early birth
_WEEK = 7

Recent = tuple[tuple[int, bool], ...]  # how many days ago something staged went, and whether it counts
State = tuple[int, Recent, int, object]


@dataclass(slots=True)
class Lived:
    """What one member's days came to: what went, and what was kept out until it closed."""

    sent: list[tuple[date, Step]] = field(default_factory=list)
    expired: list[Step] = field(default_factory=list)


class Crowd:
    """One role and one due date; birth is two weeks after it, or on `born`. Nobody answers, all traits are
    assumed. What is the same whoever joins when is worked out once."""

    def __init__(
        self,
        role: Role,
        due: date,
        steps: Sequence[Step],
        calendar: Calendar,
        rules: CapRules,
        *,
        born: date | None = None,
    ) -> None:
        self._role, self._due, self._birth = role, due, born or due + OVERDUE
        self._corrected = corrected_day(due, self._birth)
        self._born = self._birth.toordinal()
        self._calendar, self._rules = calendar, rules
        self._soft = frozenset(day.toordinal() for day in calendar.soft)
        start = due - GESTATION
        self._after = [step for step in steps if step.when.anchor is Anchor.AFTER]
        self._joined = [step for step in steps if step not in self._after and _counts_from_joining(step)]
        fixed = [step for step in steps if step not in self._after and step not in self._joined]
        self._known: dict[State, tuple[Step, ...]] = {}
        self._waits: dict[tuple[Recent, int | None], int] = {}
        self._theirs: dict[tuple[object, ...], bool] = {}
        rows = [row for step in fixed for row in self._rows(step, start, None)]
        all_of_them = (row for row in rows if not row.own and self._is_for(row.step, start))
        self._shared = sorted(all_of_them, key=later)
        self._some = [row for row in rows if row.own]
        alone = not any(step.importance is Importance.ESSENTIAL for step in self._after)
        self._demand = Demand(filter(_is_essential, self._shared), rules.per_7_days) if alone else None

    def joining_days(self) -> Iterator[date]:
        """Every day on which joining makes a difference: until the last essential step has closed."""
        closing = [row.closes for row in (*self._shared, *self._some) if row.expires]
        last = max(closing, default=self._born)
        return (date.fromordinal(day) for day in range((self._due - GESTATION).toordinal(), last))

    def expired(self, joined: date) -> tuple[Step, ...]:
        """The essential steps that expire for who joins then. Others' days are remembered."""
        return () if self._surely_fit(joined) else self._live(joined, None)

    def _surely_fit(self, joined: date) -> bool:
        """Whether it need not be lived through: no essential step can be kept out."""
        if self._demand is None:
            return False
        own = self._own(joined, [step for step in self._joined if step.importance is Importance.ESSENTIAL])
        return self._demand.fits(joined.toordinal(), list(filter(_is_essential, own)))

    def lived(self, joined: date) -> Lived:
        """Everything that goes to who joins then, and what does not."""
        lived = Lived()
        lived.expired += self._live(joined, lived)
        return lived

    def _live(self, joined: date, lived: Lived | None) -> tuple[Step, ...]:
        """Day by day, until it goes on as for someone who joined on another day."""
        member = Waiting(self._ahead(joined), joined.toordinal())
        since = self._signature(joined)
        history: list[tuple[int, bool]] = []
        passed: list[tuple[State, int]] = []
        while member.go_on(everything=lived is not None):
            wait = self._wait(history, member.day)
            if wait:
                member.day += wait
                continue
            if lived is None:
                state = (member.day, _recent(history, member.day), member.mark, since)
                if state in self._known:
                    member.expired += self._known[state]
                    break
                passed.append((state, len(member.expired)))
            self._send(member, history, joined, lived)
            member.day += 1
        self._known.update({state: tuple(member.expired[before:]) for state, before in passed})
        return tuple(member.expired)

    def _send(
        self, member: Waiting, history: list[tuple[int, bool]], joined: date, lived: Lived | None
    ) -> None:
        """What goes first goes today, unless today is for essential messages and it is none."""
        day, first = member.day, member.first
        if day in self._soft and first.step.importance is not Importance.ESSENTIAL:
            return
        history.append((day, not self._in_first_days(day)))
        today = date.fromordinal(day)
        member.gone(self._children(first.step, joined, today))
        if lived is not None:
            lived.sent.append((today, first.step))

    def _ahead(self, joined: date) -> list[Row]:
        """What is open or will be for who joins then, the next last."""
        day = joined.toordinal()
        own = self._own(joined, self._joined)
        shared = [row for row in self._shared if row.closes > day]
        return sorted([*shared, *own], key=later) if own else shared

    def _own(self, joined: date, steps: Iterable[Step]) -> list[Row]:
        """What of these steps, and of those with a limit, is for who joins then."""
        day = joined.toordinal()
        mine = (row for step in steps for row in self._rows(step, joined, None))
        return [row for row in (*self._some, *mine) if row.closes > day and self._is_for(row.step, joined)]

    def _wait(self, history: Sequence[tuple[int, bool]], day: int) -> int:
        """How many days until the cap lets one more go; 0: today. Remembered: weeks come round."""
        recent = _recent(history, day)
        to_birth = self._born - day
        near = to_birth if -self._rules.daily_until_age < to_birth <= _WEEK else None
        known = self._waits.get((recent, near))
        if known is None:
            today = date.fromordinal(day)
            days = [(today - timedelta(days=ago), counts) for ago, counts in recent]
            known = self._waits[recent, near] = next(
                (
                    ahead
                    for ahead in range(_WEEK)
                    if calm.room(
                        days, today + timedelta(days=ahead), self._rules, self._in_first_days(day + ahead)
                    )
                ),
                _WEEK,
            )
        return known

    def _in_first_days(self, day: int) -> bool:
        return 0 <= day - self._born < self._rules.daily_until_age

    def _signature(self, joined: date) -> object:
        """What of a joining day decides about steps that come after others."""
        if any(_counts_from_joining(step) for step in self._after):
            return joined
        return tuple(self._is_for(step, joined) for step in self._after if _limited(step))

    def _children(self, parent: Step, joined: date, sent: date) -> Iterator[Row]:
        """The rows of the steps that come after one that went on `sent`."""
        for step in self._after:
            follows = step.campaign == parent.campaign and step.when.step in (parent.id, *parent.formerly)
            if follows and self._is_for(step, joined):
                yield from self._rows(step, joined, sent)

    def _rows(self, step: Step, joined: date, sent: date | None) -> Iterator[Row]:
        """A step's rows for someone who joined then: one, or one a year for days of the calendar."""
        born = self._born_for(step)
        corrected = None if born is None else self._corrected
        dates = Dates(self._due, born, corrected, joined, sent=sent)
        yearly = step.when.anchor in timeline.YEARLY
        years: Iterable[int | None] = range(self._due.year - 1, self._due.year + 2) if yearly else (None,)
        for year in years:
            span = timeline.window(step, dates, self._calendar, year)
            if span is not None and (span := self._while_expecting(step, span)) is not None:
                own = sent is not None or _limited(step) or _counts_from_joining(step)
                yield self._row(step, span, (*step.key, str(year or "")), own=own)

    def _row(self, step: Step, span: Window, name: tuple[str, ...], *, own: bool) -> Row:
        """Pregnancy steps end at birth, and nobody minds what a birth ends."""
        opens, closes = span.opens.toordinal(), span.closes.toordinal()
        by_birth = anchor_of(step) is Anchor.DUE or step.audience.expecting is True
        ends = min(closes, self._born) if by_birth else closes
        candidate = Candidate(step.importance, span.closes, name)
        mark = hash((name, opens, ends))
        return Row(step, opens, ends, calm.order(candidate), ends == closes, own, mark)

    def _while_expecting(self, step: Step, span: Window) -> Window | None:
        """What is left of a window of a step that is for those who wait for the birth, or for all others."""
        if step.audience.expecting is False:
            span = Window(max(span.opens, self._birth), span.closes)
        elif step.audience.expecting and span.opens >= self._birth:
            return None
        return span if span.opens < span.closes else None

    def _born_for(self, step: Step) -> date | None:
        after_birth = anchor_of(step) in (Anchor.BIRTH, Anchor.CORRECTED) or step.audience.expecting is False
        return self._birth if after_birth else None

    def _is_for(self, step: Step, joined: date) -> bool:
        """Whether a step is for who joins then; asked anew only where a limit is passed."""
        day = (joined - (self._due - GESTATION)).days
        before, after = step.audience.joined_before_days, step.audience.joined_after_days
        asked = (step.key, before is None or day < before, after is None or day >= after)
        found = self._theirs.get(asked)
        if found is None:
            found = self._theirs[asked] = self._asked(step, joined)
        return found

    def _asked(self, step: Step, joined: date) -> bool:
        born = self._born_for(step)
        baby = Baby(1, BabyStatus.EXPECTED if born is None else BabyStatus.BORN)
        pregnancy = Pregnancy(1, due_on=self._due, born_on=born, corrected_on=self._corrected, babies=(baby,))
        member = Member(
            id=1,
            family_id=1,
            role=self._role,
            language="en",
            joined_on=joined,
            link=Link.OWN if self._role is Role.MOTHER else Link.CODE,
            address=AddressState(1, ChannelName.SMS),
            area=min(step.audience.areas, default=None),
            under_20=True,
            previous_loss=True,
        )
        family = Family(1, 1, (member,), (pregnancy,))
        return not_for(step, member, family, pregnancy, self._due) is None


def _is_essential(row: Row) -> bool:
    return row.step.importance is Importance.ESSENTIAL and row.opens < row.closes


def _counts_from_joining(step: Step) -> bool:
    return any(moment.anchor is Anchor.JOINED for moment in (step.when, step.until or step.when))


def _limited(step: Step) -> bool:
    return (step.audience.joined_before_days, step.audience.joined_after_days) != (None, None)


def _recent(history: Sequence[tuple[int, bool]], day: int) -> Recent:
    """What went in the last seven days, as the cap sees it."""
    return tuple((day - when, counts) for when, counts in history[-_WEEK:] if day - when < _WEEK)
