"""The planner against a second writing: the same day in plain SQL makes the same rows, to the last column."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from benchmarks import b1_plan, town

CONTACTS = 3_000


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small town, with a history of its own."""
    return town.made(CONTACTS, kept=tmp_path_factory.mktemp("town"))


def test_a_day_planned_is_the_same_day_written_by_hand(made: Path, tmp_path: Path) -> None:
    """Consent, STOP, hold, pause, topics, audience, answers, hospital, caps: each of them written twice."""
    ours, hand = tmp_path / "ours.db", tmp_path / "hand.db"
    b1_plan.planned(made, ours, [])
    b1_plan.by_hand(made, hand)
    assert b1_plan.same_rows(ours, hand) > 150


def test_the_made_history_is_one_that_the_planner_leaves_alone(made: Path, tmp_path: Path) -> None:
    """Of what left or ended, nothing changes on the next day, and nothing of it is made again."""
    ours = tmp_path / "ours.db"
    b1_plan.planned(made, ours, [])
    conn = sqlite3.connect(ours)
    conn.execute("ATTACH ? AS before", (str(made),))
    over = "('delivered', 'expired', 'skipped')"
    ended = f"SELECT outbox_id, state, reason, day FROM {{}}.outbox WHERE state IN {over}"
    lost = conn.execute(f"{ended.format('before')} EXCEPT {ended.format('main')}").fetchall()
    many = "SELECT count(*) FROM outbox GROUP BY member_id, campaign, step, occurrence HAVING count(*) > 1"
    twice = conn.execute(many).fetchall()
    assert (lost, twice) == ([], [])
