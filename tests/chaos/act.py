"""An act: one day in a world of chaos, on which something breaks while the day's messages leave."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.chaos.judge import Judge
from tests.chaos.world import World
from tests.wire.server import slow

BOTH = frozenset({"sqlite", "postgres"})
SLOW = 0.25  # seconds that a provider takes, so that something is always under way


@dataclass(frozen=True)
class Act:
    """`play` breaks something and mends it again. `lossless`: whoever is left alone still has every step."""

    name: str
    play: Callable[[World, random.Random], None]
    on: frozenset[str] = BOTH
    lossless: bool = True


@dataclass
class Acts:
    """The acts that there are, by name, in the order in which they are written."""

    all: dict[str, Act] = field(default_factory=dict)

    def on(self, kind: str) -> list[Act]:
        """Those that can be played on this kind of database."""
        return [one for one in self.all.values() if kind in one.on]


def play(world: World, act: Act, chance: random.Random, day: int) -> None:
    """One day: the messages begin to leave, the act is played, all is mended, and the judge looks."""
    world.start_all()
    world.texts.always(slow(SLOW))
    world.chats.always(slow(SLOW))
    world.day(day)
    act.play(world, chance)
    world.settle()
    judge(world, day if act.lossless else None)


def judge(world: World, day: int | None = None) -> None:
    """Fail with everything that is wrong. `day`: its step left for everybody who was left alone."""
    seen = Judge(world)
    wrong = seen.wrong() + ([] if day is None else seen.lost(day))
    assert not wrong, "\n".join([*wrong, seen.summary(), world.logged()])


def between(chance: random.Random, least: float, most: float) -> None:
    """Wait for some time between these."""
    time.sleep(chance.uniform(least, most))
