"""Days, names and lists as each language writes them."""

from __future__ import annotations

from datetime import date

import pytest

from bot.errors import BadInput
from bot.words import languages
from bot.words.languages import Day

TODAY = date(2027, 2, 2)


@pytest.mark.parametrize(
    ("day", "code", "said"),
    [
        (date(2027, 3, 3), "en", "3 March"),
        (date(2028, 3, 3), "en", "3 March 2028"),
        (date(2027, 3, 3), "pl", "3 marca"),
        (date(2027, 3, 3), "so", "3 Maarso"),
    ],
)
def test_a_day_is_said_with_its_year_only_when_that_is_another(day: date, code: str, said: str) -> None:
    assert languages.spell_day(Day(day, TODAY), code) == said


def test_a_day_that_is_read_back_has_its_year() -> None:
    assert languages.spell_whole_day(date(2027, 3, 3), "en") == "3 March 2027"


def test_a_language_calls_itself_by_its_own_name() -> None:
    assert [languages.own_name(code) for code in ("en", "pl", "ur")] == ["English", "Polski", "اردو"]


def test_direction_is_known() -> None:
    assert [languages.right_to_left(code) for code in ("en", "ur", "ar", "bn")] == [False, True, True, False]


@pytest.mark.parametrize("code", ["zz", "", "english", "en_GB_x", "../en"])
def test_what_is_no_language_code_is_refused(code: str) -> None:
    with pytest.raises(BadInput):
        languages.locale(code)


def test_a_list_is_said_as_a_list() -> None:
    assert languages.spell_list(["sleep", "crying"], "pl") == "sleep i crying"


def test_a_list_of_none_is_empty() -> None:
    assert languages.spell_list([], "en") == ""
