"""How authors say days, times, spans and seasons, and what each of them means."""

from __future__ import annotations

import re
from datetime import date, time

from bot.domain.campaign import MonthDay, Season

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LONGEST = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_WEEKS = re.compile(r"(\d{1,2})w(?:\+([0-6]))?")
_SPAN = re.compile(r"(\d{1,3})(d|w|mo)")
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_CLOCK = re.compile(r"(\d{2}):(\d{2})")
_LAST_WEEK = 45
_LONGEST_MONTHS = 60
_EARLIEST, _LATEST = time(9), time(19)


def weeks(said: str) -> int:
    """Days from the last period: "16w" is 112, "16w+3" is 115. Raises ValueError saying what to write."""
    found = _WEEKS.fullmatch(said)
    if found is None:
        raise ValueError(f"{_short(said)} is not a week of pregnancy. Write it as 16w or 16w+3.")
    if int(found[1]) > _LAST_WEEK:
        raise ValueError(f"No pregnancy lasts {found[1]} weeks. Write at most {_LAST_WEEK}w.")
    return int(found[1]) * 7 + int(found[2] or 0)


def span(said: str) -> tuple[int, int]:
    """(months, days): "5mo" is (5, 0), "8w" is (0, 56), "2d" is (0, 2)."""
    found = _SPAN.fullmatch(said)
    if found is None:
        raise ValueError(f"{_short(said)} is not a length of time. Write it as 2d, 8w or 5mo.")
    number, unit = int(found[1]), found[2]
    months, days = (number, 0) if unit == "mo" else (0, number * (7 if unit == "w" else 1))
    if months > _LONGEST_MONTHS or days > _LONGEST_MONTHS * 31:
        raise ValueError(f"{_short(said)} is too long. Write at most {_LONGEST_MONTHS}mo.")
    return months, days


def month_day(said: str) -> MonthDay:
    """ "9 October" of any year."""
    number, _, name = said.strip().partition(" ")
    if not number.isascii() or not number.isdigit() or name not in _MONTHS:
        raise ValueError(f"{_short(said)} is not a day of the year. Write it as 9 October.")
    month = _MONTHS.index(name) + 1
    if not 1 <= int(number) <= _LONGEST[month - 1]:
        last = _LONGEST[month - 1]
        raise ValueError(f"There is no {number} {name}. Write a day that exists, at most {last} {name}.")
    return MonthDay(month, int(number))


def season(said: str) -> Season:
    """ "1 September to 31 March", both included."""
    first, to, last = said.partition(" to ")
    if not to:
        raise ValueError(f"{_short(said)} is not a season. Write it as 1 September to 31 March.")
    return Season(month_day(first), month_day(last))


def a_day(said: object) -> date:
    """ "2027-07-01"."""
    found = _ISO.fullmatch(said) if isinstance(said, str) else None
    if found is None:
        raise ValueError(f"{_short(said)} is not a date. Write it as 2027-07-01: year, month, day.")
    try:
        return date(*map(int, found.groups()))
    except ValueError:
        raise ValueError(f"There is no day {said}. Write one that exists.") from None


def a_clock(said: object) -> time:
    """ "10:00"."""
    found = _CLOCK.fullmatch(said) if isinstance(said, str) else None
    if found is None or int(found[1]) > 23 or int(found[2]) > 59:
        raise ValueError(f'{_short(said)} is not a time of day. Write it in quotes, as "10:00".')
    return time(int(found[1]), int(found[2]))


def weekdays(said: object) -> frozenset[int]:
    """ "daily", "mon-fri", "sat, sun": Monday is 0."""
    if said == "daily":
        return frozenset(range(7))
    found: set[int] = set()
    for part in str(said).split(","):
        first, _, last = part.strip().partition("-")
        if (
            first not in _WEEK
            or (last or first) not in _WEEK
            or _WEEK.index(last or first) < _WEEK.index(first)
        ):
            raise ValueError(f"{_short(said)} are no days of the week. Write daily, mon-fri or sat, sun.")
        found |= set(range(_WEEK.index(first), _WEEK.index(last or first) + 1))
    return frozenset(found)


def sending_time(said: object) -> time:
    """A time at which a message may be planned: 09:00 to 19:00."""
    at = a_clock(said)
    if not _EARLIEST <= at <= _LATEST:
        raise ValueError(f"{said} is in quiet hours. Write a time between 09:00 and 19:00.")
    return at


def _short(said: object) -> str:
    text = " ".join(str(said).split())
    return text if len(text) <= 40 else f"{text[:40]}..."
