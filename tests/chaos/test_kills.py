"""kill -9 at the steps that matter and at any moment: nothing is lost, nothing goes twice."""

from __future__ import annotations

import random

import pytest

from tests.chaos import storm, written
from tests.chaos.act import play
from tests.chaos.ground import KINDS, Ground
from tests.chaos.storm import ACTS

PLANNED = ["plan.narrow: commit", "plan.narrow: committed", "plan.plan_batch: 6", "plan.plan_batch: commit"]
LEAVING = [
    "dispatch.claim: 4", "dispatch.claim: commit", "dispatch.claim: committed", "send.sms: call",
    "send.sms: answered", "send.telegram: call", "send.telegram: answered", "dispatch.record: 1",
    "dispatch.record: commit", "dispatch.record: committed", "reconcile.healed: commit",
]  # fmt: skip
COMING_IN = [
    "receive.receive: 3", "receive.receive: commit", "receive.receive: committed",
    "receive.receive_updates: commit", "receive.receive_updates: committed", "converse._one: 3",
    "converse._one: commit", "converse._one: committed", "reconcile.receipt: commit",
]  # fmt: skip
ACTS_OF = {"sqlite": ("any_moment", "by_the_provider"), "postgres": ("all_at_once", "urgent_words")}


@pytest.mark.parametrize("kind", KINDS)
def test_a_process_that_dies_at_any_of_its_steps_loses_and_doubles_nothing(ground: Ground, kind: str) -> None:
    """Plan, claim, send, record, receipt, look-up, inbound: then every promise is held against the wire."""
    kills, missed = storm.sweep(ground, kind, [*PLANNED, *LEAVING, *COMING_IN], 3, lambda line: None)
    assert missed == []
    assert kills >= 45  # the one that it takes the place of is killed too: with the others, a hundred


@pytest.mark.parametrize("kind", KINDS)
def test_processes_killed_at_any_moment_lose_and_double_nothing(ground: Ground, kind: str) -> None:
    with ground.world(f"kills-{kind}", kind, families=storm.FAMILIES) as world:
        for day, name in zip(written.DAYS, ACTS_OF[kind], strict=False):
            play(world, ACTS[name], random.Random(f"{kind} {day}"), day)
        assert world.kills >= 9


def test_a_seed_always_means_the_same() -> None:
    """What a broken seed printed is played again by its number."""
    assert storm.schedule(7) == storm.schedule(7)
    assert storm.schedule(7) != storm.schedule(8)
    assert storm.schedule(7, "sqlite").kind == "sqlite"
    assert storm.schedule(7, storm.schedule(7).kind) == storm.schedule(7)
    assert set(storm.schedule(7, None, ["plain"]).acts) == {"plain"}


def test_an_act_of_one_database_is_never_drawn_for_the_other() -> None:
    for seed in range(40):
        drawn = storm.schedule(seed)
        assert all(drawn.kind in ACTS[name].on for name in drawn.acts)
