"""Acts in which processes are killed: at any moment, or at a step of theirs that is named."""

from __future__ import annotations

import os
import random
import signal
import time

from bot.domain.address import ChannelName
from tests.chaos import occasions
from tests.chaos.act import Act, between
from tests.chaos.occasions import WORDS
from tests.chaos.world import PARTS, World

ROUNDS = 12  # kills of a day


def chatter(world: World, chance: random.Random, texts: int = 2) -> None:
    """Some people write something."""
    for person in chance.sample(world.people, texts):
        if person.address not in world.erased:
            world.says(person, chance.choice(WORDS))


def any_moment(world: World, chance: random.Random) -> None:
    """kill -9 of any of the three, at any moment, again and again; it is started again at once."""
    for _ in range(ROUNDS):
        world.start_all()
        chatter(world, chance, 1)
        between(chance, 0.02, 0.5)
        world.kill(chance.choice(PARTS))
    world.pass_(seconds=61)


def all_at_once(world: World, chance: random.Random) -> None:
    """The power goes: all three die at the same moment, twice."""
    for _ in range(2):
        world.start_all()
        world.moving(chance.randrange(1, 5))
        for part in PARTS:
            world.kill(part)
        world.pass_(seconds=chance.choice((1, 61)))


def by_the_provider(world: World, chance: random.Random) -> None:
    """The dispatcher dies when a provider has the message, and before it says so."""
    for _ in range(3):
        world.start_all()
        before = world.calls()
        world.until(lambda before=before: world.calls() > before or not world.unfinished(), "a call")
        world.kill("dispatch")
        world.pass_(seconds=61)


def stopped_gently(world: World, chance: random.Random) -> None:
    """SIGTERM in the middle: whoever is told to stop leaves nothing in doubt."""
    world.moving(chance.randrange(1, 6))
    for part in PARTS:
        assert world.stop(part) == 0, "it did not end in peace"
    assert world.unfinished().get("sending", 0) == 0, "a row was left in `sending`"


def urgent_words(world: World, chance: random.Random) -> None:
    """STOP and LOSS, by both ways in, while whoever takes them in is being killed."""
    for word in ("STOP", "LOSS"):
        for channel in ChannelName:
            world.start_all()
            people = world.of(channel)
            if len(people) <= 3:
                continue
            world.says(chance.choice(people), word)
            between(chance, 0.0, 0.05)
            world.kill("inbound")
    world.pass_(seconds=61)


def at(world: World, step: str, chance: random.Random, seconds: float = 1.5) -> bool:
    """Start the part that takes this step so that it dies there, and give it something to do.

    True when it came to that; it is killed otherwise, at no moment in particular.
    """
    part = part_of(step)
    if part in world.lives:
        world.kill(part)
    occasions.before(world, step, chance)
    alive = world.start(part, die=(step, 1))
    if step.startswith(_AT_THE_END):
        _told_to_stop(world, part)
    elif world.nursery.ended(alive.pid) is None:
        occasions.after(world, step, chance)
    slow = (world.folder / "slow").exists()
    until = time.monotonic() + seconds * (2 if slow else 1)
    while (status := world.nursery.ended(alive.pid)) is None and time.monotonic() < until:
        time.sleep(0.01)
    occasions.over(world)
    if status is None:
        world.kill(part)
        return False
    del world.lives[part]
    if not killed(status):  # it was told to stop, and had nothing of this to do; or found the file locked
        told = status == 0 and step.startswith(_AT_THE_END)
        assert told or slow, f"{alive.life.name} ended by itself"
        return False
    world.fell(alive)
    return True


def _told_to_stop(world: World, part: str) -> None:
    """SIGTERM, once it is at work."""
    seen, works = world.lives[part].life.path("moments"), ("send.", "receive.poll_lease: committed")
    until = time.monotonic() + 1.5
    while time.monotonic() < until:
        if seen.exists() and any(name.startswith(works) for name in seen.read_text().splitlines()):
            break
        time.sleep(0.005)
    world.tell(part)


def killed(status: int) -> bool:
    """Whether a process ended so by kill -9."""
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


_AT_THE_END = ("dispatch.drain", "dispatch.put_back", "receive.let_poll")  # once it is told to stop
_PARTS = {
    "plan": (
        "plan.",
        "narrowing.",
        "turns.",
        "pulse.expect",
        "check_ins.",
        "privacy.",
        "still_wanted.",
        "reconcile.expire:",
    ),
    "inbound": (
        "receive.receive",
        "receive._together",
        "receive.poll",
        "converse.",
        "reconcile.receipt:",
        "receive.let",
    ),
}


def part_of(moment: str) -> str:
    """Which of the three takes this step."""
    return next((part for part, names in _PARTS.items() if moment.startswith(names)), "dispatch")


ACTS = (
    Act("any_moment", any_moment),
    Act("all_at_once", all_at_once),
    Act("by_the_provider", by_the_provider),
    Act("stopped_gently", stopped_gently),
    Act("urgent_words", urgent_words),
)
