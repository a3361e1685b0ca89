"""Ids: 64-bit and ordered by time for rows, random 128-bit for what the outside sees."""

from __future__ import annotations

import random
import secrets
import threading
import time
from datetime import datetime

_LOCK = threading.Lock()
_LAST = [0]


def new_id() -> int:
    """A new row id: 63 bits, milliseconds since 1970 then 20 random bits, rising within a process.

    Two processes that make one in the same millisecond meet with a chance of one in a million; the
    primary key then refuses the second, and the work is tried again.
    """
    with _LOCK:
        # Nothing depends on nobody guessing it; asking the system for 20 bits costs ten times as much.
        fresh = (time.time_ns() // 1_000_000) << 20 | random.getrandbits(20)
        _LAST[0] = max(fresh, _LAST[0] + 1)
        return _LAST[0]


def first_id(since: datetime) -> int:
    """The first id that a row made at this moment, or later, can have."""
    return int(since.timestamp() * 1000) << 20


def public_id() -> str:
    """A 128-bit id in hex (32 characters), fit for a URL: milliseconds since 1970, then 80 random bits.

    Nobody guesses one; and those made together lie together in their index, where random ones cost each
    row a page of its own.
    """
    return public_ids(1)[0]


def public_ids(number: int) -> list[str]:
    """So many of them."""
    now, chance = f"{time.time_ns() // 1_000_000:012x}", secrets.token_hex(10 * number)
    return [now + chance[start : start + 20] for start in range(0, 20 * number, 20)]
