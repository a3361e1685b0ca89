"""Spacing: when the next call of one line may begin, so that no second holds more than the provider takes.

Slots are given out evenly, but a process stalls now and then and its calls begin late. Made up for, the lost
time brings calls of two seconds into one, and the provider refuses.
"""

from __future__ import annotations

import math
from collections import deque

_SPARED = 3 / 4  # of what the pace leaves to spare: calls arrive unevenly, too
_APART = 2 / 3  # of its slot: so far from the one before begins a call that was held up


class Spacing:
    """The calls of one line. All moments are monotonic seconds.

    However late some calls were, of any N + 1 in a row, with N the calls that begin in a second at full pace,
    the last begins a second after the first, and most of what the pace leaves to spare (Telegram's is 29.3 a
    second where 30 are taken: 18 of 24 ms); the rest is made up for. This line knows its own calls only:
    between processes the slots see to it.
    """

    def __init__(self, per_second: float) -> None:
        self._most = math.ceil(per_second)
        self._span = 1 + (self._most / per_second - 1) * _SPARED
        self._begun: deque[float] = deque()  # of the last second
        self._free = 0.0

    def earliest(self, start: float) -> float:
        """When a call with the slot `start` may begin."""
        if len(self._begun) < self._most:
            return max(start, self._free)
        return max(start, self._free, self._begun[-self._most] + self._span)

    def began(self, now: float, takes: float) -> None:
        """A call began that takes the sender so many seconds."""
        self._free = now + takes * _APART
        self._begun.append(now)
        while self._begun[0] <= now - self._span:
            self._begun.popleft()
