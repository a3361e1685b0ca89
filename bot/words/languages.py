"""Languages: their names, which way they run, and how they write a day and a list."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time
from functools import lru_cache
from typing import NamedTuple

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.lists import format_list

from bot.errors import BadInput


class Day(NamedTuple):
    """A date as a value of a message: spelled in the language the message goes in, not before.

    `today` decides whether the year is said.
    """

    day: date
    today: date


@lru_cache(maxsize=64)
def locale(code: str) -> Locale:
    """Babel's locale for a language code such as "en" or "ur"; raises BadInput for anything else."""
    try:
        found = Locale.parse(code)
    except (UnknownLocaleError, ValueError, TypeError) as cause:
        raise BadInput(
            f"{code!r:.20} is not a language code.", "Use a code such as en, ur or so.", code="language"
        ) from cause
    if found.get_display_name("en") is None or str(found) != code:
        raise BadInput(
            f"{code!r:.20} is not a language code.", "Use a code such as en, ur or so.", code="language"
        )
    return found


def known(code: str) -> bool:
    """Whether Babel knows the language, so that names, dates and direction can be right."""
    try:
        locale(code)
    except BadInput:
        return False
    return True


def own_name(code: str) -> str:
    """What the language calls itself, first letter large where it has large letters."""
    name = locale(code).get_language_name(code) or code
    return name[:1].upper() + name[1:]


def right_to_left(code: str) -> bool:
    """Whether the language runs from right to left."""
    return locale(code).text_direction == "rtl"


def spell_day(value: Day, code: str) -> str:
    """ "3 March" in the language, "3 March 2028" when that is not the year of `today`."""
    pattern = "d MMMM" if value.day.year == value.today.year else "d MMMM y"
    return format_date(value.day, pattern, locale=locale(code))


def spell_whole_day(day: date, code: str) -> str:
    """ "3 March 2027" in the language: a day that somebody gave, read back."""
    return format_date(day, "d MMMM y", locale=locale(code))


def spell_weekday(day: date, code: str) -> str:
    """ "Mon" in the language."""
    return format_date(day, "EEE", locale=locale(code))


def spell_clock(at: time, code: str) -> str:
    """ "9am", "9.30am", "10pm" in English; "21:30" in other languages, whose ways to say it are many."""
    if code != "en":
        return f"{at:%H:%M}"
    hour = at.hour % 12 or 12
    minutes = f".{at:%M}" if at.minute else ""
    return f"{hour}{minutes}{'am' if at.hour < 12 else 'pm'}"


def spell_list(items: Sequence[str], code: str) -> str:
    """ "sleep, crying and feeding" in the language; one item is itself, none is empty."""
    return format_list(list(items), locale=locale(code)) if items else ""
