"""The two tables: which gates a kind must pass, and which moves are legal."""

from __future__ import annotations

import itertools

import pytest

from bot.domain.outbox import (
    CLAIM_ORDER,
    CLOSED_UNSENT,
    GATES,
    OPEN,
    SPENT,
    Gate,
    Kind,
    State,
    before_states,
    may_move,
    may_receipt_move,
)  # fmt: skip

# Written out a second time, in the design's words, so that a slip in either table is a failure here.
PASSES: dict[Kind, str] = {
    Kind.STAGED: "consent stop overtaken hold quiet window pause approved guest",
    Kind.CHOSEN: "consent stop overtaken quiet window approved guest",
    Kind.CHECK_IN: "consent stop overtaken quiet window guest",
    Kind.REPLY: "overtaken window",
    Kind.CRISIS: "",
    Kind.STAFF: "consent stop overtaken hold quiet guest",
    Kind.REMINDER: "consent stop overtaken hold quiet window pause approved guest",
    Kind.REMOVAL: "",
}
GOES_TO: dict[State, str] = {
    State.WAITING: "queued skipped expired cancelled",
    State.QUEUED: "waiting sending skipped expired cancelled",
    State.SENDING: "sent failed uncertain queued delivered",
    State.SENT: "delivered failed",
    State.UNCERTAIN: "sent delivered failed queued",
    State.DELIVERED: "",
    State.FAILED: "",
    State.SKIPPED: "",
    State.EXPIRED: "",
    State.CANCELLED: "",
}
RECEIPTS = {  # what a receipt may do; everything else it says is late, repeated or out of order
    (State.SENDING, State.SENT), (State.SENDING, State.DELIVERED), (State.SENDING, State.FAILED),
    (State.SENDING, State.UNCERTAIN), (State.UNCERTAIN, State.SENT), (State.UNCERTAIN, State.DELIVERED),
    (State.UNCERTAIN, State.FAILED), (State.SENT, State.DELIVERED), (State.SENT, State.FAILED),
}  # fmt: skip
PAIRS = list(itertools.product(State, State))


def test_every_kind_has_its_gates_and_its_place_in_the_claim() -> None:
    assert set(GATES) == set(Kind) == set(CLAIM_ORDER)


@pytest.mark.parametrize("kind", Kind)
def test_a_kind_passes_the_gates_that_the_design_names_and_no_other(kind: Kind) -> None:
    assert GATES[kind] == {Gate(name) for name in PASSES[kind].split()}


def test_a_crisis_answer_goes_first_then_replies_and_what_was_planned_last() -> None:
    assert " ".join(CLAIM_ORDER) == "crisis removal reply staff check_in reminder chosen staged"


@pytest.mark.parametrize("before", State)
def test_a_state_goes_where_the_design_says_and_nowhere_else(before: State) -> None:
    assert {after for after in State if may_move(before, after)} == set(map(State, GOES_TO[before].split()))


@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_a_receipt_moves_what_the_design_says_and_nothing_else(before: State, after: State) -> None:
    assert may_receipt_move(before, after) == ((before, after) in RECEIPTS)


def test_every_state_is_open_closed_or_spent_and_only_one_of_them() -> None:
    groups = (OPEN, CLOSED_UNSENT, SPENT)
    assert set().union(*groups) == set(State)
    assert sum(map(len, groups)) == len(State)


def test_a_staged_message_passes_every_gate_and_a_crisis_answer_none() -> None:
    assert GATES[Kind.STAGED] == set(Gate)
    assert GATES[Kind.CRISIS] == set()
    assert Gate.HOLD not in GATES[Kind.CHOSEN]


@pytest.mark.parametrize(
    ("spent", "back"), list(itertools.product(sorted(SPENT), sorted(CLOSED_UNSENT | {State.WAITING})))
)
def test_what_is_spent_is_never_planned_again(spent: State, back: State) -> None:
    assert not may_move(spent, back, new_round=True)


@pytest.mark.parametrize("closed", sorted(CLOSED_UNSENT))
def test_what_ended_unsent_waits_again_only_in_a_new_round(closed: State) -> None:
    assert may_move(closed, State.WAITING, new_round=True)
    assert not may_move(closed, State.WAITING)
    assert not may_move(closed, State.QUEUED, new_round=True)


def test_only_what_is_queued_or_put_right_begins_sending() -> None:
    assert before_states(State.SENDING) == {State.QUEUED}


def test_a_receipt_moves_forward_only_and_delivered_is_the_end() -> None:
    assert may_receipt_move(State.SENT, State.DELIVERED)
    assert may_receipt_move(State.UNCERTAIN, State.DELIVERED)
    assert not may_receipt_move(State.DELIVERED, State.FAILED)
    assert not may_receipt_move(State.DELIVERED, State.SENT)
    assert not may_receipt_move(State.FAILED, State.SENT)
    assert not may_receipt_move(State.QUEUED, State.SENT)
