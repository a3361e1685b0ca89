"""Picture: a drawing of ours (SVG) as the PNG that a phone shows, mirrored where one reads from the right.

A drawing has no letters in it: the caption, in the reader's language, carries every word. `{{ turn }}` stands
where all of it is mirrored, `{{ back }}` where a part of it (a tick, a number) is turned back again.
"""

from __future__ import annotations

import re
from functools import lru_cache
from html import unescape

import resvg_py

FOLDER = "templates/_pictures/"
ENDING = ".svg.j2"
WIDTH, HEIGHT = 800, 600
LARGEST = 100_000
"""Bytes of a PNG, at most: families pay for what they load."""

LONGEST_CAPTION = 1_024
"""What Telegram takes beneath a picture, in its own units (UTF-16)."""

TURN, BACK = "{{ turn }}", "{{ back }}"
_MIRRORED = {TURN: f"translate({WIDTH} 0) scale(-1 1)", BACK: "scale(-1 1)"}
_TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL)


def path_of(name: str) -> str:
    """Where the drawing of this name is kept."""
    return f"{FOLDER}{name}{ENDING}"


def drawn(source: str, *, right_to_left: bool) -> str:
    """The drawing as SVG, for readers of one direction."""
    for mark, turned in _MIRRORED.items():
        source = source.replace(mark, turned if right_to_left else "")
    return source


@lru_cache(maxsize=64)
def png(svg: str) -> bytes:
    """The drawing as a PNG, 800 pixels wide; made once. Raises ValueError for what is no SVG."""
    made: bytes = resvg_py.svg_to_bytes(svg_string=svg, width=WIDTH, skip_system_fonts=True)
    return made


def alt(source: str) -> str:
    """What is on it, in English, for staff who do not see it; "" where nobody wrote that."""
    found = _TITLE.search(source)
    return "" if found is None else " ".join(unescape(found.group(1)).split())


def fits(caption: str) -> bool:
    """Whether Telegram takes this beneath a picture."""
    return units(caption) <= LONGEST_CAPTION


def units(caption: str) -> int:
    """How long Telegram says it is."""
    return len(caption.encode("utf-16-le")) // 2
