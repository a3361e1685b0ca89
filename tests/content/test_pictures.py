"""Pictures: plain shapes that fetch and run nothing, described, and part of what is approved."""

from __future__ import annotations

import pytest

from bot.content import hashes
from bot.content.load import Content, load
from tests.content import small

PATH = "templates/_pictures/candle.svg.j2"
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 600"><title>A candle</title>'
    '<g transform="{{ turn }}"><path d="M1 1h9" fill="#fff"/></g></svg>\n'
)
WITH = {
    **small.changed("campaigns/flu.yaml", "    replies: {DONE: done}\n", "    picture: candle\n"),
    PATH: SVG,
}


def words(files: dict[str, str]) -> dict[tuple[str, str], str]:
    return hashes.words(load(files).pack("flu"))


def test_a_step_may_have_a_picture() -> None:
    content: Content = load(WITH)
    step = content.campaigns["flu"].step("offer")
    assert step is not None
    assert step.picture == "candle"
    assert content.words.drawing("candle", "templates/en/flu/offer.j2") == SVG
    assert PATH not in content.words.paths


def test_p9_a_picture_is_part_of_what_is_approved() -> None:
    redrawn = words({**WITH, PATH: SVG.replace("h9", "h8")})
    assert words(WITH)["offer", "en"] != redrawn["offer", "en"]
    assert words(WITH)["nudge", "en"] == redrawn["nudge", "en"]
    without = dict(small.FILES)
    assert words(WITH)["offer", "en"] != words(without)["offer", "en"]
    assert words(WITH)["nudge", "en"] == words(without)["nudge", "en"]


def test_a_picture_that_is_not_there_is_told_at_the_steps_line() -> None:
    said = small.faults({path: text for path, text in WITH.items() if path != PATH})
    assert said == [
        "campaigns/flu.yaml:12:14: There is no picture candle in templates/_pictures/. "
        "There are: none so far."
    ]


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("</svg>", "", "This is no whole SVG file."),
        ("<title>A candle</title>", "", "Say what is on it in a <title>"),
        ("0 0 800 600", "0 0 80 60", "A picture begins with <svg"),
        ("<path", '<text x="1">Hello</text><path', "<text> is not drawn here."),
        ("<path", "<script>1</script><path", "<script> is not drawn here."),
        ("<path", '<image href="http://x"/><path', "<image> is not drawn here."),
        ('fill="#fff"', 'fill="url(http://x)"', "fill may not stand in a picture"),
        ('fill="#fff"', 'onclick="x"', "onclick may not stand in a picture"),
        ('fill="#fff"', 'style="fill:url(http://x)"', "style may not stand in a picture"),
        ("{{ turn }}", "{{ name }}", "Only {{ turn }} and {{ back }} may stand in a picture."),
        ("<svg", '<!DOCTYPE x [<!ENTITY a "b">]><svg', "This is no whole SVG file."),
        ("M1 1h9", "M1 1h9" + "h1" * 9000, "It has more than 16000 characters."),
    ],
)
def test_what_may_not_stand_in_a_picture_is_told(old: str, new: str, sentence: str) -> None:
    said = small.faults({**WITH, PATH: SVG.replace(old, new)})
    assert any(one.startswith(f"{PATH}:1:1: {sentence}") for one in said), said


def test_a_file_that_is_no_picture_is_told() -> None:
    said = small.faults({**WITH, "templates/_pictures/old/candle.svg.j2": SVG})
    assert "A picture is a file such as templates/_pictures/candle.svg.j2." in said[0]
