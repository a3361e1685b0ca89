"""Narrowing: which families may have something today, noted for the planner in pieces that hold nobody up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
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

_AT_ONCE = 600  # families noted in one transaction, about: at most some 20 ms on SQLite
_SOME_DAYS = 16  # dates of an anchor looked at together, where a step opened for many
_PAGE = 2000  # families looked through at once for a step that is for everybody, and rows that wait
_PAGES_AT_ONCE = 4
_LONGEST_LOOK_BACK = timedelta(days=400)  # what opened and closed before that is not accounted for
_DAY = timedelta(days=1)
_Mark = tuple[str, str, str, date]


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part of a step's families to note; with the last one the step is planned through today."""

    opened: Opened | None
    mark: _Mark | None = None


def narrow(desk: Desk, now: datetime, at_once: int = _AT_ONCE) -> None:
    """Note in `due` whose steps opened on the days not yet planned, and whose rows are to be looked at.

    Each transaction is small: some `at_once` families; a step's watermark
    moves with the last of its pieces, so that a crash between them only notes some families again.
    """
    today = hours.local_day(now)
    pieces = desk.database.read(lambda conn: list(_pieces(conn, desk, today, at_once)))
    while pieces:
        done = desk.database.write(lambda conn, some=pieces: _note(conn, some, at_once), Priority.PLAN)  # type: ignore[misc]
        pieces = pieces[done:]
    for page in desk.database.read(lambda conn: due.waiting_pages(conn, today, _PAGE)):
        desk.database.write(lambda conn, some=page: due.fill_waiting(conn, today, some), Priority.PLAN)  # type: ignore[misc]


def _note(conn: sa.Connection, pieces: Sequence[_Piece], at_once: int) -> int:
    """Note pieces until it is enough for one transaction; gives how many were."""
    noted = done = 0
    while done < len(pieces) and noted < at_once:
        opened = pieces[done].opened
        if opened is not None:
            noted += due.fill(conn, [opened])
            # A page is looked through whether or not it holds anybody.
            noted += 0 if opened.families is None else at_once // _PAGES_AT_ONCE
        done += 1
    revisions.set_planned(conn, [piece.mark for piece in pieces[:done] if piece.mark is not None])
    return done


def _pieces(conn: sa.Connection, desk: Desk, today: date, at_once: int) -> Iterator[_Piece]:
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
        yield from (_Piece(part) for part in _parts(conn, opened, at_once))
        yield _Piece(None, (*step.key, step.timing_hash, today))


def _parts(conn: sa.Connection, opened: Opened, at_once: int) -> Iterator[Opened]:
    """The same, by parts of the anchor's dates, or page by page of the families where these have no end."""
    if opened.step.when.anchor in YEARLY or any(_endless(span) for span in opened.ranges):
        pages = due.pages(conn, _PAGE) if opened.ranges else []
        for page in pages:
            yield Opened(opened.step, opened.ranges, opened.since, opened.parents, page)
        return
    for span in opened.ranges:
        yield from _small(conn, replace(opened, ranges=[span]), at_once)


def _small(conn: sa.Connection, opened: Opened, at_once: int) -> Iterator[Opened]:
    """The same in parts that are small enough for one transaction: some days, or some families of one.

    Whoever changes meanwhile is noted by their change.
    """
    [span] = opened.ranges
    length = (span.last - span.first).days + 1
    if length == 1 or due.is_for_fewer(conn, opened, at_once):
        # Found while nobody waits: to look through many for whom it is not takes as long as to note them.
        named = due.found(conn, opened)
        yield from (replace(opened, named=some) for some in _batched(named, at_once))
        return
    step = _SOME_DAYS if length > _SOME_DAYS else 1
    for number in range(0, length, step):
        first = span.first + timedelta(days=number)
        last = min(first + timedelta(days=step - 1), span.last)
        yield from _small(conn, replace(opened, ranges=[DateRange(first, last)]), at_once)


def _batched(ids: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    """The same ids, so many at a time."""
    return (ids[first : first + size] for first in range(0, len(ids), size))


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
