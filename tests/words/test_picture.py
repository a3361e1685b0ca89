"""The project's drawings: each is small, described, without letters, and mirrored for who reads leftwards."""

from __future__ import annotations

import struct

import pytest

from bot.words import picture
from tests import ours

DRAWINGS = {path: text for path, text in ours.content().files.items() if path.startswith(picture.FOLDER)}
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize("path", DRAWINGS)
def test_a_picture_is_a_small_png_for_readers_of_either_direction(path: str) -> None:
    for right_to_left in (False, True):
        made = picture.png(picture.drawn(DRAWINGS[path], right_to_left=right_to_left))
        assert made.startswith(PNG)
        assert struct.unpack(">II", made[16:24]) == (picture.WIDTH, picture.HEIGHT)
        assert len(made) <= picture.LARGEST


@pytest.mark.parametrize("path", DRAWINGS)
def test_what_is_on_a_picture_is_said_and_nothing_on_it_needs_a_font(path: str) -> None:
    assert len(picture.alt(DRAWINGS[path])) > 20
    assert "<text" not in DRAWINGS[path]


def test_an_order_runs_as_its_readers_read_and_a_tick_stays_a_tick() -> None:
    source = '<g transform="{{ turn }}"><g transform="translate(9 9) {{ back }}"/></g>'
    assert picture.drawn(source, right_to_left=False) == (
        '<g transform=""><g transform="translate(9 9) "/></g>'
    )
    assert picture.drawn(source, right_to_left=True) == (
        '<g transform="translate(800 0) scale(-1 1)"><g transform="translate(9 9) scale(-1 1)"/></g>'
    )


def test_a_picture_is_drawn_once() -> None:
    svg = picture.drawn(next(iter(DRAWINGS.values())), right_to_left=False)
    assert picture.png(svg) is picture.png(svg)


def test_a_caption_is_counted_as_telegram_counts() -> None:
    assert picture.fits("a" * 1024)
    assert not picture.fits("a" * 1025)
    assert picture.fits("\N{BABY}" * 512)
    assert not picture.fits("\N{BABY}" * 513)
