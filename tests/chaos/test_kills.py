"""kill -9 at the steps that matter and at any moment: nothing is lost, nothing goes twice."""

from __future__ import annotations

import random

import pytest

from tests.chaos import storm, written
from tests.chaos.act import play
from tests.chaos.ground import KINDS, Ground
from tests.chaos.storm import ACTS

STEPS = [  # at each of these on either database; `make chaos` does it at every one there is
    "narrowing.narrow: commit", "plan.plan_batch: commit", "dispatch.claim: commit",
    "dispatch.claim: committed", "send.sms: answered", "send.telegram: answered", "dispatch.record: commit",
    "dispatch.record: committed", "dispatch.turn: commit", "dispatch.turn: committed",
    "receive._together: commit", "receive.receive_updates: commit", "converse._together: commit",
    "converse._together: committed", "converse._one: commit", "reconcile.receipt: commit",
    "dispatch.record: 6", "reconcile.expired_leases: 3", "reconcile.look_ups: 3", "reconcile.healed: commit",
]  # fmt: skip
KILLS = {"sqlite": 27, "postgres": 18}  # with those at the steps, on both, more than a hundred
DAYS = {"sqlite": ("any_moment", "any_moment", "by_the_provider"), "postgres": ("any_moment", "all_at_once")}


@pytest.mark.parametrize("kind", KINDS)
def test_a_process_that_dies_at_any_of_its_steps_loses_and_doubles_nothing(ground: Ground, kind: str) -> None:
    """Plan, claim, send, record, receipt, look-up, inbound: then every promise is held against the wire."""
    kills, missed = storm.sweep(ground, kind, STEPS, 3, lambda line: None)
    assert len(missed) <= 2, f"nobody came to {missed}"  # a busy machine may be too slow for one
    assert kills >= 2 * len(STEPS)  # whom it takes the place of is killed too


@pytest.mark.parametrize("kind", KINDS)
def test_processes_killed_at_any_moment_lose_and_double_nothing(ground: Ground, kind: str) -> None:
    with ground.world(f"kills-{kind}", kind, families=storm.FAMILIES) as world:
        for day, name in zip(written.DAYS, DAYS[kind], strict=False):
            play(world, ACTS[name], random.Random(f"{kind} {day}"), day)
        assert world.kills >= KILLS[kind]


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
