"""The bank holidays of England: the days of every year that the law names; a royal day once is not known."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

_MONDAY, _SATURDAY = 0, 5


def bank_holiday(day: date) -> bool:
    """Whether banks, and most offices, are shut on this day in England."""
    return day in _of(day.year)


@lru_cache(maxsize=8)
def _of(year: int) -> frozenset[date]:
    easter = _easter(year)
    boxing = date(year, 12, 26)
    days = {
        _or_monday(date(year, 1, 1)),
        easter - timedelta(days=2),
        easter + timedelta(days=1),
        _first_monday(date(year, 5, 1)),
        _first_monday(date(year, 5, 25)),
        _first_monday(date(year, 8, 25)),
    }
    christmas = {date(year, 12, 25), boxing}
    for day in (date(year, 12, 25), boxing):  # one that is on a weekend is given on the days after
        free = day
        while day.weekday() >= _SATURDAY and (free.weekday() >= _SATURDAY or free in christmas):
            free += timedelta(days=1)
        christmas.add(free)
    return frozenset(days | {day for day in christmas if day.weekday() < _SATURDAY})


def _or_monday(day: date) -> date:
    return day if day.weekday() < _SATURDAY else _first_monday(day)


def _first_monday(day: date) -> date:
    """The first Monday from this day on."""
    return day + timedelta(days=(_MONDAY - day.weekday()) % 7)


def _easter(year: int) -> date:
    """Easter Sunday: the Sunday after the full moon of spring, by the tables of 1583."""
    century = year // 100
    moon = (19 * (year % 19) + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    sunday = (32 + 2 * (century % 4) + 2 * (year % 100 // 4) - moon - year % 100 % 4) % 7
    late = (year % 19 + 11 * moon + 22 * sunday) // 451
    month, before = divmod(moon + sunday - 7 * late + 114, 31)
    return date(year, month, before + 1)
