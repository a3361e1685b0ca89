"""The timeline: when a step is open for someone (P7), and, the other way round, for whom on a day.

`window` is exact. `anchor_range` and `open_range` are its inverse, for narrowing in SQL: where `until`
hangs on another anchor, or birth cuts a pregnancy step short, they are wider than the truth, never
narrower. All arithmetic is in local days.
"""

from __future__ import annotations

import calendar as gregorian
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from bot.domain.campaign import Anchor, Calendar, Moment, MonthDay, Season, Step

GESTATION = timedelta(days=280)  # from the first day of the last period to the due date
WEEK = 7
YEARLY = frozenset({Anchor.DATE, Anchor.CALENDAR})
LETTERS = {  # how `occurrence` begins a name; an `after` step has its parent's
    **dict.fromkeys((Anchor.DUE, Anchor.BIRTH, Anchor.CORRECTED, Anchor.LOSS), "p"),
    **dict.fromkeys(YEARLY, "y"),
    Anchor.JOINED: "m",
    Anchor.MOVED: "v",
}
_LONGEST_TO_A_DATE = timedelta(days=731)  # how far off the next day of that name can be
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Window:
    """From the day a step opens until the first day on which it is closed."""

    opens: date
    closes: date

    def open_on(self, day: date) -> bool:
        """Whether the step may go on `day`."""
        return self.opens <= day < self.closes


@dataclass(frozen=True, slots=True)
class DateRange:
    """From `first` to `last`, both included."""

    first: date
    last: date

    @classmethod
    def everyone(cls) -> DateRange:
        """Every date there is: the step does not depend on a person's dates."""
        return cls(date.min, date.max)

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


@dataclass(frozen=True, slots=True)
class Dates:
    """What one member's steps are counted from; None where nobody told us."""

    due: date | None = None
    birth: date | None = None
    corrected: date | None = None
    joined: date | None = None
    loss: date | None = None
    moved: date | None = None
    sent: date | None = None  # the day the parent of an `after` step left

    def of(self, anchor: Anchor) -> date | None:
        """The date of `anchor`; None for the two that belong to nobody (date, calendar)."""
        if anchor in YEARLY:
            return None
        found: date | None = getattr(self, "sent" if anchor is Anchor.AFTER else anchor.value)
        return found


def add(day: date, months: int, days: int) -> date:
    """Calendar months first, kept inside the month (31 January + 1 month = its last day), then days."""
    if months == 0:
        return day + timedelta(days=days)
    month = day.year * 12 + day.month - 1 + months
    return _in_month(month // 12, month % 12 + 1, day.day) + timedelta(days=days)


def window(step: Step, dates: Dates, calendar: Calendar, year: int | None = None) -> Window | None:
    """When `step` is open for someone with these dates; None when it never is.

    `year` says which occurrence of a step on a date or a named day is meant; such a step needs it.
    """
    opens = _opens(step.when, dates, calendar, year)
    if opens is None:
        return None
    closes = _closes(step, opens, dates, calendar, year)
    if _ends_at_birth(step) and dates.birth is not None:
        closes = min(closes, dates.birth)
    if step.season is None:
        return Window(opens, closes) if opens < closes else None
    return _first_meeting(step.season, opens, closes)


def occurrence(
    step: Step,
    pregnancy_id: int | None,
    member_id: int,
    year: int | None = None,
    parent_occurrence: str | None = None,
    moved: date | None = None,
) -> str:
    """The name of one occurrence (P4): a step reaches a member at most once for each."""
    anchor = step.when.anchor
    if anchor is Anchor.JOINED:
        return f"m{member_id}"
    names = {Anchor.MOVED: ("v", moved), Anchor.AFTER: ("", parent_occurrence)}
    letter, value = names.get(anchor, ("y", year) if anchor in YEARLY else ("p", pregnancy_id))
    if value is None:
        raise ValueError(f"An occurrence of {step.campaign}/{step.id} needs what it is counted from.")
    return f"{letter}{value}"


def anchor_range(step: Step, day: date, calendar: Calendar) -> DateRange | None:
    """For which dates of its own anchor `step` opens on `day`; None when for none."""
    first = day
    if step.season is not None:
        season = _season_around(step.season, day)
        if season is None:
            return None
        if season.opens == day:  # whatever opened since the last season ended opens now
            first = _last_season_end(step.season, day)
    return _anchors(step, first, day, calendar)


def open_range(step: Step, day: date, calendar: Calendar) -> DateRange | None:
    """For which dates of its own anchor `step` is open on `day`; None when for none."""
    first = date.min
    if step.season is not None:
        if _season_around(step.season, day) is None:
            return None
        first = _last_season_end(step.season, day)
    if step.until is not None and step.until.anchor in YEARLY and _foreign_until(step):
        first = max(first, day - _LONGEST_TO_A_DATE)
    return _anchors(step, first, day, calendar)


# --- from dates to a window ------------------------------------------------------------------------


def _opens(moment: Moment, dates: Dates, calendar: Calendar, year: int | None) -> date | None:
    if moment.anchor not in YEARLY:
        anchor = dates.of(moment.anchor)
        return None if anchor is None else _counted(moment, anchor)
    if year is None:
        raise ValueError("A step on a date or a named day needs the year that is meant.")
    return _in_year(moment, year, calendar)


def _closes(step: Step, opens: date, dates: Dates, calendar: Calendar, year: int | None) -> date:
    """The first closed day before season and birth; a week after opening where nothing else is known."""
    until = step.until
    default = opens + timedelta(days=WEEK)
    if until is None or (until.anchor is Anchor.AFTER and until.step != step.when.step):
        return default
    if until.anchor in YEARLY:
        return _next_of(until, opens, calendar, year) or default
    anchor = dates.of(until.anchor)
    return default if anchor is None else _counted(until, anchor)


def _next_of(until: Moment, opens: date, calendar: Calendar, year: int | None) -> date | None:
    """The day that `until` names: in the same year where that is not before the opening, else later."""
    if year is not None:
        same = _in_year(until, year, calendar)
        return same if same is not None and same >= opens else _in_year(until, year + 1, calendar)
    days = (_in_year(until, opens.year + ahead, calendar) for ahead in (-1, 0, 1, 2))
    return next((day for day in days if day is not None and day > opens), None)


def _counted(moment: Moment, anchor: date) -> date:
    start = anchor - GESTATION if moment.anchor is Anchor.DUE else anchor
    return add(start, moment.months, moment.days)


def _in_year(moment: Moment, year: int, calendar: Calendar) -> date | None:
    day = calendar.on(moment.name or "", year) if moment.on is None else _of_year(moment.on, year)
    return None if day is None else add(day, moment.months, moment.days)


def _of_year(day: MonthDay, year: int) -> date:
    return _in_month(year, day.month, day.day)


def _in_month(year: int, month: int, day: int) -> date:
    return date(year, month, min(day, gregorian.monthrange(year, month)[1]))


def _ends_at_birth(step: Step) -> bool:
    return Anchor.DUE in (step.when.anchor, step.until.anchor if step.until else None)


# --- seasons ---------------------------------------------------------------------------------------


def _seasons(season: Season, first_year: int, last_year: int) -> Iterator[Window]:
    """Every run of the season that begins in these years, in order."""
    over_new_year = season.last < season.first
    for year in range(first_year, last_year + 1):
        last = _of_year(season.last, year + over_new_year)
        yield Window(_of_year(season.first, year), last + _DAY)


def _first_meeting(season: Season, opens: date, closes: date) -> Window | None:
    """The first days that are in both; a window that reaches into two seasons has the earlier."""
    for run in _seasons(season, opens.year - 1, closes.year):
        first, end = max(opens, run.opens), min(closes, run.closes)
        if first < end:
            return Window(first, end)
    return None


def _season_around(season: Season, day: date) -> Window | None:
    return next((run for run in _seasons(season, day.year - 1, day.year) if run.open_on(day)), None)


def _last_season_end(season: Season, day: date) -> date:
    """The first day after the season before the one that `day` is in."""
    return max(run.closes for run in _seasons(season, day.year - 2, day.year) if run.closes <= day)


# --- from a day back to the anchors ----------------------------------------------------------------


def _anchors(step: Step, first: date, day: date, calendar: Calendar) -> DateRange | None:
    """The anchor's dates for which the raw window opens from `first` to `day` and includes `day`."""
    if step.when.anchor in YEARLY:
        return _everyone_if_open(step, first, day, calendar)
    last = _latest(step.when, day)
    earliest = date.min if first == date.min else _earliest(step.when, first)
    if not _foreign_until(step):
        earliest = max(earliest, _earliest(_own_until(step), day + _DAY))
    return DateRange(earliest, last) if earliest <= last else None


def _everyone_if_open(step: Step, first: date, day: date, calendar: Calendar) -> DateRange | None:
    for year in range(day.year - 2, day.year + 2):
        opens = _in_year(step.when, year, calendar)
        if opens is None or not first <= opens <= day:
            continue
        if _foreign_until(step) or _closes(step, opens, Dates(), calendar, year) > day:
            return DateRange.everyone()
    return None


def _foreign_until(step: Step) -> bool:
    """Whether the end hangs on something else than the beginning does."""
    until = step.until
    if until is None:
        return False
    if step.when.anchor in YEARLY:
        return until.anchor not in YEARLY
    return (until.anchor, until.step) != (step.when.anchor, step.when.step)


def _own_until(step: Step) -> Moment:
    """When the raw window closes, counted from the step's own anchor."""
    when = step.when
    return step.until or Moment(when.anchor, when.months, when.days + WEEK, step=when.step)


def _earliest(moment: Moment, day: date) -> date:
    """The first anchor date whose moment is on `day` or later (moments never run backwards)."""
    anchor = _uncounted(moment, day)
    while _counted(moment, anchor) < day:
        anchor += _DAY
    while _counted(moment, anchor - _DAY) >= day:
        anchor -= _DAY
    return anchor


def _latest(moment: Moment, day: date) -> date:
    """The last anchor date whose moment is on `day` or earlier."""
    return _earliest(moment, day + _DAY) - _DAY


def _uncounted(moment: Moment, day: date) -> date:
    """About the anchor date whose moment is on `day`; the end of a month may put it a few days off."""
    start = add(day - timedelta(days=moment.days), -moment.months, 0)
    return start + GESTATION if moment.anchor is Anchor.DUE else start


# --- for the content check -------------------------------------------------------------------------

_FOUR_YEARS = range(2024, 2028)  # with a leap year, and both years beside it


def never_opens(step: Step, calendar: Calendar) -> str | None:
    """Why `step` would have an empty window for some day of its anchor in four years; None when never.

    Where the end hangs on another anchor this cannot be told from the step alone: None.
    """
    if step.when.anchor in YEARLY:
        return _empty_years(step, calendar)
    if _foreign_until(step):
        return None
    if _surely_lasts(step.when, _own_until(step)):
        return None
    empty = next((day for day in _trial_days(step) if not _lasts(step, day)), None)
    if empty is None:
        return None
    return f"The window is empty: counted from {empty:%-d %B}, `until` is not after `when`."


def _surely_lasts(when: Moment, until: Moment) -> bool:
    """Whether the window is open however long its months are; if not, the days have to be tried.

    So many months are never three days longer or shorter than so many twelfths of a year.
    """
    months = (until.months - when.months) * 365.25 / 12
    return months + until.days - when.days > 6 * (until.months != when.months)


def _lasts(step: Step, anchor: date) -> bool:
    return _counted(step.when, anchor) < _counted(_own_until(step), anchor)


def _trial_days(step: Step) -> Iterator[date]:
    """One day is enough where both ends count the same months; else every day of four years."""
    first = date(_FOUR_YEARS[0], 1, 1)
    same = step.when.months == _own_until(step).months
    return (first + timedelta(days=ahead) for ahead in range(1 if same else 1461))


def _empty_years(step: Step, calendar: Calendar) -> str | None:
    years = calendar.days.get(step.when.name or "", {}) if step.when.on is None else _FOUR_YEARS
    if not years or _foreign_until(step):  # a day that nobody has verified: nothing is sent, and no mistake
        return None
    days = {year: _in_year(step.when, year, calendar) for year in years}
    ends = {year: _closes(step, day, Dates(), calendar, year) for year, day in days.items() if day}
    empty = next((year for year, end in ends.items() if (days[year] or end) >= end), None)
    if empty is not None:
        return f"The window is empty in {empty}: `until` is not after `when`."
    if step.season and not any(window(step, Dates(), calendar, year) for year in years):
        return "The season never meets the window."
    return None
