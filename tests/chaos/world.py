"""A world of chaos: families, providers with memory, a database, and the processes between them."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from datetime import time as o_clock
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bot.domain import hours
from bot.domain.address import Address, ChannelName
from bot.domain.family import Role
from bot.services.desk import Desk
from bot.store.tables import cursors, due, inbox, leases, outbox, planned, senders
from tests import postgres
from tests.chaos.dial import Dial
from tests.chaos.life import Life
from tests.chaos.nursery import Nursery
from tests.chaos.providers import Texts, begun
from tests.wire.telegram_server import TelegramServer

PARTS = ("plan", "dispatch", "inbound")


PATIENCE = 40.0  # seconds; a busy machine is slow


MORNING = o_clock(10, 0, 5)


@dataclass
class Person:
    """Somebody who joined on the first day. `touched`: something was done that may end their messages."""

    address: Address
    role: Role
    family_id: int
    member_id: int
    touched: bool = False


@dataclass
class Alive:
    """A process that was started and has not been seen to end."""

    life: Life
    pid: int


@dataclass
class World:
    """Made by `founding.world`. What is done to it is noted: a judge holds it against the ledger."""

    folder: Path
    url: str
    dial: Dial
    texts: Texts
    chats: TelegramServer
    nursery: Nursery
    desk: Desk
    settings: dict[str, Any]
    first_day: date
    server: postgres.Own  # for the acts that break it; nothing is listening there with SQLite
    people: list[Person] = field(default_factory=list)
    lives: dict[str, Alive] = field(default_factory=dict)
    days: list[int] = field(default_factory=list)  # the days after joining that came
    silenced: dict[Address, float] = field(default_factory=dict)  # since when nothing staged may begin
    erased: dict[Address, float] = field(default_factory=dict)
    barred: list[tuple[str, float, float]] = field(default_factory=list)  # campaign or step, from, until
    retired: set[int] = field(default_factory=set)  # days whose step was taken out
    said: list[tuple[Address, str]] = field(default_factory=list)  # every STOP and LOSS that was written
    unapproved: set[int] = field(default_factory=set)  # editions that nobody stood by
    edition: int = 1  # the newest that was published
    kills: int = 0
    in_flight: int = 0  # rows in `sending` at the moment of each kill, summed
    log: Callable[[str], None] = lambda line: None
    _number: int = 0
    _listed: bool = False

    # --- processes -------------------------------------------------------------------------------

    def start(self, *parts: str, name: str | None = None, wait: bool = True, **more: Any) -> Alive:
        """A process of these parts. `name` is by what it is called here: a second planner has one."""
        self._number += 1
        called = name or "+".join(parts)
        life = Life(
            f"{self._number:03d}-{called}", str(self.folder), self.url, self.chats.base_url, self.texts.url,
            parts, **more,
        )  # fmt: skip
        self.lives[called] = alive = Alive(life, self.nursery.bear(life, self.settings))
        if wait:
            self.opened(alive)
        return alive

    def opened(self, alive: Alive) -> None:
        """Wait until its door is open; whoever knocks for the inbound part is let in there from now on."""
        self.until(lambda: alive.life.path("port").exists() or self._ended(alive), f"{alive.life.name} opens")
        if alive.life.path("port").exists() and "inbound" in alive.life.parts:
            self.texts.reach = self.chats.reach = f"http://127.0.0.1:{alive.life.path('port').read_text()}"

    def start_all(self, but: str | None = None) -> None:
        """Whichever of the three is not there; `but` one of them."""
        for part in PARTS:
            if part == but:
                continue
            alive = self.lives.get(part)
            if alive is not None and self._ended(alive):
                del self.lives[part]
            if part not in self.lives:
                self.start(part, wait=False)
        for part in PARTS:
            if part != but:
                self.opened(self.lives[part])
        if not self._listed:  # first of all Twilio's list is looked at: what came before that is not ours
            self.until(self._list_was_read, "Twilio's list is read for the first time")
            self._listed = True

    def _list_was_read(self) -> bool:
        read = sa.select(cursors.c.value).where(cursors.c.name == "twilio_listed_until")
        return self.desk.database.read(lambda conn: conn.execute(read).first()) is not None

    def kill(self, name: str) -> None:
        """kill -9."""
        alive = self.lives.pop(name)
        if not self._ended(alive):
            os.kill(alive.pid, signal.SIGKILL)
        self.fell(alive)

    def fell(self, alive: Alive) -> None:
        """It was killed: how much was under way?"""
        self.nursery.wait(alive.pid)
        self.kills += 1
        if "dispatch" in alive.life.parts:
            self.in_flight += self.count(outbox.c.state == "sending")

    def tell(self, name: str) -> None:
        """SIGTERM, unless it has ended."""
        if not self._ended(self.lives[name]):
            os.kill(self.lives[name].pid, signal.SIGTERM)

    def stop(self, name: str) -> int:
        """SIGTERM; how it ended, or had ended by itself."""
        self.tell(name)
        return self.nursery.wait(self.lives.pop(name).pid, PATIENCE)

    def freeze(self, name: str) -> None:
        """SIGSTOP."""
        os.kill(self.lives[name].pid, signal.SIGSTOP)

    def wake(self, name: str) -> None:
        """SIGCONT."""
        os.kill(self.lives[name].pid, signal.SIGCONT)

    def _ended(self, alive: Alive) -> bool:
        return self.nursery.ended(alive.pid) is not None

    # --- people ----------------------------------------------------------------------------------

    def says(self, person: Person, text: str) -> None:
        """Somebody writes. After a STOP or a LOSS that a door took they, or all of them, are to be silent."""
        taken = True
        if text in ("STOP", "LOSS"):
            self.touch(person)
            self.said.append((person.address, text))
        if person.address.channel is ChannelName.SMS:
            taken = self.texts.bring_text(person.address.value, text)
            if taken and text in ("STOP", "LOSS"):
                self._silent(person, everybody=True)
        else:
            self.chats.text(int(person.address.value), text)

    def _silent(self, person: Person, *, everybody: bool) -> None:
        """From now on; by CARE 7 a mother's STOP quiets her relatives too."""
        for one in self.family(person) if everybody else [person]:
            self.silenced.setdefault(one.address, time.monotonic())

    # --- time ------------------------------------------------------------------------------------

    def day(self, number: int, at: o_clock = MORNING) -> None:
        """So many days after everybody joined, at this London time."""
        self.days.append(number)
        moment = datetime.combine(self.first_day + timedelta(days=number), at, hours.LONDON)
        assert moment.astimezone(UTC) > self.dial(), "a story goes forward"
        self.dial.set(moment.astimezone(UTC))

    def pass_(self, **span: float) -> None:
        """So much time passes at once, as when the machines had slept."""
        self.dial.turn(timedelta(**span))

    def until(self, done: Callable[[], object], what: str, seconds: float = PATIENCE) -> None:
        """Wait until this is so."""
        end = time.monotonic() + seconds
        while not done():
            assert time.monotonic() < end, f"it did not happen in time: {what}"
            time.sleep(0.02)

    def settle(self, seconds: float = 90.0) -> None:
        """All is well again: start whoever is missing, and wait until nothing is to be done today.

        What waits for a moment (a lease, a provider that asked for patience) has it: the dial is turned.
        """
        self.texts.well()
        self.chats.well()
        end, still, before = time.monotonic() + seconds, time.monotonic(), {}
        self.start_all()
        while left := self.unfinished() or self.unfinished():  # one look sees no single moment of it
            assert time.monotonic() < end, f"it did not come to rest: {left}\n{self.logged()}"
            if left != before:
                still, before = time.monotonic(), left
            elif time.monotonic() - still > 0.6:
                still = time.monotonic() + 1.2  # the clocks look once a second whether they were set
                self._turn_on()
            time.sleep(0.1)
            self.start_all()

    def _turn_on(self) -> None:
        """To the first moment that something waits for; a little, when nothing says what it waits for."""
        now = self.dial()
        waits = [moment for moment in self.desk.database.read(_waited_for) if moment > now]
        self.dial.set(min([*waits, now + timedelta(minutes=6)]) + timedelta(seconds=1))

    def unfinished(self) -> dict[str, int]:
        """What is still to be done today, by kind; empty when nothing is."""
        today = hours.local_day(self.dial())

        def work(conn: sa.Connection) -> dict[str, int]:
            def number(query: Any) -> int:
                return int(
                    conn.execute(sa.select(sa.func.count()).select_from(query.subquery())).scalar_one()
                )

            one = sa.literal(1)
            kept = planned.c.step.not_in([f"day{day}" for day in self.retired])
            late = sa.select(planned.c.step).where(planned.c.through < today, kept)
            known = int(conn.execute(sa.select(sa.func.count()).select_from(planned)).scalar_one())
            doubt = sa.and_(outbox.c.state == "uncertain", outbox.c.channel == "sms")
            return {
                "not brought": self._not_brought(conn),  # first: it becomes something else below
                "unanswered": number(sa.select(one).where(inbox.c.state == "stored")),
                "unplanned steps": number(late) + (0 if known else 1),
                "to look at": number(
                    sa.select(one).where(outbox.c.state == "waiting", outbox.c.look_on <= today)
                ),
                "families to plan": number(sa.select(due.c.family_id)),
                "queued": number(sa.select(one).where(outbox.c.state == "queued", _of_today(today))),
                "sending": number(sa.select(one).where(outbox.c.state == "sending")),
                "texts in doubt": number(sa.select(one).where(doubt)),
                "halted": number(sa.select(one).where(senders.c.halted_at.is_not(None))),
                "not fetched": int(self.chats.waiting),
            }

        return {what: number for what, number in self.desk.database.read(work).items() if number}

    def _not_brought(self, conn: sa.Connection) -> int:
        """Texts that Twilio lists and we have not."""
        theirs = {one.sid for one in list(self.texts.received)}
        ours = set(conn.execute(sa.select(inbox.c.provider_id).where(inbox.c.channel == "sms")).scalars())
        return len(theirs - ours)

    # --- looking ---------------------------------------------------------------------------------

    def count(self, *which: sa.ColumnElement[bool]) -> int:
        """How many rows of the outbox are so."""
        query = sa.select(sa.func.count()).select_from(outbox).where(*which)
        return int(self.desk.database.read(lambda conn: conn.execute(query).scalar_one()))

    def calls(self) -> int:
        """How many sends have begun by now."""
        return len(begun(self.texts, self.chats))

    def moving(self, more: int = 3) -> None:
        """Wait until some more sends have begun: the day's messages are leaving."""
        before = self.calls()
        self.until(lambda: self.calls() >= before + more or not self.unfinished(), "messages leave")

    def logged(self, lines: int = 12) -> str:
        """The ends of the logs of those who live."""
        ends = [(one.life.name, one.life.path("log")) for one in self.lives.values()]
        return "\n".join(
            f"--- {name}\n" + "\n".join(log.read_text().splitlines()[-lines:])
            for name, log in ends
            if log.exists()
        )

    @property
    def sqlite(self) -> bool:
        """Which of the two databases it is."""
        return self.desk.database.sqlite

    @property
    def file(self) -> Path:
        """The SQLite file."""
        return Path(self.url.removeprefix("sqlite:///"))

    def of(self, channel: ChannelName) -> list[Person]:
        """Whoever has this channel and was left alone so far."""
        return [one for one in self.people if one.address.channel is channel and not one.touched]

    def family(self, person: Person) -> list[Person]:
        """Everybody of their family."""
        return [one for one in self.people if one.family_id == person.family_id]

    def touch(self, person: Person) -> None:
        """Something happens to this family: what is theirs may end."""
        for one in self.family(person):
            one.touched = True


def _waited_for(conn: sa.Connection) -> list[datetime]:
    """Moments at which something may go on: leases end, rows may leave, Twilio may be asked."""
    found: list[datetime] = list(conn.execute(sa.select(leases.c.until)).scalars())
    rows = conn.execute(
        sa.select(outbox.c.state, outbox.c.send_at, outbox.c.claimed_until, outbox.c.attempted_at).where(
            outbox.c.state.in_(("queued", "sending", "uncertain"))
        )
    )
    for row in rows:
        after = row.attempted_at and row.attempted_at + timedelta(minutes=5)
        moment = {"queued": row.send_at, "sending": row.claimed_until, "uncertain": after}[row.state]
        found += [] if moment is None else [moment]
    return found


def _of_today(today: date) -> sa.ColumnElement[bool]:
    return sa.or_(outbox.c.day.is_(None), outbox.c.day <= today)
