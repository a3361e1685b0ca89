"""Templates: flat values and if/else; nothing that could run, loop or grow."""

from __future__ import annotations

import pytest

from bot.errors import ContentError
from bot.words.template import compile

PATH = "templates/en/flu/offer.j2"


def said(text: str) -> list[str]:
    with pytest.raises(ContentError) as caught:
        compile(text, PATH)
    return [f"{fault.line}: {fault.message}" for fault in caught.value.faults]


def test_values_and_cases_are_filled_in() -> None:
    template = compile(
        "{% if weeks > 20 %}\nMore\n{% else %}\nLess\n{% endif %}\nby {{ name | upper }}.", PATH
    )
    assert template.render({"weeks": 21, "name": "sam"}) == "More\nby SAM."


def test_placeholders_are_known_with_their_lines() -> None:
    assert compile("a {{ one }}\n{{ two }} {{ one }}", PATH).lines == {"one": 1, "two": 2}


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("{% for x in y %}a{% endfor %}", "1: Loops are not allowed"),
        ("\n{{ f() }}", "2: Calls are not allowed"),
        ("{{ a.b }}", "1: A value is one word"),
        ("{{ a['b'] }}", "1: A value is one word"),
        ("{{ 'a' * 10000000000 }}", "1: Arithmetic is not allowed"),
        ("{{ -a }}", "1: Arithmetic is not allowed"),
        ("{{ a ~ b }}", "1: Joining with ~"),
        ("{% set a = 1 %}a", "1: Setting values"),
        ("{% include 'x' %}", "1: A message stands alone"),
        ("{% import 'x' as y %}", "1: A message stands alone"),
        ("{% extends 'x' %}", "1: A message stands alone"),
        ("{% macro m() %}a{% endmacro %}", "1: Macros are not allowed"),
        ("{{ a if b else c }}", "1: Write {% if"),
        ("{{ a is defined }}", '1: The word "is"'),
        ("{{ _a }}", "1: A value's name starts with a letter"),
        ("{{ a | replace('a', 'b') }}", "1: There is no filter replace"),
        ("{{ a | upper(1) }}", "1: The filter upper takes nothing"),
        ("{ name }", "1: A single { or }"),
        ("{{ name", "1: "),
        ("{% if a %}b", "1: "),
        ("{{ " + "(" * 3000 + "a" + ")" * 3000 + " }}", "1: Too many brackets"),
        ("a" * 8001, "1: More than 8000 characters"),
        ("  \n", "1: The file is empty"),
    ],
)
def test_everything_else_is_refused_at_its_line(text: str, start: str) -> None:
    assert said(text)[0].startswith(start)


def test_a_value_that_is_missing_is_named() -> None:
    with pytest.raises(ContentError, match="There is no value for name"):
        compile("a {{ name }}", PATH).render({})


def test_a_message_that_comes_out_empty_is_refused() -> None:
    with pytest.raises(ContentError, match="comes out empty"):
        compile("{% if weeks > 20 %}More{% endif %}", PATH).render({"weeks": 3})


def test_a_value_that_would_make_it_far_too_long_is_refused() -> None:
    with pytest.raises(ContentError, match="longer than 4096"):
        compile("{{ name }}", PATH).render({"name": "a" * 5000})


def test_a_value_is_never_run_as_a_template() -> None:
    assert compile("{{ name }}", PATH).render({"name": "{{ 7 * 7 }}"}) == "{{ 7 * 7 }}"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("upper", "NHS 111 LINE"),
        ("lower", "nhs 111 line"),
        ("capitalize", "NHS 111 line"),
        ("trim", "NHS 111 line"),
    ],
)
def test_filters_do_what_they_say(written: str, shown: str) -> None:
    value = "  NHS 111 line " if written == "trim" else "NHS 111 line"
    assert compile(f"{{{{ name | {written} }}}}", PATH).render({"name": value}) == shown
