"""When a service answers: its hours as people keep them, and what they mean at a moment (London time)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from bot.domain.bank_holidays import bank_holiday
from bot.domain.hours import LONDON, aware, local_day

_AHEAD = 15  # days: the longest that any service is shut at Christmas is shorter


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` until `end` (the first moment shut) on these days of the week; Monday is 0."""

    days: frozenset[int]
    start: time
    end: time


@dataclass(frozen=True, slots=True)
class Hours:
    """`always`: day and night, every day. Else the spans; on a bank holiday only if that is known."""

    spans: tuple[Span, ...] = ()
    always: bool = False
    bank_holidays: bool = False


class OpeningState(StrEnum):
    """How a service stands at a moment."""

    ALWAYS = "always"
    OPEN = "open"
    SHUT = "shut"
    UNKNOWN = "unknown"  # nobody told us its hours: nothing is said of them


@dataclass(frozen=True, slots=True)
class Opening:
    """`at` is when an open one shuts, or a shut one opens next; None for the others. Aware, in London."""

    state: OpeningState
    at: datetime | None = None


def opening(hours: Hours | None, now: datetime) -> Opening:
    """How a service of these hours stands at `now` (aware)."""
    if hours is None:
        return Opening(OpeningState.UNKNOWN)
    if hours.always:
        return Opening(OpeningState.ALWAYS)
    here = aware(now).astimezone(LONDON)
    for start, end in _coming(hours, local_day(now)):
        if start <= here < end:
            return Opening(OpeningState.OPEN, end)
        if here < start:
            return Opening(OpeningState.SHUT, start)
    return Opening(OpeningState.UNKNOWN)


def _coming(hours: Hours, first: date) -> Iterator[tuple[datetime, datetime]]:
    """Each time it is open from this day on, in order."""
    for ahead in range(_AHEAD):
        day = first + timedelta(days=ahead)
        if bank_holiday(day) and not hours.bank_holidays:
            continue
        for span in sorted(hours.spans, key=lambda one: one.start):
            if day.weekday() in span.days:
                yield _moment(day, span.start), _moment(day, span.end)


def _moment(day: date, at: time) -> datetime:
    return datetime.combine(day, at, LONDON)
