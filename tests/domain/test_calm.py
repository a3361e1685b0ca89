"""P8: one a day, two in any seven days, the first ten days apart."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.calm import Candidate, choose, frees_on, room
from bot.domain.campaign import CapRules, Importance

TODAY = date(2026, 6, 15)
RULES = CapRules()


def ago(*days: int, counted: bool = True) -> list[tuple[date, bool]]:
    return [(TODAY - timedelta(days=back), counted) for back in days]


def candidate(name: str, importance: Importance = Importance.HELPFUL, closes: int = 5) -> Candidate:
    return Candidate(importance, TODAY + timedelta(days=closes), (name,))


def test_the_essential_goes_before_what_closes_sooner() -> None:
    essential = candidate("b", Importance.ESSENTIAL, closes=30)
    assert choose([candidate("a", closes=1), essential], [], TODAY, RULES, False) is essential


def test_of_equal_importance_what_closes_soonest_goes() -> None:
    soon = candidate("b", closes=2)
    assert choose([candidate("a", closes=3), soon], [], TODAY, RULES, False) is soon


def test_of_equal_importance_what_was_asked_for_goes() -> None:
    asked = replace(candidate("b", closes=700), asked=True)
    assert choose([candidate("a", closes=1), asked], [], TODAY, RULES, False) is asked
    essential = candidate("c", Importance.ESSENTIAL)
    assert choose([asked, essential], [], TODAY, RULES, False) is essential


def test_two_in_seven_days_are_the_most() -> None:
    assert choose([candidate("a")], ago(6, 3), TODAY, RULES, False) is None
    assert choose([candidate("a")], ago(7, 3), TODAY, RULES, False) is not None


def test_one_a_day_is_the_most_in_the_first_days_too() -> None:
    assert choose([candidate("a")], ago(0, counted=False), TODAY, RULES, True) is None


def test_in_the_first_days_a_message_a_day_may_go() -> None:
    assert choose([candidate("a")], ago(1, 2, 3), TODAY, RULES, True) is not None


def test_the_first_days_do_not_count_towards_the_days_after() -> None:
    assert choose([candidate("a")], ago(1, 2, 3, 4, counted=False), TODAY, RULES, False) is not None


def test_a_clock_set_back_makes_no_room() -> None:
    assert choose([candidate("a")], ago(-1, -5), TODAY, RULES, False) is None


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(-3, 20), st.booleans()), max_size=8), st.booleans())
def test_the_day_the_cap_frees_is_the_first_day_with_room(
    entries: list[tuple[int, bool]], baby: bool
) -> None:
    days = [(TODAY - timedelta(days=back), counted) for back, counted in entries]
    frees = frees_on(days, TODAY, RULES, baby)
    ahead = [TODAY + timedelta(days=n) for n in range(1, (frees - TODAY).days)]
    assert not any(room(days, day, RULES, baby) for day in ahead)
    assert frees == TODAY + timedelta(days=7) or room(days, frees, RULES, baby)


def test_p8_the_rules_are_two_in_seven_days_and_ten_first_days() -> None:
    assert (RULES.per_7_days, RULES.daily_until_age) == (2, 10)


def test_a_day_that_frees_is_never_today() -> None:
    assert frees_on([], TODAY, RULES, False) == TODAY + timedelta(days=1)
