"""Acts in which processes are killed: at any moment, or at a step of theirs that is named."""

from __future__ import annotations

import random
import time
from functools import partial

import sqlalchemy as sa

from bot.domain import hours
from bot.domain.address import ChannelName
from bot.store import families
from bot.store.tables import cursors, outbox, planned
from tests.chaos.act import Act, between
from tests.chaos.world import PARTS, World
from tests.wire.server import accepted_never_answered

WORDS = ("HELP", "flu", "hello there", "MY DATA", "thank you")
DANGER = "i want to die"  # applied in the transaction that stores it, and nobody is spent by it
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
    _something_for(world, step, chance)
    alive = world.start(part, die=(step, 1))
    if world.nursery.ended(alive.pid) is None:
        urgent = step.startswith(("receive.receive:", "receive.receive_updates:"))
        for channel in ChannelName:
            world.says(chance.choice(world.of(channel)), DANGER if urgent else chance.choice(WORDS))
    until = time.monotonic() + seconds
    while (status := world.nursery.ended(alive.pid)) is None and time.monotonic() < until:
        time.sleep(0.01)
    if status is None:
        world.kill(part)
        return False
    del world.lives[part]
    world.fell(alive)
    return True


def _something_for(world: World, step: str, chance: random.Random) -> None:
    """What makes a process come to this step soon after its start."""
    if step.startswith("plan.plan_batch"):  # some families changed
        today = hours.local_day(world.dial())
        for person in world.people[:6]:
            if person.address not in world.erased:
                world.desk.database.write(
                    partial(families.begin_change, family_id=person.family_id, today=today)
                )
    if step.startswith("narrowing."):  # as in a new database: nothing was planned
        world.desk.database.write(lambda conn: conn.execute(sa.delete(planned)))
    if step.startswith("receive."):  # the poll's lease of who was killed has ended
        world.pass_(seconds=61)
    if step.startswith(("look_up.", "reconcile.healed")):  # a text is in doubt, and Twilio may be asked
        world.start_all()
        told, world.texts.receipts = world.texts.receipts, ()  # a receipt would end the doubt
        world.texts.next(accepted_never_answered())
        world.says(chance.choice(world.of(ChannelName.SMS)), "HELP")
        doubt = (outbox.c.state == "uncertain") & (outbox.c.channel == "sms")
        until = time.monotonic() + 5
        while not world.count(doubt) and time.monotonic() < until:
            time.sleep(0.05)
        world.texts.receipts = told
        world.kill("dispatch")
        world.pass_(minutes=6)
    if step.startswith("pulse.expect"):  # as in a new database
        world.desk.database.write(lambda conn: conn.execute(sa.delete(cursors).where(_TICKS)))


_TICKS = cursors.c.name.startswith("tick:")
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
