"""The hours in which messages may begin (P6), and the one place where a day becomes a moment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
OPENS = time(9)
CLOSES = time(19, 45)  # the first moment of quiet
NOON, SIX = time(12), time(18)


class PartOfDay(StrEnum):
    """When somebody would rather be written to."""

    MORNING = "morning"
    MIDDAY = "midday"
    EVENING = "evening"


AT: Mapping[PartOfDay, time] = {
    PartOfDay.MORNING: time(9, 30),
    PartOfDay.MIDDAY: time(12, 30),
    PartOfDay.EVENING: time(18, 30),
}
"""The moment of each part, well inside the sending hours."""


def aware(now: datetime) -> datetime:
    """`now` unchanged; raises ValueError when it says no time zone."""
    if now.tzinfo is None or now.utcoffset() is None:
        raise ValueError("A moment without a time zone means nothing here; give an aware datetime.")
    return now


def local_day(now: datetime) -> date:
    """The day it is in London at `now` (aware)."""
    return aware(now).astimezone(LONDON).date()


def sending_moment(day: date, at: time) -> datetime:
    """`at` o'clock in London on `day`, in UTC; outside sending hours the nearest end of them."""
    return _utc(day, min(max(at.replace(tzinfo=None), OPENS), CLOSES))


def around_noon(day: date, send_at: datetime, end: datetime) -> tuple[datetime, datetime]:
    """(not before, not after) of what never goes between noon and six: before noon, or else from six on."""
    noon, six = _utc(day, NOON), _utc(day, SIX)
    return (send_at, noon) if send_at < noon else (max(send_at, six), end)


def last_moment(day: date) -> datetime:
    """When quiet begins on `day`, in UTC: what has not begun before this does not begin today."""
    return _utc(day, CLOSES)


def open_now(now: datetime) -> bool:
    """Whether a staged message may begin at `now` (aware): from 09:00, before 19:45, in London."""
    return OPENS <= aware(now).astimezone(LONDON).time() < CLOSES


def last_sending_day(after: datetime, before: datetime) -> date | None:
    """The last day in London on which a staged message may have begun between these moments, if any."""
    day = local_day(before)
    while day >= local_day(after):
        if max(after, sending_moment(day, OPENS)) < min(before, last_moment(day)):
            return day
        day -= timedelta(days=1)
    return None


@lru_cache(maxsize=512)  # the same few moments are asked for each row of a day
def _utc(day: date, at: time) -> datetime:
    # Both clock changes are at one o'clock at night, so no moment of the day is doubled or missing.
    return datetime.combine(day, at, LONDON).astimezone(UTC)
