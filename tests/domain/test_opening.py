"""When a service answers: London time, both clock changes, bank holidays as far as they are known."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.bank_holidays import bank_holiday
from bot.domain.hours import LONDON
from bot.domain.opening import Hours, Opening, OpeningState, Span, opening

WEEKDAYS = frozenset(range(5))
OFFICE = Hours((Span(WEEKDAYS, time(9), time(17)),))
EVENINGS = Hours((Span(WEEKDAYS, time(10), time(17)), Span(frozenset({5, 6}), time(18), time(22))))


def london(day: int, hour: int, minute: int = 0, month: int = 11, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=LONDON)


def stands(hours: Hours | None, at: datetime) -> tuple[OpeningState, datetime | None]:
    found = opening(hours, at.astimezone(UTC))
    return found.state, found.at


def test_what_nobody_told_us_is_unknown_and_day_and_night_is_always() -> None:
    assert opening(None, london(23, 3)) == Opening(OpeningState.UNKNOWN)
    assert opening(Hours(always=True), london(25, 3, month=12)) == Opening(OpeningState.ALWAYS)


@pytest.mark.parametrize(
    ("at", "state", "then"),
    [
        (london(23, 8, 59), OpeningState.SHUT, london(23, 9)),
        (london(23, 9), OpeningState.OPEN, london(23, 17)),
        (london(23, 16, 59), OpeningState.OPEN, london(23, 17)),
        (london(23, 17), OpeningState.SHUT, london(24, 9)),
        (london(27, 17), OpeningState.SHUT, london(30, 9)),  # Friday evening: Monday
    ],
)
def test_it_opens_on_the_minute_and_shuts_on_the_minute(
    at: datetime, state: OpeningState, then: datetime
) -> None:
    assert stands(OFFICE, at) == (state, then)


def test_other_hours_at_the_weekend() -> None:
    assert stands(EVENINGS, london(28, 12)) == (OpeningState.SHUT, london(28, 18))
    assert stands(EVENINGS, london(29, 21)) == (OpeningState.OPEN, london(29, 22))


def test_on_a_bank_holiday_it_is_shut_unless_that_is_known() -> None:
    christmas = london(24, 18, month=12)  # Christmas Day is a Friday, and Boxing Day's holiday a Monday
    assert stands(OFFICE, christmas) == (OpeningState.SHUT, london(29, 9, month=12))
    daily = Hours((Span(frozenset(range(7)), time(9), time(22)),), bank_holidays=True)
    assert stands(daily, london(25, 10, month=12)) == (OpeningState.OPEN, london(25, 22, month=12))


@pytest.mark.parametrize("day", [datetime(2027, 3, 29, tzinfo=LONDON), datetime(2026, 10, 26, tzinfo=LONDON)])
def test_nine_is_nine_in_london_after_the_clocks_change(day: datetime) -> None:
    nine = day.replace(hour=9) + timedelta(days=1)
    assert stands(OFFICE, nine - timedelta(minutes=1))[0] is OpeningState.SHUT
    assert stands(OFFICE, nine)[0] is OpeningState.OPEN


@given(st.integers(0, 2 * 366 * 24 * 60))
def test_whenever_it_is_asked_it_opens_later_than_now_and_then_it_is_open(minutes: int) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    for hours in (OFFICE, EVENINGS):
        found = opening(hours, now)
        assert found.at is not None
        assert found.at > now
        if found.state is OpeningState.SHUT:
            assert opening(hours, found.at).state is OpeningState.OPEN


@pytest.mark.parametrize(
    ("year", "days"),
    [
        (2021, "01-01 04-02 04-05 05-03 05-31 08-30 12-27 12-28"),
        (2022, "01-03 04-15 04-18 05-02 05-30 08-29 12-26 12-27"),  # without the two royal days
        (2026, "01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-28"),
        (2027, "01-01 03-26 03-29 05-03 05-31 08-30 12-27 12-28"),
    ],
)
def test_the_bank_holidays_of_england(year: int, days: str) -> None:
    every = [date(year, 1, 1) + timedelta(days=n) for n in range(365)]
    assert " ".join(f"{day:%m-%d}" for day in every if bank_holiday(day)) == days
