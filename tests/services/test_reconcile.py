"""Reconcile: what is in doubt is settled by the provider's own list, and time does the rest."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.domain.address import ChannelName
from bot.domain.campaign import Calendar
from bot.domain.inbound import Listed, Receipt
from bot.domain.outbox import Accepted, Kind, Refused, State, Uncertain
from bot.services import dispatch, reconcile
from bot.services.desk import Desk
from bot.services.dispatch import UNPACED
from bot.store import addresses, alerts
from bot.store.addresses import AddressRow
from bot.store.database import Database
from bot.store.sealed import Seal
from tests import line, rows
from tests.clock import Clock

SMS, TELEGRAM = ChannelName.SMS, ChannelName.TELEGRAM
BODY = "Flu jab: ask your midwife."


@pytest.fixture
def desk(database: Database, seal: Seal) -> Desk:
    return line.desk(database, seal)


def _sending(desk: Desk, clock: Clock, number: int = 0, channel: ChannelName = SMS, **columns: Any) -> int:
    row = line.queue(desk, clock.now, number, channel, **columns)
    dispatch.claim(desk, channel, 8, clock.now, UNPACED)
    return row


def _in_doubt(desk: Desk, clock: Clock, channel: ChannelName = SMS, number: int = 0) -> int:
    row = _sending(desk, clock, number, channel)
    dispatch.record(desk, [(row, Uncertain("unanswered"), clock.now)], clock.now)
    return row


def _sent(desk: Desk, clock: Clock) -> int:
    row = _sending(desk, clock)
    dispatch.record(desk, [(row, Accepted("SM1"), clock.now)], clock.now)
    return row


def _said(desk: Desk, row: int, state: State, **more: Any) -> Receipt:
    return Receipt(SMS, line.row(desk, row).public_id, "SM1", state, **more)


def _address(desk: Desk, row: int) -> AddressRow:
    return desk.database.read(lambda conn: addresses.by_id(conn, rows.of(conn, row).address_id))


def _listed(moment: datetime, **changes: Any) -> Listed:
    fields: dict[str, Any] = {
        "provider_id": "SM7", "to": "+447700900000", "body": BODY, "at": moment, "state": State.SENT,
    }  # fmt: skip
    return Listed(**(fields | changes))


# --- receipts -----------------------------------------------------------------------------------------


def test_a_receipt_delivers(desk: Desk, clock: Clock) -> None:
    row = _sent(desk, clock)
    assert reconcile.receipt(desk, _said(desk, row, State.DELIVERED), clock.now)
    assert line.state(desk, row) == "delivered"


def test_a_receipt_heals_a_doubt(desk: Desk, clock: Clock) -> None:
    row = _in_doubt(desk, clock)
    reconcile.receipt(desk, _said(desk, row, State.SENT), clock.now)
    assert (line.state(desk, row), line.row(desk, row).provider_id) == ("sent", "SM1")


def test_a_receipt_before_the_answer_is_not_lowered_by_it(desk: Desk, clock: Clock) -> None:
    row = _sending(desk, clock)
    reconcile.receipt(desk, _said(desk, row, State.DELIVERED), clock.now)
    dispatch.record(desk, [(row, Accepted("SM1"), clock.now)], clock.now)
    assert line.state(desk, row) == "delivered"


def test_a_repeated_receipt_changes_nothing(desk: Desk, clock: Clock) -> None:
    row = _sent(desk, clock)
    said = _said(desk, row, State.DELIVERED)
    assert [reconcile.receipt(desk, said, clock.now) for _ in range(3)] == [True, False, False]


def test_a_receipt_for_a_message_nobody_knows_is_answered_quietly(desk: Desk, clock: Clock) -> None:
    said = Receipt(SMS, "0" * 32, None, State.DELIVERED)
    assert reconcile.receipt(desk, said, clock.now) is False


def test_one_bad_day_is_not_a_refusal(desk: Desk, clock: Clock) -> None:
    """PEERS: ten failures on one day count as one."""
    for _ in range(10):
        row = _sent_again(desk, clock)
        reconcile.receipt(desk, _said(desk, row, State.FAILED, code="30003"), clock.now)
    assert not _address(desk, row).suspended


def _sent_again(desk: Desk, clock: Clock) -> int:
    row = _sending(desk, clock, kind=Kind.REPLY, sealed=desk.seal.seal("outbox.body", "x"))
    dispatch.record(desk, [(row, Accepted(f"SM{row}"), clock.now)], clock.now)
    return row


def test_an_arrival_starts_the_count_of_bad_days_anew(desk: Desk, clock: Clock) -> None:
    for state in (State.FAILED, State.FAILED, State.DELIVERED, State.FAILED):
        row = _sent_again(desk, clock)
        reconcile.receipt(desk, _said(desk, row, state), clock.now)
        clock.pass_(days=1)
    assert not _address(desk, row).suspended


# --- leases -------------------------------------------------------------------------------------------


def test_a_row_whose_process_went_away_is_in_doubt_once_its_lease_is_over(desk: Desk, clock: Clock) -> None:
    """P4: never blindly sent again."""
    row = _sending(desk, clock)
    clock.pass_(seconds=59)
    assert reconcile.expired_leases(desk, clock.now) == 0
    clock.pass_(seconds=2)
    assert reconcile.expired_leases(desk, clock.now) == 1
    assert (line.state(desk, row), line.row(desk, row).reason) == ("uncertain", "lease")


@pytest.mark.parametrize("kind", [Kind.CRISIS, Kind.STAGED])
def test_p10_what_must_not_be_lost_goes_again_though_its_process_never_comes_back(
    database: Database, desk: Desk, seal: Seal, clock: Clock, kind: Kind
) -> None:
    """A crisis answer, and a step that may double: another process ends the lease, and they go again."""
    words = desk.seal.seal("outbox.body", "Call 999.")
    row = _sending(desk, clock, kind=kind, sealed=words if kind is Kind.CRISIS else None)
    clock.pass_(seconds=61)
    important = line.shelf(line.step("offer", resend_if_uncertain=True))
    reconcile.expired_leases(line.desk(database, seal, holder="there", shelf=important), clock.now)
    assert (line.state(desk, row), line.row(desk, row).reason) == ("queued", "lease")


def test_an_answer_that_comes_after_the_lease_is_still_believed(desk: Desk, clock: Clock) -> None:
    row = _sending(desk, clock)
    clock.pass_(seconds=61)
    reconcile.expired_leases(desk, clock.now)
    dispatch.record(desk, [(row, Accepted("SM1"), clock.now)], clock.now)
    assert line.state(desk, row) == "sent"


# --- look-ups -----------------------------------------------------------------------------------------


def test_a_text_in_doubt_is_looked_up_five_minutes_after_the_attempt(desk: Desk, clock: Clock) -> None:
    row = _in_doubt(desk, clock)
    assert reconcile.look_ups(desk, clock.pass_(minutes=4, seconds=59)) == []
    (question,) = reconcile.look_ups(desk, clock.pass_(seconds=1))
    assert (question.outbox_id, question.address.value) == (row, "+447700900000")


def test_doubts_that_nobody_can_settle_do_not_keep_others_waiting(desk: Desk, clock: Clock) -> None:
    """P13: twenty are asked about at a time, and those that were asked about come last."""
    rows = {_in_doubt(desk, clock, number=number) for number in range(25)}
    first = {one.outbox_id for one in reconcile.look_ups(desk, clock.pass_(minutes=10))}
    second = [one.outbox_id for one in reconcile.look_ups(desk, clock.pass_(minutes=5))]
    assert len(first) == len(second) == 20
    assert set(second[:5]) == rows - first


def test_telegram_cannot_tell_and_is_not_asked(desk: Desk, clock: Clock) -> None:
    _in_doubt(desk, clock, TELEGRAM)
    assert reconcile.look_ups(desk, clock.pass_(minutes=10)) == []


def test_a_text_that_is_listed_did_leave(desk: Desk, clock: Clock) -> None:
    row = _in_doubt(desk, clock)
    assert reconcile.healed(desk, row, [_listed(clock.now)], clock.pass_(minutes=6))
    assert (line.state(desk, row), line.row(desk, row).provider_id) == ("sent", "SM7")


@pytest.mark.parametrize("state", [State.DELIVERED, State.FAILED])
def test_a_listed_text_has_the_state_of_the_list(desk: Desk, clock: Clock, state: State) -> None:
    row = _in_doubt(desk, clock)
    reconcile.healed(desk, row, [_listed(clock.now, state=state)], clock.now)
    assert line.state(desk, row) == state.value


@pytest.mark.parametrize(
    "changes",
    [
        {"to": "+447700900001"},
        {"body": "Something else."},
        {"at": datetime.fromisoformat("2027-02-01T10:00:00+00:00")},
    ],
)
def test_another_text_is_not_taken_for_ours(desk: Desk, clock: Clock, changes: dict[str, Any]) -> None:
    row = _in_doubt(desk, clock)
    reconcile.healed(desk, row, [_listed(clock.now, **changes)], clock.now)
    assert line.state(desk, row) == "queued"


def test_a_text_that_is_not_listed_was_never_taken_and_goes_again(desk: Desk, clock: Clock) -> None:
    row = _in_doubt(desk, clock)
    assert reconcile.healed(desk, row, [], clock.pass_(minutes=6))
    assert [job.outbox_id for job in dispatch.claim(desk, SMS, 8, clock.now, UNPACED)] == [row]


def test_a_provider_that_could_not_be_asked_settles_nothing(desk: Desk, clock: Clock) -> None:
    row = _in_doubt(desk, clock)
    assert not reconcile.healed(desk, row, None, clock.now)
    assert line.state(desk, row) == "uncertain"


def test_a_doubt_settled_meanwhile_is_left_alone(desk: Desk, clock: Clock) -> None:
    row = _sent(desk, clock)
    assert not reconcile.healed(desk, row, [], clock.now)
    assert line.state(desk, row) == "sent"


def test_p4_a_list_that_comes_after_the_text_went_again_takes_nothing_back(desk: Desk, clock: Clock) -> None:
    """It was not listed, so it is on its way a second time; an older list must not send it a third."""
    row = _in_doubt(desk, clock)
    assert reconcile.healed(desk, row, [], clock.now)
    dispatch.claim(desk, SMS, 8, clock.pass_(minutes=1), UNPACED)
    assert line.state(desk, row) == "sending"
    assert not reconcile.healed(desk, row, [], clock.now)
    assert line.state(desk, row) == "sending"


# --- time ---------------------------------------------------------------------------------------------


def test_a_step_not_sent_by_the_evening_waits_for_the_planner(desk: Desk, clock: Clock) -> None:
    row = line.queue(desk, clock.now, not_after=clock.now + timedelta(hours=1))
    reconcile.expire(desk, clock.pass_(hours=2))
    seen = line.row(desk, row)
    assert (seen.state, seen.look_on) == ("waiting", clock.now.date() + timedelta(days=1))


@pytest.mark.parametrize(("hour", "goes"), [(12, "18:00"), (17, "18:00"), (19, "19:00")])
def test_care_26_what_speaks_of_food_and_missed_noon_in_ramadan_goes_after_six(
    desk: Desk, clock: Clock, hour: int, goes: str
) -> None:
    """It waited for the next day, on which its window may be over."""
    noon = clock.now.replace(hour=12, minute=0)
    row = line.queue(desk, clock.now, not_after=noon)
    reconcile.expire(_on_a_day_of_fasting(desk, clock), noon.replace(hour=hour))
    seen = line.row(desk, row)
    assert (seen.state, seen.day) == ("queued", noon.date())
    assert [f"{one:%H:%M}" for one in (seen.send_at, seen.not_after)] == [goes, "19:45"]


def test_care_26_it_leaves_at_six_and_not_before(desk: Desk, clock: Clock) -> None:
    noon = clock.now.replace(hour=12, minute=0)
    row = line.queue(desk, clock.now, not_after=noon)
    reconcile.expire(_on_a_day_of_fasting(desk, clock), noon)
    claimed = []
    for clock.now in (noon, noon.replace(hour=17, minute=59), noon.replace(hour=18)):
        claimed.append([job.outbox_id for job in dispatch.claim(desk, SMS, 8, clock.now, UNPACED)])
    assert claimed == [[], [], [row]]


def test_care_26_what_missed_the_evening_too_waits_for_the_planner(desk: Desk, clock: Clock) -> None:
    noon = clock.now.replace(hour=12, minute=0)
    row = line.queue(desk, clock.now, not_after=noon)
    fasts = _on_a_day_of_fasting(desk, clock)
    reconcile.expire(fasts, noon)
    reconcile.expire(fasts, noon.replace(hour=19, minute=45))
    seen = line.row(desk, row)
    assert (seen.state, seen.look_on) == ("waiting", noon.date() + timedelta(days=1))


def _on_a_day_of_fasting(desk: Desk, clock: Clock) -> Desk:
    calendar = Calendar(fasting=frozenset({clock.now.date()}))
    return replace(desk, config=replace(desk.config, calendar=calendar))


def test_a_reply_is_not_sent_half_an_hour_late(desk: Desk, clock: Clock) -> None:
    row = line.queue(desk, clock.now, kind=Kind.REPLY, not_after=clock.now + timedelta(minutes=30))
    assert reconcile.expire(desk, clock.pass_(minutes=31)).answers == 1
    assert line.state(desk, row) == "expired"


@pytest.mark.parametrize(("hour", "goes"), [(21, "2027-02-03T09:00"), (3, "2027-02-02T09:00")])
def test_a_check_in_left_over_goes_in_the_next_morning(
    desk: Desk, clock: Clock, hour: int, goes: str
) -> None:
    row = line.queue(
        desk, clock.now, kind=Kind.CHECK_IN, day=clock.now.date() - timedelta(days=1), not_after=None
    )
    clock.now = clock.now.replace(hour=hour)
    reconcile.expire(desk, clock.now)
    assert f"{line.row(desk, row).send_at:%Y-%m-%dT%H:%M}" == goes


def test_no_alert_is_raised_by_what_goes_well(desk: Desk, clock: Clock) -> None:
    row = _sent(desk, clock)
    reconcile.receipt(desk, _said(desk, row, State.DELIVERED), clock.now)
    reconcile.expire(desk, clock.now)
    assert desk.database.read(alerts.listed) == []


def test_three_days_of_failures_are_a_refusal_and_staff_are_told(desk: Desk, clock: Clock) -> None:
    for _ in range(3):
        row = _sent_again(desk, clock)
        reconcile.receipt(desk, _said(desk, row, State.FAILED, code="30003"), clock.now)
        clock.pass_(days=1)
    kinds = [alert.kind for alert in desk.database.read(alerts.listed)]
    assert (_address(desk, row).suspended, kinds) == (True, ["address_failing"])


def test_a_receipt_that_says_the_person_opted_out_is_a_stop(desk: Desk, clock: Clock) -> None:
    row = _sent(desk, clock)
    said = Refused("opted_out", suspend=True, stop=True)
    reconcile.receipt(desk, _said(desk, row, State.FAILED, code="21610", refused=said), clock.now)
    assert _address(desk, row).stopped


# --- the alert of a doubt ------------------------------------------------------------------------------


def _open(desk: Desk) -> list[str]:
    return [alert.kind for alert in desk.database.read(alerts.listed)]


def test_the_alert_of_a_doubt_closes_with_a_receipt(desk: Desk, clock: Clock) -> None:
    row = _in_doubt(desk, clock, TELEGRAM)
    assert _open(desk) == ["uncertain"]
    public_id = line.row(desk, row).public_id
    reconcile.receipt(desk, Receipt(TELEGRAM, public_id, "7", State.DELIVERED), clock.now)
    assert _open(desk) == []


def test_the_alert_of_a_doubt_closes_with_an_answer_that_comes_after_the_lease(
    desk: Desk, clock: Clock
) -> None:
    row = _in_doubt(desk, clock, TELEGRAM)
    dispatch.record(desk, [(row, Accepted("7"), clock.now)], clock.now)
    assert (line.state(desk, row), _open(desk)) == ("sent", [])


@pytest.mark.parametrize("listed", [True, False])
def test_the_alert_of_a_doubt_closes_with_the_providers_list(desk: Desk, clock: Clock, listed: bool) -> None:
    row = _in_doubt(desk, clock)
    desk.database.write(lambda conn: alerts.raise_alert(conn, "uncertain", clock.now, outbox_id=row))
    reconcile.healed(desk, row, [_listed(clock.now)] if listed else [], clock.now)
    assert _open(desk) == []


def test_the_alert_of_a_doubt_stays_while_nobody_can_tell(desk: Desk, clock: Clock) -> None:
    row = _in_doubt(desk, clock, TELEGRAM)
    dispatch.record(desk, [(row, Uncertain("unanswered"), clock.now)], clock.now)
    assert _open(desk) == ["uncertain"]


def test_a_text_whose_number_cannot_be_opened_does_not_keep_the_others_from_being_asked_about(
    desk: Desk, clock: Clock
) -> None:
    broken, fine = (_sending(desk, clock, number) for number in (0, 1))
    for row in (broken, fine):
        dispatch.record(desk, [(row, Uncertain("unanswered"), clock.now)], clock.now)
    damage = f"UPDATE addresses SET sealed = NULL WHERE address_id = {line.row(desk, broken).address_id}"
    damaged = damage.replace("NULL", "X'6b39'" if desk.database.sqlite else "'\\x6b39'::bytea")
    desk.database.write(lambda conn: conn.exec_driver_sql(damaged))
    questions = reconcile.look_ups(desk, clock.pass_(minutes=5))
    assert [one.outbox_id for one in questions] == [fine]
