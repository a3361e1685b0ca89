"""A clock that stands still until a test moves it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class Clock:
    """Calling it gives `now`, an aware moment; tests set `now` or call `pass_`."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **span: float) -> datetime:
        """Let time pass, such as `clock.pass_(days=3)`; gives the new now."""
        self.now += timedelta(**span)
        return self.now


def start() -> Clock:
    """A Tuesday in February, 10:00 in London."""
    return Clock(datetime(2027, 2, 2, 10, 0, tzinfo=UTC))
