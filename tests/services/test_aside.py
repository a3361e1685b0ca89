"""One family that trips over a fault of ours is put aside, shown, tried again, and holds up nobody else."""

from __future__ import annotations

import json
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa

from bot.content.config import CheckIn
from bot.domain.campaign import Anchor, Calendar, CapRules, Moment
from bot.domain.family import HoldKind, Role
from bot.errors import DatabaseGone
from bot.running import health
from bot.services import aside, plan
from bot.services.check_ins import check_ins
from bot.services.still_wanted import QUESTION, still_wanted
from bot.services.why import why
from bot.store import alerts, revisions
from bot.store.aside import Aside, Work
from bot.store.database import Database
from bot.store.sealed import Seal
from bot.store.tables import due, outbox, pregnancies, put_aside
from tests import line
from tests.clock import Clock
from tests.people import DUE, People
from tests.rows import Someone

TODAY = date(2027, 2, 2)
STEP = line.step("offer", when=Moment(Anchor.DUE, days=280 - (DUE - TODAY).days), timing_hash="t1")
NEXT = line.step("nudge", when=Moment(Anchor.DUE, days=281 - (DUE - TODAY).days), timing_hash="t2")
ASK = date(2027, 1, 23)  # due so long ago that today they are asked how it went


@pytest.fixture
def people(database: Database, seal: Seal, clock: Clock) -> People:
    config = SimpleNamespace(
        authors=frozenset(), calendar=Calendar(), cap=CapRules(),
        check_in=CheckIn(after_due_days=10, silence_days=4),
    )  # fmt: skip
    shelf = line.shelf(STEP, NEXT)
    return People(line.desk(database, seal, shelf=shelf, config=config), clock)


def families(people: People, number: int, due_on: date = DUE) -> list[Someone]:
    return [people.family(due_on=due_on, numbers=(one,))[0] for one in range(number)]


def poison(people: People, who: Someone, value: Any = 5) -> None:
    """What no program of ours writes, and none of ours can read: it stands for any fault."""
    change = sa.update(pregnancies).where(pregnancies.c.family_id == who.family_id)
    people.desk.database.write(lambda conn: conn.execute(change.values(resumed_for=value)))


def mend(people: People, who: Someone) -> None:
    """A release that can read it would do the same."""
    poison(people, who, [])


def rows(people: People, who: Someone) -> list[tuple[str, str]]:
    query = sa.select(outbox.c.step, outbox.c.state).where(outbox.c.member_id == who.member_id)
    query = query.order_by(outbox.c.outbox_id)
    return [
        (row.step, row.state) for row in people.desk.database.read(lambda conn: conn.execute(query).all())
    ]


def kept(people: People) -> list[Aside]:
    found = people.desk.database.read(lambda conn: conn.execute(sa.select(put_aside)).all())
    return [
        Aside(row.family_id, row.work, row.tries, row.error, row.since, row.next_at)
        for row in sorted(found, key=lambda row: row.family_id)
    ]


def dirty(people: People) -> set[int]:
    return set(people.desk.database.read(lambda conn: conn.execute(sa.select(due.c.family_id))).scalars())


def open_alerts(people: People) -> list[tuple[str, int | None]]:
    return [(one.kind, one.family_id) for one in people.desk.database.read(alerts.listed)]


# --- the plan ----------------------------------------------------------------------------------------


def test_p5_everybody_else_of_the_batch_is_planned_in_that_same_plan(people: People, clock: Clock) -> None:
    everyone = families(people, 5)
    poison(people, everyone[2])
    report = plan.plan(people.desk, clock.now)
    assert [rows(people, who) for who in everyone] == [
        [("offer", "queued")], [("offer", "queued")], [], [("offer", "queued")], [("offer", "queued")]
    ]  # fmt: skip
    assert (report.families, report.made, report.states) == (4, 4, {"queued": 4})


def test_p5_what_made_the_family_due_is_kept_until_it_can_be_planned(people: People, clock: Clock) -> None:
    """What opened is narrowed once only: it must outlive every plan that fails."""
    fine, broken = families(people, 2)
    poison(people, broken)
    plan.plan(people.desk, clock.now)
    plan.plan(people.desk, clock.pass_(days=1))
    assert dirty(people) == {broken.family_id}
    mend(people, broken)
    plan.plan(people.desk, clock.pass_(hours=2))
    assert sorted(rows(people, broken)) == [("nudge", "waiting"), ("offer", "queued")]
    assert (dirty(people), kept(people)) == (set(), [])
    assert rows(people, fine)[0] == ("offer", "queued")


def test_it_is_tried_again_after_a_minute_then_two_then_four(people: People, clock: Clock) -> None:
    [broken] = families(people, 1)
    poison(people, broken)
    since = clock.now
    seen = []
    for _ in range(8):
        plan.plan(people.desk, clock.now)
        seen.append([(one.tries, one.next_at - since) for one in kept(people)])
        clock.pass_(minutes=1)
    minutes = [(tries, round(wait / timedelta(minutes=1))) for [(tries, wait)] in seen]
    assert minutes == [(1, 1), (2, 3), (2, 3), (3, 7), (3, 7), (3, 7), (3, 7), (4, 15)]
    [one] = kept(people)
    assert (one.family_id, one.work, one.error, one.since) == (broken.family_id, "plan", "TypeError", since)


@pytest.mark.parametrize(("tries", "minutes"), [(1, 1), (2, 2), (6, 32), (7, 60), (8, 60), (5000, 60)])
def test_the_wait_grows_to_an_hour_and_no_further(tries: int, minutes: int) -> None:
    assert aside.delay(tries) == timedelta(minutes=minutes)


def test_staff_are_told_once_and_it_closes_when_it_heals(people: People, clock: Clock) -> None:
    _fine, broken = families(people, 2)
    poison(people, broken)
    for _ in range(3):
        plan.plan(people.desk, clock.pass_(minutes=10))
    assert open_alerts(people) == [("put_aside", broken.family_id)]
    mend(people, broken)
    plan.plan(people.desk, clock.pass_(minutes=30))
    assert open_alerts(people) == []


def test_a_fault_that_everybody_meets_opens_no_flood_of_alerts(people: People, clock: Clock) -> None:
    for who in families(people, aside.SHOWN + 3):
        poison(people, who)
    plan.plan(people.desk, clock.now)
    assert len(kept(people)) == aside.SHOWN + 3
    assert len(open_alerts(people)) == aside.SHOWN


def test_health_counts_it_until_it_heals(people: People, clock: Clock) -> None:
    _fine, broken = families(people, 2)
    poison(people, broken)
    plan.plan(people.desk, clock.now)
    found = health.findings(line.app(people.desk, clock), clock.now)
    assert (found.ok, found.facts["put_aside"]) == (False, {"plan": 1})
    assert found.wrong == ("Put aside by a fault of the program: plan of 1 family; see the alerts.",)
    mend(people, broken)
    plan.plan(people.desk, clock.pass_(minutes=1))
    assert health.findings(line.app(people.desk, clock), clock.now).ok


def test_p5_why_says_it(people: People, clock: Clock) -> None:
    fine, broken = families(people, 2)
    poison(people, broken)
    plan.plan(people.desk, clock.now)
    mend(people, broken)
    first, *_ = why(people.desk, broken.family_id, broken.member_id, "flu", "offer", clock.now)
    assert first == (
        "Put aside since 2027-02-02: a fault of the program (TypeError) stopped plan, once;"
        " tried again at 2027-02-02 10:01."
    )
    said = " ".join(why(people.desk, fine.family_id, fine.member_id, "flu", "offer", clock.now))
    assert "Put aside" not in said


def test_p11_the_log_holds_the_type_and_ids_only(
    people: People, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    [broken] = families(people, 1)
    poison(people, broken)
    plan.plan(people.desk, clock.now)
    said = capsys.readouterr().out
    assert "put_aside" in said
    assert str(broken.family_id) in said
    assert "TypeError" in said
    assert "iterable" not in said  # the error's own words


def test_a_database_that_is_gone_puts_nobody_aside(people: People, clock: Clock) -> None:
    families(people, 2)
    plan.narrow(people.desk, clock.now)
    people.desk.database.write(lambda conn: conn.exec_driver_sql("ALTER TABLE holds RENAME TO elsewhere"))
    with pytest.raises(DatabaseGone):
        plan.plan_batch(people.desk, clock.now)
    assert kept(people) == []


def test_a_fault_that_is_no_family_s_is_raised(database: Database, seal: Seal, clock: Clock) -> None:
    """What all are planned by: a revision that cannot be read, not one of its families."""
    config = SimpleNamespace(authors=frozenset(), calendar=Calendar(), cap=CapRules())
    people = People(line.desk(database, seal, shelf=line.shelf(STEP), config=config), clock)
    families(people, 2)
    plan.narrow(people.desk, clock.now)
    del config.cap
    with pytest.raises(AttributeError):
        plan.plan_batch(people.desk, clock.now)
    assert kept(people) == []
    assert len(dirty(people)) == 2


def test_the_watermark_moves_though_a_family_is_put_aside(people: People, clock: Clock) -> None:
    """The next day is narrowed from where this one ended: nothing is looked for twice."""
    poison(people, families(people, 1)[0])
    plan.plan(people.desk, clock.now)
    assert people.desk.database.read(revisions.planned_through)["flu", "offer"] == ("t1", TODAY)


# --- the questions -----------------------------------------------------------------------------------


def test_p3_the_others_are_asked_how_it_went(people: People, clock: Clock) -> None:
    everyone = families(people, 3, ASK)
    poison(people, everyone[0])
    assert check_ins(people.desk, clock.now) == 2
    assert [len(rows(people, who)) for who in everyone] == [0, 1, 1]
    assert [(one.family_id, one.work) for one in kept(people)] == [(everyone[0].family_id, "check_in")]
    mend(people, everyone[0])
    assert check_ins(people.desk, clock.pass_(hours=1)) == 1
    assert kept(people) == []


def test_p3_the_others_fall_silent_when_nobody_answers(people: People, clock: Clock) -> None:
    everyone = families(people, 3, ASK)
    check_ins(people.desk, clock.now)
    gone = sa.update(outbox).values(state="sent", sent_at=clock.now)
    people.desk.database.write(lambda conn: conn.execute(gone))
    poison(people, everyone[0])
    assert check_ins(people.desk, clock.pass_(days=5)) == 2
    assert [one.work for one in kept(people)] == ["silence"]
    mend(people, everyone[0])
    assert check_ins(people.desk, clock.pass_(hours=1)) == 1
    for who in everyone:
        assert {hold.kind for hold in people.load(who).holds} == {HoldKind.SILENCE}


def test_the_others_are_asked_after_a_year(people: People, clock: Clock) -> None:
    everyone = families(people, 3)
    last_month = clock.pass_(days=400) - timedelta(days=30)
    for who in everyone:
        people.row(who, state="sent", sent_at=last_month, day=last_month.date())
    poison(people, everyone[0])
    assert still_wanted(people.desk, clock.now) == 2
    asked = sa.select(outbox.c.family_id).where(outbox.c.step == QUESTION)
    found = set(people.desk.database.read(lambda conn: conn.execute(asked)).scalars())
    assert found == {who.family_id for who in everyone[1:]}
    assert [one.work for one in kept(people)] == ["still_wanted"]


def test_of_two_in_one_family_the_one_who_trips_us_stays_shown(people: People, clock: Clock) -> None:
    """The other one is done in the same turn, and does not hide it."""
    mother, father = people.family(Role.MOTHER, Role.FATHER)

    def change(conn: sa.Connection, one: Someone) -> bool:
        if one.member_id == mother.member_id:
            raise ValueError(json.dumps({"name": "never shown"}))
        return True

    assert aside.each(people.desk, Work.STILL_WANTED, [mother, father], change, clock.now) == [True]
    assert [one.tries for one in kept(people)] == [1]
