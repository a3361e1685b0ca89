"""Stages: where in a family's life a day lies, as people say it: a week of pregnancy, an age, a loss."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from bot.authoring.told import Facts
from bot.domain.timeline import GESTATION

_DAYS, _WEEKS = 14, 26  # an age is said in days so long, then in weeks, then in months
_OVERDUE = timedelta(days=21)
EARLY, MIDDLE, LATE = "The first 13 weeks", "Weeks 14 to 27", "Week 28 to the birth"
FIRST_DAYS, FIRST_MONTHS = "The first ten days", "The first three months"
FIRST_YEAR, LATER = "Three months to a year", "After the first birthday"
AFTER_LOSS, UNDATED = "After the loss", "From joining"


@dataclass(frozen=True, slots=True, order=True)
class Week:
    """Seven days from `first`, in one chapter of the life: "Week 28", "Baby is 3 weeks old"."""

    first: date
    chapter: str
    label: str


def stage(day: date, facts: Facts) -> str:
    """Weeks of pregnancy ("16w+2") or the baby's age ("day 3", "8 weeks"); nothing from a loss on."""
    if grieving(day, facts):
        return ""
    if facts.born_on is not None and day >= facts.born_on:
        age = (day - facts.born_on).days
        if age < _DAYS:
            return f"day {age}"
        weeks = age // 7
        return f"{weeks} weeks" if weeks < _WEEKS else f"{age * 12 // 365} months"
    if facts.due_on is None or day > facts.due_on + _OVERDUE:
        return ""
    weeks, days = divmod((GESTATION - (facts.due_on - day)).days, 7)
    return f"{weeks}w+{days}" if weeks >= 0 else ""


def grieving(day: date, facts: Facts) -> bool:
    """After a loss, and no message for a living baby was asked for yet."""
    lost = facts.loss_on is not None and day >= facts.loss_on
    return lost and not (facts.living_on is not None and day >= facts.living_on)


def week(day: date, facts: Facts) -> Week:
    """The week of a family's life that a day lies in."""
    if grieving(day, facts):
        assert facts.loss_on is not None
        first, number = _week_of(facts.loss_on, day)
        return Week(first, AFTER_LOSS, "The week of the loss" if number == 0 else f"{_so_many(number)} after")
    if facts.born_on is not None and day >= facts.born_on:
        first, number = _week_of(facts.born_on, day)
        return _age(first, number, (day - facts.born_on).days)
    if facts.due_on is not None:
        first, number = _week_of(facts.due_on - GESTATION, day)
        chapter = EARLY if number < 14 else MIDDLE if number < 28 else LATE
        return Week(first, chapter, f"Week {number}")
    first, number = _week_of(facts.joined_on, day)
    return Week(first, UNDATED, f"Week {number + 1}")


def _age(first: date, number: int, days: int) -> Week:
    if days < 10:
        label = "The day of birth, and after" if number == 0 else "Days 7 to 9"
        return Week(first, FIRST_DAYS, label)
    if number == 1:
        return Week(first + timedelta(days=3), FIRST_MONTHS, "Days 10 to 13")
    chapter = FIRST_MONTHS if number < 13 else FIRST_YEAR if days < 365 else LATER
    return Week(first, chapter, f"{_so_many(number)} old")


def _week_of(begin: date, day: date) -> tuple[date, int]:
    """The first day of the week that counts from `begin`, and its number from 0."""
    number = (day - begin).days // 7
    return begin + timedelta(weeks=number), number


def _so_many(weeks: int) -> str:
    return "1 week" if weeks == 1 else f"{weeks} weeks"
