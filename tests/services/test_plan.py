"""The plan makes the rows that are owed, once, whatever happened in between."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot.domain.address import ChannelName
from bot.domain.campaign import Anchor, Importance, Moment
from bot.domain.family import Role
from bot.domain.outbox import Accepted, State, Uncertain
from bot.services import dispatch, families, plan, reconcile
from bot.services import outbox as staff
from bot.store import families as family_rows
from bot.store.tables import due, outbox
from tests import line
from tests.clock import Clock
from tests.people import DUE, People
from tests.services.plans import TODAY, rows_of, states, week_step


def test_a_step_that_opens_today_is_queued_for_today(at: Any, clock: Clock) -> None:
    people = at(week_step())
    people.family()
    report = plan.plan(people.desk, clock.now)
    [row] = rows_of(people.desk)
    assert (row.state, row.day, row.send_at) == ("queued", TODAY, clock.now)
    assert (report.families, report.made, report.states) == (1, 1, {"queued": 1})


def test_a_step_that_opens_tomorrow_has_no_row_today_and_one_tomorrow(at: Any, clock: Clock) -> None:
    people = at(week_step(opens_in=1))
    people.family()
    plan.plan(people.desk, clock.now)
    assert rows_of(people.desk) == []
    plan.plan(people.desk, clock.pass_(days=1))
    assert states(people.desk) == [("offer", "queued", None)]


def test_p5_a_planner_that_stood_still_overnight_takes_nothing_that_another_noted_for_today(
    at: Any, clock: Clock
) -> None:
    """It would find that nothing has opened yet, and that would be the end of it."""
    people = at(week_step(opens_in=1))
    people.family()
    plan.plan(people.desk, clock.now)
    yesterday = clock.now
    plan.narrow(people.desk, clock.pass_(days=1))
    assert not plan.plan_batch(people.desk, yesterday)
    plan.plan(people.desk, clock.now)
    assert states(people.desk) == [("offer", "queued", None)]


def test_what_opened_and_is_still_open_after_an_outage_goes_then(at: Any, clock: Clock) -> None:
    people = at(week_step(opens_in=3))
    people.family()
    plan.plan(people.desk, clock.now)
    plan.plan(people.desk, clock.pass_(days=6))
    assert states(people.desk) == [("offer", "queued", None)]


def test_what_opened_and_closed_in_an_outage_is_accounted_for(at: Any, clock: Clock) -> None:
    people = at(week_step(opens_in=3))
    people.family()
    plan.plan(people.desk, clock.now)
    plan.plan(people.desk, clock.pass_(days=20))
    assert states(people.desk) == [("offer", "expired", "outage")]


def test_a_step_published_late_goes_to_those_for_whom_it_is_open(at: Any, clock: Clock) -> None:
    people = at(week_step(opens_in=-6), week_step("gone", opens_in=-7))
    people.family()
    plan.plan(people.desk, clock.now)
    assert states(people.desk) == [("offer", "queued", None)]


def test_planning_twice_changes_nothing(at: Any, clock: Clock) -> None:
    people = at(week_step(), week_step("second"), week_step("third"))
    people.family(Role.MOTHER, Role.FATHER)
    plan.plan(people.desk, clock.now)
    before = rows_of(people.desk)
    again = plan.plan(people.desk, clock.pass_(minutes=5))
    assert rows_of(people.desk) == before
    assert again.made == 0
    assert again.states == {}


def test_a_family_that_is_looked_at_again_changes_nothing(at: Any, clock: Clock) -> None:
    people = at(week_step(), week_step("second"))
    [mother] = people.family()
    plan.plan(people.desk, clock.now)
    before = [(row.outbox_id, row.state, row.day, row.look_on) for row in rows_of(people.desk)]
    people.desk.database.write(lambda conn: family_rows.mark_due(conn, mother.family_id, TODAY))
    plan.plan(people.desk, clock.pass_(minutes=5))
    assert [(row.outbox_id, row.state, row.day, row.look_on) for row in rows_of(people.desk)] == before


def test_a_crash_between_narrowing_and_planning_loses_nothing(at: Any, clock: Clock) -> None:
    people = at(week_step())
    people.family()
    plan.narrow(people.desk, clock.now)
    assert rows_of(people.desk) == []
    plan.plan(people.desk, clock.pass_(minutes=1))
    assert states(people.desk) == [("offer", "queued", None)]


def test_a_plan_leaves_no_family_due(at: Any, clock: Clock) -> None:
    people = at(week_step())
    for number in range(3):
        people.family(numbers=(number,))
    plan.narrow(people.desk, clock.now)
    assert plan.plan_batch(people.desk, clock.now, limit=2)
    assert plan.plan_batch(people.desk, clock.now, limit=2)
    assert not plan.plan_batch(people.desk, clock.now, limit=2)
    left = sa.select(sa.func.count()).select_from(due)
    assert people.desk.database.read(lambda conn: conn.execute(left).scalar()) == 0
    assert len(rows_of(people.desk)) == 3


def test_a_corrected_due_date_takes_back_what_is_not_open_any_more(at: Any, clock: Clock) -> None:
    people = at(week_step())
    [mother] = people.family()
    plan.plan(people.desk, clock.now)
    families.correct_due(people.desk, mother.family_id, DUE + timedelta(days=10), clock.now, "tests")
    plan.plan(people.desk, clock.now)
    [row] = rows_of(people.desk)
    assert (row.state, row.reason, row.look_on) == ("waiting", "moved", TODAY + timedelta(days=10))
    plan.plan(people.desk, clock.pass_(days=10))
    [again] = rows_of(people.desk)
    assert (again.outbox_id, again.state, again.day) == (row.outbox_id, "queued", clock.now.date())


def test_a_corrected_due_date_repeats_nothing_that_left(at: Any, clock: Clock) -> None:
    people = at(week_step())
    [mother] = people.family()
    plan.plan(people.desk, clock.now)
    sent = sa.update(outbox).values(state=State.SENT.value, sent_at=clock.now)
    people.desk.database.write(lambda conn: conn.execute(sent))
    families.correct_due(people.desk, mother.family_id, DUE + timedelta(days=10), clock.now, "tests")
    for _ in range(3):
        plan.plan(people.desk, clock.pass_(days=5))
    assert states(people.desk) == [("offer", "sent", None)]


def test_of_two_on_one_phone_the_second_waits_until_tomorrow(at: Any, clock: Clock) -> None:
    people = at(week_step())
    mother, father = people.family(Role.MOTHER, Role.FATHER, numbers=(7, 7))
    plan.plan(people.desk, clock.now)
    both = sorted(states(people.desk, mother) + states(people.desk, father))
    assert both == [("offer", "queued", None), ("offer", "waiting", "address_busy")]
    [waits] = [row for row in rows_of(people.desk) if row.state == "waiting"]
    assert (waits.look_on, waits.day) == (TODAY + timedelta(days=1), None)


def test_two_families_on_one_phone_share_its_day(at: Any, clock: Clock) -> None:
    people = at(week_step())
    people.family(numbers=(7,))
    people.family(numbers=(7,))
    plan.narrow(people.desk, clock.now)
    while plan.plan_batch(people.desk, clock.now, limit=1):
        pass
    assert sorted(row.state for row in rows_of(people.desk)) == ["queued", "waiting"]


def test_a_message_a_day_the_most_important_first(at: Any, clock: Clock) -> None:
    extra = week_step("a_extra", importance=Importance.EXTRA)
    vital = week_step("z_vital", importance=Importance.ESSENTIAL)
    people = at(extra, vital)
    people.family()
    plan.plan(people.desk, clock.now)
    assert states(people.desk) == [("a_extra", "waiting", "cap"), ("z_vital", "queued", None)]


def test_a_more_important_step_takes_the_day_of_one_that_is_queued(at: Any, clock: Clock) -> None:
    people = at(week_step("a_extra", importance=Importance.EXTRA))
    people.family()
    plan.plan(people.desk, clock.now)
    vital = week_step("z_vital", importance=Importance.ESSENTIAL)
    extra = week_step("a_extra", importance=Importance.EXTRA)
    later = People(line.desk(
        people.desk.database, people.desk.seal, shelf=line.shelf(extra, vital), config=people.desk.config
    ), clock)  # fmt: skip
    plan.plan(later.desk, clock.now)
    assert states(later.desk) == [("a_extra", "waiting", "cap"), ("z_vital", "queued", None)]


def test_a_retimed_step_that_is_still_open_keeps_its_day(at: Any, clock: Clock) -> None:
    people = at(week_step())
    people.family()
    plan.plan(people.desk, clock.now)
    retimed = line.desk(
        people.desk.database, people.desk.seal, config=people.desk.config,
        shelf=line.shelf(week_step(opens_in=-1, timing_hash="t2")),
    )  # fmt: skip
    plan.plan(retimed, clock.now)
    [row] = rows_of(retimed)
    assert (row.state, row.day, row.timing_hash) == ("queued", TODAY, "t2")


def test_the_cap_of_the_week_holds_back_the_third(at: Any, clock: Clock) -> None:
    people = at(week_step("one"), week_step("two"), week_step("three"))
    people.family()
    for _ in range(3):
        plan.plan(people.desk, clock.now)
        queued = sa.update(outbox).where(outbox.c.state == "queued").values(state="sent", sent_at=clock.now)
        people.desk.database.write(lambda conn, query=queued: conn.execute(query))
        clock.pass_(days=1)
    assert sorted(row.state for row in rows_of(people.desk)) == ["sent", "sent", "waiting"]
    plan.plan(people.desk, clock.pass_(days=10))
    assert sorted((row.state, row.reason) for row in rows_of(people.desk))[0] == ("expired", "cap")


def _doubted(people: People, clock: Clock, resend: str) -> None:
    """Today's message may have left; it goes again, by itself or by staff, and does not leave today."""
    [job] = dispatch.claim(people.desk, ChannelName.SMS, 5, clock.now)
    dispatch.record(people.desk, [(job.outbox_id, Uncertain("hang"), clock.now)], clock.now)
    if resend == "by staff":
        staff.retry(people.desk, job.outbox_id, "duty", clock.pass_(hours=1), may_double=True)
    clock.now = clock.now.replace(hour=21)
    reconcile.expire(people.desk, clock.now)
    clock.now = clock.now.replace(hour=10) + timedelta(days=1)


@pytest.mark.parametrize("resend", ["by itself", "by staff"])
def test_p8_a_day_on_which_a_message_may_have_left_counts_though_it_goes_again(
    at: Any, clock: Clock, resend: str
) -> None:
    first = week_step("one", importance=Importance.ESSENTIAL, resend_if_uncertain=resend == "by itself")
    people = at(first, week_step("two"), texts=["one", "two"])
    people.family()
    plan.plan(people.desk, clock.now)
    _doubted(people, clock, resend)
    for _ in range(2):  # it goes, and then the week has had its two
        plan.plan(people.desk, clock.now)
        gone = sa.update(outbox).where(outbox.c.state == "queued").values(state="sent", sent_at=clock.now)
        people.desk.database.write(lambda conn, query=gone: conn.execute(query))
        clock.pass_(days=1)
    assert states(people.desk) == [("one", "sent", None), ("two", "waiting", "cap")]


def test_p8_a_doubt_that_is_settled_counts_once(at: Any, clock: Clock) -> None:
    """The answer came late, for the same day."""
    first = week_step("one", importance=Importance.ESSENTIAL, resend_if_uncertain=True)
    people = at(first, week_step("two"), texts=["one", "two"])
    people.family()
    plan.plan(people.desk, clock.now)
    [job] = dispatch.claim(people.desk, ChannelName.SMS, 5, clock.now)
    dispatch.record(people.desk, [(job.outbox_id, Uncertain("hang"), clock.now)], clock.now)
    dispatch.record(people.desk, [(job.outbox_id, Accepted("SM1"), clock.now)], clock.now)
    plan.plan(people.desk, clock.pass_(days=1))
    assert [(step, state) for step, state, _ in states(people.desk)] == [("one", "sent"), ("two", "queued")]


@pytest.mark.parametrize("state", ["sent", "delivered", "uncertain", "failed"])
def test_an_after_step_follows_what_left_or_may_have_left(at: Any, clock: Clock, state: str) -> None:
    """Of a message in doubt nobody can say that it did not come; of one that failed, that it did."""
    after = Moment(Anchor.AFTER, days=1, step="offer")
    people = at(week_step(), line.step("nudge", when=after, timing_hash="t2"))
    people.family()
    plan.plan(people.desk, clock.now)
    gone = sa.update(outbox).values(state=state, sent_at=clock.now)
    people.desk.database.write(lambda conn: conn.execute(gone))
    plan.plan(people.desk, clock.pass_(days=1))
    follows = [("nudge", "queued", None)] if state != "failed" else []
    assert states(people.desk) == [*follows, ("offer", state, None)]


def test_a_held_family_gets_nothing(at: Any, clock: Clock) -> None:
    people = at(week_step())
    mother, father = people.family(Role.MOTHER, Role.FATHER)
    families.loss(people.desk, mother.family_id, mother.member_id, clock.now, "tests")
    plan.plan(people.desk, clock.now)
    assert states(people.desk, mother) + states(people.desk, father) == []


def test_undo_opens_the_same_row_again(at: Any, clock: Clock) -> None:
    people = at(week_step())
    [mother] = people.family()
    plan.plan(people.desk, clock.now)
    [before] = rows_of(people.desk)
    families.loss(people.desk, mother.family_id, mother.member_id, clock.now, "tests")
    plan.plan(people.desk, clock.now)
    assert states(people.desk) == [("offer", "cancelled", "hold")]
    families.undo(people.desk, mother.family_id, clock.now, "tests")
    plan.plan(people.desk, clock.now)
    [after] = rows_of(people.desk)
    assert (after.outbox_id, after.state, after.day) == (before.outbox_id, "queued", TODAY)


def test_a_step_after_another_counts_from_the_day_that_one_left(at: Any, clock: Clock) -> None:
    offer = week_step()
    nudge = line.step("nudge", when=Moment(Anchor.AFTER, days=5, step="offer"), timing_hash="t1")
    people = at(offer, nudge)
    people.family()
    plan.plan(people.desk, clock.now)
    people.desk.database.write(
        lambda conn: conn.execute(sa.update(outbox).values(state="sent", sent_at=clock.now))
    )
    plan.plan(people.desk, clock.pass_(days=4))
    assert states(people.desk) == [("offer", "sent", None)]
    plan.plan(people.desk, clock.pass_(days=1))
    assert states(people.desk) == [("nudge", "queued", None), ("offer", "sent", None)]


def test_words_that_were_withdrawn_leave_a_row_waiting(at: Any, clock: Clock) -> None:
    people = at(week_step(), week_step("second"))
    [mother] = people.family()
    plan.plan(people.desk, clock.now)
    desk = line.desk(
        people.desk.database, people.desk.seal, config=people.desk.config,
        shelf=line.shelf(week_step("second")),
    )  # fmt: skip
    desk.database.write(lambda conn: family_rows.mark_due(conn, mother.family_id, TODAY))
    plan.plan(desk, clock.now)
    assert states(desk) == [("offer", "waiting", "not_approved"), ("second", "queued", None)]


def test_who_did_not_agree_has_no_row(at: Any, clock: Clock) -> None:
    people = at(week_step(purpose=line.Purpose.REMINDERS))
    people.family()
    plan.plan(people.desk, clock.now)
    assert rows_of(people.desk) == []
