"""Narrowing: which families may have something today, noted for the planner in pieces that hold nobody up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from bot.domain import hours, timeline
from bot.domain.revision import LiveStep
from bot.domain.timeline import YEARLY, DateRange
from bot.services.desk import Desk
from bot.services.planning import parent_names
from bot.store import due, revisions
from bot.store.due import Opened
from bot.store.writer import Priority

_AT_ONCE = 1000  # families noted in one transaction, about: at most some 20 ms on SQLite
_PAGE = 2000  # families looked through at once for a step that is for everybody, and rows that wait
_LONGEST_LOOK_BACK = timedelta(days=400)  # what opened and closed before that is not accounted for
_DAY = timedelta(days=1)
_Mark = tuple[str, str, str, date]


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part of a step's families to note; with the last one the step is planned through today."""

    opened: Opened | None
    mark: _Mark | None = None


def narrow(desk: Desk, now: datetime) -> None:
    """Note in `due` whose steps opened on the days not yet planned, and whose rows are to be looked at.

    Each transaction is small; a step's watermark moves with the last of its pieces, so that a crash
    between them only notes some families again.
    """
    today = hours.local_day(now)
    pieces = desk.database.read(lambda conn: list(_pieces(conn, desk, today)))
    while pieces:
        done = desk.database.write(lambda conn, some=pieces: _note(conn, some), Priority.PLAN)  # type: ignore[misc]
        pieces = pieces[done:]
    for page in desk.database.read(lambda conn: due.waiting_pages(conn, today, _PAGE)):
        desk.database.write(lambda conn, some=page: due.fill_waiting(conn, today, some), Priority.PLAN)  # type: ignore[misc]


def _note(conn: sa.Connection, pieces: Sequence[_Piece]) -> int:
    """Note pieces until it is enough for one transaction; gives how many were."""
    noted = 0
    for number, piece in enumerate(pieces):
        if piece.opened is not None:
            noted += due.fill(conn, [piece.opened])
        if piece.mark is not None:
            revisions.set_planned(conn, [piece.mark])
        if noted >= _AT_ONCE:
            return number + 1
    return len(pieces)


def _pieces(conn: sa.Connection, desk: Desk, today: date) -> Iterator[_Piece]:
    """What is to be noted, step by step."""
    live = desk.shelf.at(conn, desk.mode, desk.config.authors, today).live
    marks = revisions.planned_through(conn)
    for entry in live:
        step = entry.step
        timing_hash, through = marks.get(step.key, ("", date.min))
        if timing_hash == step.timing_hash and through >= today:
            continue
        fresh = timing_hash != step.timing_hash
        since = today if fresh else max(through + _DAY, today - _LONGEST_LOOK_BACK)
        ranges = _ranges(desk, entry, since, today, fresh)
        opened = Opened(step, ranges, since, parent_names(step, live))
        yield from (_Piece(part) for part in _parts(conn, opened))
        yield _Piece(None, (*step.key, step.timing_hash, today))


def _parts(conn: sa.Connection, opened: Opened) -> Iterator[Opened]:
    """The same, day by day of the anchor, or page by page of the families where that has no end."""
    if opened.step.when.anchor in YEARLY or any(_endless(span) for span in opened.ranges):
        pages = due.pages(conn, _PAGE) if opened.ranges else []
        for page in pages:
            yield Opened(opened.step, opened.ranges, opened.since, opened.parents, page)
        return
    for span in opened.ranges:
        for number in range((span.last - span.first).days + 1):
            day = span.first + timedelta(days=number)
            yield Opened(opened.step, [DateRange(day, day)], opened.since, opened.parents)


def _endless(span: DateRange) -> bool:
    return span.first == date.min or span.last - span.first > _LONGEST_LOOK_BACK


def _ranges(desk: Desk, entry: LiveStep, since: date, today: date, fresh: bool) -> list[DateRange]:
    """Where the step's anchor must lie: open today for a new timing, else opened on a day since."""
    calendar = desk.config.calendar
    if fresh:
        found = timeline.open_range(entry.step, today, calendar)
        return [] if found is None else [found]
    days = [since + timedelta(days=n) for n in range((today - since).days + 1)]
    spans = [timeline.anchor_range(entry.step, day, calendar) for day in days]
    return _merged([span for span in spans if span is not None])


def _merged(spans: Iterable[DateRange]) -> list[DateRange]:
    """The same dates in as few ranges as may be."""
    merged: list[DateRange] = []
    for span in sorted(spans, key=lambda one: (one.first, one.last)):
        if merged and (merged[-1].last == date.max or span.first <= merged[-1].last + _DAY):
            merged[-1] = DateRange(merged[-1].first, max(merged[-1].last, span.last))
        else:
            merged.append(span)
    return merged
