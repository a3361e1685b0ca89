"""The values a template is tried with."""

from __future__ import annotations

from itertools import islice

import pytest

from bot.authoring.longest import cases
from bot.content.load import load
from bot.content.replies import REPLY_VALUES
from bot.words.template import compile
from tests.content import small


def tried(text: str, language: str = "en", name: str = "x") -> list[object]:
    """The values of one placeholder in the order they are tried."""
    content = load(small.FILES)
    return [values[name] for values in cases(content, content.words, compile(text, "x.j2"), language)]


@pytest.mark.parametrize("name", sorted(frozenset().union(*REPLY_VALUES.values())))
def test_every_value_that_a_reply_is_given_has_a_longest(name: str) -> None:
    assert tried(f"{{{{ {name} }}}}", name=name)[0]


def test_a_day_is_the_longest_of_the_year_in_the_language() -> None:
    assert tried("{{ date }}", name="date") == ["28 September 2028"]
    assert tried("{{ date }}", "ur", name="date") != ["28 September 2028"]


def test_weeks_are_tried_around_every_number_they_are_compared_with() -> None:
    assert tried("{% if weeks > 20 %}a{% else %}b{% endif %}", name="weeks") == [42, 19, 20, 21]


def test_a_text_is_tried_as_every_text_it_is_compared_with() -> None:
    said = tried('{% if language == "en" %}a{% else %}{{ language }}{% endif %}', name="language")
    assert "en" in said


def test_what_is_not_set_yet_is_tried_long_and_empty() -> None:
    assert tried("{{ join_number }}", name="join_number") == ["+447700900000", ""]


def test_there_are_never_more_than_64_cases() -> None:
    content = load(small.FILES)
    asks = "".join(f"{{% if weeks == {n} %}}a{{% endif %}}" for n in range(1, 42))
    template = compile(asks + "{{ join_number }}{{ telegram_link }}", "x.j2")
    assert len(list(islice(cases(content, content.words, template, "en"), 100))) == 64
