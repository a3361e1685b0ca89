"""Acts of people while messages are queued and leaving: an edit, a withdrawal, a halt, an erasure, a STOP."""

from __future__ import annotations

import random
import time

from bot.content.load import load
from bot.domain.address import ChannelName
from bot.services import privacy, publish
from tests.chaos import written
from tests.chaos.act import Act, between
from tests.chaos.world import World
from tests.wire.server import accepted_late


def _publish(world: World, edition: int, *, approved: bool) -> None:
    content = load(written.files(edition, world.retired), publish.published_ids(world.desk))
    if not approved:
        world.unapproved.add(edition)
    publish.publish(world.desk, content, "officer", world.dial())
    for name in (written.WEEKLY, written.AGAIN) if approved else ():
        publish.approve(world.desk, name, "en", "midwife", world.dial())


def _edition(world: World) -> int:
    """One that was never published."""
    world.edition += 1
    return world.edition


def edited(world: World, chance: random.Random) -> None:
    """The words change while they leave: each has the old or the new ones, and nobody both."""
    world.moving(3)
    _publish(world, _edition(world), approved=True)


def edited_and_not_approved(world: World, chance: random.Random) -> None:
    """New words that nobody stood by: the old ones go on leaving."""
    _publish(world, _edition(world), approved=False)
    world.moving(3)


def withdrawn(world: World, chance: random.Random) -> None:
    """The day's campaign is withdrawn in the middle, and given back later: who has had it has it once."""
    world.moving(3)
    name = written.campaign_of(world.days[-1])
    publish.withdraw(world.desk, name, None, "midwife", world.dial())
    since = time.monotonic()
    time.sleep(2)
    world.barred.append((name, since, time.monotonic()))
    publish.restore(world.desk, name, None, "midwife", world.dial())
    time.sleep(0.1)
    world.pass_(seconds=21)


def retired(world: World, chance: random.Random) -> None:
    """The day's step is taken out of its campaign in the middle: whoever has not had it never does."""
    world.moving(3)
    world.retired.add(world.days[-1])
    _publish(world, _edition(world), approved=True)
    world.barred.append((f"day{world.days[-1]}", time.monotonic(), float("inf")))
    time.sleep(1)


def halted(world: World, chance: random.Random) -> None:
    """Everything is halted in the middle, and goes on later."""
    world.moving(3)
    publish.halt(world.desk, "midwife", world.dial())
    since = time.monotonic()
    time.sleep(2)
    world.barred += [(name, since, time.monotonic()) for name in (written.WEEKLY, written.AGAIN)]
    publish.resume(world.desk, "midwife", world.dial())


def erased(world: World, chance: random.Random) -> None:
    """A family is erased while its message is with the provider."""
    person = chance.choice(world.of(ChannelName.SMS))
    world.texts.always(accepted_late(1.0), person.address.value)
    world.until(
        lambda: (
            any(one.fields.get("To") == person.address.value for one in list(world.texts.calls)[-8:])
            or not world.unfinished()
        ),
        "their message leaves",
    )
    world.touch(person)
    privacy.erase(world.desk, person.family_id, None, world.dial(), "staff")
    for one in world.family(person):
        world.erased[one.address] = time.monotonic()
    world.moving(1)


def stop_and_loss(world: World, chance: random.Random) -> None:
    """A STOP and a LOSS in the middle of it: a second later these are silent."""
    world.moving(2)
    for word in ("STOP", "LOSS"):
        world.says(chance.choice(world.of(ChannelName.SMS)), word)
        between(chance, 0.0, 0.3)
    world.says(chance.choice(world.of(ChannelName.TELEGRAM)), chance.choice(("STOP", "LOSS")))


ACTS = (
    Act("edited", edited),
    Act("edited_and_not_approved", edited_and_not_approved),
    Act("withdrawn", withdrawn),
    Act("halted", halted),
    Act("retired", retired, lossless=False),
    Act("erased", erased),
    Act("stop_and_loss", stop_and_loss),
)
