"""The London day and the sending hours, both clock changes among them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest

from bot.domain import hours

SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)


def test_a_naive_moment_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        hours.local_day(datetime(2026, 1, 1))  # noqa: DTZ001


def test_after_eleven_at_night_in_utc_it_is_already_tomorrow_in_summer() -> None:
    assert hours.local_day(datetime(2026, 6, 1, 23, 30, tzinfo=UTC)) == date(2026, 6, 2)
    assert hours.local_day(datetime(2026, 1, 1, 23, 30, tzinfo=UTC)) == date(2026, 1, 1)


@pytest.mark.parametrize(
    ("day", "nine", "end"),
    [
        (date(2026, 3, 28), 9, 19), (SPRING, 8, 18),
        (date(2026, 10, 24), 8, 18), (AUTUMN, 9, 19),
    ],
)  # fmt: skip
def test_nine_oclock_is_nine_in_london_on_both_clock_change_days(day: date, nine: int, end: int) -> None:
    assert hours.sending_moment(day, time(9)) == datetime(day.year, day.month, day.day, nine, tzinfo=UTC)
    assert hours.last_moment(day) == datetime(day.year, day.month, day.day, end, 45, tzinfo=UTC)


def test_a_time_in_the_quiet_hours_becomes_the_nearest_end_of_them() -> None:
    assert hours.sending_moment(AUTUMN, time(3)) == hours.sending_moment(AUTUMN, time(9))
    assert hours.sending_moment(AUTUMN, time(23)) == hours.last_moment(AUTUMN)


@pytest.mark.parametrize("day", [SPRING, AUTUMN])
def test_sending_is_open_from_nine_and_no_longer_at_a_quarter_to_eight(day: date) -> None:
    begin, end = hours.sending_moment(day, time(9)), hours.last_moment(day)
    tick = datetime.resolution
    seen = [hours.open_now(moment) for moment in (begin - tick, begin, end - tick, end)]
    assert seen == [False, True, True, False]
