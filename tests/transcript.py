"""Stories through the real line, written down so that a midwife can read them.

People write, the plan plans, the dispatcher sends, and days go by; the channels are a rehearsal's. A
message that leaves twice, at night, or to someone it is not for ends the story.
"""

from __future__ import annotations

import os
import textwrap
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from pathlib import Path

import sqlalchemy as sa

from bot.domain import hours
from bot.domain.address import Address, ChannelName
from bot.domain.family import Family, Role
from bot.domain.inbound import Inbound, InboundKind
from bot.domain.outbox import CLOSED_UNSENT, OPEN, Accepted, Kind, State
from bot.domain.revision import Mode
from bot.domain.timeline import GESTATION
from bot.services import check_ins, converse, dispatch, enrol, plan, publish, receive, reconcile
from bot.services.desk import Desk
from bot.services.dispatch import Job
from bot.services.shelf import Shelf
from bot.store import addresses, families, household
from bot.store.database import Database
from bot.store.sealed import Seal
from bot.store.tables import outbox
from tests import line, ours
from tests.clock import Clock

GOLDEN = Path(__file__).parent / "journeys"
REWRITE = "WRITE_JOURNEYS"
TICKS = (time(6), time(9), time(10), time(12), time(16), time(19, 40), time(21))  # London, of every day
MORNING = time(8, 30)  # when people in these stories write, unless it is said
US = "Think Family"
PEOPLE = {
    "Mother": Address(ChannelName.SMS, "+447700900000"),
    "Grandmother": Address(ChannelName.SMS, "+447700900001"),
    "Mother-in-law": Address(ChannelName.SMS, "+447700900002"),
    "Partner": Address(ChannelName.SMS, "+447700900003"),
    "A neighbour": Address(ChannelName.SMS, "+447700900004"),
    "The neighbour's mother-in-law": Address(ChannelName.SMS, "+447700900005"),
    "Somebody new": Address(ChannelName.SMS, "+447700900006"),
    "Father": Address(ChannelName.TELEGRAM, "1006"),
}
_NAMES = {address: who for who, address in PEOPLE.items()}
_SLOTS = 50
_DAYS_TOLD, _WEEKS_TOLD = 14, 13  # how old a baby is: in days, then in weeks, then in months


def desk(database: Database, seal: Seal) -> Desk:
    """A rehearsal's desk with everything real: content, words that are understood, and the shelf."""
    return line.desk(
        database, seal, Mode.REHEARSAL, config=ours.content().config, content=ours.content(),
        lexicon=ours.lexicon(), shelf=Shelf(ours.content().words), drama_numbers=True,
    )  # fmt: skip


@dataclass
class Transcript:
    """People who write, and what reaches them; everything is written down as it went.

    `brief`: a staged message is one line. `only`: whose messages are written down; None: everybody's.
    """

    desk: Desk
    clock: Clock
    brief: bool = False
    only: frozenset[str] | None = None
    ticks: tuple[time, ...] = TICKS
    lines: list[str] = field(default_factory=list)
    _wakes: datetime | None = None  # when something is due next; None: look at once
    _left: set[int] = field(default_factory=set)
    _told: set[int] = field(default_factory=set)
    _texts: int = 0

    # --- what happens ----------------------------------------------------------------------------

    def begins(self, day: date, at: time = MORNING) -> None:
        """The story begins at this London moment, with the campaigns published."""
        self.clock.now = _london(day, at)
        publish.publish(self.desk, self.desk.content, "rehearsal", self.clock.now)

    def enrolled(
        self,
        who: str,
        role: Role,
        due_on: date | None = None,
        family: int | None = None,
        born_on: date | None = None,
    ) -> int:
        """Somebody who joined before this begins; gives the family."""
        made = enrol.enrol(
            self.desk, address=PEOPLE[who], role=role, language="en", how="staff", family=family,
            consented_words="seen", now=self.clock.now, due_on=due_on, born_on=born_on,
        )  # fmt: skip
        self._wakes = None
        self.note(f"{who} is with us already.")
        return made.family_id

    def says(self, who: str, text: str, kind: InboundKind = InboundKind.TEXT) -> None:
        """A text arrives, is stored and answered; then five minutes pass."""
        self._write(who, f"/start {text}".strip() if kind is InboundKind.START else text)
        self._texts += 1
        self._wakes = None
        address, now = PEOPLE[who], self.clock.now
        received = Inbound(address.channel, f"SM{self._texts}", kind, address, text, now)
        receive.receive(self.desk, received, now)
        converse.converse(self.desk, now)
        if not self._send():
            self.note("No answer.")
        self.clock.pass_(minutes=5)

    def until(self, day: date, at: time = MORNING, *, outage: bool = False) -> None:
        """Live on until this London moment; in an outage nothing of ours runs."""
        end = _london(day, at)
        for moment in _moments(self.clock.now, end, self.ticks):
            self.clock.now = moment
            if not outage:
                self._tick()
        self.clock.now = end

    # --- what is noted ---------------------------------------------------------------------------

    def note(self, text: str) -> None:
        """Something that a reader should know."""
        self.lines.append(textwrap.fill(f"[{text}]", 104))

    def state(self, *everyone: str) -> None:
        """Note who would be sent messages of the programme now."""
        for who in everyone:
            self.note(f"{who}: {self.desk.database.read(partial(self._stands, who=who))}.")

    def account(self, *everyone: str) -> None:
        """Note what was planned for these since it was last noted and did not leave, and why."""
        for who in everyone:
            found = self.desk.database.read(partial(self._unsent, who=who))
            self._told |= {row.outbox_id for row in found if State(row.state) in CLOSED_UNSENT}
            why: dict[str, list[str]] = defaultdict(list)
            for row in found:
                why[f"{row.state}, {row.reason}"].append(f"{row.campaign}/{row.step}")
            for reason, steps in sorted(why.items()):
                self.note(f"For {who}, {reason}: {', '.join(sorted(steps))}.")
            if not found:
                self.note(f"For {who} nothing more was planned that did not leave.")

    def matches(self, name: str) -> None:
        """What was written is the golden file, or the environment asks for it to be written anew."""
        compare(name, self.lines)

    # --- the line --------------------------------------------------------------------------------

    def _tick(self) -> None:
        """What the clock of a running process does, once; nothing while nothing can be due."""
        now = self.clock.now
        if self._wakes is not None and now < self._wakes:
            return
        check_ins.check_ins(self.desk, now)
        plan.plan(self.desk, now)
        reconcile.expire(self.desk, now)
        self._wakes = self.desk.database.read(self._due_next)
        if self._wakes <= now and self._send():
            self._wakes = self.desk.database.read(self._due_next)

    def _due_next(self, conn: sa.Connection) -> datetime:
        """When the first row that is queued may go, or the next day begins."""
        tomorrow = _london(hours.local_day(self.clock.now) + timedelta(days=1), time(0))
        first = conn.execute(sa.select(sa.func.min(outbox.c.send_at)).where(outbox.c.state == "queued"))
        return min(first.scalar() or tomorrow, tomorrow)

    def _send(self) -> int:
        """Everything that may go now goes, and is written down; gives how much went."""
        sent = 0
        for channel in self.desk.senders:
            while jobs := dispatch.claim(self.desk, channel, _SLOTS, self.clock.now, dispatch.UNPACED):
                for job in jobs:
                    self._leaves(job)
                    sent += 1
                accepted = [(job.outbox_id, Accepted(job.message.public_id), self.clock.now) for job in jobs]
                dispatch.record(self.desk, accepted, self.clock.now)
        return sent

    def _leaves(self, job: Job) -> None:
        row = line.row(self.desk, job.outbox_id)
        who, body = _NAMES[job.message.address], job.message.body
        assert job.outbox_id not in self._left, f"{row.campaign}/{row.step} left twice"
        self._left.add(job.outbox_id)
        if self.only is not None and who not in self.only:
            return
        if row.kind in (Kind.REPLY, Kind.CRISIS):
            self._write(US, body)
            return
        assert hours.open_now(self.clock.now), f"{row.campaign}/{row.step} left at night"
        of = f"{row.campaign}/{row.step}"
        age = self.desk.database.read(partial(self._age, family=row.family_id))
        if self.brief:
            words = textwrap.shorten(body.removeprefix(f"{US}: "), 48, placeholder=" ...")
            self.lines.append(f"{self._moment()}  To {who}, {age}, {of}: {words}")
        else:
            self._write(f"{US} to {who} ({age}; {of})", body)

    def _age(self, conn: sa.Connection, family: int) -> str:
        return age(household.load(conn, [family])[0], hours.local_day(self.clock.now))

    def _stands(self, conn: sa.Connection, who: str) -> str:
        row = addresses.find(conn, self.desk.seal, PEOPLE[who])
        if row is None:
            return "we know nothing of this phone"
        if row.stopped:
            return "stopped, nothing is sent"
        found = families.members_at(conn, row.id)
        if not found:
            return "has not joined, nothing is sent"
        family = household.load(conn, [found[0][0]])[0]
        current = family.current()
        quiet = family.held or (current is not None and current.lost_on is not None)
        return "quiet, nothing is sent" if quiet else "gets messages"

    def _unsent(self, conn: sa.Connection, who: str) -> list[sa.Row[tuple[object, ...]]]:
        address = addresses.find(conn, self.desk.seal, PEOPLE[who])
        states = [state.value for state in (*CLOSED_UNSENT, *OPEN)]
        query = sa.select(outbox).where(
            outbox.c.address_id == (address and address.id), outbox.c.state.in_(states),
            outbox.c.kind.not_in([Kind.REPLY.value, Kind.CRISIS.value]),
        )  # fmt: skip
        return [row for row in conn.execute(query) if row.outbox_id not in self._told]

    def _write(self, who: str, text: str) -> None:
        self.lines.append(f"{self._moment()}  {who}\n{filled(text)}")

    def _moment(self) -> str:
        return f"{self.clock.now.astimezone(hours.LONDON):%a %d %b %Y, %H:%M}"


def compare(name: str, lines: list[str]) -> None:
    """These lines are the golden file, or the environment asks for it to be written anew."""
    path, written = GOLDEN / f"{name}.txt", _joined(lines)
    if os.environ.get(REWRITE):
        path.write_text(written, encoding="utf-8")
    assert written == path.read_text(encoding="utf-8"), f"{REWRITE}=1 writes {path.name} anew"


def filled(text: str) -> str:
    """The words of a message, indented, with its own line breaks kept."""
    return "\n".join(
        textwrap.fill(part, 100, initial_indent="    ", subsequent_indent="    ")
        for part in text.splitlines() or [""]
    )


def age(family: Family, today: date) -> str:
    """How far along a family is, as a midwife would say it."""
    pregnancy = family.current()
    if pregnancy is None or (pregnancy.lost_on is not None and not pregnancy.resumed_for):
        return "no date"
    if pregnancy.born_on is not None:
        days = (today - pregnancy.born_on).days
        if days <= _DAYS_TOLD:
            return f"day {days}"
        return f"{days // 7} weeks old" if days < 7 * _WEEKS_TOLD else f"{days * 12 // 365} months old"
    if pregnancy.due_on is None:
        return "no date"
    weeks, days = divmod((today - (pregnancy.due_on - GESTATION)).days, 7)
    return f"{weeks}w+{days}"


def _joined(lines: list[str]) -> str:
    """Paragraphs, but lines of one line each in a row stay together."""
    written = ""
    for before, now in zip(["", *lines], lines, strict=False):
        together = _one_line(before) and _one_line(now)
        written += ("" if not written else "\n" if together else "\n\n") + now
    return written + "\n"


def _one_line(text: str) -> bool:
    return "\n" not in text and not text.startswith("[") and bool(text)


def _moments(now: datetime, end: datetime, ticks: tuple[time, ...]) -> Iterator[datetime]:
    """Every tick after `now` and before `end`."""
    day = hours.local_day(now)
    while day <= hours.local_day(end):
        yield from (moment for at in ticks if now < (moment := _london(day, at)) < end)
        day += timedelta(days=1)


def _london(day: date, at: time) -> datetime:
    return datetime.combine(day, at, hours.LONDON).astimezone(UTC)
