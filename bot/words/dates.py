"""Dates as people write them, day first: weeks of pregnancy, numbers, names, words, "next tuesday".

dateparser knows the month names of many languages but guesses freely ("20" is today to it, "3/13" a day in
2113), so it is only asked for what we do not read ourselves, and what it says must be a day that can be.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal

from bot.domain.meaning import SaidDate
from bot.words.characters import normalise
from bot.words.spelled import in_figures

Wanted = Literal["due", "birth", "either"]

LONGEST = 160
"""No date is looked for in a longer text: it tells a story, and its first date may be anything."""

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_MONTH = (
    r"(jan(?:uary)?|feb(?:r?uary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    r"sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_YEAR = r"(?:,?\s*'?(\d{4}|\d{2})(?![\d:]))?"
_DAY_MONTH = re.compile(rf"(?<![\d/])(\d{{1,2}})\s*(?:st|nd|rd|th)?\s*(?:of\s+)?-?{_MONTH}[-\s]*{_YEAR}")
_MONTH_DAY = re.compile(rf"\b{_MONTH}\s*(?:the\s+)?(\d{{1,2}})(?:st|nd|rd|th)?(?![\d:]){_YEAR}")
_NUMBERS = re.compile(r"(?<![\d.,/+-])(\d{1,2})\s?([/.-])\s?(\d{1,2})(?:\s?\2\s?(\d{4}|\d{2}))?(?![\d/+])")
_SPACED = re.compile(r"(?<!\d)(\d{1,2}) (\d{1,2}) (\d{4}|\d{2})(?!\d)")
_PACKED = re.compile(r"(\d{2})(\d{2})((?:20)?\d{2})")
_ISO = re.compile(r"(?<!\d)(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)")

_DIGIT = re.compile(r"\d")
_N = r"(?<![\d/.])(\d{1,2})"
_WEEKS = r"\s*-?(?:weeks?|weaks?|wks?|w)\b"
_PLUS = re.compile(rf"{_N}(?:{_WEEKS}|\s?)\s?\+\s?([0-6])(?!\d)")
_OF_FORTY = re.compile(rf"{_N}\s?/\s?40(?!\d)")
_GESTATION = re.compile(rf"{_N}{_WEEKS}(?:\s*(?:and|,|&|\+)?\s*([0-6])\s*(?:days?|d)\b)?")
_MONTHS_GONE = re.compile(rf"{_N}\s*months?\s*(?:pregnant|preg|gone|along)\b")
_SPAN = rf"{_N}\s*(days?|weeks?|wks?|months?)"
_AGE = re.compile(rf"{_SPAN}\s*(?:ago|old)\b")
_TO_GO = re.compile(rf"(?:\bin\s+{_SPAN}|{_SPAN}\s*(?:to\s*go|left|time|from\s+now)\b)")
_DAY_AND_WORD = re.compile(r"(?<!\S)\d{1,2}\.?\s+\S+(?:\s+\d{4})?(?!\S)")  # "3 marca 2027" within a text
_DAYS_IN = {"d": 1, "w": 7, "m": 30.44}

_WEEKDAY = r"(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?"
_RELATIVE = re.compile(rf"\b(today|tonight|yesterday|tomorrow|(?:(?:next|last|this|on)\s+){_WEEKDAY})\b")
_ALONE = re.compile(_WEEKDAY)  # nothing else was written: an answer to "when?"
_EARLIEST_WEEKS, _LATEST_WEEKS = 3, 43


def said_date(
    text: str, today: date, wanted: Wanted = "either", languages: Sequence[str] = ("en",)
) -> SaidDate | None:
    """What a text says of a due date or a birth, seen on `today`; None if it says nothing of one.

    A due date lies between two weeks ago and 42 weeks ahead, a birth between two years ago and today;
    anything else that is plainly meant as a date is `impossible`.
    """
    plain = normalise(text)
    if plain.isdigit():
        return _packed(plain, today, wanted)
    if not plain or len(plain) > LONGEST:
        return None
    plain = in_figures(plain)
    if _DIGIT.search(plain) is None:  # without a number nothing but "next tuesday" says a day
        return _relative(plain, today, wanted)
    for reading in (_gestation, _age, _to_go, _numbers, _named, _relative):
        found = reading(plain, today, wanted)
        if found is not None:
            return found
    return _elsewhere(plain, today, wanted, tuple(languages))


def _gestation(text: str, today: date, wanted: Wanted) -> SaidDate | None:
    if _AGE.search(text) or _TO_GO.search(text):
        return None
    days = None
    if found := _PLUS.search(text) or _GESTATION.search(text):
        days = int(found[1]) * 7 + int(found[2] or 0)
    elif found := _OF_FORTY.search(text):
        days = int(found[1]) * 7
    elif found := _MONTHS_GONE.search(text):
        days = round(int(found[1]) * _DAYS_IN["m"])
    if days is None or wanted == "birth":  # "born at 32 weeks" says nothing of the day
        return None
    if not _EARLIEST_WEEKS * 7 <= days < _LATEST_WEEKS * 7:
        return SaidDate(impossible=True)
    return SaidDate(gestation_days=days)


def _age(text: str, today: date, wanted: Wanted) -> SaidDate | None:
    found = _AGE.search(text)
    return None if found is None else _choose([_away(today, -1, found[1], found[2])], today, wanted)


def _to_go(text: str, today: date, wanted: Wanted) -> SaidDate | None:
    found = _TO_GO.search(text)
    if found is None:
        return None
    return _choose([_away(today, 1, found[1] or found[3], found[2] or found[4])], today, wanted)


def _away(today: date, direction: int, number: str, unit: str) -> date:
    return today + direction * timedelta(days=round(int(number) * _DAYS_IN[unit[0]]))


def _numbers(text: str, today: date, wanted: Wanted) -> SaidDate | None:
    if found := _ISO.search(text):
        return _day(int(found[3]), int(found[2]), found[1], today, wanted)
    if found := _NUMBERS.search(text):
        return _day(int(found[1]), int(found[3]), found[4], today, wanted)
    if found := _SPACED.search(text):
        return _day(int(found[1]), int(found[2]), found[3], today, wanted)
    return None


def _packed(digits: str, today: date, wanted: Wanted) -> SaidDate | None:
    """A day written in one piece, "12052027" or "120527"; any other number is no date."""
    found = _PACKED.fullmatch(digits)
    if found is None:
        return None
    said = _day(int(found[1]), int(found[2]), found[3], today, wanted)
    return None if said.impossible else said


def _named(text: str, today: date, wanted: Wanted) -> SaidDate | None:
    if found := _DAY_MONTH.search(text):
        return _day(int(found[1]), _month(found[2]), found[3], today, wanted)
    if found := _MONTH_DAY.search(text):
        return _day(int(found[2]), _month(found[1]), found[3], today, wanted)
    return None


def _month(name: str) -> int:
    return _MONTHS.index(name[:3]) + 1


def _day(day: int, month: int, year: str | None, today: date, wanted: Wanted) -> SaidDate:
    """A day that was spelled out; without its year it may be of last year, this or the next two."""
    years = range(today.year - 2, today.year + 2) if not year else [int(year) + 2000 * (len(year) == 2)]
    return _choose(_existing(day, month, years), today, wanted)


def _existing(day: int, month: int, years: Iterable[int]) -> list[date]:
    days = []
    for year in years:
        try:
            days.append(date(year, month, day))
        except ValueError:  # 31/02, 3/13, year 0
            continue
    return days


def _choose(days: Sequence[date], today: date, wanted: Wanted) -> SaidDate:
    """Which of the days that the words may mean can be: the nearest as due date, the latest as birth."""
    due = [day for day in days if -14 <= (day - today).days <= 42 * 7]
    birth = [day for day in days if day <= today and day >= _two_years_before(today)]
    ahead, past = min(due, default=None, key=lambda day: abs(day - today)), max(birth, default=None)
    if wanted == "birth":
        ahead = past
    elif wanted == "due":
        past = None
    if ahead is None and past is None:
        return SaidDate(impossible=True)
    return SaidDate(day=ahead, past=past) if wanted != "birth" else SaidDate(day=past, past=past)


def _two_years_before(today: date) -> date:
    return today - timedelta(days=2 * 366)


def _relative(text: str, today: date, wanted: Wanted) -> SaidDate | None:
    if _ALONE.fullmatch(text):
        text = f"on {text}"
    found = _RELATIVE.search(text)
    if found is None:
        return None
    if found[1] in ("today", "tonight"):
        return _choose([today], today, wanted)
    if found[1] in ("yesterday", "tomorrow"):
        return _choose([today + timedelta(days=1 if found[1] == "tomorrow" else -1)], today, wanted)
    which, name = found[1].split()
    weekday = _WEEKDAYS.index(name[:3])
    last = today - timedelta(days=(today.weekday() - weekday) % 7 or 7)
    following = today + timedelta(days=(weekday - today.weekday()) % 7 or 7)
    if which in ("on", "this"):  # of what is to come the one ahead, of a birth the one behind
        return SaidDate(day=last, past=last) if wanted == "birth" else _coming(following, last, wanted)
    return _choose([last if which == "last" else following], today, wanted)


def _coming(following: date, last: date, wanted: Wanted) -> SaidDate:
    return SaidDate(day=following, past=None if wanted == "due" else last)


def _elsewhere(text: str, today: date, wanted: Wanted, languages: tuple[str, ...]) -> SaidDate | None:
    """Month names of other languages, by dateparser; only of a short text with a day's number in it."""
    others = tuple(code for code in languages if code != "en")
    numbers = re.findall(r"\d+", text)
    if not others or len(text.split()) > 6 or not 1 <= len(numbers) <= 2:
        return None
    if not 1 <= int(numbers[0]) <= 31 or not any(char.isalpha() for char in text):
        return None
    parse, alone = _parser(others), _DAY_AND_WORD.search(text)
    found = parse(text, today) or (parse(alone[0], today) if alone else None)
    if found is None or found.day != int(numbers[0]):
        return None
    year = next((number for number in numbers if len(number) == 4), None)
    return _day(found.day, found.month, year, today, wanted)


@lru_cache(maxsize=32)
def _parser(languages: tuple[str, ...]) -> Callable[[str, date], date | None]:
    """dateparser, made ready once for these languages; importing it takes most of a second."""
    from dateparser.data.languages_info import language_order  # type: ignore[import-untyped]
    from dateparser.date import DateDataParser  # type: ignore[import-untyped]

    known = [code for code in languages if code in language_order]
    if not known:
        return lambda _text, _today: None

    def parse(text: str, today: date) -> date | None:
        settings = {
            "DATE_ORDER": "DMY", "REQUIRE_PARTS": ["day", "month"], "PREFER_DATES_FROM": "future",
            "RELATIVE_BASE": datetime.combine(today, time()),
        }  # fmt: skip
        parser = DateDataParser(languages=known, settings=settings, try_previous_locales=False)
        found = parser.get_date_data(text).date_obj
        return None if found is None else found.date()

    return parse
