"""Planned anew: who starts again, a step that is re-timed or renamed: nothing comes twice (P4)."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from bot.domain.address import ChannelName
from bot.domain.campaign import Anchor, Moment
from bot.services import dispatch, plan, stopping
from bot.store.tables import outbox
from tests import line
from tests.clock import Clock
from tests.people import People
from tests.services.plans import states, week_step


def _sent(people: People, clock: Clock) -> None:
    """Whatever is queued has left."""
    people.desk.database.write(
        lambda conn: conn.execute(sa.update(outbox).values(state="sent", sent_at=clock.now))
    )


def test_p4_who_stops_and_starts_again_gets_nothing_twice(at: Any, clock: Clock) -> None:
    people = at(week_step())
    [mother] = people.family()
    plan.plan(people.desk, clock.now)
    _sent(people, clock)
    for change in (
        lambda conn: stopping.stop(conn, mother.address_id, "stop", clock.now),
        lambda conn: stopping.start(conn, mother.address_id, clock.now),
    ):
        people.desk.database.write(change)
        plan.plan(people.desk, clock.pass_(days=1))
    assert states(people.desk) == [("offer", "sent", None)]


def test_p4_a_step_published_anew_at_another_time_is_not_sent_again(at: Any, clock: Clock) -> None:
    people = at(week_step())
    people.family()
    plan.plan(people.desk, clock.now)
    _sent(people, clock)
    later = line.shelf(week_step(opens_in=3, timing_hash="t2"))
    desk = line.desk(people.desk.database, people.desk.seal, shelf=later, config=people.desk.config)
    for _ in range(12):
        plan.plan(desk, clock.pass_(days=1))
    assert states(desk) == [("offer", "sent", None)]


def test_a_renamed_step_is_not_sent_twice_and_its_children_still_find_it(at: Any, clock: Clock) -> None:
    people = at(week_step())
    people.family()
    plan.plan(people.desk, clock.now)
    people.desk.database.write(
        lambda conn: conn.execute(sa.update(outbox).values(state="sent", sent_at=clock.now))
    )
    new = week_step("renamed", formerly=("offer",))
    nudge = line.step("nudge", when=Moment(Anchor.AFTER, days=3, step="renamed"), timing_hash="t1")
    desk = line.desk(
        people.desk.database, people.desk.seal, shelf=line.shelf(new, nudge), config=people.desk.config
    )
    for _ in range(5):
        plan.plan(desk, clock.pass_(days=1))
    assert states(desk) == [("nudge", "queued", None), ("offer", "sent", None)]


def test_a_row_planned_before_its_step_was_renamed_leaves_in_the_new_words(at: Any, clock: Clock) -> None:
    people = at(week_step())
    people.family()
    plan.plan(people.desk, clock.now)
    texts = {"templates/en/flu/renamed.j2": "The new words."}
    renamed = line.shelf(week_step("renamed", formerly=("offer",)), texts=texts)
    desk = line.desk(people.desk.database, people.desk.seal, shelf=renamed, config=people.desk.config)
    [job] = dispatch.claim(desk, ChannelName.SMS, 5, clock.now)
    assert job.message.body == "The new words."
