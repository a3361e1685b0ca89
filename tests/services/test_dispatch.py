"""Dispatch: claimed, paced and worded in one transaction; put back; what is left."""

from __future__ import annotations

import itertools
import threading
import time
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot.domain.address import ChannelName
from bot.domain.family import Role
from bot.domain.outbox import Accepted, Kind
from bot.errors import NotAllowed
from bot.services import dispatch, reconcile
from bot.services.desk import Desk
from bot.services.dispatch import PACES, UNPACED, Pace
from bot.store import families, pace
from bot.store.database import Database
from bot.store.sealed import Seal
from tests import line, rows
from tests.clock import Clock
from tests.services.dispatching import alerts_at as _alerts
from tests.services.dispatching import claim as _claim
from tests.services.dispatching import claimed as _claimed
from tests.services.dispatching import reply as _reply

TELEGRAM, SMS = ChannelName.TELEGRAM, ChannelName.SMS


@pytest.fixture
def desk(database: Database, seal: Seal) -> Desk:
    return line.desk(database, seal)


# --- the claim ----------------------------------------------------------------------------------------


def test_a_claimed_step_has_its_words_its_address_and_our_public_id(desk: Desk, clock: Clock) -> None:
    row = line.queue(desk, clock.now)
    (job,) = _claim(desk, clock)
    assert (job.outbox_id, job.message.body) == (row, "Flu jab: ask your midwife.")
    assert job.message.address.value == "+447700900000"
    assert job.message.public_id == line.row(desk, row).public_id


def test_the_words_that_leave_are_kept_sealed_with_their_hash_and_parts(desk: Desk, clock: Clock) -> None:
    row = line.row(desk, _claimed(desk, clock))
    assert desk.seal.open("outbox.body", row.sealed) == "Flu jab: ask your midwife."
    assert (row.words_hash, row.parts, row.language) == ("hash-offer", 1, "en")


def test_the_familys_own_weeks_are_in_the_words(desk: Desk, clock: Clock) -> None:
    def work(conn: sa.Connection) -> None:
        who = rows.someone(conn, desk.seal, clock.now)
        due = clock.now.date() + timedelta(days=280 - 20 * 7)
        pregnancy = families.add_pregnancy(conn, who.family_id, due_on=due)
        rows.row(conn, who, clock.now, pregnancy_id=pregnancy, step="nudge")

    desk.database.write(work)
    assert _claim(desk, clock)[0].message.body == "You are 20 weeks. Did you book?"


def test_a_father_reads_his_own_words(desk: Desk, clock: Clock) -> None:
    def work(conn: sa.Connection) -> None:
        rows.row(conn, rows.someone(conn, desk.seal, clock.now, role=Role.FATHER), clock.now)

    desk.database.write(work)
    assert _claim(desk, clock)[0].message.body == "Flu jab: ask together."


def test_a_reply_leaves_as_it_was_written(desk: Desk, clock: Clock) -> None:
    _reply(desk, clock)
    assert _claim(desk, clock)[0].message.body == "Text STOP to end."


def test_a_check_in_takes_the_words_of_the_replies(desk: Desk, clock: Clock) -> None:
    line.queue(desk, clock.now, kind=Kind.CHECK_IN, campaign="check_in", step="check_in")
    assert _claim(desk, clock)[0].message.body == "Our texts have now stopped."


def test_a_crisis_answer_goes_before_everything_and_a_staged_message_last(desk: Desk, clock: Clock) -> None:
    staged = line.queue(desk, clock.now, send_at=clock.now - timedelta(hours=1))
    reply = _reply(desk, clock, 1)
    crisis = _reply(desk, clock, 2, kind=Kind.CRISIS)
    taken = [_claim(desk, clock, slots=1)[0].outbox_id for _ in range(3)]
    assert taken == [crisis, reply, staged]


def test_one_row_whose_words_are_missing_ends_with_an_alert_and_does_not_hold_up_the_next(
    desk: Desk, clock: Clock
) -> None:
    broken = line.queue(desk, clock.now, kind=Kind.CHECK_IN, step="nowhere", campaign="check_in")
    fine = line.queue(desk, clock.now, 1)
    assert [job.outbox_id for job in _claim(desk, clock)] == [fine]
    assert (line.state(desk, broken), _alerts(desk)) == ("cancelled", ["no_words"])


def test_a_row_that_cannot_be_opened_waits_and_staff_are_told(desk: Desk, clock: Clock) -> None:
    broken = _reply(desk, clock, sealed=b"k9      not sealed by any key of ours")
    fine = line.queue(desk, clock.now, 1)
    assert [job.outbox_id for job in _claim(desk, clock)] == [fine]
    assert (line.state(desk, broken), _alerts(desk)) == ("queued", ["unreadable"])


def test_a_row_that_trips_over_a_fault_of_ours_waits_and_the_next_one_leaves(
    desk: Desk, clock: Clock
) -> None:
    """For ever before: each claim took it first, and was rolled back whole."""
    broken = _reply(desk, clock, sealed=desk.seal.seal("outbox.body", "[help]\x1e[[1]]"))
    fine = line.queue(desk, clock.now, 1)
    assert [job.outbox_id for job in _claim(desk, clock)] == [fine]
    assert (line.state(desk, broken), _alerts(desk)) == ("queued", ["not_made"])
    assert line.row(desk, broken).send_at == clock.now + timedelta(minutes=15)


def test_a_forgotten_address_gets_nothing(desk: Desk, clock: Clock) -> None:
    row = line.queue(desk, clock.now)
    desk.database.write(lambda conn: conn.exec_driver_sql("UPDATE addresses SET sealed = NULL"))
    assert _claim(desk, clock) == []
    assert line.state(desk, row) == "cancelled"


# --- pace and time ------------------------------------------------------------------------------------


def test_a_claim_takes_only_what_can_begin_within_half_a_second(desk: Desk, clock: Clock) -> None:
    """P2 and pace: 29.3 a second is at most 15 in half a second, never a burst."""
    for number in range(30):
        line.queue(desk, clock.now, number, TELEGRAM)
    jobs = _claim(desk, clock, TELEGRAM, 30, rate=Pace(29.3))
    gaps = {round(later.start - sooner.start, 4) for sooner, later in itertools.pairwise(jobs)}
    assert 10 <= len(jobs) <= 15
    assert gaps == {round(1 / 29.3, 4)}
    assert all(job.start <= job.begin_by for job in jobs)


def test_p2_the_half_second_runs_from_before_the_claim_waits_for_its_turn(desk: Desk, clock: Clock) -> None:
    """A STOP may be committed while the claim waits for the writer; that time counts."""
    line.queue(desk, clock.now, 0, TELEGRAM)
    held, waiting = threading.Event(), threading.Event()

    def hold(_conn: sa.Connection) -> None:
        held.set()
        waiting.wait(5)
        time.sleep(0.2)

    other = threading.Thread(target=lambda: desk.database.write(hold))
    other.start()
    held.wait(5)
    before = time.monotonic()
    waiting.set()
    (job,) = _claim(desk, clock, TELEGRAM, rate=UNPACED)
    other.join()
    assert job.begin_by <= before + dispatch.BEGIN_WITHIN + 0.1


def test_the_pace_is_what_the_providers_allow_and_a_lease_outlasts_every_call() -> None:
    assert 25 <= PACES[TELEGRAM].per_second < 30
    assert PACES[SMS].per_second == 1.0
    assert timedelta(seconds=60) <= dispatch.LEASE  # four times the channels' own time-out


def test_idle_time_is_not_saved_up_for_a_burst(desk: Desk, clock: Clock) -> None:
    line.queue(desk, clock.now, 0, TELEGRAM)
    _claim(desk, clock, TELEGRAM, rate=Pace(1.0))
    clock.pass_(seconds=60)
    for number in (1, 2):
        line.queue(desk, clock.now, number, TELEGRAM)
    assert len(_claim(desk, clock, TELEGRAM, rate=Pace(1.0))) == 1


def test_two_processes_share_one_pace(database: Database, seal: Seal, clock: Clock) -> None:
    here, there = line.desk(database, seal), line.desk(database, seal, holder="there")
    for number in range(4):
        line.queue(here, clock.now, number, TELEGRAM)
    assert len(_claim(here, clock, TELEGRAM, rate=Pace(1.0))) == 1
    assert _claim(there, clock, TELEGRAM, rate=Pace(1.0)) == []


def test_a_text_of_three_parts_takes_three_slots(desk: Desk, clock: Clock) -> None:
    _reply(desk, clock, sealed=desk.seal.seal("outbox.body", "x" * 400))
    _reply(desk, clock, 1)
    assert len(_claim(desk, clock, rate=Pace(10.0))) == 2
    clock.pass_(seconds=0.3)
    free = desk.database.read(lambda conn: pace.all_senders(conn)[0].free_at)
    assert free == clock.now + timedelta(seconds=0.1)


def test_one_chat_gets_one_message_a_claim_and_the_rest_a_second_later(desk: Desk, clock: Clock) -> None:
    first, second = _reply(desk, clock), _reply(desk, clock)
    rate = Pace(1000.0, chat_seconds=1.0)
    assert [job.outbox_id for job in _claim(desk, clock, rate=rate)] == [first]
    clock.pass_(seconds=0.9)
    assert _claim(desk, clock, rate=rate) == []
    clock.pass_(seconds=0.2)
    assert [job.outbox_id for job in _claim(desk, clock, rate=rate)] == [second]


def test_a_row_without_a_slot_is_left_as_it_was(desk: Desk, clock: Clock) -> None:
    _reply(desk, clock)
    second = _reply(desk, clock)
    _claim(desk, clock)
    row = line.row(desk, second)
    assert (row.state, row.attempts, row.reason, row.claimed_by) == ("queued", 0, None, None)


@pytest.mark.parametrize(("skew", "claims"), [(1.5, True), (-1.5, True), (2.5, False), (-2.5, False)])
def test_dispatch_pauses_while_the_clocks_differ_by_more_than_two_seconds(
    desk: Desk, clock: Clock, skew: float, claims: bool
) -> None:
    line.queue(desk, clock.now, send_at=clock.now - timedelta(minutes=1))
    ours = clock.now + timedelta(seconds=skew)
    assert bool(dispatch.claim(desk, SMS, 8, ours, UNPACED)) is claims


def test_naive_moments_are_refused(desk: Desk) -> None:
    with pytest.raises(ValueError, match="time zone"):
        dispatch.claim(desk, SMS, 8, datetime(2027, 2, 2, 10, 0))  # noqa: DTZ001


@pytest.mark.parametrize(("reason", "kinds"), [("staff", {Kind.REPLY, Kind.CRISIS}), ("provider:401", set())])
def test_a_halted_sender_sends_answers_only_while_it_was_staff_who_halted_it(
    desk: Desk, clock: Clock, reason: str, kinds: set[Kind]
) -> None:
    for number, kind in enumerate(Kind):
        _reply(desk, clock, number, kind=kind, campaign="flu", step="offer")
    desk.database.write(lambda conn: pace.halt(conn, reason, clock.now))
    sent = {Kind(line.row(desk, job.outbox_id).kind) for job in _claim(desk, clock)}
    assert sent == kinds


@pytest.mark.parametrize(
    ("hour", "minute", "minutes"),
    [(10, 0, 660), (19, 44, 76)],
)
def test_no_staged_message_may_be_delivered_after_nine_in_the_evening(
    desk: Desk, clock: Clock, hour: int, minute: int, minutes: int
) -> None:
    """P6: the provider's validity period ends at 21:00 in London."""
    clock.now = clock.now.replace(hour=hour, minute=minute)
    line.queue(desk, clock.now, not_after=clock.now.replace(hour=19, minute=45))
    assert _claim(desk, clock)[0].message.valid_for == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("moment", "leaves"),
    [
        ("2027-03-28T07:59", False), ("2027-03-28T08:00", True),  # forward: 09:00 is 08:00 UTC
        ("2027-03-28T18:44", True), ("2027-03-28T18:45", False),
        ("2027-10-31T08:59", False), ("2027-10-31T09:00", True),  # and back: 09:00 is 09:00 UTC
        ("2027-10-31T19:44", True), ("2027-10-31T19:45", False),
    ],
)  # fmt: skip
def test_p6_staged_messages_leave_between_nine_and_a_quarter_to_eight_on_both_clock_change_days(
    desk: Desk, clock: Clock, moment: str, leaves: bool
) -> None:
    clock.now = datetime.fromisoformat(f"{moment}+00:00")
    line.queue(desk, clock.now)
    assert bool(_claim(desk, clock)) is leaves


def test_a_message_is_not_delivered_once_its_window_closed(desk: Desk, clock: Clock) -> None:
    clock.now = clock.now.replace(hour=19)
    line.queue(desk, clock.now, closes_on=date(2027, 2, 3))
    assert _claim(desk, clock)[0].message.valid_for == timedelta(hours=2)


def test_care_26_what_must_not_go_after_noon_is_not_delivered_after_noon_either(
    desk: Desk, clock: Clock
) -> None:
    clock.now = clock.now.replace(hour=11)
    line.queue(desk, clock.now, not_after=clock.now.replace(hour=12))
    assert _claim(desk, clock)[0].message.valid_for == timedelta(hours=1)


def test_a_reply_is_valid_as_long_as_it_is_useful(desk: Desk, clock: Clock) -> None:
    _reply(desk, clock, not_after=clock.now + timedelta(minutes=30))
    assert _claim(desk, clock)[0].message.valid_for == timedelta(minutes=30)


def test_put_back_gives_the_row_to_the_next_claim(desk: Desk, clock: Clock) -> None:
    row = line.queue(desk, clock.now)
    late = _claim(desk, clock)
    assert dispatch.put_back(desk, late, clock.now) == 1
    clock.pass_(seconds=1)
    assert [job.outbox_id for job in _claim(desk, clock)] == [row]


def test_what_never_began_goes_back_though_its_lease_ended_meanwhile(desk: Desk, clock: Clock) -> None:
    """A frozen process, or a clock set on by an hour: nothing left, so nothing is in doubt."""
    row = line.queue(desk, clock.now, channel=TELEGRAM)
    late = _claim(desk, clock, TELEGRAM)
    clock.pass_(seconds=61)
    assert reconcile.expired_leases(desk, clock.now) == 1
    assert (line.state(desk, row), _alerts(desk)) == ("uncertain", ["uncertain"])
    assert dispatch.put_back(desk, late, clock.now) == 1
    assert (line.state(desk, row), line.row(desk, row).attempts, _alerts(desk)) == ("queued", 0, [])


def test_what_another_claim_left_in_doubt_is_not_put_back_by_the_first(desk: Desk, clock: Clock) -> None:
    """Its call may have begun: whoever claimed it earlier knows nothing of that."""
    row = line.queue(desk, clock.now)
    first = _claim(desk, clock)
    assert dispatch.put_back(desk, first, clock.now) == 1
    clock.pass_(seconds=1)
    _claim(desk, clock)
    clock.pass_(seconds=61)
    assert reconcile.expired_leases(desk, clock.now) == 1
    assert dispatch.put_back(desk, first, clock.now) == 0
    assert line.state(desk, row) == "uncertain"


# --- what is left -------------------------------------------------------------------------------------


def test_what_is_left_is_what_a_claim_would_take_and_what_is_under_way(desk: Desk, clock: Clock) -> None:
    line.queue(desk, clock.now)
    line.queue(desk, clock.now, 1)
    line.queue(desk, clock.now, 2, send_at=clock.now + timedelta(hours=1))
    assert dispatch.left(desk, SMS, clock.now) == 2
    [job, _] = _claim(desk, clock)
    assert dispatch.left(desk, SMS, clock.now) == 2
    dispatch.record(desk, [(job.outbox_id, Accepted("SM1"), clock.now)], clock.now)
    assert dispatch.left(desk, SMS, clock.now) == 1
    assert dispatch.left(desk, TELEGRAM, clock.now) == 0


@pytest.mark.parametrize(
    ("columns", "moment"),
    [
        ({"closes_on": date(2027, 2, 2)}, datetime(2027, 2, 2, 10, tzinfo=UTC)),
        ({"campaign": "icon"}, datetime(2027, 2, 2, 10, tzinfo=UTC)),
        ({"not_after": None}, datetime(2027, 2, 2, 20, tzinfo=UTC)),
    ],
    ids=["window", "approved", "quiet hours"],
)
def test_what_no_gate_lets_through_is_not_left_to_go(
    desk: Desk, clock: Clock, columns: dict[str, Any], moment: datetime
) -> None:
    line.queue(desk, clock.now, **columns)
    clock.now = moment
    assert dispatch.left(desk, SMS, clock.now) == 0
    assert _claim(desk, clock) == []


@pytest.mark.parametrize("reason", [pace.HALTED_BY_STAFF, "provider:20003"])
def test_a_halted_sender_has_nothing_left_that_is_planned(desk: Desk, clock: Clock, reason: str) -> None:
    line.queue(desk, clock.now)
    desk.database.write(lambda conn: pace.halt(conn, reason, clock.now))
    assert dispatch.left(desk, SMS, clock.now) == 0


def test_a_sender_that_was_told_to_wait_long_is_not_waited_for(desk: Desk, clock: Clock) -> None:
    line.queue(desk, clock.now)
    [sender] = desk.database.read(pace.all_senders)
    for seconds, expected in ((50, 1), (70, 0)):
        until = clock.now + timedelta(seconds=seconds)
        desk.database.write(lambda conn, until=until: pace.reserve(conn, sender.id, until))
        assert dispatch.left(desk, SMS, clock.now) == expected


def test_nobody_knows_what_is_left_while_the_clocks_differ(desk: Desk, clock: Clock) -> None:
    with pytest.raises(NotAllowed) as refused:
        dispatch.left(desk, SMS, clock.now + timedelta(seconds=3))
    assert refused.value.code == "skew"


def test_the_next_moment_is_the_first_for_which_something_is_queued(desk: Desk, clock: Clock) -> None:
    assert dispatch.next_at(desk, clock.now) is None
    later = clock.now + timedelta(hours=3)
    line.queue(desk, clock.now)
    line.queue(desk, clock.now, 1, send_at=later)
    assert dispatch.next_at(desk, clock.now) == later
    assert dispatch.next_at(desk, later) is None
