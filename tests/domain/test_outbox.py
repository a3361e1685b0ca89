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


def test_every_kind_has_its_gates_and_its_place_in_the_claim() -> None:
    assert set(GATES) == set(Kind) == set(CLAIM_ORDER)


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
