"""Days on which something breaks: providers, databases, clocks, people (`make chaos`, short)."""

from __future__ import annotations

import random

import pytest

from tests.chaos import written
from tests.chaos.act import play
from tests.chaos.ground import Ground
from tests.chaos.storm import ACTS

STORIES = {
    "providers": ("sqlite", "soon", "hangs refuses anything receipts"),
    "people": ("sqlite", "soon", "stop_and_loss edited withdrawn halted"),
    "an_erasure": ("postgres", "soon", "erased retired"),
    "a_file": ("sqlite", "soon", "full no_larger_files read_only"),
    "a_server": ("postgres", "soon", "killed frozen_server server_read_only"),
    "several": ("postgres", "spring", "two_of_each frozen apart"),
    "spring": ("sqlite", "spring", "an_hour_on_and_back into_the_night"),
    "autumn": ("sqlite", "autumn", "all_frozen edited_and_not_approved"),
    "an_outage_over_the_change": ("postgres", "before spring", "outage"),
}


@pytest.mark.parametrize("name", STORIES)
def test_every_promise_holds_through_days_on_which(ground: Ground, name: str) -> None:
    """After each day P1 to P9 are held against the ledger and against what the providers were given."""
    kind, first_day, acts = STORIES[name]
    with ground.world(name, kind, first_day) as world:
        for day, act in zip(written.DAYS, acts.split(), strict=False):
            play(world, ACTS[act], random.Random(f"{name} {act}"), day)
