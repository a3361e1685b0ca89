"""Acts in which the providers fail: silent, slow, refusing, garbled, or telling things late and twice."""

from __future__ import annotations

import random
import time

from bot.domain.address import ChannelName
from bot.services import privacy
from tests.chaos.act import SLOW, Act
from tests.chaos.world import World
from tests.wire import server, telegram_http, twilio_server
from tests.wire.server import Fault, WireServer

HANGS = 2.2  # seconds; longer than we wait
FAULTS: dict[str, tuple[Fault, ...]] = {
    "both": (
        server.accepted_never_answered(), server.accepted_late(HANGS), server.hang(HANGS), server.reset(),
        server.web_page(502), server.web_page(403), server.garbled(), server.garbled(500, accepted=False),
        server.slow(0.6),
    ),
    "telegram": (
        telegram_http.too_many(3), telegram_http.too_many(None), telegram_http.INTERNAL,
        telegram_http.too_many(2, "Too Many Requests: retry later in this chat"),
    ),
    "sms": (twilio_server.TOO_MANY, twilio_server.INTERNAL, twilio_server.twilio_error(400, 21611)),
}  # fmt: skip


def _wires(world: World) -> tuple[tuple[WireServer, str], ...]:
    return ((world.texts, "sms"), (world.chats, "telegram"))


def _next(world: World, chance: random.Random, *faults: Fault) -> None:
    for wire, _ in _wires(world):
        wire.next(*chance.sample(faults, len(faults)))


def unanswered(world: World, chance: random.Random) -> None:
    """Taken, and not a word of it: nobody knows, until Twilio's list is asked."""
    _next(world, chance, *[server.accepted_never_answered()] * 4)
    world.moving(6)


def hangs(world: World, chance: random.Random) -> None:
    """Silent for longer than we wait: some had taken it, some had not."""
    _next(world, chance, *[server.accepted_late(HANGS), server.hang(HANGS)] * 2)
    world.moving(8)
    time.sleep(HANGS)


def asks_for_patience(world: World, chance: random.Random) -> None:
    """429, for one chat and for all."""
    world.chats.next(*FAULTS["telegram"])
    world.texts.next(twilio_server.TOO_MANY, twilio_server.twilio_error(429, 20429, **{"Retry-After": "3"}))
    world.moving(4)


def at_fault(world: World, chance: random.Random) -> None:
    """5xx of its own, a proxy's page, half an answer."""
    _next(world, chance, server.web_page(502), server.web_page(403), server.garbled(), server.garbled(500))
    world.chats.next(telegram_http.INTERNAL)
    world.texts.next(twilio_server.INTERNAL)
    world.moving(6)


def refuses(world: World, chance: random.Random) -> None:
    """Refused for good: this address is not written to again, the others are."""
    chat, text = chance.choice(world.of(ChannelName.TELEGRAM)), chance.choice(world.of(ChannelName.SMS))
    for person, wire, fault in (
        (chat, world.chats, telegram_http.BLOCKED),
        (text, world.texts, chance.choice((twilio_server.INVALID_NUMBER, twilio_server.OPTED_OUT))),
    ):
        world.touch(person)
        wire.always(fault, person.address.value)
    world.moving(6)


def goes_away(world: World, chance: random.Random) -> None:
    """Nobody listens there for a while."""
    wire, _ = chance.choice(_wires(world))
    world.moving(2)
    wire.stop()
    time.sleep(chance.uniform(0.5, 2))
    wire.start()


def anything(world: World, chance: random.Random) -> None:
    """Every kind of fault, in any order, on both."""
    for wire, kind in _wires(world):
        faults = FAULTS["both"] + FAULTS[kind]
        wire.next(*(chance.choice(faults) for _ in range(10)))
    world.moving(8)


def receipts(world: World, chance: random.Random) -> None:
    """Receipts late, twice, backwards, for what is not ours and for who was erased meanwhile."""
    world.until(lambda: len(world.texts.sent) >= 3, "texts leave")
    told = [(text, status) for text in list(world.texts.sent) for status in ("queued", "sent", "delivered")]
    person = chance.choice(world.of(ChannelName.SMS))
    world.touch(person)
    privacy.erase(world.desk, person.family_id, None, world.dial(), "staff")
    for one in world.family(person):
        world.erased[one.address] = time.monotonic()
    strange = twilio_server.Text("SM" + "f" * 32, "+447700900500", "x", "y", "outbound-api", world.dial())
    strange.callback = f"{world.texts.public_url}/webhooks/twilio/status/{'0' * 32}"
    told = [*chance.sample(told * 2, len(told) * 2), (strange, "delivered")]
    for text, status in told:
        assert world.texts.tell(text, status) in (200, 0), "a receipt was not taken"


def fails_on_the_way(world: World, chance: random.Random) -> None:
    """Taken, and then the network could not: the row says so, and a late `sent` changes nothing."""
    world.until(lambda: len(world.texts.sent) >= 2, "texts leave")
    for text in list(world.texts.sent)[-2:]:
        person = next(one for one in world.people if one.address.value == text.to)
        world.touch(person)
        for status, code in (("undelivered", 30003), ("sent", None)):
            world.texts.tell(text, status, code)


def slow_all_day(world: World, chance: random.Random) -> None:
    """Every answer takes nearly as long as we wait."""
    for wire, _ in _wires(world):
        wire.always(server.slow(1.2))
    world.moving(6)
    for wire, _ in _wires(world):
        wire.always(server.slow(SLOW))


ACTS = (
    Act("unanswered", unanswered),
    Act("hangs", hangs),
    Act("asks_for_patience", asks_for_patience),
    Act("at_fault", at_fault),
    Act("refuses", refuses),
    Act("goes_away", goes_away),
    Act("anything", anything),
    Act("receipts", receipts),
    Act("fails_on_the_way", fails_on_the_way),
    Act("slow_all_day", slow_all_day),
)
