"""Codes that people pass on: how long, how many, and how often one may be tried (CARE 10, 23)."""

from __future__ import annotations

import re
from datetime import timedelta
from enum import StrEnum

DIGITS = 8
LIVE = 8  # invitations of one family that stand at once
ASKED_A_DAY = 5  # codes that one member may ask for in 24 hours
WRONG_HERE = 5  # wrong codes from one phone in 24 hours; then no code is looked at
WRONG_ANYWHERE = 60  # wrong codes from everywhere in an hour; then none is looked at, and staff are told
HERE, ANYWHERE = timedelta(hours=24), timedelta(hours=1)
_CODE = re.compile(rf"[0-9]{{{DIGITS}}}")


class CodeFor(StrEnum):
    """What a code lets somebody do."""

    JOIN = "join"
    NEWPHONE = "newphone"


def is_code(text: str | None) -> bool:
    """Whether this is written as our codes are; anything else is no try."""
    return text is not None and text.isascii() and text.isdecimal()


def well_made(text: str) -> bool:
    """Whether a code of ours could read so."""
    return _CODE.fullmatch(text) is not None


def may_try(wrong_here: int, wrong_anywhere: int) -> bool:
    """Whether a code is looked at: the right one, too, is refused to whoever has tried too many."""
    return wrong_here < WRONG_HERE and wrong_anywhere < WRONG_ANYWHERE


def may_ask(asked_lately: int, standing: int) -> bool:
    """Whether another code is given out."""
    return asked_lately < ASKED_A_DAY and standing < LIVE
