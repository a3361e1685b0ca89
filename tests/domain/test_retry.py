"""What may be sent again by hand: only what nobody knows of, in time, and said aloud (P4)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.domain.address import ChannelName
from bot.domain.family import Purpose
from bot.domain.outbox import MOVES, State
from bot.domain.retry import BY_STATE, Refusal, Tried, refusal

NOW = datetime(2027, 2, 2, 12, tzinfo=UTC)
DOUBTED = Tried(
    state=State.UNCERTAIN,
    purpose=Purpose.PREGNANCY_AND_BABY,
    channel=ChannelName.TELEGRAM,
    attempted_at=NOW - timedelta(hours=1),
    closes_on=date(2027, 2, 5),
    not_after=NOW + timedelta(hours=7),
)


def test_p4_what_is_in_doubt_may_be_tried_again_when_it_may_double() -> None:
    assert refusal(DOUBTED, NOW, may_double=True) is None
    assert refusal(DOUBTED, NOW, may_double=False) is Refusal.MAY_DOUBLE


@pytest.mark.parametrize("state", State)
def test_every_state_but_uncertain_is_refused_and_the_table_of_moves_agrees(state: State) -> None:
    found = refusal(replace(DOUBTED, state=state), NOW, may_double=True)
    if state is State.UNCERTAIN:
        assert (found, State.QUEUED in MOVES[state]) == (None, True)
    else:
        assert found is BY_STATE[state]
    if found in (Refusal.LEFT, Refusal.REFUSED, Refusal.ENDED):
        assert State.QUEUED not in MOVES[state]


def test_what_follows_a_loss_is_never_sent_twice() -> None:
    row = replace(DOUBTED, purpose=Purpose.SUPPORT_AFTER_LOSS)
    assert refusal(row, NOW, may_double=True) is Refusal.BEREAVEMENT


@pytest.mark.parametrize(
    ("closes_on", "expected"),
    [(date(2027, 2, 3), None), (date(2027, 2, 2), Refusal.OVER), (date(2027, 2, 1), Refusal.OVER)],
)
def test_p6_a_step_is_tried_again_only_while_its_window_is_open(
    closes_on: date, expected: Refusal | None
) -> None:
    """Its sending hours may be over: another day of the window will do."""
    row = replace(DOUBTED, closes_on=closes_on, not_after=NOW - timedelta(hours=1))
    assert refusal(row, NOW, may_double=True) is expected


def test_an_answer_that_has_become_useless_is_not_tried_again() -> None:
    answer = replace(DOUBTED, purpose=None, closes_on=None, not_after=NOW)
    assert refusal(answer, NOW, may_double=True) is Refusal.OVER
    assert refusal(replace(answer, not_after=None), NOW, may_double=True) is None  # a crisis answer


def test_a_text_is_left_to_the_providers_list_for_ten_minutes() -> None:
    text = replace(DOUBTED, channel=ChannelName.SMS, attempted_at=NOW - timedelta(minutes=9))
    assert refusal(text, NOW, may_double=True) is Refusal.BEING_ASKED
    later = NOW + timedelta(minutes=1)
    assert refusal(text, later, may_double=True) is None
    telegram = replace(text, channel=ChannelName.TELEGRAM)
    assert refusal(telegram, NOW, may_double=True) is None  # nobody can tell
