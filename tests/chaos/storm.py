"""Storms: a seed is a world and the acts of its days; and the sweep, a kill at each step of each process."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tests.chaos import clocks, kills, occasions, staff, storage, wires, written
from tests.chaos.act import SLOW, Act, judge, play
from tests.chaos.ground import FIRST_DAYS, KINDS, Ground
from tests.chaos.world import World
from tests.wire.server import slow

ACTS: dict[str, Act] = {
    act.name: act for where in (kills, wires, clocks, staff, storage) for act in where.ACTS
}
TRIES = 3  # days on which a step is waited for
A_DAY = 14  # steps of a day
EARLY = 3  # of them that need the first messages of a day
LEARNT_FROM = ("stop_and_loss", "anything", "unanswered", "stopped_gently")
FAMILIES = 20  # some of them are spent by what happens to them
Say = Callable[[str], None]


@dataclass(frozen=True)
class Schedule:
    """What a seed means. The moments within an act depend on the machine too."""

    seed: int
    kind: str
    first_day: str
    acts: tuple[str, ...]

    def __str__(self) -> str:
        return f"seed {self.seed}: {self.kind}, {self.first_day}: {', '.join(self.acts)}"


def schedule(seed: int, kind: str | None = None, only: Iterable[str] = ()) -> Schedule:
    """The world and the acts of a seed; `kind` and `only` narrow what it may choose from."""
    chance = random.Random(seed)
    drawn = chance.choice(KINDS)
    kind = kind or drawn
    first_day = chance.choice(FIRST_DAYS)
    named = list(only)
    pool = [name for name, act in ACTS.items() if kind in act.on and (not named or name in named)]
    acts = [chance.choice(pool) for _ in written.DAYS] if named else chance.sample(pool, len(written.DAYS))
    return Schedule(seed, kind, first_day, tuple(acts))


def storm(ground: Ground, what: Schedule, say: Say) -> int:
    """Play a seed; gives how many kills there were. AssertionError says what broke, and in which act."""
    name = f"seed-{what.seed}-{what.kind}-{time.monotonic_ns()}"
    with ground.world(name, what.kind, what.first_day, FAMILIES) as world:
        for number, (day, act) in enumerate(zip(written.DAYS, what.acts, strict=True)):
            since = time.monotonic()
            try:
                play(world, ACTS[act], random.Random(f"{what.seed} {number}"), day)
            except Exception as broken:
                raise AssertionError(f"{what}\nact {number + 1}, {act}:\n{broken}") from broken
            say(f"  {number + 1}. {act}: held ({time.monotonic() - since:.0f} s)")
        return world.kills


def learn(ground: Ground, kind: str) -> list[str]:
    """Every numbered step that processes on this database took, in a world where much happens."""
    with ground.world(f"learn-{kind}-{time.monotonic_ns()}", kind) as world:
        world.texts.receipts = ("sent", "delivered")
        for day, name in zip(written.DAYS, LEARNT_FROM, strict=False):
            play(world, ACTS[name], random.Random(1), day)
        return steps_of(world)


def steps_of(world: World) -> list[str]:
    """What its processes went through."""
    seen = {line for file in world.folder.glob("*.moments") for line in file.read_text().splitlines()}
    return sorted(seen)


def sweep(
    ground: Ground, kind: str, steps: Iterable[str], seed: int, say: Say, *, more: bool = False
) -> tuple[int, list[str]]:
    """Kill a process at each of these steps; gives how many kills, and the steps that did not come again.

    `more`: and at each that processes come to only because others died, until there is no new one.
    """
    chance = random.Random(seed)
    left = list(dict.fromkeys(steps))
    chance.shuffle(left)
    tries = dict.fromkeys(left, TRIES)
    total, done = 0, 0
    while left:
        with ground.world(f"steps-{kind}-{time.monotonic_ns()}", kind, families=FAMILIES) as world:
            world.texts.receipts = ("sent", "delivered")
            for day in written.DAYS:
                if not left:
                    break
                now = _of_a_day(left)
                left = [step for step in left if step not in now]
                missed = kill_at(world, now, chance, day)
                done += len(now) - len(missed)
                for step in missed:
                    tries[step] -= 1
                left += [step for step in missed if tries[step] > 0]
                new = [step for step in steps_of(world) if more and step not in tries]
                tries |= dict.fromkeys(new, TRIES)
                left += new
                say(f"  {kind}: {done} steps died at; {len(left)} to go")
            total += world.kills
    return total, sorted(step for step, again in tries.items() if again == 0)


def kill_at(world: World, steps: Iterable[str], chance: random.Random, day: int) -> list[str]:
    """One day on which a process dies at each of these steps; gives those that nobody came to."""
    world.start_all()
    world.texts.always(slow(SLOW))
    world.chats.always(slow(SLOW))
    if any(map(occasions.early, steps)):  # until then nothing leaves
        world.kill("dispatch")
    world.day(day)
    missed = [step for step in steps if not _killed(world, step, chance)]
    world.settle()
    try:
        judge(world, day)
    except AssertionError as broken:
        raise AssertionError(
            f"killed at {', '.join(steps)} on {world.url.partition(':')[0]}:\n{broken}"
        ) from None
    return missed


def _of_a_day(steps: list[str]) -> list[str]:
    """The steps of the next day, the early ones first."""
    early = sorted(step for step in steps if occasions.early(step))[:EARLY]
    others = [step for step in steps if not occasions.early(step)]
    return [*early, *others[: A_DAY - len(early)]]


def _killed(world: World, step: str, chance: random.Random) -> bool:
    world.start_all(but=kills.part_of(step) if occasions.early(step) else None)
    died = kills.at(world, step, chance)
    if died:
        world.pass_(seconds=chance.choice((1, 61)))
    return died
