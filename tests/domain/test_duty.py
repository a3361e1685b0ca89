"""Which alerts ring, what is said of them, and how long that is tried."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.domain import duty
from bot.domain.duty import Call
from bot.domain.meaning import Crisis

AT = datetime(2027, 2, 2, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize("kind", [f"crisis:{crisis}" for crisis in Crisis])
def test_p10_every_kind_of_crisis_rings(kind: str) -> None:
    assert duty.rings(kind)


@pytest.mark.parametrize(
    ("kind", "rings"),
    [
        ("loss_of_twin", True), ("loss_by_relative", True), ("urgent_failed", True), ("message_failed", True),
        ("sender_halted", True), ("uncertain", False), ("put_aside", False), ("no_words", False),
        ("told_during_hold", False), ("address_failing", False),
    ],
)  # fmt: skip
def test_of_the_others_what_needs_a_person_now_rings(kind: str, rings: bool) -> None:
    assert duty.rings(kind) is rings


def test_a_call_has_the_same_id_for_the_same_alerts_and_no_other() -> None:
    """So that a receiver can drop what it has, and misses nothing that joined it."""
    first = Call("crisis:abuse", AT, (1, 2), 7, tries=1)
    again = Call("crisis:abuse", AT + timedelta(hours=1), (2, 1), 7, tries=9)
    more = Call("crisis:abuse", AT, (1, 2, 3), 7)
    assert first.id == again.id
    assert len({first.id, more.id, Call("crisis:abuse", AT, (1,), 7).id}) == 3


def test_two_tests_are_two_calls() -> None:
    assert Call(duty.TEST, AT, ()).id != Call(duty.TEST, AT + timedelta(minutes=1), ()).id


def test_it_waits_longer_each_time_and_never_more_than_ten_minutes() -> None:
    waits = [duty.wait(tries).total_seconds() for tries in range(1, 40)]
    assert waits == sorted(waits)
    assert (waits[0], waits[1], waits[-1]) == (10, 20, 600)


def test_p11_what_is_said_is_what_when_which_family_and_how_to_look() -> None:
    assert duty.lines(Call("crisis:abuse", AT, (1, 2), 7)) == (
        "What: crisis:abuse (2 alerts)",
        "When: 2027-02-02 10:00 UTC",
        "About: family 7",
        "Look: thinkfamily alerts list, and thinkfamily inbox list",
        "Close it when somebody has seen to it: thinkfamily alerts close ID",
        "Never text or ring back on an alert of abuse.",
    )
    assert "About: no family that we know" in duty.lines(Call("sender_halted", AT, (1,)))


def test_a_test_says_that_it_is_one() -> None:
    assert duty.lines(Call(duty.TEST, AT, ())) == (
        "This is a test. Nothing has happened, and nothing is to be done.",
    )
