"""What became of a claimed row: only legal moves, receipts by rank, nothing lost by being late."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot.domain.address import ChannelName
from bot.domain.inbound import Receipt
from bot.domain.outbox import Kind, Reason, State, may_move, may_receipt_move
from bot.store import accepted, outcomes
from bot.store.database import Database
from bot.store.sealed import Seal
from tests import rows
from tests.clock import Clock

Row = sa.Row[Any]
Change = Callable[[sa.Connection, int, datetime], object]


def _change(
    database: Database, seal: Seal, clock: Clock, change: Change, kind: Kind = Kind.STAGED, **columns: Any
) -> Row:
    """A row with `columns`, then the change: the row afterwards."""

    def work(conn: sa.Connection) -> Row:
        who = rows.someone(conn, seal, clock.now)
        row = rows.row(conn, who, clock.now, kind, **columns)
        change(conn, row, clock.now)
        return rows.of(conn, row)

    return database.write(work)


def _claimed(**more: Any) -> dict[str, Any]:
    return {"state": "sending", "claimed_by": "me", "attempts": 1} | more


def _accept(conn: sa.Connection, row: int, now: datetime) -> None:
    accepted.record(conn, [(row, "SM1", now, now.date())], now)


def _fail(conn: sa.Connection, row: int, now: datetime) -> bool:
    return outcomes.end(conn, row, State.FAILED, Reason.REFUSED, "30006", now, holder="me")


def _doubt(conn: sa.Connection, row: int, now: datetime) -> bool:
    return outcomes.end(conn, row, State.UNCERTAIN, Reason.UNANSWERED, "unanswered", now)


def _again(conn: sa.Connection, row: int, now: datetime) -> bool:
    later = now + timedelta(seconds=30)
    return outcomes.again(conn, row, Reason.PUT_BACK, later, "20429", now, holder="me")


def test_an_accepted_row_is_sent_with_the_providers_id_and_the_day_it_left(
    database: Database, seal: Seal, clock: Clock
) -> None:
    row = _change(database, seal, clock, _accept, **_claimed(day=None))
    assert (row.state, row.provider_id, row.day) == ("sent", "SM1", clock.now.date())
    assert (row.sent_at, row.claimed_by) == (clock.now, None)


def test_recording_the_same_answer_twice_changes_nothing(
    database: Database, seal: Seal, clock: Clock
) -> None:
    def twice(conn: sa.Connection, row: int, now: datetime) -> None:
        _accept(conn, row, now)
        accepted.record(conn, [(row, "SM2", now + timedelta(hours=1), now.date())], now)

    row = _change(database, seal, clock, twice, **_claimed())
    assert (row.provider_id, row.sent_at) == ("SM1", clock.now)


def test_an_answer_that_comes_after_its_receipt_keeps_delivered(
    database: Database, seal: Seal, clock: Clock
) -> None:
    row = _change(database, seal, clock, _accept, state="delivered", provider_id=None, sent_at=None)
    assert (row.state, row.provider_id, row.sent_at) == ("delivered", "SM1", clock.now)


def test_a_batch_of_answers_is_recorded_together(database: Database, seal: Seal, clock: Clock) -> None:
    """One of them had its receipt first; the others are not held up, and nothing is lowered."""

    def work(conn: sa.Connection) -> list[tuple[str, str]]:
        ids = []
        for number, state in enumerate(("sending", "delivered", "uncertain")):
            who = rows.someone(conn, seal, clock.now, number)
            ids.append(rows.row(conn, who, clock.now, state=state))
        taken = [(row, f"SM{n}", clock.now, clock.now.date()) for n, row in enumerate(ids)]
        accepted.record(conn, taken, clock.now)
        after = [rows.of(conn, row) for row in ids]
        return [(row.state, row.provider_id) for row in after]

    assert database.write(work) == [("sent", "SM0"), ("delivered", "SM1"), ("sent", "SM2")]


def test_a_put_back_row_goes_again_not_before_its_moment(
    database: Database, seal: Seal, clock: Clock
) -> None:
    row = _change(database, seal, clock, _again, **_claimed())
    assert (row.state, row.send_at) == ("queued", clock.now + timedelta(seconds=30))
    assert (row.reason, row.provider_code) == ("put_back", "20429")


@pytest.mark.parametrize("before", list(State))
@pytest.mark.parametrize(
    ("after", "change"),
    [(State.FAILED, _fail), (State.UNCERTAIN, _doubt), (State.QUEUED, _again), (State.SENT, _accept)],
)
def test_an_answer_moves_only_what_was_claimed_and_only_as_the_table_allows(
    database: Database, seal: Seal, clock: Clock, before: State, after: State, change: Change
) -> None:
    row = _change(database, seal, clock, change, state=before.value, claimed_by="me")
    moves = may_move(before, after) and before in (State.SENDING, State.UNCERTAIN)
    assert row.state == (after.value if moves else before.value)


@pytest.mark.parametrize("change", [_fail, _again])
def test_an_answer_for_a_row_that_another_process_claimed_since_is_dropped(
    database: Database, seal: Seal, clock: Clock, change: Change
) -> None:
    row = _change(database, seal, clock, change, **_claimed(claimed_by="somebody else"))
    assert row.state == "sending"


@pytest.mark.parametrize("before", list(State))
@pytest.mark.parametrize("said", [State.SENT, State.DELIVERED, State.FAILED])
def test_a_receipt_moves_forward_by_rank_only(
    database: Database, seal: Seal, clock: Clock, before: State, said: State
) -> None:
    """P12: unordered and repeated receipts end where the ordered ones would."""

    def change(conn: sa.Connection, row: int, now: datetime) -> None:
        public_id = rows.of(conn, row).public_id
        receipt = Receipt(ChannelName.SMS, public_id, "SM1", said)
        outcomes.receipt(conn, receipt, now)
        outcomes.receipt(conn, receipt, now)

    row = _change(database, seal, clock, change, state=before.value)
    assert row.state == (said.value if may_receipt_move(before, said) else before.value)


def test_a_receipt_finds_its_row_by_the_providers_id_too(
    database: Database, seal: Seal, clock: Clock
) -> None:
    def change(conn: sa.Connection, _row: int, now: datetime) -> None:
        outcomes.receipt(conn, Receipt(ChannelName.SMS, None, "SM9", State.DELIVERED), now)

    row = _change(database, seal, clock, change, state="sent", provider_id="SM9")
    assert (row.state, row.delivered_at) == ("delivered", clock.now)


def test_p4_an_answer_that_comes_after_the_lease_ended_takes_back_the_second_try(
    database: Database, seal: Seal, clock: Clock
) -> None:
    found = _change(database, seal, clock, _accept, attempts=1)
    assert (found.state, found.provider_id, found.day) == ("sent", "SM1", clock.now.date())


def test_a_row_that_was_never_tried_is_not_sent_by_an_answer(
    database: Database, seal: Seal, clock: Clock
) -> None:
    assert _change(database, seal, clock, _accept).state == "queued"


@pytest.mark.parametrize(
    ("said", "state"), [("sent", "sent"), ("delivered", "delivered"), ("failed", "queued")]
)
def test_p4_a_receipt_of_the_first_try_takes_back_the_second(
    database: Database, seal: Seal, clock: Clock, said: str, state: str
) -> None:
    """One that failed goes once more, as it was to."""

    def told(conn: sa.Connection, row: int, now: datetime) -> None:
        public = rows.of(conn, row).public_id
        outcomes.receipt(conn, Receipt(ChannelName.SMS, public, "SM1", State(said)), now)

    assert _change(database, seal, clock, told, attempts=1).state == state


def test_a_receipt_for_an_unknown_row_changes_nothing(database: Database, seal: Seal, clock: Clock) -> None:
    def work(conn: sa.Connection) -> object:
        said = Receipt(ChannelName.SMS, "f" * 32, "SM404", State.DELIVERED)
        return outcomes.receipt(conn, said, clock.now)

    assert database.write(work) is None


def test_a_receipt_of_another_channel_is_not_ours(database: Database, seal: Seal, clock: Clock) -> None:
    def change(conn: sa.Connection, _row: int, now: datetime) -> None:
        outcomes.receipt(conn, Receipt(ChannelName.TELEGRAM, None, "SM9", State.DELIVERED), now)

    assert _change(database, seal, clock, change, state="sent", provider_id="SM9").state == "sent"


@pytest.mark.parametrize(("age", "ended"), [(-1, True), (1, False)])
def test_a_lease_ends_when_its_time_is_over(
    database: Database, seal: Seal, clock: Clock, age: int, ended: bool
) -> None:
    def work(conn: sa.Connection) -> list[int]:
        who = rows.someone(conn, seal, clock.now)
        until = clock.now + timedelta(seconds=age)
        rows.row(conn, who, clock.now, **_claimed(claimed_until=until))
        return [row.id for row in outcomes.leases_ended(conn, clock.now)]

    assert bool(database.write(work)) is ended


def test_only_doubts_of_that_channel_and_age_are_looked_up(
    database: Database, seal: Seal, clock: Clock
) -> None:
    def work(conn: sa.Connection) -> bool:
        who = rows.someone(conn, seal, clock.now)
        old = clock.now - timedelta(minutes=6)
        first = rows.row(conn, who, clock.now, Kind.REPLY, state="uncertain", attempted_at=old)
        rows.row(conn, who, clock.now, Kind.REPLY, state="uncertain", attempted_at=clock.now)
        rows.row(conn, who, clock.now, Kind.REPLY, state="sent", attempted_at=old)
        other = rows.someone(conn, seal, clock.now, 1, channel=ChannelName.TELEGRAM)
        rows.row(conn, other, clock.now, Kind.REPLY, state="uncertain", attempted_at=old)
        before = clock.now - timedelta(minutes=5)
        found = outcomes.uncertain(conn, ChannelName.SMS, before, 10, clock.now)
        return [row.id for row in found] == [first]

    assert database.write(work)


def _late(conn: sa.Connection, _row: int, now: datetime) -> None:
    outcomes.too_late_today(conn, now, now.date(), now.date() + timedelta(days=1))


def test_a_step_whose_sending_time_is_over_waits_for_tomorrow(
    database: Database, seal: Seal, clock: Clock
) -> None:
    row = _change(database, seal, clock, _late, not_after=clock.now)
    tomorrow = clock.now.date() + timedelta(days=1)
    assert (row.state, row.look_on, row.reason) == ("waiting", tomorrow, "too_late")


def test_a_step_left_over_from_an_earlier_day_is_looked_at_today(
    database: Database, seal: Seal, clock: Clock
) -> None:
    row = _change(database, seal, clock, _late, day=clock.now.date() - timedelta(days=3))
    assert (row.state, row.look_on) == ("waiting", clock.now.date())


@pytest.mark.parametrize("kind", [Kind.REPLY, Kind.CRISIS, Kind.STAFF, Kind.CHECK_IN])
def test_only_steps_of_a_plan_go_back_to_the_planner(
    database: Database, seal: Seal, clock: Clock, kind: Kind
) -> None:
    row = _change(database, seal, clock, _late, kind, day=clock.now.date(), not_after=clock.now)
    assert row.state == "queued"


def test_a_reply_that_became_useless_expires(database: Database, seal: Seal, clock: Clock) -> None:
    def change(conn: sa.Connection, _row: int, now: datetime) -> None:
        outcomes.expire_answers(conn, now)

    row = _change(database, seal, clock, change, Kind.REPLY, not_after=clock.now)
    assert (row.state, row.reason) == ("expired", "reply_expired")


def test_a_crisis_answer_has_no_end_of_its_own(database: Database, seal: Seal, clock: Clock) -> None:
    def change(conn: sa.Connection, _row: int, now: datetime) -> None:
        outcomes.expire_answers(conn, now + timedelta(days=3))

    assert _change(database, seal, clock, change, Kind.CRISIS, not_after=None).state == "queued"


@pytest.mark.parametrize(("closes_in", "state"), [(2, "queued"), (0, "expired")])
def test_a_check_in_that_was_too_late_goes_the_next_day_while_its_window_is_open(
    database: Database, seal: Seal, clock: Clock, closes_in: int, state: str
) -> None:
    today = clock.now.date()
    begins = clock.now + timedelta(days=1)

    def change(conn: sa.Connection, _row: int, now: datetime) -> None:
        outcomes.check_ins_tomorrow(conn, now, today, begins, begins + timedelta(hours=9))

    closes = today + timedelta(days=closes_in)
    row = _change(database, seal, clock, change, Kind.CHECK_IN, not_after=clock.now, closes_on=closes)
    assert row.state == state
    assert (row.send_at == begins) is (state == "queued")


def test_health_sees_the_oldest_message_that_is_due(database: Database, seal: Seal, clock: Clock) -> None:
    def work(conn: sa.Connection) -> datetime | None:
        who = rows.someone(conn, seal, clock.now)
        for minutes in (3, 9):
            rows.row(conn, who, clock.now, Kind.REPLY, send_at=clock.now - timedelta(minutes=minutes))
        return outcomes.oldest_queued(conn, clock.now)

    assert database.write(work) == datetime(2027, 2, 2, 9, 51, tzinfo=UTC)


def test_nothing_due_has_no_oldest(database: Database, clock: Clock) -> None:
    assert database.read(lambda conn: outcomes.oldest_queued(conn, clock.now)) is None
