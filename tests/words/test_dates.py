"""Dates as people write them, seen on Monday 23 November 2026."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.meaning import SaidDate
from bot.words.dates import LONGEST, Wanted, said_date

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("24 weeks", 168),
        ("24weeks", 168),
        ("24w", 168),
        ("24 wks", 168),
        ("24+3", 171),
        ("24w+3", 171),
        ("24 + 3", 171),
        ("24 weeks and 3 days", 171),
        ("24 wks 3 days", 171),
        ("24/40", 168),
        ("i am about 24 weeks pregnant", 168),
        ("٢٤ weeks", 168),
        ("24 weeks pregnant today", 168),
    ],
)
def test_weeks_of_pregnancy_are_read_first(text: str, days: int) -> None:
    assert said_date(text, TODAY) == SaidDate(gestation_days=days)


@pytest.mark.parametrize(
    "text",
    [
        "12 May 2027",
        "12th of May 2027",
        "12 may 27",
        "may 12 2027",
        "May 12th, 2027",
        "12/5/2027",
        "12/5/27",
        "12.05.2027",
        "12-5-27",
        "12 5 27",
        "2027-05-12",
        "12/5",
        "12 May",
        "12th may",
        "۱۲/۵/۲۰۲۷",
        "baby is due on 12 May",
        "12may",
    ],
)
def test_a_due_date_is_read_day_first(text: str) -> None:
    assert said_date(text, TODAY, "due") == SaidDate(day=date(2027, 5, 12))


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("first of september", date(2027, 9, 1)),
        ("1st of september", date(2027, 9, 1)),
        ("1st sept", date(2027, 9, 1)),
        ("the 3rd of march", date(2027, 3, 3)),
        ("the third of March", date(2027, 3, 3)),
        ("twenty second of may", date(2027, 5, 22)),
        ("Twenty-second of May 2027", date(2027, 5, 22)),
        ("twentysecond may", date(2027, 5, 22)),
        ("thirty first of march", date(2027, 3, 31)),
        ("its due on the fourteenth of february", date(2027, 2, 14)),
        ("september the first", date(2027, 9, 1)),
        ("may the forth", date(2027, 5, 4)),
        ("July twentieth", date(2027, 7, 20)),
        ("second june please", date(2027, 6, 2)),
    ],
)
def test_a_day_is_read_in_words_too(text: str, day: date) -> None:
    assert said_date(text, TODAY, "due") == SaidDate(day=day)


@pytest.mark.parametrize("text", ["thirty first of june", "thirty second of may", "thirtieth of february"])
def test_a_day_in_words_that_cannot_be_is_impossible(text: str) -> None:
    assert said_date(text, TODAY) == SaidDate(impossible=True)


@pytest.mark.parametrize(
    "text",
    [
        "my first may be late",
        "the second may come early",
        "first of all hello",
        "i may first ask my mum",
        "our first march together",
        "second baby",
        "first",
    ],
)
def test_words_for_an_order_are_no_days(text: str) -> None:
    assert said_date(text, TODAY) is None


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("born 3/11", date(2026, 11, 3)),
        ("12/5/26", date(2026, 5, 12)),
        ("yesterday", date(2026, 11, 22)),
        ("today", TODAY),
        ("last friday", date(2026, 11, 20)),
        ("born on friday", date(2026, 11, 20)),
        ("friday", date(2026, 11, 20)),
        ("25 December", date(2025, 12, 25)),
        ("6 weeks old", date(2026, 10, 12)),
        ("3 days ago", date(2026, 11, 20)),
    ],
)
def test_a_birth_is_read_backwards(text: str, day: date) -> None:
    assert said_date(text, TODAY, "birth") == SaidDate(day=day, past=day)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("in 3 weeks", date(2026, 12, 14)),
        ("2 weeks left", date(2026, 12, 7)),
        ("next tuesday", date(2026, 11, 24)),
        ("tomorrow", date(2026, 11, 24)),
        ("on friday", date(2026, 11, 27)),
        ("Friday", date(2026, 11, 27)),
        ("sun", date(2026, 11, 29)),
    ],
)
def test_a_due_date_may_be_told_from_today(text: str, day: date) -> None:
    assert said_date(text, TODAY, "due") == SaidDate(day=day)


def test_a_weekday_is_the_one_ahead_unless_a_birth_is_told() -> None:
    """A reminder "on Friday" is for the next one, though the last may be nearer."""
    assert said_date("friday", TODAY) == SaidDate(day=date(2026, 11, 27), past=date(2026, 11, 20))
    assert said_date("i sat up all night", TODAY) is None


@pytest.mark.parametrize(
    "text",
    [
        "31/02",
        "30 feb",
        "3/13",
        "32 May",
        "0/5",
        "12/5/1990",
        "12 May 2031",
        "60 weeks",
        "29 Feb 2027",
        "31 June",
    ],
)
def test_a_day_that_cannot_be_is_said_to_be_impossible(text: str) -> None:
    assert said_date(text, TODAY) == SaidDate(impossible=True)


@pytest.mark.parametrize(
    "text",
    [
        "20",
        "may",
        "1st",
        "hello",
        "",
        "call at 10:30",
        "07700 900123",
        "march",
        "ok mon",
        "1",
        "he weighs 7lb 3",
    ],
)
def test_no_date_is_guessed_where_none_is_said(text: str) -> None:
    assert said_date(text, TODAY) is None


def test_a_day_without_its_year_keeps_both_readings() -> None:
    assert said_date("3rd march", TODAY) == SaidDate(day=date(2027, 3, 3), past=date(2026, 3, 3))


def test_weeks_say_nothing_of_the_day_of_a_birth() -> None:
    assert said_date("born at 32 weeks", TODAY, "birth") is None


def test_a_birth_to_come_is_impossible() -> None:
    assert said_date("12/12/2026", TODAY, "birth") == SaidDate(impossible=True)


@pytest.mark.parametrize(
    ("text", "language"), [("12 maja", "pl"), ("12 maja 2027", "pl"), ("12 مئی", "ur"), ("12 মে", "bn")]
)
def test_month_names_of_other_languages_are_read(text: str, language: str) -> None:
    assert said_date(text, TODAY, "due", (language, "en")) == SaidDate(day=date(2027, 5, 12))


def test_a_story_is_not_searched_for_a_date() -> None:
    assert said_date("12 May " + "and then " * LONGEST, TODAY) is None


@settings(max_examples=80, deadline=None)
@given(
    text=st.from_regex(
        r"[0-9]{1,4}[ /.+-]?[0-9a-z]{0,9}[ /.-]?[0-9]{0,4}( ago| old| weeks)?", fullmatch=True
    ),
    today=st.dates(date(2024, 2, 29), date(2032, 2, 29)),
    wanted=st.sampled_from(["due", "birth", "either"]),
)
def test_whatever_is_read_can_be(text: str, today: date, wanted: Wanted) -> None:
    said = said_date(text, today, wanted)
    if said is None or said.impossible:
        return
    assert said.past is None or today - timedelta(days=732) <= said.past <= today
    if wanted != "birth" and said.day is not None:
        assert timedelta(days=-14) <= said.day - today <= timedelta(weeks=42)
