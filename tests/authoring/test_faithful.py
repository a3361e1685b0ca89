"""What a translation must keep of its English, seen when it is lost."""

from __future__ import annotations

import pytest

from bot.authoring.faithful import unfaithful
from bot.words.template import compile

ENGLISH = "Text STOP or DONE, ring {{ line_phone }} or 999. {% if weeks < 20 %}Soon, 1 AGREE.{% endif %}"


def said(theirs: str, english: str = ENGLISH) -> list[str]:
    return list(unfaithful(compile(english, "en"), compile(theirs, "pl")))


def test_a_translation_that_keeps_all_is_faithful() -> None:
    assert said(ENGLISH) == []
    assert said(ENGLISH.replace("Soon", "Wkrótce").replace("1 AGREE", "1 zgoda")) == []


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("STOP or ", "", "The word to text back STOP is lost. Write it as in the English."),
        ("Text", "Text START or", "The word to text back START is not in the English. Take it out."),
        ("999", "998", "The number 999 is lost. Write it as in the English."),
        ("999", "999 999 111", "The number 111 is not in the English. Take it out."),
        (
            "999",
            "999 ٩٩٩",
            "A number is not in the digits 0 to 9. Write it in these, so that it can be dialled.",
        ),
        ("{{ line_phone }}", "", "{{ line_phone }} is lost. Copy it from the English, with its braces."),
        ("Text", "{{ place }}: Text", "{{ place }} is not in the English. Take it out."),
        (
            "{% if weeks < 20 %}Soon, 1 AGREE.{% endif %}",
            "1 zgoda",
            "The case 20 is not asked about. Keep each {% if %} of the English.",
        ),
    ],
)
def test_what_is_lost_or_put_in_is_said(old: str, new: str, sentence: str) -> None:
    assert sentence in said(ENGLISH.replace(old, new))
