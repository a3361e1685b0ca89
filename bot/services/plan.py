"""The plan: who may have something today is narrowed by SQL; the one decision says what; rows keep it."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from bot.domain import hours
from bot.domain.address import ChannelName
from bot.domain.family import Family
from bot.domain.revision import Mode
from bot.errors import DatabaseTrouble
from bot.services import aside, outlined
from bot.services.desk import Desk
from bot.services.keeping import keep
from bot.services.narrowing import narrow as narrow
from bot.services.planned import Planned
from bot.services.planning import Rules, family_plan, rows_wanted
from bot.store import due, household, occurrences, pace
from bot.store.aside import Work
from bot.store.due import DueFamily
from bot.store.occurrences import Stored, Taken
from bot.store.outlines import ADDRESS
from bot.store.writer import Priority


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


def plan_batch(desk: Desk, now: datetime, report: PlanReport | None = None, limit: int | None = None) -> bool:
    """Plan up to `limit` families that are due (as many as fit in some 20 ms), in one transaction; False
    when there were none.

    When that trips over a fault of ours, they are planned one by one, and only who brings it is put aside:
    everything that made the family due is kept until it can be planned.
    """
    report = PlanReport() if report is None else report
    taken: list[DueFamily] = []

    def work(conn: sa.Connection) -> PlanReport:
        taken[:] = []
        begun = time.perf_counter()
        found = due.take(conn, limit or desk.stride.families, now)
        if not found:
            return PlanReport()
        terms = _terms(conn, desk, now)
        taken[:] = found  # what went wrong before here is no family's fault
        done = _plan_families(conn, desk, found, terms)
        desk.stride.took(len(found), time.perf_counter() - begun)
        return done

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
        found = due.take_these(
            conn, [one.family_id], hours.local_day(now)
        )  # again: it may have changed meanwhile
        return _plan_families(conn, desk, found, _terms(conn, desk, now)) if found else PlanReport()

    for done in aside.each(desk, Work.PLAN, families, work, now):
        report.add(done)


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
    rules = terms.rules
    trial = desk.mode is Mode.TRIAL
    stored = _open_rows(conn, taken)
    some = [one for one in taken if one.steps is not None]
    homes, families = outlined.plain(conn, some, stored, rules, trial=trial)
    others = [one for one in taken if one.family_id not in homes]
    ids = [one.family_id for one in others if one.family_id not in families]
    families |= {one.id: one for one in household.load(conn, ids, trial=trial)}
    _add_rows(conn, stored, others, families, rules)
    days = occurrences.days_taken(conn, _addresses(families, homes), rules.today)
    by_address: dict[int, list[Taken]] = defaultdict(list)
    for day in days:
        by_address[day.address_id].append(day)
    planned: list[Planned] = []
    for one in taken:
        home, family = homes.get(one.family_id), families.get(one.family_id)
        if home is not None:
            planned += outlined.home_plan(home, one, by_address, terms.senders, rules)
        elif family is not None:
            rows = stored.get(family.id, ())
            planned += family_plan(family, one, rows, by_address, terms.senders, rules)
    kept = keep(conn, planned, {(one.address_id, one.day): one.outbox_id for one in days}, rules.now)
    aside.mended(conn, Work.PLAN, [one.family_id for one in taken], rules.now)
    return PlanReport(len(taken), kept.made, kept.states)


def _addresses(families: Mapping[int, Family], homes: outlined.Homes) -> list[int]:
    here = {
        one.address.id for family in families.values() for one in family.members if one.address is not None
    }
    here.update([one[ADDRESS] for home in homes.values() for one in home if one[ADDRESS] is not None])
    return sorted(here)


def _open_rows(conn: sa.Connection, taken: Sequence[DueFamily]) -> dict[int, list[Stored]]:
    """The open rows of the families of which only some steps are looked at."""
    stored: dict[int, list[Stored]] = {}
    for row in occurrences.open_rows(conn, [one.family_id for one in taken if one.steps is not None]):
        stored.setdefault(row.family_id, []).append(row)
    return stored


def _add_rows(
    conn: sa.Connection,
    stored: dict[int, list[Stored]],
    taken: Sequence[DueFamily],
    families: Mapping[int, Family],
    rules: Rules,
) -> None:
    """The other rows that planning these families needs: all where everything is looked at, else those of
    the steps concerned. What left long ago is left alone."""
    some = [one for one in taken if one.steps is not None]
    wanted = [
        key
        for one in some
        if (family := families.get(one.family_id)) is not None
        for key in rows_wanted(family, one, stored.get(family.id, ()), rules)
    ]
    known = {row.id for rows in stored.values() for row in rows}
    whole = [one.family_id for one in taken if one.steps is None]
    for row in (*occurrences.of_families(conn, whole), *occurrences.of_steps(conn, wanted)):
        if row.id not in known:
            stored.setdefault(row.family_id, []).append(row)


def rules_for(desk: Desk, conn: sa.Connection, now: datetime) -> Rules:
    """What everybody is planned by at this moment."""
    live = desk.shelf.at(conn, desk.mode, desk.config.authors, hours.local_day(now)).live
    return desk.rules.at(live, desk.config.calendar, desk.config.cap, now)
