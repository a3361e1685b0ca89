"""The plan: who may have something today is narrowed by SQL; the one decision says what; rows keep it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from bot.domain import hours, timeline
from bot.domain.address import ChannelName
from bot.domain.family import Family
from bot.domain.revision import LiveStep, Mode
from bot.domain.timeline import DateRange
from bot.services.desk import Desk
from bot.services.keeping import keep
from bot.services.planning import Planned, Rules, family_plan, parent_names, rows_wanted, rules_of
from bot.store import due, household, occurrences, pace, revisions
from bot.store.due import DueFamily, Opened
from bot.store.occurrences import Stored, Taken
from bot.store.writer import Priority

BATCH = 100  # families a transaction: at most about 20 ms on SQLite
_LONGEST_LOOK_BACK = timedelta(days=400)  # what opened and closed before that is not accounted for


@dataclass
class PlanReport:
    """What one plan did: families looked at, rows made, and how many rows came to each state."""

    families: int = 0
    made: int = 0
    states: Counter[str] = field(default_factory=Counter)

    def add(self, other: PlanReport) -> None:
        """Count what a batch did; called once it is committed."""
        self.families += other.families
        self.made += other.made
        self.states += other.states


def plan(desk: Desk, now: datetime) -> PlanReport:
    """Plan everything that opened since the last plan, everything that waits and every changed family.

    Each batch is a transaction of its own; a crash anywhere is repaired by the next plan.
    """
    report = PlanReport()
    narrow(desk, now)
    while plan_batch(desk, now, report):
        pass
    return report


def narrow(desk: Desk, now: datetime) -> None:
    """Note in `due` whose steps opened on the days not yet planned, and whose rows are to be looked at."""
    today = hours.local_day(now)

    def work(conn: sa.Connection) -> None:
        live = desk.shelf.at(conn, desk.mode, desk.config.authors, today).live
        marks = revisions.planned_through(conn)
        opened, moved = [], []
        for entry in live:
            step = entry.step
            timing_hash, through = marks.get(step.key, ("", date.min))
            if timing_hash == step.timing_hash and through >= today:
                continue
            fresh = timing_hash != step.timing_hash
            since = today if fresh else max(through + timedelta(days=1), today - _LONGEST_LOOK_BACK)
            ranges = _ranges(desk, entry, since, today, fresh)
            opened.append(Opened(step, ranges, since, parent_names(step, live)))
            moved.append((step.campaign, step.id, step.timing_hash, today))
        due.fill(conn, opened)
        revisions.set_planned(conn, moved)
        due.fill_waiting(conn, today)

    desk.database.write(work, Priority.PLAN)


def plan_batch(desk: Desk, now: datetime, report: PlanReport | None = None, limit: int = BATCH) -> bool:
    """Plan up to `limit` families that are due, in one transaction; False when there were none."""

    def work(conn: sa.Connection) -> PlanReport:
        done = PlanReport()
        taken = due.take(conn, limit)
        if taken:
            _plan_families(conn, desk, taken, now, done)
        return done

    done = desk.database.write(work, Priority.PLAN)
    if report is not None:
        report.add(done)
    return done.families > 0


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
        if merged and (merged[-1].last == date.max or span.first <= merged[-1].last + timedelta(days=1)):
            merged[-1] = DateRange(merged[-1].first, max(merged[-1].last, span.last))
        else:
            merged.append(span)
    return merged


def _plan_families(
    conn: sa.Connection, desk: Desk, taken: Sequence[DueFamily], now: datetime, report: PlanReport
) -> None:
    today = hours.local_day(now)
    rules = rules_for(desk, conn, now)
    ids = [one.family_id for one in taken]
    families = {one.id: one for one in household.load(conn, ids, trial=desk.mode is Mode.TRIAL)}
    stored = _stored(conn, taken, families, rules)
    addresses = {
        member.address.id for one in families.values() for member in one.members if member.address is not None
    }
    days = occurrences.days_taken(conn, sorted(addresses), today)
    by_address: dict[int, list[Taken]] = defaultdict(list)
    for day in days:
        by_address[day.address_id].append(day)
    senders = {
        channel.value: pace.sender_id(conn, ChannelName(channel), name, now)
        for channel, name in desk.senders.items()
    }
    planned: list[Planned] = []
    for one in taken:
        family = families.get(one.family_id)
        if family is not None:
            planned += family_plan(family, one, stored[family.id], by_address, senders, rules)
    report.families += len(taken)
    kept = keep(conn, planned, {(one.address_id, one.day): one.outbox_id for one in days}, now)
    report.made += kept.made
    report.states += kept.states


def _stored(
    conn: sa.Connection, taken: Sequence[DueFamily], families: Mapping[int, Family], rules: Rules
) -> dict[int, list[Stored]]:
    """The rows that planning these families needs: all where everything is looked at, else the open ones
    and those of the steps concerned. What left long ago is left alone."""
    whole = [one.family_id for one in taken if one.steps is None]
    some = [one for one in taken if one.steps is not None]
    stored: dict[int, list[Stored]] = defaultdict(list)
    rows = [
        *occurrences.of_families(conn, whole),
        *occurrences.open_rows(conn, [one.family_id for one in some]),
    ]
    for row in rows:
        stored[row.family_id].append(row)
    wanted = [
        key
        for one in some
        if (family := families.get(one.family_id)) is not None
        for key in rows_wanted(family, one, stored[family.id], rules)
    ]
    known = {row.id for row in rows}
    for row in occurrences.of_steps(conn, wanted):
        if row.id not in known:
            stored[row.family_id].append(row)
    return stored


def rules_for(desk: Desk, conn: sa.Connection, now: datetime) -> Rules:
    """What everybody is planned by at this moment."""
    live = desk.shelf.at(conn, desk.mode, desk.config.authors, hours.local_day(now)).live
    return rules_of(live, desk.config.calendar, desk.config.cap, now)
