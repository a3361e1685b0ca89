"""The closed list of what a template may do to a value."""

from __future__ import annotations

import pytest

from bot.words.filters import FILTERS
from bot.words.template import compile


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("upper", "flu ß", "FLU SS"),
        ("lower", "NHS", "nhs"),
        ("trim", "  sleep\n", "sleep"),
        ("capitalize", "sleep and NHS 111", "Sleep and NHS 111"),
        ("capitalize", "", ""),
    ],
)
def test_each_filter_does_what_its_name_says(name: str, before: str, after: str) -> None:
    assert FILTERS[name](before) == after


def test_the_list_is_closed() -> None:
    assert set(FILTERS) == {"upper", "lower", "capitalize", "trim"}


def test_a_number_may_be_filtered_too() -> None:
    assert compile("{{ weeks | upper }}", "x.j2").render({"weeks": 12}) == "12"


def test_none_makes_a_text_longer_than_twice_the_value() -> None:
    assert all(len(change("ß" * 50)) <= 100 for change in FILTERS.values())
