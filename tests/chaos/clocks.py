"""Acts in which time goes wrong: set on, set back, frozen, doubled, slept through."""

from __future__ import annotations

import random
import time
from datetime import datetime, timedelta
from datetime import time as o_clock

from bot.domain import hours
from bot.domain.address import ChannelName
from tests.chaos.act import Act
from tests.chaos.kills import chatter
from tests.chaos.life import SLOTS
from tests.chaos.world import PARTS, World

LEASE = 61  # seconds; how long a claim is somebody's
UNDER_WAY = SLOTS * len(ChannelName)  # what a dispatcher that stands still may hold, or be claiming


def an_hour_on_and_back(world: World, chance: random.Random) -> None:
    """All machines' clocks jump, together, while messages leave, and to no hour before they may."""
    world.pass_(hours=1)
    world.moving(2)
    for by in chance.sample((1, -1), 2):  # what was planned by the later hour waits for it: late, not wrong
        world.pass_(hours=by)
        time.sleep(1.2)  # a clock looks once a second whether it was set; less than that it cannot see


def into_the_night(world: World, chance: random.Random) -> None:
    """It becomes a quarter to eight while messages leave: none begins after that, and they go tomorrow."""
    world.moving(2)
    world.dial.set(_today(world, o_clock(19, 44, 59)))
    time.sleep(3)
    world.settle()
    world.dial.set(_today(world, o_clock(10, 0, 5)) + timedelta(days=1))
    time.sleep(1.5)


def _today(world: World, at: o_clock) -> datetime:
    return datetime.combine(hours.local_day(world.dial()), at, hours.LONDON)


def two_of_each(world: World, chance: random.Random) -> None:
    """Two schedulers, two dispatchers and two doors by mistake."""
    for part in PARTS:
        world.start(part, name=f"{part} again")
    chatter(world, chance, 3)
    world.moving(6)
    time.sleep(1)
    for part in PARTS:
        world.kill(f"{part} again")
    world.opened(world.lives["inbound"])


def frozen(world: World, chance: random.Random) -> None:
    """A dispatcher stands still past its lease, another takes over, and it wakes."""
    world.moving(1)
    world.freeze("dispatch")
    world.start("dispatch", name="dispatch again")
    world.pass_(seconds=LEASE)
    time.sleep(1.5)
    world.wake("dispatch")
    time.sleep(0.5)
    world.in_flight += UNDER_WAY
    world.stop("dispatch again")


def all_frozen(world: World, chance: random.Random) -> None:
    """The machine sleeps for two hours in the middle of it."""
    world.moving(1)
    for part in PARTS:
        world.freeze(part)
    world.pass_(hours=2)
    time.sleep(0.3)
    for part in PARTS:
        world.wake(part)
    world.in_flight += UNDER_WAY


def apart(world: World, chance: random.Random) -> None:
    """A machine whose clock is not the database's sends and plans nothing, so long as it is so."""
    for part in ("plan", "dispatch"):
        world.kill(part)
    world.pass_(seconds=LEASE)
    off = chance.choice((5.0, -5.0, 3600.0, -3600.0))
    before = world.calls()
    for part in ("plan", "dispatch"):
        world.start(part, apart=off)
    time.sleep(1)
    assert world.calls() == before, f"messages left by a clock that is {off} seconds off"
    for part in ("plan", "dispatch"):
        world.kill(part)


def outage(world: World, chance: random.Random) -> None:
    """Nothing runs for three days; what is still open goes then, and nothing goes twice."""
    world.moving(2)
    for part in PARTS:
        world.kill(part)
    world.pass_(days=3)


def plain(world: World, chance: random.Random) -> None:
    """A day on which nothing breaks."""
    chatter(world, chance, 2)


ACTS = (
    Act("plain", plain),
    Act("an_hour_on_and_back", an_hour_on_and_back),
    Act("into_the_night", into_the_night),
    Act("two_of_each", two_of_each),
    Act("frozen", frozen),
    Act("all_frozen", all_frozen),
    Act("apart", apart),
    Act("outage", outage, lossless=False),
)
