"""A turn: what came is recorded and what is next is claimed, both or neither."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.domain.address import ChannelName
from bot.domain.outbox import Accepted, Later, Refused
from bot.services import dispatch
from bot.services.desk import Desk
from bot.services.dispatch import UNPACED, Job, Result
from bot.store.database import Database
from bot.store.sealed import Seal
from tests import line
from tests.clock import Clock

SMS = ChannelName.SMS


@pytest.fixture
def desk(database: Database, seal: Seal) -> Desk:
    return line.desk(database, seal)


def _claimed(desk: Desk, clock: Clock, slots: int) -> list[Job]:
    return dispatch.claim(desk, SMS, slots, clock.now, UNPACED)


def _turned(desk: Desk, clock: Clock, answers: list[Result], slots: int) -> list[int]:
    return [job.outbox_id for job in dispatch.turn(desk, SMS, answers, slots, clock.now, UNPACED)]


def test_what_was_taken_is_sent_and_what_is_next_is_claimed(desk: Desk, clock: Clock) -> None:
    rows = [line.queue(desk, clock.now, number) for number in range(3)]
    first = _claimed(desk, clock, 2)
    answers: list[Result] = [(job.outbox_id, Accepted(f"SM{job.outbox_id}"), clock.now) for job in first]
    assert _turned(desk, clock, answers, 2) == [rows[2]]
    assert [line.state(desk, row) for row in rows] == ["sent", "sent", "sending"]
    assert line.row(desk, rows[0]).provider_id == f"SM{rows[0]}"


def test_every_kind_of_answer_may_come_with_it(desk: Desk, clock: Clock) -> None:
    rows = [line.queue(desk, clock.now, number) for number in range(4)]
    (refused, later, taken) = _claimed(desk, clock, 3)
    answers: list[Result] = [
        (refused.outbox_id, Refused("30006", suspend=True), clock.now),
        (later.outbox_id, Later("429", timedelta(minutes=1)), clock.now),
        (taken.outbox_id, Accepted("SM1"), clock.now),
    ]
    assert rows[3] in _turned(desk, clock, answers, 8)
    assert [line.state(desk, row) for row in rows] == ["failed", "queued", "sent", "sending"]


def test_an_answer_that_trips_over_a_fault_changes_nothing_and_claims_nothing(
    desk: Desk, clock: Clock
) -> None:
    rows = [line.queue(desk, clock.now, number) for number in range(3)]
    fine, broken = _claimed(desk, clock, 2)
    unwritable: Any = object()
    answers: list[Result] = [
        (fine.outbox_id, Accepted("SM1"), clock.now), (broken.outbox_id, Accepted(unwritable), clock.now),
    ]  # fmt: skip
    with pytest.raises(TypeError):
        dispatch.turn(desk, SMS, answers, 8, clock.now, UNPACED)
    assert [line.state(desk, row) for row in rows] == ["sending", "sending", "queued"]


def test_a_turn_finds_nothing_to_claim_and_records_all_the_same(desk: Desk, clock: Clock) -> None:
    row = line.queue(desk, clock.now)
    (job,) = _claimed(desk, clock, 8)
    assert _turned(desk, clock, [(job.outbox_id, Accepted("SM1"), clock.now)], 8) == []
    assert line.state(desk, row) == "sent"
