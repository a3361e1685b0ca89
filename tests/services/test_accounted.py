"""P5: a walk of the pure timeline that knows nothing of the planner finds the ledger's rows, to the day."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa

from bot.domain import hours, timeline
from bot.domain.address import Address, ChannelName
from bot.domain.campaign import Anchor, Calendar, CapRules, Moment, MonthDay, Season, Step
from bot.domain.family import Role
from bot.domain.outbox import State
from bot.domain.timeline import Dates
from bot.services import enrol, families, plan
from bot.services.desk import Desk
from bot.store import household
from bot.store.database import Database
from bot.store.sealed import Seal
from bot.store.tables import outbox
from tests import line
from tests.clock import Clock

FAMILIES = 8
DAYS = 200
OUTAGES = (range(60, 63), range(110, 124))  # days on which nothing is planned, sent or told
PARENTS = frozenset({Role.MOTHER, Role.FATHER})
Key = tuple[int, str, str]  # member, step, occurrence


def _steps() -> list[Step]:
    due, birth = Anchor.DUE, Anchor.BIRTH
    winter = Season(MonthDay(3, 1), MonthDay(5, 31))
    return [
        line.step("week16", when=Moment(due, days=112), to=PARENTS, timing_hash="1"),
        line.step("week30", when=Moment(due, days=210), until=Moment(due, days=259), timing_hash="2"),
        line.step(
            "spring", when=Moment(due, days=100), until=Moment(due, days=252), season=winter, timing_hash="3"
        ),
        line.step("newborn", when=Moment(birth), timing_hash="4"),
        line.step("week4", when=Moment(birth, days=28), timing_hash="9"),
        line.step("month2", when=Moment(Anchor.CORRECTED, months=2), to=PARENTS, timing_hash="5"),
        line.step("welcome", when=Moment(Anchor.JOINED, days=1), timing_hash="6"),
        line.step("may", when=Moment(Anchor.DATE, on=MonthDay(5, 9)), timing_hash="7"),
        line.step(
            "nudge", when=Moment(Anchor.AFTER, days=14, step="week16"), until=Moment(due, days=259),
            to=frozenset({Role.MOTHER}), timing_hash="8",
        ),
    ]  # fmt: skip


@dataclass
class Told:
    """What the test itself knows of a family; nothing here is read back from the database but ids."""

    family_id: int
    pregnancy_id: int
    due_on: date
    numbers: list[Address] = field(default_factory=list)
    members: list[tuple[int, Role, date]] = field(default_factory=list)
    born_on: date | None = None
    lost_on: date | None = None
    silent: set[int] = field(default_factory=set)

    @property
    def mother_silent(self) -> bool:
        return self.members[0][0] in self.silent


class Life:
    """Random families living through random months at a real desk."""

    def __init__(self, desk: Desk, clock: Clock, seed: int) -> None:
        self.desk, self.clock, self.chance = desk, clock, random.Random(seed)
        self.told: list[Told] = []
        self.left: dict[Key, date] = {}  # what went, and on which day
        self.expected: dict[Key, date] = {}  # and the first day on which it was owed
        self.planned_on: date | None = None

    @property
    def today(self) -> date:
        return hours.local_day(self.clock.now)

    def pass_days(self) -> None:
        for day in range(DAYS):
            if not any(day in outage for outage in OUTAGES):
                self._one_day(day)
            self.clock.pass_(days=1)

    def _one_day(self, day: int) -> None:
        if len(self.told) < FAMILIES and day % 11 == 0:
            self._joins()
        for one in self.told:
            self._something_happens(one)
        plan.plan(self.desk, self.clock.now)
        self._walk()
        self._everything_queued_leaves()
        self.planned_on = self.today

    def _joins(self) -> None:
        due_on = self.today + timedelta(
            days=self.chance.choice([self.chance.randrange(20, 160), self.chance.randrange(160, 230)])
        )
        one: Told | None = None
        for role in [Role.MOTHER, *self.chance.choice([[], [Role.FATHER], [Role.FATHER, Role.GRANDPARENT]])]:
            number = f"+4477009{len(self.told) * 10 + (0 if one is None else len(one.members)):05d}"
            address = Address(ChannelName.SMS, number)
            done = enrol.enrol(
                self.desk, address=address, role=role, language="en", how="staff", consented_words="w",
                now=self.clock.now, due_on=due_on if one is None else None,
                family=None if one is None else one.family_id,
            )  # fmt: skip
            if one is None:
                pregnancy_id = self._pregnancy(done.family_id)
                one = Told(done.family_id, pregnancy_id, due_on)
                self.told.append(one)
            one.numbers.append(address)
            one.members.append((done.member_id, role, self.today))

    def _pregnancy(self, family_id: int) -> int:
        [family] = self.desk.database.read(lambda conn: household.load(conn, [family_id]))
        return family.pregnancies[0].id

    def _something_happens(self, one: Told) -> None:
        roll, now = self.chance.random(), self.clock.now
        undecided = one.born_on is None and one.lost_on is None
        if undecided and self.today >= one.due_on + timedelta(days=self.chance.randrange(-30, 10)):
            one.born_on = self.today - timedelta(days=self.chance.randrange(0, 3))
            families.born(self.desk, one.family_id, one.born_on, now, "tests")
        elif undecided and roll < 0.005:
            one.due_on += timedelta(days=self.chance.randrange(-21, 21))
            families.correct_due(self.desk, one.family_id, one.due_on, now, "tests")
        elif undecided and roll < 0.01:
            one.lost_on = self.today
            families.loss(self.desk, one.family_id, None, now, "tests")
        elif one.lost_on == self.today - timedelta(days=5):
            one.lost_on = None
            families.undo(self.desk, one.family_id, now, "tests")
        elif roll > 0.9985:
            who = self.chance.randrange(len(one.members))
            families.stop(self.desk, one.numbers[who], now, "tests")
            one.silent.add(one.members[who][0])

    def _everything_queued_leaves(self) -> None:
        gone = (
            sa.update(outbox)
            .where(outbox.c.state == State.QUEUED.value, outbox.c.day == self.today)
            .values(state=State.SENT.value, sent_at=self.clock.now)
            .returning(outbox.c.member_id, outbox.c.step, outbox.c.occurrence)
        )
        for row in self.desk.database.write(lambda conn: conn.execute(gone).all()):
            self.left[row.member_id, row.step, row.occurrence] = self.today

    # --- the walk: everybody, every step, every day; no anchors' indexes, no marks, no rows

    def _walk(self) -> None:
        for one in self.told:
            if one.lost_on is None and not one.mother_silent:
                for member_id, role, joined_on in one.members:
                    if member_id not in one.silent:
                        self._walk_member(one, member_id, role, joined_on)

    def _walk_member(self, one: Told, member_id: int, role: Role, joined_on: date) -> None:
        for step in _steps():
            if role not in step.to or not self._concerns(step, one):
                continue
            for occurrence, dates, year in self._times(step, one, member_id, joined_on):
                span = timeline.window(step, dates, Calendar(), year)
                if span is None:
                    continue
                since = self.planned_on or self.today
                meanwhile = since < span.opens <= self.today and span.closes > joined_on
                if span.open_on(self.today) or (meanwhile and joined_on <= since):
                    self.expected.setdefault((member_id, step.id, occurrence), self.today)

    @staticmethod
    def _concerns(step: Step, one: Told) -> bool:
        """Pregnancy's messages until the birth, the baby's from then on, the rest always."""
        if step.when.anchor in (Anchor.DUE, Anchor.AFTER):
            return one.born_on is None
        return step.when.anchor not in (Anchor.BIRTH, Anchor.CORRECTED) or one.born_on is not None

    def _times(
        self, step: Step, one: Told, member_id: int, joined_on: date
    ) -> Iterator[tuple[str, Dates, int | None]]:
        mine = f"p{one.pregnancy_id}"
        corrected = one.born_on
        if one.born_on is not None and one.born_on < one.due_on - timedelta(days=21):
            corrected = one.due_on
        sent = self.left.get((member_id, "week16", mine))
        dates = Dates(
            due=one.due_on, birth=one.born_on, corrected=corrected, joined=joined_on, loss=None, moved=None,
            sent=sent,
        )  # fmt: skip
        if step.when.anchor is Anchor.DATE:
            for year in (2026, 2027, 2028):
                yield f"y{year}", dates, year
        elif step.when.anchor is Anchor.JOINED:
            yield f"m{member_id}", dates, None
        elif step.when.anchor is not Anchor.AFTER or sent is not None:
            yield mine, dates, None


@pytest.fixture
def desk(database: Database, seal: Seal) -> Desk:
    config = SimpleNamespace(authors=frozenset(), calendar=Calendar(), cap=CapRules())
    return line.desk(database, seal, shelf=line.shelf(*_steps()), config=config, drama_numbers=True)


def rows_of(desk: Desk) -> list[sa.Row[Any]]:
    return list(desk.database.read(lambda conn: conn.execute(sa.select(outbox)).all()))


@pytest.mark.parametrize("seed", [2, 5])
def test_p5_a_walk_of_the_pure_timeline_finds_exactly_the_rows_of_the_ledger(
    desk: Desk, clock: Clock, seed: int
) -> None:
    life = Life(desk, clock, seed)
    life.pass_days()
    rows = rows_of(desk)
    made = {(row.member_id, row.step, row.occurrence): hours.local_day(row.created_at) for row in rows}
    assert {step for _, step, _ in made} == {step.id for step in _steps()}, "too quiet a life"
    assert (len(rows), made) == (len(life.expected), life.expected)


def test_p5_every_row_ends_in_an_outcome_that_names_its_reason(desk: Desk, clock: Clock) -> None:
    life = Life(desk, clock, seed=3)
    life.pass_days()
    clock.pass_(days=400)
    plan.plan(desk, clock.now)
    old = [row for row in rows_of(desk) if row.closes_on is not None and row.closes_on <= life.today]
    assert {row.state for row in old} <= {"sent", "expired", "skipped", "cancelled"}
    assert all(row.reason for row in old if row.state != "sent")
    assert {row.state for row in old} >= {"sent", "expired"}
