"""A whole house at work between both providers: real HTTP, real SDKs, real doors, and a story written down.

People text and press buttons at the servers that play Twilio and Telegram; what they did and what
reached them is written down, and what became of each row. Only the clock is set on by hand.
"""

from __future__ import annotations

import asyncio
import contextlib
import time as machine
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from datetime import time as o_clock
from typing import Any

import sqlalchemy as sa
import uvicorn
from starlette.applications import Starlette

from bot.bootstrap import STATUS_PATH, App
from bot.channels.telegram.read import TelegramReader
from bot.channels.telegram.send import TelegramBot, TelegramChannel
from bot.channels.twilio.read import TwilioReader
from bot.channels.twilio.send import TwilioChannel
from bot.domain import hours
from bot.domain.address import Address, ChannelName
from bot.domain.family import Role
from bot.domain.outbox import Kind
from bot.domain.revision import Mode
from bot.inbound import polling, webhooks
from bot.running import answering, reconciling, sending
from bot.services import enrol, plan, publish
from bot.services.desk import Desk
from bot.services.dispatch import Pace
from bot.services.shelf import Shelf
from bot.store import addresses
from bot.store.database import Database
from bot.store.sealed import Seal
from bot.store.tables import inbox, outbox
from tests import line, ours, transcript
from tests.wire.telegram_server import TOKEN, TelegramServer
from tests.wire.twilio_server import ACCOUNT, AUTH_TOKEN, NUMBER, TwilioServer

PUBLIC = "https://think.example"
SECRET = "town-secret"
PEOPLE = {
    "Mother": Address(ChannelName.SMS, "+447700900000"),
    "Mother on Telegram": Address(ChannelName.TELEGRAM, "1007"),
    "Grandmother": Address(ChannelName.SMS, "+447700900001"),
    "Grandmother on Telegram": Address(ChannelName.TELEGRAM, "1008"),
    "Father": Address(ChannelName.TELEGRAM, "1006"),
}
_FAST = Pace(1000.0, chat_seconds=0.0)
_SLOTS = 4


class RunningClock:
    """A clock that runs as the machine's does, and can be set on, never back."""

    def __init__(self, now: datetime) -> None:
        self._now, self._since = now, machine.monotonic()

    def __call__(self) -> datetime:
        return self._now + timedelta(seconds=machine.monotonic() - self._since)

    def set_on(self, now: datetime) -> None:
        """It is `now` from here on."""
        assert now >= self(), "a story goes forward"
        self._now, self._since = now, machine.monotonic()


def trial(database: Database, seal: Seal) -> Desk:
    """A trial's desk: its guests are the people of these stories, and words need no approval yet."""
    content = ours.content()
    return line.desk(
        database, seal, Mode.TRIAL, config=content.config, content=content, lexicon=ours.lexicon(),
        shelf=Shelf(content.words), drama_numbers=True, guests=frozenset(PEOPLE.values()),
    )  # fmt: skip


@dataclass
class Town:
    """The house and its people; used within `open_town`."""

    app: App
    clock: RunningClock
    twilio: TwilioServer
    telegram: TelegramServer
    lines: list[str] = field(default_factory=list)
    _texts: int = 0  # of Twilio's and Telegram's, how many are written down
    _chats: int = 0

    # --- what people do --------------------------------------------------------------------------

    async def enrolled(
        self, who: str, role: Role, due_on: date | None = None, family: int | None = None
    ) -> int:
        """Somebody who joined before this begins; gives the family."""
        made = await asyncio.to_thread(
            enrol.enrol, self.app.desk, address=PEOPLE[who], role=role, language="en", how="staff",
            family=family, consented_words="seen", now=self.clock(), due_on=due_on,
        )  # fmt: skip
        self.note(f"{who} is with us already.")
        return made.family_id

    async def says(self, who: str, text: str) -> None:
        """Somebody writes, a minute on; what follows from it at once follows, and is written down."""
        self.clock.set_on(self.clock().replace(second=0, microsecond=0) + timedelta(minutes=1))
        self._write(who, text)
        address = PEOPLE[who]
        if address.channel is ChannelName.SMS:
            await asyncio.to_thread(self.twilio.text, address.value, text)
        else:
            await asyncio.to_thread(self.telegram.text, int(address.value), text)
        await self.settle()

    async def does(self, who: str, what: str, deed: Callable[..., Any], *more: Any) -> None:
        """Somebody does something in their chat, such as `telegram.block`."""
        self.note(f"{who} {what}")
        await asyncio.to_thread(deed, int(PEOPLE[who].value), *more)
        await self.settle()

    # --- how time goes ---------------------------------------------------------------------------

    async def at(self, day: date, hour: o_clock = o_clock(10, 1)) -> None:
        """It is this London moment: the planner looks, and what is due leaves."""
        self.clock.set_on(datetime.combine(day, hour, hours.LONDON))
        await asyncio.to_thread(plan.plan, self.app.desk, self.clock())
        await self.settle()

    async def later(self, **span: float) -> None:
        """Time passes; what was put off leaves, and doubts are looked into."""
        self.clock.set_on(self.clock() + timedelta(**span))
        await reconciling.reconcile_once(self.app)
        await self.settle()

    async def settle(self, seconds: float = 20.0) -> None:
        """Wait until everything that came in is answered and everything that is due has left."""
        until = machine.monotonic() + seconds
        while await asyncio.to_thread(self.app.desk.database.read, self._busy):
            assert machine.monotonic() < until, "the house did not come to rest"
            await asyncio.sleep(0.03)
        self._hear()

    def _busy(self, conn: sa.Connection) -> bool:
        if self._not_fetched() or self._receipts_to_come():
            return True
        stored = sa.select(inbox.c.inbound_id).where(inbox.c.state == "stored")
        due = sa.and_(outbox.c.state == "queued", outbox.c.send_at <= self.clock())
        leaving = sa.select(outbox.c.outbox_id).where(sa.or_(outbox.c.state == "sending", due))
        return any(conn.execute(query.limit(1)).first() is not None for query in (stored, leaving))

    def _not_fetched(self) -> bool:
        """Whether Telegram still keeps an update that nobody has polled."""
        return self.telegram.webhook is None and self.telegram.waiting

    def _receipts_to_come(self) -> bool:
        """Whether Twilio has not yet told us all that it will of what it took."""
        told = [path for path, _ in self.twilio.callbacks if path.startswith(STATUS_PATH)]
        return len(told) < len(self.twilio.sent) * len(self.twilio.receipts)

    # --- what is written down --------------------------------------------------------------------

    def note(self, text: str) -> None:
        """Something that a reader should know."""
        self.lines.append(f"[{text}]")

    def account(self, who: str) -> None:
        """Note what became of every row of the programme for this person."""
        for row in self.app.desk.database.read(lambda conn: _rows(conn, self.app.desk, PEOPLE[who])):
            tries = "" if row.attempts < 2 else f" after {row.attempts} tries"
            why = "" if row.reason is None or row.state in ("sent", "delivered") else f", {row.reason}"
            self.lines.append(f"{row.campaign}/{row.step} to {who}: {row.state}{why}{tries}.")

    def matches(self, name: str) -> None:
        """What was written is the golden file."""
        transcript.compare(name, self.lines)

    def _hear(self) -> None:
        """What reached people since, by who they are."""
        texts, chats = self.twilio.sent[self._texts :], self.telegram.sent[self._chats :]
        self._texts, self._chats = self._texts + len(texts), self._chats + len(chats)
        reached = [(Address(ChannelName.SMS, one.to), one.body, ()) for one in texts]
        reached += [(Address(ChannelName.TELEGRAM, str(one.chat_id)), one.text, one.buttons) for one in chats]
        for who, address in PEOPLE.items():
            for to, body, buttons in reached:
                if to == address:
                    self._write(f"To {who}", body, [label for row in buttons for label, _ in row])

    def _write(self, who: str, text: str, buttons: list[str] | None = None) -> None:
        moment = f"{self.clock().astimezone(hours.LONDON):%a %d %b %Y, %H:%M}"
        pressed = "".join(f"\n    ( {label} )" for label in buttons or ())
        self.lines.append(f"{moment}  {who}\n{transcript.filled(text)}{pressed}")


@contextlib.asynccontextmanager
async def open_town(
    desk: Desk, clock: RunningClock, *, telegram_webhook: bool = False
) -> AsyncIterator[Town]:
    """Everything running: both servers, our doors, and the loops that answer, send and poll."""
    with TwilioServer(public_url=PUBLIC) as twilio, TelegramServer(public_url=PUBLIC) as telegram:
        bot = TelegramBot(TOKEN, telegram.base_url, slots=_SLOTS, timeout=1.0, connect_timeout=0.5)
        texts = TwilioChannel(
            ACCOUNT, AUTH_TOKEN, NUMBER, base_url=twilio.url, slots=_SLOTS, timeout=0.5, connect_timeout=0.5,
            status_url=lambda public_id: f"{PUBLIC}{STATUS_PATH}{public_id}",
        )  # fmt: skip
        chats = TelegramChannel(bot)
        app = App(
            desk, {one.name: one for one in (texts, chats)},
            {ChannelName.SMS: TwilioReader(AUTH_TOKEN), ChannelName.TELEGRAM: TelegramReader(SECRET)},
            clock, bot=bot, twilio=texts, public_url=PUBLIC, slots=_SLOTS,
        )  # fmt: skip
        await asyncio.to_thread(publish.publish, desk, desk.content, "trial", clock())
        for channel in app.channels.values():
            await channel.open()
        try:
            async with _working(app, polls=not telegram_webhook) as port:
                twilio.reach = telegram.reach = f"http://127.0.0.1:{port}"
                if telegram_webhook:
                    assert await bot.set_webhook(f"{PUBLIC}/webhooks/telegram", SECRET) is None
                yield Town(app, clock, twilio, telegram)
        finally:
            for channel in app.channels.values():
                await channel.close()


@contextlib.asynccontextmanager
async def _working(app: App, *, polls: bool) -> AsyncIterator[int]:
    """Our doors on a port of their own, and our loops; on the way out they are told to stop, and end."""
    stop, wake = asyncio.Event(), asyncio.Event()
    doors = Starlette(routes=webhooks.routes(app, stored=wake.set))
    server = uvicorn.Server(
        uvicorn.Config(doors, port=0, log_config=None, access_log=False, lifespan="off", proxy_headers=False)
    )
    loops = [
        server._serve(),
        answering.answer_forever(app, stop, wake=wake),
        *(sending.send_forever(app, name, stop, rate=_FAST) for name in app.channels),
        *([polling.poll(app, stop, stored=wake.set)] if polls else []),
    ]
    tasks = [asyncio.create_task(work) for work in loops]
    try:
        until = machine.monotonic() + 10
        while not server.started:
            assert machine.monotonic() < until, "our doors did not open"
            await asyncio.sleep(0.01)
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        stop.set()
        server.should_exit = True
        await asyncio.wait_for(asyncio.gather(*tasks), 30)


def _rows(conn: sa.Connection, desk: Desk, address: Address) -> list[sa.Row[Any]]:
    """Every row of the programme at this address, in the order of its days."""
    found = addresses.find(conn, desk.seal, address)
    assert found is not None
    answers = [Kind.REPLY.value, Kind.CRISIS.value, Kind.REMOVAL.value]
    query = sa.select(outbox).where(outbox.c.address_id == found.id, outbox.c.kind.not_in(answers))
    return list(conn.execute(query.order_by(outbox.c.opens_on, outbox.c.campaign, outbox.c.step)))
