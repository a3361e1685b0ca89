"""What the provider answered: its outcome, and what it says of the address."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot.domain.address import ChannelName
from bot.domain.family import Purpose, Role
from bot.domain.outbox import Accepted, Answer, Kind, Later, MovedTo, Ours, Refused, Uncertain
from bot.services import dispatch
from bot.services.desk import Desk
from bot.services.dispatch import Pace
from bot.store import addresses, pace
from bot.store.database import Database
from bot.store.sealed import Seal
from tests import line, rows
from tests.clock import Clock
from tests.services.dispatching import alerts_at, claim, claimed, reply

TELEGRAM, SMS = ChannelName.TELEGRAM, ChannelName.SMS


@pytest.fixture
def desk(database: Database, seal: Seal) -> Desk:
    return line.desk(database, seal)


# --- what the provider answered ------------------------------------------------------------------------


def _answer(desk: Desk, clock: Clock, answer: Answer, channel: ChannelName = SMS, **columns: Any) -> int:
    row = claimed(desk, clock, channel=channel, **columns)
    dispatch.record(desk, [(row, answer, clock.now)], clock.now)
    return row


@pytest.mark.parametrize(
    ("answer", "state", "reason"),
    [
        (Accepted("SM1"), "sent", None),
        (Refused("21612"), "failed", "refused"),
        (Later("20429", timedelta(seconds=5), all=True), "queued", "put_back"),
        (Uncertain("unanswered"), "uncertain", "unanswered"),
        (Ours("20003"), "queued", "put_back"),
    ],
)
def test_each_answer_has_its_outcome(
    desk: Desk, clock: Clock, answer: Answer, state: str, reason: str | None
) -> None:
    row = line.row(desk, _answer(desk, clock, answer))
    assert (row.state, row.reason) == (state, reason)


def test_a_put_back_message_waits_as_long_as_the_provider_asked(desk: Desk, clock: Clock) -> None:
    row = _answer(desk, clock, Later("20429", timedelta(seconds=5)))
    assert line.row(desk, row).send_at == clock.now + timedelta(seconds=5)


@pytest.mark.parametrize(("everyone", "claimed"), [(True, 0), (False, 1)])
def test_a_429_for_all_stops_the_sender_and_one_for_a_chat_does_not(
    desk: Desk, clock: Clock, everyone: bool, claimed: int
) -> None:
    _answer(desk, clock, Later("429", timedelta(seconds=30), all=everyone))
    line.queue(desk, clock.now, 1)
    clock.pass_(seconds=10)
    assert len(claim(desk, clock, rate=Pace(29.3))) == claimed


def test_our_own_fault_halts_the_sender_with_an_alert_and_blames_no_address(desk: Desk, clock: Clock) -> None:
    row = _answer(desk, clock, Ours("20003"))
    address = desk.database.read(lambda conn: addresses.by_id(conn, rows.of(conn, row).address_id))
    halted = desk.database.read(lambda conn: pace.all_senders(conn)[0].halted_reason)
    assert (halted, address.suspended, alerts_at(desk)) == ("provider:20003", False, ["sender_halted"])


def test_a_telegram_message_in_doubt_is_shown_to_staff(desk: Desk, clock: Clock) -> None:
    row = _answer(desk, clock, Uncertain("unanswered"), TELEGRAM)
    assert (line.state(desk, row), alerts_at(desk)) == ("uncertain", ["uncertain"])


def _important(desk: Desk, purpose: Purpose) -> Desk:
    steps = [line.step("offer", resend_if_uncertain=True, purpose=purpose)]
    return line.desk(desk.database, desk.seal, shelf=line.shelf(*steps))


def test_a_step_that_says_so_goes_once_more_when_in_doubt_and_not_a_third_time(
    desk: Desk, clock: Clock
) -> None:
    desk = _important(desk, Purpose.PREGNANCY_AND_BABY)
    row = _answer(desk, clock, Uncertain("unanswered"))
    assert line.state(desk, row) == "queued"
    clock.pass_(seconds=5)
    claim(desk, clock)
    dispatch.record(desk, [(row, Uncertain("unanswered"), clock.now)], clock.now)
    assert line.state(desk, row) == "uncertain"


def test_a_bereavement_message_never_goes_twice(desk: Desk, clock: Clock) -> None:
    desk = _important(desk, Purpose.SUPPORT_AFTER_LOSS)
    assert line.state(desk, _answer(desk, clock, Uncertain("unanswered"))) == "uncertain"


def test_a_crisis_answer_in_doubt_goes_once_more(desk: Desk, clock: Clock) -> None:
    row = reply(desk, clock, kind=Kind.CRISIS)
    claim(desk, clock)
    dispatch.record(desk, [(row, Uncertain("unanswered"), clock.now)], clock.now)
    assert line.state(desk, row) == "queued"


def test_a_chat_that_moved_gets_its_message_under_the_new_id(desk: Desk, clock: Clock) -> None:
    row = _answer(desk, clock, MovedTo(987654), TELEGRAM)
    clock.pass_(seconds=5)
    (job,) = claim(desk, clock, TELEGRAM)
    assert (job.outbox_id, job.message.address.value) == (row, "987654")


def test_an_answer_about_an_erased_row_is_passed_over(desk: Desk, clock: Clock) -> None:
    dispatch.record(
        desk,
        [(404, Refused("x"), clock.now), (405, Accepted("y"), clock.now), (406, Uncertain("z"), clock.now)],
        clock.now,
    )
    assert alerts_at(desk) == []


@pytest.mark.parametrize("channel", [SMS, TELEGRAM])
def test_at_the_end_what_this_process_still_holds_is_in_doubt(
    desk: Desk, clock: Clock, channel: ChannelName
) -> None:
    row = claimed(desk, clock, channel=channel)
    assert dispatch.drain(desk, channel, clock.now) == 1
    assert line.state(desk, row) == "uncertain"


def test_the_end_of_one_channel_leaves_the_others_alone(desk: Desk, clock: Clock) -> None:
    row = claimed(desk, clock, channel=SMS)
    assert dispatch.drain(desk, TELEGRAM, clock.now) == 0
    assert line.state(desk, row) == "sending"


# --- what an answer says of the address -----------------------------------------------------------------


def _address(desk: Desk, row: int) -> addresses.AddressRow:
    return desk.database.read(lambda conn: addresses.by_id(conn, rows.of(conn, row).address_id))


@pytest.mark.parametrize(
    ("answer", "suspended", "stopped"),
    [
        (Refused("blocked", suspend=True, stop=True), True, True),
        (Refused("not_mobile", suspend=True), True, False),
        (Refused("too_long"), False, False),
    ],
)
def test_a_refusal_says_of_the_address_what_the_table_says(
    desk: Desk, clock: Clock, answer: Refused, suspended: bool, stopped: bool
) -> None:
    """P2: a block at the provider is a STOP."""
    address = _address(desk, _answer(desk, clock, answer))
    assert (address.suspended, address.stopped) == (suspended, stopped)


def test_a_block_ends_everything_open_for_that_address(desk: Desk, clock: Clock) -> None:
    tomorrow = clock.now + timedelta(days=1)
    waiting = line.queue(desk, clock.now, state="waiting", day=tomorrow.date())
    _answer(desk, clock, Refused("blocked", suspend=True, stop=True))
    assert line.state(desk, waiting) == "cancelled"


def test_when_the_mother_cannot_be_reached_her_relatives_go_quiet(desk: Desk, clock: Clock) -> None:
    """CARE 7."""

    def work(conn: sa.Connection) -> int:
        mother = rows.someone(conn, desk.seal, clock.now)
        father = rows.someone(conn, desk.seal, clock.now, 1, role=Role.FATHER, family_id=mother.family_id)
        rows.row(conn, mother, clock.now)
        return rows.row(conn, father, clock.now, send_at=clock.now + timedelta(hours=1))

    his = desk.database.write(work)
    (job,) = claim(desk, clock)
    dispatch.record(desk, [(job.outbox_id, Refused("unknown", suspend=True), clock.now)], clock.now)
    assert line.state(desk, his) == "cancelled"
