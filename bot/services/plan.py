"""The plan: who may have something today is narrowed by SQL; the one decision says what; rows keep it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from bot.domain import hours, timeline
from bot.domain.address import ChannelName
from bot.domain.campaign import Step
from bot.domain.revision import LiveStep, Mode
from bot.domain.timeline import DateRange
from bot.errors import DatabaseTrouble
from bot.services import aside
from bot.services.desk import Desk
from bot.services.planning import Planned, Rules, busy, family_plan, is_staged
from bot.store import due, household, occurrences, pace, revisions
from bot.store.aside import Work
from bot.store.due import DueFamily, Opened
from bot.store.occurrences import Stored
from bot.store.writer import Priority

BATCH = 50  # families a transaction: at most about 20 ms on SQLite
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
            opened.append(Opened(step, ranges, since, _parent_names(step, live)))
            moved.append((step.campaign, step.id, step.timing_hash, today))
        due.fill(conn, opened)
        revisions.set_planned(conn, moved)
        due.fill_waiting(conn, today)

    desk.database.write(work, Priority.PLAN)


def plan_batch(desk: Desk, now: datetime, report: PlanReport | None = None, limit: int = BATCH) -> bool:
    """Plan up to `limit` families that are due, in one transaction; False when there were none.

    When that trips over a fault of ours, they are planned one by one, and only who brings it is put aside:
    everything that made the family due is kept until it can be planned.
    """
    report = PlanReport() if report is None else report
    taken: list[DueFamily] = []

    def work(conn: sa.Connection) -> PlanReport:
        taken[:] = []
        found = due.take(conn, limit, now)
        if not found:
            return PlanReport()
        terms = _terms(conn, desk, now)
        taken[:] = found  # what went wrong before here is no family's fault
        return _plan_families(conn, desk, found, terms)

    try:
        report.add(desk.database.write(work, Priority.PLAN))
    except DatabaseTrouble:
        raise
    except Exception:
        if not taken:
            raise
        _one_by_one(desk, taken, now, report)
    return bool(taken)


def _one_by_one(desk: Desk, families: Sequence[DueFamily], now: datetime, report: PlanReport) -> None:
    def work(conn: sa.Connection, one: DueFamily) -> PlanReport:
        found = due.take_these(conn, [one.family_id])  # again: it may have changed meanwhile
        return _plan_families(conn, desk, found, _terms(conn, desk, now)) if found else PlanReport()

    for done in aside.each(desk, Work.PLAN, families, work, now):
        report.add(done)


def _ranges(desk: Desk, entry: LiveStep, since: date, today: date, fresh: bool) -> list[DateRange]:
    """Where the step's anchor must lie: open today for a new timing, else opened on a day since."""
    calendar = desk.config.calendar
    if fresh:
        found = timeline.open_range(entry.step, today, calendar)
        return [] if found is None else [found]
    days = [since + timedelta(days=n) for n in range((today - since).days + 1)]
    spans = [timeline.anchor_range(entry.step, day, calendar) for day in days]
    return _merged([span for span in spans if span is not None])


def _parent_names(step: Step, live: Sequence[LiveStep]) -> frozenset[str]:
    """What the parent of an `after` step is and was called."""
    mine = [one.step for one in live if one.step.campaign == step.campaign]
    parent = next((one for one in mine if step.when.step in (one.id, *one.formerly)), None)
    return frozenset() if parent is None else frozenset({parent.id, *parent.formerly})


def _merged(spans: Iterable[DateRange]) -> list[DateRange]:
    """The same dates in as few ranges as may be."""
    merged: list[DateRange] = []
    for span in sorted(spans, key=lambda one: (one.first, one.last)):
        if merged and (merged[-1].last == date.max or span.first <= merged[-1].last + timedelta(days=1)):
            merged[-1] = DateRange(merged[-1].first, max(merged[-1].last, span.last))
        else:
            merged.append(span)
    return merged


@dataclass(frozen=True, slots=True)
class _Terms:
    """What every family is planned by and sent from."""

    rules: Rules
    senders: Mapping[str, int]


def _terms(conn: sa.Connection, desk: Desk, now: datetime) -> _Terms:
    senders = {
        channel.value: pace.sender_id(conn, ChannelName(channel), name, now)
        for channel, name in desk.senders.items()
    }
    return _Terms(rules_for(desk, conn, now), senders)


def _plan_families(conn: sa.Connection, desk: Desk, taken: Sequence[DueFamily], terms: _Terms) -> PlanReport:
    now, today = terms.rules.now, terms.rules.today
    ids = [one.family_id for one in taken]
    families = {one.id: one for one in household.load(conn, ids, trial=desk.mode is Mode.TRIAL)}
    stored: dict[int, list[Stored]] = defaultdict(list)
    for row in occurrences.of_families(conn, ids):
        stored[row.family_id].append(row)
    addresses = {
        member.address.id for one in families.values() for member in one.members if member.address is not None
    }
    days = occurrences.days_taken(conn, sorted(addresses), today)
    planned: list[Planned] = []
    for one in taken:
        family = families.get(one.family_id)
        if family is not None:
            planned += family_plan(family, one, stored[family.id], days, terms.senders, terms.rules)
    report = PlanReport(families=len(taken))
    _write(conn, planned, {(one.address_id, one.day): one.outbox_id for one in days}, now, report)
    aside.mended(conn, Work.PLAN, ids, now)
    return report


def rules_for(desk: Desk, conn: sa.Connection, now: datetime) -> Rules:
    """What everybody is planned by at this moment."""
    live = desk.shelf.at(conn, desk.mode, desk.config.authors, hours.local_day(now)).live
    by_key = {(entry.step.campaign, old): entry for entry in live for old in entry.step.formerly}
    by_key |= {entry.step.key: entry for entry in live}
    return Rules(by_key, desk.config.calendar, desk.config.cap, now)


def _write(
    conn: sa.Connection,
    planned: Sequence[Planned],
    days: dict[tuple[int, date], int],
    now: datetime,
    report: PlanReport,
) -> None:
    """What frees a day first, then what takes one; of two on one phone the second waits."""
    today = hours.local_day(now)
    ours = {one.stored.id for one in planned if one.stored is not None}
    taken = {key for key, outbox_id in days.items() if outbox_id not in ours}
    for one in sorted(planned, key=lambda item: item.queues):
        chosen = one
        if one.queues and is_staged(one):
            key = (_address(conn, one), one.values["day"])
            chosen = busy(one, today) if key in taken else one
            taken.add(key)
        report.made += _write_one(conn, chosen, now, report)


def _write_one(conn: sa.Connection, one: Planned, now: datetime, report: PlanReport) -> bool:
    """One row made or changed; True when it was made. A race for the address's day is lost politely."""
    if one.stored is None:
        return _make_one(conn, one, now, report)
    stored = one.stored
    try:
        with conn.begin_nested() if one.queues and is_staged(one) else nullcontext():
            moved = occurrences.move(conn, stored.id, stored.state, one.values, now)
    except IntegrityError:
        one = busy(one, hours.local_day(now))
        moved = occurrences.move(conn, stored.id, stored.state, one.values, now)
    report.states[one.values["state"]] += moved
    return False


def _make_one(conn: sa.Connection, one: Planned, now: datetime, report: PlanReport) -> bool:
    made = occurrences.insert(conn, [one.values], now) == 1
    if not made and one.queues and is_staged(one):  # the row may be there, or only its day be taken
        one = busy(one, hours.local_day(now))
        made = occurrences.insert(conn, [one.values], now) == 1
    report.states[one.values["state"]] += made
    return made


def _address(conn: sa.Connection, one: Planned) -> int:
    if "address_id" in one.values:
        return int(one.values["address_id"])
    assert one.stored is not None  # a new row says its address
    return occurrences.address_of(conn, one.stored.id)
