"""Occasions: what is there for a process to do, so that it comes to a step of its soon after its start."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Sequence
from functools import partial

import sqlalchemy as sa

from bot.domain import hours
from bot.domain.address import ChannelName
from bot.services import unreachable
from bot.store import addresses, families
from bot.store.tables import cursors, leases, meta, outbox, planned
from tests.chaos.act import SLOW
from tests.chaos.life import SLOTS
from tests.chaos.world import Person, World
from tests.wire import server, telegram_http, twilio_server

DANGER = "i want to die"  # applied in the transaction that stores it, and nobody is spent by it
ASKS = "HELP"
MANY = 6  # people of a channel who write at the same time
MANY_MORE = 9  # statements: from here on the kinds that leave together matter, not how many messages
LEFT_ALONE = 8  # of a channel; so many are not spent by a step
_PATIENCE = 5.0
_NAME = re.compile(r"(?P<work>[\w.]+): (?P<number>\d+)?")


def before(world: World, step: str, chance: random.Random) -> None:
    """Whatever this step needs, before the process that is to die at it is started."""
    said = _NAME.match(step)
    assert said is not None, step
    number = int(said["number"] or 0)
    for work, least, occasion in _OCCASIONS:
        if said["work"].startswith(work) and number >= least:
            occasion(world, chance, number)


def after(world: World, step: str, chance: random.Random) -> None:
    """Whatever it needs once that process is there: somebody writes something."""
    if step.startswith("turns.keep"):  # a job that takes its time
        _slowly(world, chance, 0)
    if step.startswith("receive._together: 3"):
        _back_again(world, chance)
    words = next((said for work, said in _SAID.items() if step.startswith(work)), None)
    for channel in ChannelName:
        world.says(chance.choice(world.of(channel)), words or chance.choice(WORDS))


def _back_again(world: World, chance: random.Random) -> None:
    """Somebody who could not be reached any more writes."""
    person = chance.choice(world.of(ChannelName.SMS))
    world.touch(person)

    def work(conn: sa.Connection) -> None:
        known = addresses.find(conn, world.desk.seal, person.address)
        assert known is not None
        unreachable.suspended(conn, known.id, "unknown", world.dial())

    world.desk.database.write(work)
    world.says(person, chance.choice(WORDS))


def early(step: str) -> bool:
    """Whether it needs the day's first messages, of which a few such steps leave none."""
    said = _NAME.match(step)
    least = None if said is None else _EARLY.get(said["work"])
    return said is not None and least is not None and int(said["number"] or 0) >= least


def over(world: World) -> None:
    """The providers and the database are as they were; whoever was refused has been touched."""
    (world.folder / "slow").unlink(missing_ok=True)
    for wire in (world.texts, world.chats):
        wire.well()
        wire.always(server.slow(SLOW))
    refused = {
        str(call.fields.get("To", call.fields.get("chat_id")))
        for call in [*world.texts.calls, *world.chats.calls]
        if call.fault in (telegram_http.BLOCKED.name, twilio_server.INVALID_NUMBER.name)
    }
    for person in world.people:
        if person.address.value in refused:
            world.touch(person)


WORDS = (ASKS, "flu", "hello there", "MY DATA", "thank you")
_SAID = {"receive.receive:": DANGER, "receive.receive_updates:": DANGER, "converse._one": "TOPICS"}
_EARLY = {"dispatch.record": 6, "dispatch.turn": 8}


# --- a database in which this never was ------------------------------------------------------------


def _changed(world: World, chance: random.Random, number: int) -> None:
    """Some families changed."""
    today = hours.local_day(world.dial())
    for person in world.people[:6]:
        if person.address not in world.erased:
            world.desk.database.write(partial(families.begin_change, family_id=person.family_id, today=today))


def _never_planned(world: World, chance: random.Random, number: int) -> None:
    world.desk.database.write(lambda conn: conn.execute(sa.delete(planned)))


def _without(*names: str) -> Occasion:
    """Nobody noted how far these were read."""

    def occasion(world: World, chance: random.Random, number: int) -> None:
        which = sa.or_(*(cursors.c.name.startswith(name) for name in names))
        world.desk.database.write(lambda conn: conn.execute(sa.delete(cursors).where(which)))

    return occasion


def _never_listed(world: World, chance: random.Random, number: int) -> None:
    """Twilio's list was never read. What it holds then is not ours: so first all that was written is here."""
    _waited(world, lambda: "not brought" not in world.unfinished())
    if "not brought" not in world.unfinished():
        _without("twilio_listed")(world, chance, number)


def _no_key_noted(world: World, chance: random.Random, number: int) -> None:
    world.desk.database.write(
        lambda conn: conn.execute(sa.delete(meta).where(meta.c.name.startswith("key:")))
    )


def _never_polled(world: World, chance: random.Random, number: int) -> None:
    world.desk.database.write(
        lambda conn: conn.execute(sa.delete(leases).where(leases.c.name == "telegram_polling"))
    )


# --- much to send, and answers that are not `Accepted` ---------------------------------------------


def _busy(world: World, chance: random.Random, number: int) -> None:
    """Several people have written, and are answered by whoever sends next; not where their answers would
    leave no room for others."""
    if number < MANY_MORE:
        _asked(world, _some(world, ChannelName.SMS, chance))


def _morning(world: World, chance: random.Random, number: int) -> None:
    """The day's messages are about to leave."""
    staged = (outbox.c.kind == "staged") & (outbox.c.state == "queued")
    _waited(world, lambda: world.count(staged) >= MANY)


def _of_all_kinds(world: World, chance: random.Random, number: int) -> None:
    """A crisis and an answer are to leave at the same time, by one channel: the claim that reads what is
    published, which is the first one, makes both."""
    world.says(chance.choice(world.of(ChannelName.SMS)), DANGER)
    _asked(world, _some(world, ChannelName.SMS, chance, 1))


def _unusual(world: World, chance: random.Random, number: int) -> None:
    """Of the next messages nobody knows whether they were taken, and one is refused for good, while there are
    people enough."""
    dropped, later = server.accepted_never_answered(), server.garbled(500, accepted=False)
    if len(world.of(ChannelName.SMS)) > LEFT_ALONE:
        wire, refusal = chance.choice(
            ((world.chats, telegram_http.BLOCKED), (world.texts, twilio_server.INVALID_NUMBER))
        )
        wire.next(*[refusal] * (number > 9))
    world.chats.next(dropped, dropped, dropped, later)
    world.texts.next(dropped, twilio_server.INTERNAL, later, dropped)


def _left_in_sending(world: World, chance: random.Random, number: int) -> None:
    """A dispatcher dies with messages under way, and their leases end."""
    for wire in (world.texts, world.chats):
        wire.always(server.slow(1.2))
    world.start("dispatch")
    _asked(world, _some(world, ChannelName.SMS, chance))
    _waited(world, lambda: world.count(outbox.c.state == "sending") >= SLOTS)
    world.kill("dispatch")
    world.pass_(seconds=61)
    over(world)


def _in_doubt(world: World, chance: random.Random, number: int) -> None:
    """Some texts are in doubt, and Twilio may be asked; it has delivered them meanwhile, and said nothing."""
    world.start("dispatch")
    told, world.texts.receipts = world.texts.receipts, ()  # a receipt would end the doubt
    people = _some(world, ChannelName.SMS, chance, max(1, number - 2))
    world.texts.next(*[server.accepted_never_answered()] * len(people))
    had = len(world.texts.sent)
    _asked(world, people)
    doubt = (outbox.c.state == "uncertain") & (outbox.c.channel == "sms")
    _waited(world, lambda: world.count(doubt) >= len(people))
    if number > 4:
        for text in world.texts.sent[had:]:
            text.status, text.sent = "delivered", text.made
    world.texts.receipts = told
    world.kill("dispatch")
    world.pass_(minutes=6)


def _lease_over(world: World, chance: random.Random, number: int) -> None:
    """The lease of who was killed has ended."""
    world.pass_(seconds=61)


def _slowly(world: World, chance: random.Random, number: int) -> None:
    (world.folder / "slow").touch()


def _some(world: World, channel: ChannelName, chance: random.Random, number: int = MANY) -> list[Person]:
    people = world.of(channel)
    return chance.sample(people, min(number, len(people)))


def _asked(world: World, people: Sequence[Person]) -> None:
    """These have written; wait a while until the answers are there."""
    answer = outbox.c.kind == "reply"
    before = world.count(answer)
    for person in people:
        world.says(person, ASKS)
    _waited(world, lambda: world.count(answer) >= before + len(people))


def _waited(world: World, done: Callable[[], object]) -> None:
    """Until it is so, or has taken long enough: a step that nobody comes to is tried another day."""
    until = time.monotonic() + _PATIENCE
    while not done() and time.monotonic() < until:
        time.sleep(0.05)


Occasion = Callable[[World, random.Random, int], None]
# The work, the least number of a statement in it that needs this, and what it needs; 0: every step of it.
_OCCASIONS: tuple[tuple[str, int, Occasion], ...] = (
    ("plan.plan_batch", 0, _changed),
    ("narrowing.", 0, _never_planned),
    ("pulse.expect", 0, _without("tick:")),
    ("pulse.ticked", 3, _without("took:")),
    ("life.live", 4, _no_key_noted),
    ("receive.", 0, _lease_over),
    ("receive.poll_lease", 2, _never_polled),
    ("receive.listed_since", 3, _never_listed),
    ("dispatch.claim", 9, _of_all_kinds),
    ("dispatch.claim", 11, _morning),
    ("dispatch.turn", 8, _of_all_kinds),
    ("dispatch.record", 6, _morning),
    ("dispatch.turn", 8, _morning),
    ("dispatch.", 0, _busy),
    ("dispatch.record", 4, _unusual),
    ("dispatch.record", 4, _slowly),  # several answers are recorded together
    ("dispatch.turn", 4, _unusual),
    ("reconcile.expired_leases", 2, _left_in_sending),
    ("reconcile.look_ups", 3, _in_doubt),
    ("reconcile.healed", 0, _in_doubt),
    ("look_up.", 0, _in_doubt),
)
