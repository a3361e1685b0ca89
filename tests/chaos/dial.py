"""A clock on a dial: the machine's, and so far ahead; every process that names the same file goes by it."""

from __future__ import annotations

import os
import struct
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path


class Dial:
    """Calling it gives the moment. Who turns it remembers when, so that a moment can be told afterwards."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._held = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
        self._turns = [(0.0, self.ahead)]

    def __call__(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.ahead)

    @property
    def ahead(self) -> float:
        """How many seconds ahead of the machine's clock."""
        found = os.pread(self._held, 8, 0)
        return float(struct.unpack("d", found)[0]) if found else 0.0

    def turn(self, by: timedelta) -> None:
        """Turn it on, or back."""
        self._put(self.ahead + by.total_seconds())

    def set(self, moment: datetime) -> None:
        """It is this moment now."""
        self._put((moment - datetime.now(UTC)).total_seconds())

    def at(self, monotonic: float) -> datetime:
        """What it said at a moment of this process's steady clock."""
        ahead = self._ahead_at(monotonic)
        return datetime.now(UTC) + timedelta(seconds=monotonic - time.monotonic() + ahead)

    def _ahead_at(self, monotonic: float) -> float:
        return next(far for since, far in reversed(self._turns) if since <= monotonic)

    def readings(self, monotonic: float, within: float = 1.5) -> list[datetime]:
        """What it said at that moment and, if it was turned a moment before, what it would have said."""
        shown, now = self.at(monotonic), self._ahead_at(monotonic)
        before = [self._ahead_at(monotonic - within)]
        before += [far for since, far in self._turns if monotonic - within < since <= monotonic]
        return [shown, *(shown + timedelta(seconds=far - now) for far in before if far != now)]

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._held)

    def _put(self, ahead: float) -> None:
        os.pwrite(self._held, struct.pack("d", ahead), 0)
        self._turns.append((time.monotonic(), ahead))


class Apart:
    """The clock of a machine that is not set right: the dial's, and so many seconds off."""

    def __init__(self, dial: Dial, seconds: float) -> None:
        self._dial, self._off = dial, timedelta(seconds=seconds)

    def __call__(self) -> datetime:
        return self._dial() + self._off
