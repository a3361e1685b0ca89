"""Days on which something breaks: providers, databases, clocks, people (`make chaos`, short)."""

from __future__ import annotations

import random

import pytest

from tests.chaos import written
from tests.chaos.act import play
from tests.chaos.ground import Ground
from tests.chaos.storm import ACTS, FAMILIES

STORIES = {
    "providers": ("sqlite", "soon", "unanswered hangs asks_for_patience at_fault refuses anything receipts"),
    "people": (
        "sqlite",
        "soon",
        "stop_and_loss edited edited_and_not_approved withdrawn halted erased retired",
    ),
    "people_on_postgresql": ("postgres", "soon", "stop_and_loss erased withdrawn"),
    "a_file": ("sqlite", "soon", "full no_larger_files gone read_only locked slow"),
    "a_server": ("postgres", "soon", "killed frozen_server server_read_only cut_off power_cut"),
    "several": ("postgres", "soon", "two_of_each frozen apart"),
    "spring": ("sqlite", "spring", "plain an_hour_on_and_back into_the_night"),
    "autumn": ("sqlite", "autumn", "all_frozen two_of_each frozen"),
    "an_outage_over_the_change": ("postgres", "before spring", "outage plain"),
}


@pytest.mark.parametrize("name", STORIES)
def test_every_promise_holds_through_days_on_which(ground: Ground, name: str) -> None:
    """After each day P1 to P9 are held against the ledger and against what the providers were given."""
    kind, first_day, acts = STORIES[name]
    with ground.world(name, kind, first_day, FAMILIES) as world:
        for day, act in zip(written.DAYS, acts.split(), strict=False):
            play(world, ACTS[act], random.Random(f"{name} {act}"), day)
