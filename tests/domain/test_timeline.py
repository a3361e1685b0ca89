"""Windows, exactly; and the two inverses, against windows, for every kind of anchor."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.domain import timeline
from bot.domain.campaign import Anchor, Calendar, Moment, MonthDay, Season, Step
from bot.domain.timeline import DateRange, Dates, Window, add, window
from tests.domain.someone import NO_DAYS, SUMMER, WINTER, age, on, step, weeks

DAY = timedelta(days=1)
DUE = date(2026, 10, 8)  # the last period began on 1 January
COLUMNS = [one for one in Anchor if one not in timeline.YEARLY]
NAMED = Calendar(days={"quiet": {2025: date(2025, 3, 12), 2026: date(2026, 3, 11)}})


def dates(anchor: Anchor, day: date) -> Dates:
    return Dates(**{"sent" if anchor is Anchor.AFTER else anchor.value: day})


def test_a_month_after_the_31st_of_january_is_the_last_day_of_february() -> None:
    assert add(date(2026, 1, 31), 1, 0) == date(2026, 2, 28)
    assert add(date(2028, 1, 31), 1, 0) == date(2028, 2, 29)
    assert add(date(2026, 1, 31), 1, 1) == date(2026, 3, 1)


def test_weeks_of_pregnancy_count_from_280_days_before_the_due_date() -> None:
    assert window(step(weeks(16), weeks(32)), Dates(due=DUE), NO_DAYS) == Window(
        date(2026, 4, 23), date(2026, 8, 13)
    )


def test_without_an_end_a_step_closes_a_week_after_it_opens() -> None:
    assert window(step(age(5)), Dates(birth=DUE), NO_DAYS) == Window(DUE + 5 * DAY, DUE + 12 * DAY)


def test_a_step_whose_date_nobody_told_never_opens() -> None:
    assert window(step(age(5)), Dates(due=DUE), NO_DAYS) is None


def test_a_pregnancy_step_closes_at_birth() -> None:
    born = date(2026, 5, 1)
    found = window(step(weeks(16), weeks(32)), Dates(due=DUE, birth=born), NO_DAYS)
    assert found == Window(date(2026, 4, 23), born)


def test_a_pregnancy_step_that_would_open_after_the_birth_never_opens() -> None:
    assert window(step(weeks(36)), Dates(due=DUE, birth=date(2026, 5, 1)), NO_DAYS) is None


def test_an_after_step_until_a_week_of_pregnancy_closes_at_birth_too() -> None:
    nudge = step(Moment(Anchor.AFTER, days=21, step="one"), weeks(37), id="nudge")
    born = date(2026, 5, 20)
    found = window(nudge, Dates(due=DUE, birth=born, sent=date(2026, 4, 23)), NO_DAYS)
    assert found == Window(date(2026, 5, 14), born)


def test_an_end_on_an_unknown_date_falls_back_to_a_week() -> None:
    nudge = step(Moment(Anchor.AFTER, days=1, step="one"), weeks(37))
    assert window(nudge, Dates(sent=DUE), NO_DAYS) == Window(DUE + DAY, DUE + 8 * DAY)


def test_the_default_week_is_counted_before_the_season_moves_the_opening() -> None:
    early = step(Moment(Anchor.JOINED), season=WINTER)
    assert window(early, Dates(joined=date(2026, 8, 28)), NO_DAYS) == Window(
        date(2026, 9, 1), date(2026, 9, 4)
    )
    assert window(early, Dates(joined=date(2026, 8, 25)), NO_DAYS) is None


def test_a_season_runs_over_the_new_year() -> None:
    flu = step(weeks(4), weeks(40), season=WINTER)
    assert window(flu, Dates(due=date(2027, 2, 1)), NO_DAYS) == Window(date(2026, 9, 1), date(2027, 2, 1))


def test_a_window_that_meets_two_seasons_has_the_first_meeting() -> None:
    year_round = step(age(0), age(months=18), season=WINTER)
    assert window(year_round, Dates(birth=date(2026, 2, 1)), NO_DAYS) == Window(
        date(2026, 2, 1), date(2026, 4, 1)
    )


def test_an_end_earlier_in_the_year_than_the_beginning_is_next_year() -> None:
    assert window(step(on(12, 1), on(1, 10)), Dates(), NO_DAYS, 2026) == Window(
        date(2026, 12, 1), date(2027, 1, 10)
    )


def test_the_29th_of_february_is_the_28th_in_common_years() -> None:
    leap = step(on(2, 29))
    assert [window(leap, Dates(), NO_DAYS, year).opens.day for year in (2027, 2028)] == [28, 29]  # type: ignore[union-attr]


def test_a_named_day_is_looked_up_by_year_and_missing_where_nobody_set_it() -> None:
    quiet = step(Moment(Anchor.CALENDAR, name="quiet"))
    assert window(quiet, Dates(), NAMED, 2026) == Window(date(2026, 3, 11), date(2026, 3, 18))
    assert window(quiet, Dates(), NAMED, 2031) is None


def test_an_occurrence_is_named_after_what_it_is_counted_from() -> None:
    moved = Moment(Anchor.MOVED)
    after = Moment(Anchor.AFTER, step="one")
    assert timeline.occurrence(step(weeks(9)), 7, 3) == "p7"
    assert timeline.occurrence(step(age(1)), 7, 3) == "p7"
    assert timeline.occurrence(step(Moment(Anchor.JOINED)), 7, 3) == "m3"
    assert timeline.occurrence(step(on(1, 1)), 7, 3, 2026) == "y2026"
    assert timeline.occurrence(step(after), 7, 3, None, "y2026") == "y2026"
    assert timeline.occurrence(step(moved), 7, 3, moved=date(2026, 5, 1)) == "v2026-05-01"


def test_an_occurrence_without_what_it_is_counted_from_is_refused() -> None:
    with pytest.raises(ValueError, match="counted from"):
        timeline.occurrence(step(weeks(9)), None, 3)


# --- the inverses ----------------------------------------------------------------------------------

days = st.dates(date(2023, 12, 1), date(2028, 3, 31))
seasons = st.none() | st.sampled_from(
    [WINTER, SUMMER, Season(MonthDay(1, 1), MonthDay(12, 31)), Season(MonthDay(2, 29), MonthDay(3, 1))]
)


@st.composite
def own_steps(draw: st.DrawFn) -> Step:
    """Steps that begin and end on one anchor: their ranges are exact."""
    anchor = draw(st.sampled_from(COLUMNS))
    months, first = draw(st.integers(0, 13)), draw(st.integers(0, 40))
    until = draw(st.none() | st.tuples(st.integers(0, 13), st.integers(0, 60)))
    parent = "parent" if anchor is Anchor.AFTER else None
    end = None if until is None else Moment(anchor, *until, step=parent)
    return step(Moment(anchor, months, first, step=parent), end, season=draw(seasons))


@settings(max_examples=200, deadline=None)
@given(own_steps(), days, st.integers(-70, 70))
@example(step(age(months=1)), date(2026, 2, 28), 0)
@example(step(age(months=1)), date(2026, 3, 31), 0)
@example(step(age(months=12)), date(2028, 2, 29), 0)
@example(step(age(0), age(1)), date(2026, 3, 29), 0)
@example(step(age(0), age(1)), date(2026, 10, 25), 0)
def test_a_day_s_ranges_hold_exactly_the_dates_whose_window_opens_or_is_open(
    one: Step, day: date, off: int
) -> None:
    """Every date near either end of either range, and one anywhere, agrees with `window`."""
    anchor = one.when.anchor
    opening = timeline.anchor_range(one, day, NO_DAYS)
    being = timeline.open_range(one, day, NO_DAYS)
    ends = [edge for span in (opening, being) if span for edge in (span.first, span.last)]
    guess = add(day, -one.when.months, off - one.when.days)
    around = {edge + ahead * DAY for edge in ends for ahead in range(-4, 5)}
    for day_of_theirs in around | {guess, guess + timedelta(days=280)}:
        found = window(one, dates(anchor, day_of_theirs), NO_DAYS)
        assert (found is not None and found.opens == day) == _in(opening, day_of_theirs)
        assert (found is not None and found.open_on(day)) == _in(being, day_of_theirs)


def _in(span: DateRange | None, day: date) -> bool:
    return span is not None and day in span


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(COLUMNS),
    st.integers(0, 60),
    st.sampled_from([weeks(30), weeks(40), age(30), on(11, 1), Moment(Anchor.CALENDAR, name="quiet")]),
    seasons,
    st.dates(date(2025, 1, 1), date(2026, 12, 31)),
    st.integers(-200, 200),
    st.integers(-300, 100),
    st.integers(0, 400),
)
def test_with_a_foreign_end_or_a_birth_the_ranges_are_never_too_narrow(
    anchor: Anchor, first: int, end: Moment, season: Season | None, own: date, other: int, early: int, at: int
) -> None:
    one = step(Moment(anchor, days=first), end, season=season)
    facts = {
        "due": own + timedelta(days=other), "birth": own + timedelta(days=other + early),
        "sent" if anchor is Anchor.AFTER else anchor.value: own,
    }  # fmt: skip
    found = window(one, Dates(**facts), NAMED)
    if found is not None:
        inside = found.opens + timedelta(days=at % (found.closes - found.opens).days)
        assert _in(timeline.anchor_range(one, found.opens, NAMED), own)
        assert _in(timeline.open_range(one, inside, NAMED), own)


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 12), st.integers(1, 28), st.integers(1, 12), seasons, days)
def test_a_step_on_a_date_concerns_everyone_on_the_days_of_its_window_and_nobody_else(
    month: int, day: int, until: int, season: Season | None, today: date
) -> None:
    one = step(on(month, day), on(until, 15), season=season)
    found = [window(one, Dates(), NO_DAYS, year) for year in range(today.year - 2, today.year + 2)]
    opens = any(span is not None and span.opens == today for span in found)
    is_open = any(span is not None and span.open_on(today) for span in found)
    assert timeline.anchor_range(one, today, NO_DAYS) == (DateRange.everyone() if opens else None)
    assert timeline.open_range(one, today, NO_DAYS) == (DateRange.everyone() if is_open else None)


# --- the content check -----------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 3), st.integers(0, 70), st.integers(0, 3), st.integers(0, 70))
def test_a_window_empty_for_any_day_in_four_years_is_found_and_only_such_a_window(
    months: int, first: int, until_months: int, last: int
) -> None:
    one = step(age(first, months), age(last, until_months))
    born = (date(2024, 1, 1) + ahead * DAY for ahead in range(1461))
    empty = any(window(one, Dates(birth=day), NO_DAYS) is None for day in born)
    assert (timeline.never_opens(one, NO_DAYS) is not None) is empty


def test_a_season_that_never_meets_the_date_is_said() -> None:
    one = step(on(7, 1), on(8, 1), season=WINTER)
    assert timeline.never_opens(one, NO_DAYS) == "The season never meets the window."


def test_a_named_day_that_nobody_set_is_no_mistake_and_opens_for_nobody() -> None:
    one = step(Moment(Anchor.CALENDAR, name="quiet"))
    assert timeline.never_opens(one, NO_DAYS) is None
    assert window(one, Dates(), NO_DAYS, 2027) is None
    assert timeline.open_range(one, date(2027, 3, 10), NO_DAYS) is None


def test_an_end_on_the_day_of_the_beginning_is_empty_not_a_year_long() -> None:
    assert timeline.never_opens(step(on(7, 1), on(7, 1)), NO_DAYS) is not None
