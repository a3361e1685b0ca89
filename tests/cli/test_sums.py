"""The table of sums: a line a campaign, its roles below, all at the end; sentences where it does not fit."""

from __future__ import annotations

import pytest

from bot.cli import sums
from bot.domain.outbox import State
from bot.services.reports import Line

SOME = [
    Line("icon", "father", 4, {State.SENT: 3, State.EXPIRED: 1}),
    Line("icon", "mother", 2, {State.SENT: 2}),
    Line("safe_sleep", "mother", 5, {State.SENT: 5}),
]
EVERYTHING = [Line("baby_loss_awareness_week", "grandparent", 123450, dict.fromkeys(State, 12345))]


def printed(capsys: pytest.CaptureFixture[str], lines: list[Line]) -> list[list[str]]:
    sums.table(lines)
    return [line.split() for line in capsys.readouterr().out.splitlines() if line.strip()]


def test_a_campaign_is_the_sum_of_its_roles_and_the_last_line_of_all(
    capsys: pytest.CaptureFixture[str],
) -> None:
    rows = printed(capsys, SOME)
    assert rows[1] == ["campaign", "planned", "sent", "expired"]
    assert rows[3:] == [
        ["icon", "6", "5", "1"],
        ["father", "4", "3", "1"],
        ["mother", "2", "2"],
        ["safe_sleep", "5", "5"],
        ["mother", "5", "5"],
        ["all", "11", "10", "1"],
    ]


def test_what_does_not_fit_is_said_in_sentences(capsys: pytest.CaptureFixture[str]) -> None:
    sums.table([*EVERYTHING, *SOME])
    said = capsys.readouterr().out
    assert "\nsafe_sleep: 5 planned, 5 sent\n  mother: 5 planned, 5 sent\n" in said
    assert "12345 cancelled" in said
