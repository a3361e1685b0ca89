"""Touching: whom a change of steps would concern, who would miss something, and what would come twice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

import sqlalchemy as sa

from bot.domain import hours
from bot.domain.campaign import Calendar, Step
from bot.domain.family import Family, Member
from bot.domain.openings import Parents, comings
from bot.domain.outbox import SPENT
from bot.domain.revision import LiveStep, Mode
from bot.services.desk import Desk
from bot.services.planning import LEFT
from bot.store import due, household, occurrences
from bot.store.occurrences import Stored

_PAGE = 500  # families read at once


@dataclass(frozen=True, slots=True)
class Change:
    """A step as it was and as it is to be; None where there was or will be none."""

    old: Step | None
    new: Step | None

    @property
    def names(self) -> frozenset[str]:
        """Every id under which it may have been sent."""
        steps = [step for step in (self.old, self.new) if step is not None]
        return frozenset(name for step in steps for name in (step.id, *step.formerly))


@dataclass(slots=True)
class Touched:
    """How many members. `ahead`: it is still to come for them, as it was or as it is to be. `missing`: it was
    still to come and will not. `had`: it was sent to them. `twice`: it was, and would be sent once more."""

    ahead: int = 0
    missing: int = 0
    had: int = 0
    twice: int = 0


@dataclass(frozen=True, slots=True)
class Everything:
    """All steps of both versions, for what hangs on others, and the calendars of both."""

    old: Sequence[LiveStep] = field(default_factory=tuple)
    new: Sequence[LiveStep] = field(default_factory=tuple)
    old_calendar: Calendar = field(default_factory=Calendar)
    new_calendar: Calendar = field(default_factory=Calendar)


def touching(
    desk: Desk, changed: Mapping[str, Change], every: Everything, now: datetime
) -> Mapping[str, Touched]:
    """What each change would mean for the members enrolled now, by the delivery keys that are taken (P4).

    Only what is told counts: a step of a baby whose birth nobody told, or after a step that has not been
    sent, is still ahead of nobody. Nothing is changed; everybody is read, some families at a time.
    """
    found = {name: Touched() for name in changed}
    today = hours.local_day(now)
    for page in desk.database.read(lambda conn: due.pages(conn, _PAGE)):
        families, rows = desk.database.read(lambda conn, page=page: _read(conn, page, desk.mode))  # type: ignore[misc]
        for family in families:
            for member in family.members:
                mine = rows.get((family.id, member.id), ())
                for name, change in changed.items():
                    _count(found[name], change, family, member, mine, every, today)
    return found


def _read(
    conn: sa.Connection, page: tuple[int, int], mode: Mode
) -> tuple[list[Family], Mapping[tuple[int, int], Sequence[Stored]]]:
    ids = household.ids(conn, page)
    rows: dict[tuple[int, int], list[Stored]] = {}
    for row in occurrences.of_families(conn, ids):
        rows.setdefault((row.family_id, row.member_id), []).append(row)
    return household.load(conn, ids, trial=mode is Mode.TRIAL), rows


def _count(
    touched: Touched,
    change: Change,
    family: Family,
    member: Member,
    rows: Iterable[Stored],
    every: Everything,
    today: date,
) -> None:
    parents: Parents = {
        (row.campaign, row.step, row.occurrence): row.day
        for row in rows
        if row.state in LEFT and row.day is not None
    }
    steps = [step for step in (change.old, change.new) if step is not None]
    mine = [row for row in rows if row.campaign == steps[0].campaign and row.step in change.names]
    had = {row.occurrence for row in mine if row.state in SPENT}
    before = _ahead(change.old, family, member, every.old_calendar, parents, every.old, today) - had
    after = _ahead(change.new, family, member, every.new_calendar, parents, every.new, today)
    letters = {occurrence[:1] for occurrence in had}
    twice = bool(had) and any(occurrence[:1] not in letters for occurrence in after)
    touched.ahead += bool(before or (after - had))
    touched.missing += bool(before) and not after and not had
    touched.had += bool(had)
    touched.twice += twice


def _ahead(
    step: Step | None,
    family: Family,
    member: Member,
    calendar: Calendar,
    parents: Parents,
    every: Sequence[LiveStep],
    today: date,
) -> set[str]:
    """The occurrences that are open or still to come for a member."""
    if step is None or step.retired:
        return set()
    spans = comings(family, member, LiveStep(step, 0), today, calendar, parents, every)
    return {occurrence for occurrence, span in spans.items() if span.closes > today}
