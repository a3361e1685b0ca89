"""Crowding: essential steps that the cap would keep out until they close, on any joining day (P8)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from bot.domain import calm, timeline
from bot.domain.address import ChannelName
from bot.domain.audience import anchor_of, not_for
from bot.domain.calm import Candidate
from bot.domain.campaign import Anchor, Calendar, CapRules, Importance, Step
from bot.domain.family import AddressState, Baby, BabyStatus, Family, Link, Member, Pregnancy, Role
from bot.domain.openings import kind_of
from bot.domain.outbox import Kind
from bot.domain.timeline import GESTATION, Dates, Window

_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)
_HALF_A_YEAR = timedelta(days=182)
_OVERDUE = timedelta(days=14)  # the longest pregnancy, so that no window is cut short by an early birth
_OWN = frozenset({Anchor.JOINED, Anchor.AFTER})  # what is counted from this member's own days

Days = tuple[tuple[int, bool], ...]  # how many days ago something staged went, and whether it counts


@dataclass(frozen=True, slots=True)
class Squeezed:
    """An essential step that would expire unsent for whoever joins on some days.

    `joined` is the first such day, counted from the due date (-14: two weeks before it); `days` how
    many there are.
    """

    step: Step
    role: Role
    joined: int
    days: int


@dataclass(frozen=True, slots=True, eq=False)
class _Row:
    step: Step
    window: Window
    candidate: Candidate
    own: bool  # it depends on when this member joined, or on what went before

    @property
    def essential(self) -> bool:
        return self.step.importance is Importance.ESSENTIAL


def squeezed(
    steps: Iterable[Step], calendar: Calendar, rules: CapRules, due_dates: Sequence[date]
) -> list[Squeezed]:
    """Every essential step that somebody would never get because of the cap, by step and role.

    Every joining day is tried, from the first day of the last period until the last essential step has
    closed, for each of `due_dates`. Birth is two weeks after the due date; nobody answers, nothing is
    corrected, all traits are assumed. Roles that get the same steps are tried once, as the first.
    """
    staged = [step for step in steps if kind_of(step) is Kind.STAGED and not step.retired]
    found: dict[tuple[tuple[str, str], Role], tuple[Step, set[int]]] = {}
    tried: set[frozenset[tuple[str, str]]] = set()
    for role in Role:
        mine = [step for step in staged if role in step.to]
        same = frozenset(step.key for step in mine)
        if same in tried or not any(step.importance is Importance.ESSENTIAL for step in mine):
            continue
        tried.add(same)
        for due in due_dates:
            for joined, step in expiring(mine, role, due, calendar, rules):
                found.setdefault((step.key, role), (step, set()))[1].add((joined - due).days)
    return [
        Squeezed(step, role, min(joined), len(joined)) for (_, role), (step, joined) in sorted(found.items())
    ]


def expiring(
    steps: Iterable[Step], role: Role, due: date, calendar: Calendar, rules: CapRules
) -> Iterator[tuple[date, Step]]:
    """(joining day, essential step that would expire) for one role and one due date, day by day."""
    mine = [step for step in steps if role in step.to]
    return _Crowd(role, due, mine, calendar, rules).all_joining_days()


def due_dates(today: date) -> tuple[date, ...]:
    """One due date in each half of a year, so that every season meets a late pregnancy and a baby."""
    return (today + GESTATION, today + GESTATION + _HALF_A_YEAR)


class _Crowd:
    """One role and one due date. What is the same whoever joins when is worked out once."""

    def __init__(
        self, role: Role, due: date, steps: Sequence[Step], calendar: Calendar, rules: CapRules
    ) -> None:
        self._role, self._due, self._birth = role, due, due + _OVERDUE
        self._calendar, self._rules = calendar, rules
        self._own = [step for step in steps if _is_own(step) and step.when.anchor is not Anchor.AFTER]
        self._after = [step for step in steps if step.when.anchor is Anchor.AFTER]
        shared = [step for step in steps if not _is_own(step)]
        rows = [row for step in shared for row in self._rows(step, due - GESTATION, None)]
        self._shared = sorted(rows, key=_opens)
        self._known: dict[tuple[date, Days], list[Step]] = {}
        self._room: dict[tuple[Days, bool], bool] = {}

    def all_joining_days(self) -> Iterator[tuple[date, Step]]:
        """(joining day, essential step that expires), whoever joins when."""
        closing = [row.window.closes for row in self._shared if row.essential]
        last = max(closing, default=self._birth)
        joined = self._due - GESTATION
        while joined < last:
            for step in self._walk(joined):
                yield joined, step
            joined += _DAY

    def _walk(self, joined: date) -> list[Step]:
        """The essential steps that expire for who joins then.

        Day by day, until it goes on as for someone who joined before: nothing waits, nothing of this
        member's own is ahead, and the same went in the last seven days.
        """
        ahead = self._ahead(joined)
        waiting: list[_Row] = []
        history: list[tuple[date, bool]] = []
        expired: list[Step] = []
        passed: list[tuple[tuple[date, Days], int]] = []
        day = joined
        while ahead or waiting:
            while ahead and ahead[-1].window.opens <= day:
                waiting.append(ahead.pop())
            expired += [row.step for row in waiting if row.window.closes <= day and row.essential]
            waiting = [row for row in waiting if row.window.closes > day and not self._over(row, day)]
            gone = self._goes(waiting, history, day)
            if gone is not None:
                waiting.remove(gone)
                children = list(self._children(gone.step, joined, day))
                ahead = sorted([*ahead, *children], key=_opens, reverse=True) if children else ahead
            if not waiting and not any(row.own for row in ahead):
                state = (day, _recent(history, day))
                if state in self._known:
                    expired += self._known[state]
                    break
                passed.append((state, len(expired)))
            day += _DAY
            if ahead and not waiting:
                day = max(day, ahead[-1].window.opens)
        self._known.update({state: expired[before:] for state, before in passed})
        return expired

    def _ahead(self, joined: date) -> list[_Row]:
        """What is open or will be, the next last."""
        own = [row for step in self._own for row in self._rows(step, joined, None)]
        ahead = [row for row in (*self._shared, *own) if row.window.closes > joined]
        return sorted(ahead, key=_opens, reverse=True)

    def _goes(self, waiting: Sequence[_Row], history: list[tuple[date, bool]], day: date) -> _Row | None:
        """The row that goes on `day`; it is written into the history."""
        soft = day in self._calendar.soft
        may = [row for row in waiting if not soft or row.essential]
        first_days = timedelta(0) <= day - self._birth < self._rules.daily_until_age * _DAY
        if not may or not self._has_room(history, day, first_days):
            return None
        history.append((day, not first_days))
        if len(may) == 1:
            return may[0]
        chosen = calm.choose((row.candidate for row in may), (), day, self._rules, first_days)
        return next(row for row in may if row.candidate is chosen)

    def _has_room(self, history: Sequence[tuple[date, bool]], day: date, first_days: bool) -> bool:
        """The cap's own answer, remembered: the same few weeks come round thousands of times."""
        recent = _recent(history, day)
        known = self._room.get((recent, first_days))
        if known is None:
            days = [(day - ago * _DAY, counts) for ago, counts in recent]
            known = self._room[recent, first_days] = calm.room(days, day, self._rules, first_days)
        return known

    def _over(self, row: _Row, day: date) -> bool:
        """Pregnancy steps end at birth."""
        return day >= self._birth and anchor_of(row.step) is Anchor.DUE

    def _children(self, parent: Step, joined: date, sent: date) -> Iterator[_Row]:
        """The rows of the steps that come after one that went on `sent`."""
        for step in self._after:
            if step.campaign == parent.campaign and step.when.step in (parent.id, *parent.formerly):
                yield from self._rows(step, joined, sent)

    def _rows(self, step: Step, joined: date, sent: date | None) -> Iterator[_Row]:
        """A step's rows for someone who joined then: one, or one a year for days of the calendar."""
        after_birth = anchor_of(step) in (Anchor.BIRTH, Anchor.CORRECTED) or step.audience.expecting is False
        born = self._birth if after_birth else None
        dates = Dates(self._due, born, born, joined, sent=sent)
        yearly = step.when.anchor in timeline.YEARLY
        years: Iterable[int | None] = range(self._due.year - 1, self._due.year + 2) if yearly else (None,)
        for year in years:
            span = self._while_expecting(step, timeline.window(step, dates, self._calendar, year))
            if span is not None and self._is_for(step, joined, born):
                name = (*step.key, str(year or ""))
                yield _Row(step, span, Candidate(step.importance, span.closes, name), _is_own(step))

    def _while_expecting(self, step: Step, span: Window | None) -> Window | None:
        """What is left of a window of a step that is for those who wait for the birth, or for all others."""
        expecting = step.audience.expecting
        if span is None or expecting is None:
            return span
        opens = span.opens if expecting else max(span.opens, self._birth)
        closes = min(span.closes, self._birth) if expecting else span.closes
        return Window(opens, closes) if opens < closes else None

    def _is_for(self, step: Step, joined: date, born: date | None) -> bool:
        baby = Baby(1, BabyStatus.EXPECTED if born is None else BabyStatus.BORN)
        pregnancy = Pregnancy(1, due_on=self._due, born_on=born, corrected_on=born, babies=(baby,))
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


def _is_own(step: Step) -> bool:
    """Whether a step's row depends on when this member joined, or on what went before."""
    limits = (step.audience.joined_before_days, step.audience.joined_after_days)
    moments = (step.when, step.until or step.when)
    return limits != (None, None) or any(moment.anchor in _OWN for moment in moments)


def _opens(row: _Row) -> date:
    return row.window.opens


def _recent(history: Sequence[tuple[date, bool]], day: date) -> Days:
    """What went in the last seven days, as the cap sees it."""
    return tuple(((day - when).days, counts) for when, counts in history[-7:] if day - when < _WEEK)
