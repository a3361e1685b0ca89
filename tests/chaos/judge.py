"""The judge: what the providers were given, held against what the ledger says, contact by contact."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa

from bot.domain import hours
from bot.domain.address import Address, ChannelName
from bot.services import reports
from bot.store import addresses
from bot.store.outbox import unpack
from bot.store.tables import consent_states, consents, families, outbox
from tests.chaos import written
from tests.chaos.providers import Begun, begun, taken
from tests.chaos.world import World

LATE = 1.0  # seconds after a STOP, a LOSS, a withdrawal in which a call may still begin (P2)
SLACK = 0.3  # seconds that a request takes to come through on a busy machine
NIGHT = time(21)  # nothing staged may be delivered after it
SPENT = frozenset({"sending", "sent", "delivered", "failed", "uncertain"})
LEFT = frozenset({"sent", "delivered"})
ENDS = frozenset({"sent", "delivered", "failed", "uncertain", "expired", "cancelled", "skipped"})


@dataclass(frozen=True)
class Row:
    """A row of the ledger, opened: to whom, and in which words it left."""

    row: Any
    to: Address | None
    body: str | None

    @property
    def staged(self) -> bool:
        return bool(self.row.kind == "staged")

    @property
    def may_double(self) -> bool:
        """A crisis answer, or a step that says so: once more when in doubt."""
        return bool(self.row.kind == "crisis" or self.row.campaign == written.AGAIN)


class Judge:
    """Everything wrong with a world, in sentences; nothing when all promises held."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.rows = world.desk.database.read(self._ledger)
        self.begun = begun(world.texts, world.chats)
        self.taken = Counter(taken(world.texts, world.chats))

    def _ledger(self, conn: sa.Connection) -> list[Row]:
        found = conn.execute(sa.select(outbox)).all()
        known = addresses.reveal(conn, self.world.desk.seal, {row.address_id for row in found})
        seal = self.world.desk.seal

        def words(row: Any) -> str | None:
            return None if row.sealed is None else unpack(seal.open("outbox.body", row.sealed))[0].strip()

        return [Row(row, known.get(row.address_id), words(row)) for row in found]

    def wrong(self, *, settled: bool = True) -> list[str]:
        """Look at everything. `settled`: nothing is under way, so each row of the past must have ended."""
        said = [
            *self._consent(), *self._stop(), *self._withdrawn(), *self._once(), *self._hours(),
            *self._calm(), *self._approved(), *self._sums(),
        ]  # fmt: skip
        return said + (self._accounted() + self._doubts() + self._heard() if settled else [])

    # --- P1, P2, P3, P9 ---------------------------------------------------------------------------

    def _consent(self) -> list[str]:
        """P1: the state equals the ledger, and nothing staged went to who had no consent."""

        def work(conn: sa.Connection) -> list[str]:
            last: dict[Any, bool] = {}
            for row in conn.execute(sa.select(consents).order_by(consents.c.at, consents.c.consent_id)):
                last[row.family_id, row.member_id, row.purpose, row.channel] = row.given
            states = {
                (row.family_id, row.member_id, row.purpose, row.channel): row.live
                for row in conn.execute(sa.select(consent_states))
            }
            return [] if states == last else ["P1: the consent states are not what their ledger says"]

        return self.world.desk.database.read(work) + [
            f"P1: a step went to {one.to!r}, who never agreed"
            for one in self._steps()
            if one.to not in {person.address for person in self.world.people}
        ]

    def _steps(self) -> list[Begun]:
        return [one for one in self.begun if one.body.startswith("Step ")]

    def _stop(self) -> list[str]:
        """P2, P3 and erasure: nothing staged begins more than a second after it was committed."""
        since = self.world.silenced | self.world.erased
        return [
            f"P2: {one.body!r} began {one.at - since[one.to]:.2f} s after that address was silent"
            for one in self._steps()
            if one.to in since and one.at > since[one.to] + LATE + SLACK
        ]

    def _withdrawn(self) -> list[str]:
        """P9: what was withdrawn, retired or halted does not begin while it is."""
        return [
            f"P9: {one.body!r} began {one.at - since:.2f} s after it was withdrawn, retired or halted"
            for one in self._steps()
            for name, since, until in self.world.barred
            if name in (written.campaign_of(day_of(one.body)), step_of(one.body))
            and since + LATE + SLACK < one.at < until
        ]

    def _heard(self) -> list[str]:
        """P2, P3, P13: every STOP and LOSS that was written is in force."""

        def work(conn: sa.Connection) -> list[str]:
            said = []
            for to, word in self.world.said:
                if to in self.world.erased:
                    continue
                found = addresses.find(conn, self.world.desk.seal, to)
                family = next(one.family_id for one in self.world.people if one.address == to)
                held = conn.execute(sa.select(families.c.held).where(families.c.family_id == family)).scalar()
                if word == "STOP" and (found is None or not found.stopped):
                    said.append(f"P2: a STOP of {to!r} was lost")
                if word == "LOSS" and not held:
                    said.append(f"P3: a LOSS of {to!r} was lost")
            return said

        return self.world.desk.database.read(work)

    def _approved(self) -> list[str]:
        """P9: no words that nobody stood by."""
        return [
            f"P9: {one.body!r} was never approved"
            for one in self._steps()
            if edition_of(one.body) in self.world.unapproved
        ]

    # --- P4 ----------------------------------------------------------------------------------------

    def _once(self) -> list[str]:
        """P4: a row that left was taken once, one that did not never; twice only where the row may."""
        ours: dict[tuple[Address, str], list[Row]] = defaultdict(list)
        for row in self.rows:
            if row.to is not None and row.body is not None:
                ours[row.to, row.body].append(row)
        said = []
        for key in {*ours, *self.taken}:
            to, body = key
            if to in self.world.erased:
                continue
            rows, there = ours.get(key, []), self.taken[key]
            least = sum(row.row.state in LEFT for row in rows)
            most = sum(row.row.state in SPENT for row in rows)
            most += sum(row.may_double and row.row.attempts > 1 for row in rows)
            if not least <= there <= most:
                states = [(row.row.kind, row.row.state, row.row.reason, row.row.attempts) for row in rows]
                what = "P4: doubled" if there > most else "P5: lost"
                said.append(f"{what}: {body!r} was taken {there} times for {to!r}; ledger: {states}")
        for (to, body), number in self.taken.items():
            again = written.campaign_of(day_of(body)) == written.AGAIN if body.startswith("Step ") else True
            if number > 1 and not again:
                said.append(f"P4: {body!r} reached {to!r} {number} times")
        return said

    # --- P6, P8 ------------------------------------------------------------------------------------

    def _hours(self) -> list[str]:
        """P6: within the hours and the window, and not to be delivered by night.

        A call that was under way when the clock was set may go by the time before it.
        """
        said = []
        for one in self._steps():
            moments = [at.astimezone(hours.LONDON) for at in self.world.dial.readings(one.at)]
            wrong = [self._not_now(one, at) for at in moments]
            if all(wrong):
                said.append(f"P6: {one.body!r} began at {moments[0]:%d %b %H:%M:%S}: {wrong[0]}")
        return said

    def _not_now(self, one: Begun, at: datetime) -> str:
        """Why this may not begin at this moment; empty when it may."""
        opens = self._opens(one.body)
        if not time(9) <= at.time() <= time(19, 45, 1):
            return "by night"
        if not opens <= at.date() < opens + timedelta(days=written.OPEN):
            return f"it opened on {opens:%d %b}"
        night = datetime.combine(at.date(), NIGHT, hours.LONDON) + timedelta(seconds=2)
        late = one.valid_for is not None and at + timedelta(seconds=one.valid_for) > night
        return "it may be delivered at night" if late else ""

    def _opens(self, body: str) -> date:
        return self.world.first_day + timedelta(days=day_of(body))

    def _calm(self) -> list[str]:
        """P8: for an address, one step a day and two in any seven days."""
        days: dict[Address, set[tuple[date, str]]] = defaultdict(set)
        for one in self._steps():
            if self.taken[one.to, one.body]:
                days[one.to].add(
                    (self.world.dial.at(one.at).astimezone(hours.LONDON).date(), step_of(one.body))
                )
        said = []
        for to, went in days.items():
            on = [day for day, _ in went]
            if any(sum(0 <= (other - day).days < 7 for other in on) > 2 for day in on):
                said.append(f"P8: {to!r} had more than two in seven days: {sorted(went)}")
            if max(Counter(on).values()) > 1:
                said.append(f"P8: {to!r} had more than one on a day: {sorted(went)}")
        return said

    # --- P5 ------------------------------------------------------------------------------------------

    def _sums(self) -> list[str]:
        """P5: what was planned is the sum of what became of it, and every row is somebody's."""
        lines = reports.summary(self.world.desk)
        steps = [row for row in self.rows if row.staged]
        keys = {(row.row.member_id, row.row.campaign, row.row.step, row.row.occurrence) for row in steps}
        said = [] if len(keys) == len(steps) else ["P4: a step has two rows"]
        if sum(line.planned for line in lines) != len(steps):
            said.append("P5: the report does not count every row")
        if any(line.planned != sum(line.outcomes.values()) for line in lines):
            said.append("P5: planned is not the sum of the outcomes")
        return said

    def _accounted(self) -> list[str]:
        """P5 and P7: everybody who was left alone has each day's row, opened on its day, and it ended."""
        rows = {(row.row.member_id, row.row.step): row.row for row in self.rows if row.staged}
        said = []
        for person in self.world.people:
            for day in self.world.days:
                row = rows.get((person.member_id, f"day{day}"))
                if person.touched:
                    continue
                if row is None:
                    said.append(f"P5: nobody planned day {day} for {person.address!r}")
                elif row.opens_on != self.world.first_day + timedelta(days=day):
                    said.append(f"P7: day {day} of {person.address!r} opened on {row.opens_on}")
        today = hours.local_day(self.world.dial())
        for row in self.rows:
            over = row.row.closes_on is None or row.row.closes_on <= today
            if row.row.state not in ENDS and over:
                said.append(f"P5: a row is still {row.row.state}: {row.row.kind}, {row.row.step}")
            if (
                row.row.state in ("expired", "cancelled", "skipped", "failed", "uncertain")
                and not row.row.reason
            ):
                said.append(f"P5: a row is {row.row.state} and does not say why")
        return said

    def _doubts(self) -> list[str]:
        """In doubt by a lease: at most what was under way when a process was killed; of texts nothing."""
        leases = sum(row.row.state == "uncertain" and row.row.reason == "lease" for row in self.rows)
        texts = sum(row.row.state == "uncertain" and row.row.channel == "sms" for row in self.rows)
        said = [] if texts == 0 else [f"{texts} texts are in doubt, though Twilio can tell"]
        if leases > self.world.in_flight:
            said.append(f"{leases} rows are in doubt, and only {self.world.in_flight} were under way")
        return said

    def lost(self, day: int) -> list[str]:
        """Where nothing was refused and no time was lost: each that was left alone has it, or may have."""
        gone = {row.row.member_id: row.row.state for row in self.rows if row.row.step == f"day{day}"}
        return [
            f"lost: day {day} of {person.address!r} ended {gone.get(person.member_id)}"
            for person in self.world.people
            if not person.touched and gone.get(person.member_id) not in ("sent", "delivered", "uncertain")
        ]

    def summary(self) -> str:
        """What became of everything, in one line."""
        states = Counter(f"{row.row.state}" for row in self.rows)
        kinds = " ".join(f"{name} {number}" for name, number in sorted(states.items()))
        return f"{self.world.kills} kills; {len(self.begun)} calls; {kinds}"


def day_of(body: str) -> int:
    """The day that a step's words name."""
    return int(body.removeprefix("Step ").partition(",")[0])


def edition_of(body: str) -> int:
    """The edition that a step's words name."""
    return int(body.rpartition("edition ")[2].rstrip("."))


def step_of(body: str) -> str:
    """Which step it is, whatever the edition."""
    return f"day{day_of(body)}"


def of(channel: ChannelName, rows: list[Row]) -> list[Row]:
    """The rows of one channel."""
    return [row for row in rows if row.row.channel == channel.value]
