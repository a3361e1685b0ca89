"""How many families one transaction plans: as many as take some 20 ms here, so that no text waits for it."""

from __future__ import annotations

_FIRST, _LEAST, _MOST = 60, 10, 300
_GOAL = 0.014  # seconds of work; the commit comes on top


class Stride:
    """Learns from each batch; a slow disk or a large database makes the next one smaller."""

    def __init__(self) -> None:
        self.families = _FIRST

    def took(self, families: int, seconds: float) -> None:
        """So many families took so long; a batch of a few says nothing about a large one."""
        if families < _LEAST:
            return
        fits = round(families * _GOAL / max(seconds, 1e-6))
        self.families = (self.families + min(max(fits, _LEAST), _MOST)) // 2
