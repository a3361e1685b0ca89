"""Dispatch: claim what can begin at once and make its words; later, record what the provider answered.

The calls themselves are in running.sending, with no transaction open.
"""

from __future__ import annotations

import math
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.domain import hours
from bot.domain.address import ChannelName
from bot.domain.outbox import CLAIM_ORDER, Answer, Kind, Reason
from bot.domain.revision import Mode
from bot.errors import ContentError, DatabaseGone, NotAllowed, NotFound
from bot.services import answered
from bot.services.desk import Desk
from bot.services.leaving import Leaving, Press, press
from bot.store import alerts, claims, looks, outcomes, pace, shown
from bot.store.claims import Claimed, Said
from bot.store.gates import Terms
from bot.store.looks import Look
from bot.store.pace import Sender
from bot.store.writer import Priority
from bot.words import picture

BEGIN_WITHIN = 0.5  # seconds from before BEGIN until a call must have begun (P2)
LEASE = timedelta(seconds=60)  # longer than any provider's time-out
SKEW = timedelta(seconds=2)
_MARGIN = 0.05  # seconds a call may start late without being put back
_NOT_WAITED_FOR = timedelta(minutes=1)
_UNREADABLE = timedelta(minutes=15)
Made = tuple[Claimed, Leaving]
Result = tuple[int, Answer, datetime]  # the row, what the provider answered, when the call began
_ANSWERS = frozenset({Kind.CRISIS, Kind.REPLY})


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast one sender may go: messages a second (SMS: parts), and the gap within one chat."""

    per_second: float
    chat_seconds: float = 1.0

    def slots(self, seconds: float) -> float:
        """How many may begin from now until so many seconds from now, both included."""
        return math.floor(seconds * self.per_second) + 1 if seconds >= 0 else 0

    def after(self, parts: int) -> timedelta:
        """How long the sender is taken by so many parts."""
        return timedelta(seconds=parts / self.per_second)


PACES: Mapping[ChannelName, Pace] = {ChannelName.TELEGRAM: Pace(29.3), ChannelName.SMS: Pace(1.0)}
UNPACED = Pace(1e9, 0.0)  # rehearsal in bulk, where the clock stands still


@dataclass(frozen=True, slots=True)
class Job:
    """One call to make. `start` and `begin_by` are monotonic seconds: not before the one, not after the
    other; a job that is late is put back. `takes` is how many seconds the sender is taken by it;
    `claimed_at` names the claim."""

    outbox_id: int
    claimed_at: datetime
    message: Leaving
    start: float
    begin_by: float
    takes: float


def claim(desk: Desk, channel: ChannelName, slots: int, now: datetime, rate: Pace | None = None) -> list[Job]:
    """Claim up to `slots` messages that may begin now, with their words; one transaction.

    Nothing is claimed while the sender is halted, its pace has no slot within half a second, or the
    database's clock and ours differ by more than two seconds. A row whose words cannot be made ends
    here with an alert, and never stops the others.
    """
    begun = time.monotonic()

    def work(conn: sa.Connection) -> list[Job]:
        return _claim(conn, desk, channel, slots, now, begun, rate)

    return desk.database.write(work, Priority.CLAIM)


def turn(
    desk: Desk, channel: ChannelName, results: Sequence[Result], slots: int, now: datetime,
    rate: Pace | None = None,
) -> list[Job]:  # fmt: skip
    """`record` these answers and `claim` what takes their slots, in one transaction: two would cost a busy
    line as much as all that they do."""
    begun = time.monotonic()

    def work(conn: sa.Connection) -> list[Job]:
        answered.record(conn, desk, results, now)
        return _claim(conn, desk, channel, slots, now, begun, rate)

    return desk.database.write(work, Priority.RECORD)


def _claim(
    conn: sa.Connection, desk: Desk, channel: ChannelName, slots: int, now: datetime, begun: float,
    rate: Pace | None,
) -> list[Job]:  # fmt: skip
    hours.aware(now)
    seen = looks.look(conn, channel, desk.senders[channel], now)
    if seen is None:  # nothing was ever written for it
        return []
    at = desk.database.now(conn, seen.told)
    waited = time.monotonic() - begun  # read beside `at`: a call begins by both
    if abs(at - now - timedelta(seconds=waited)) > SKEW:
        structlog.get_logger().error("clock_skew", seconds=round((at - now).total_seconds(), 1))
        return []
    claiming = _Claim(desk, conn, now, at, begun, rate or PACES[channel])
    return claiming.jobs(seen, slots, BEGIN_WITHIN - waited)


class _Claim:
    """One claim, within its transaction."""

    def __init__(
        self,
        desk: Desk,
        conn: sa.Connection,
        now: datetime,
        at: datetime,
        begun: float,
        rate: Pace,
    ) -> None:
        self.desk, self.conn = desk, conn
        self.now, self.at, self.begun, self.rate = now, at, begun, rate
        self.after = cache(rate.after)

    def jobs(self, seen: Look, slots: int, left: float) -> list[Job]:
        """The claimed messages, each with its own slot; `left` seconds remain to begin."""
        # It is held only once slots are given out: others may claim and make words meanwhile.
        sender = seen.sender
        wait = (max(sender.free_at, self.at) - self.at).total_seconds()
        room = int(min(slots, self.rate.slots(left - wait - _MARGIN)))
        kinds = [kind for kind in _kinds(sender.halted_reason) if kind in seen.due]
        if room <= 0 or not kinds:
            return []
        printing = press(self.desk, self.conn, self.now, seen.version)
        terms = _terms(self.desk, self.now, self.at, printing)
        made = self._made(self._picked(kinds, sender.id, room, terms), printing)
        return self._begun(sender, made, terms, left)

    def _picked(self, kinds: Sequence[Kind], sender_id: int, room: int, terms: Terms) -> list[Claimed]:
        rows: list[Claimed] = []
        for kind in kinds:
            if len(rows) < room:
                rows += claims.pick(self.conn, kind, sender_id, room - len(rows), terms)
        return rows

    def _made(self, rows: Sequence[Claimed], printing: Press) -> list[Made]:
        made: list[Made] = []
        for row in rows:
            try:
                leaving = self._removal(row, printing) if row.kind is Kind.REMOVAL else printing.leaving(row)
                made += [] if leaving is None else [(row, leaving)]
            except (NotFound, ContentError):
                self._ends(row, Reason.NO_WORDS)
            except DatabaseGone:  # a key is missing or the value is damaged: later, and somebody must look
                self._later(row, "unreadable", DatabaseGone)
            except SQLAlchemyError:  # the transaction itself
                raise
            except Exception as error:  # a fault of ours: the others leave, and a mended release makes it
                self._later(row, "not_made", type(error))
        return made

    def _removal(self, row: Claimed, printing: Press) -> Leaving | None:
        """A shown message is taken back once it was there for ten minutes; what never came needs nothing."""
        target = shown.target(self.conn, row.id, self.now)
        if target.wait_until is not None:
            claims.later(self.conn, row.id, Reason.NOT_YET, target.wait_until, None, self.now)
            return None
        if target.theirs is None:
            claims.give_up(self.conn, row.id, Reason.REPLY_EXPIRED, self.now)
            return None
        return printing.removal(row, target.theirs)

    def _later(self, row: Claimed, what: str, error: type[Exception]) -> None:
        claims.later(self.conn, row.id, Reason.PUT_BACK, self.now + _UNREADABLE, what, self.now)
        alerts.raise_alert(self.conn, what, self.now, outbox_id=row.id)
        structlog.get_logger().error(what, outbox_id=row.id, error=error.__name__)

    def _ends(self, row: Claimed, reason: Reason) -> None:
        claims.give_up(self.conn, row.id, reason, self.now)
        alerts.raise_alert(self.conn, reason.value, self.now, family_id=row.family_id, outbox_id=row.id)
        structlog.get_logger().error("not_rendered", outbox_id=row.id, reason=reason.value)

    def _begun(self, sender: Sender, made: Sequence[Made], terms: Terms, left: float) -> list[Job]:
        """Claim what has a slot in time, one a chat, and give each its own; the others stay as they are.

        The sender's row is held from where slots are taken to the end of the transaction. Where others took
        some since it was looked at, what has no slot in time any more goes back, unseen.
        """
        latest = self.at + timedelta(seconds=left - _MARGIN)
        alone: dict[int, Made] = {}
        for row, leaving in made:
            alone.setdefault(row.address_id, (row, leaving))
        fitting = self._fitting(list(alone.values()), max(sender.free_at, self.at), latest)
        taken = self._taken(fitting, terms)
        if not taken:
            return []
        whole = self._span(taken)
        last = whole - self.after(taken[-1][1].parts)
        first = pace.take_slots(self.conn, sender, self.at, last, whole, latest)
        if first is None:
            first, taken = self._counted_anew(sender.id, taken, latest)
        return self._jobs(self._starts(taken, first), left)

    def _starts(self, made: Sequence[Made], first: datetime) -> list[tuple[datetime, Claimed, Leaving]]:
        """When each begins, where the first begins then."""
        starts = []
        for row, leaving in made:
            starts.append((first, row, leaving))
            first += self.after(leaving.parts)
        return starts

    def _fitting(self, made: Sequence[Made], first: datetime, latest: datetime) -> list[Made]:
        return [(row, leaving) for at, row, leaving in self._starts(made, first) if at <= latest]

    def _span(self, made: Sequence[Made]) -> timedelta:
        """How long they take the sender."""
        return sum((self.after(leaving.parts) for _, leaving in made), timedelta())

    def _taken(self, made: Sequence[Made], terms: Terms) -> list[Made]:
        """Claim them and keep their words; those that passed their gates."""
        kinds: dict[Kind, dict[int, Said | None]] = {}
        for row, leaving in made:
            kinds.setdefault(row.kind, {})[row.id] = leaving.said
        until, holder = self.at + LEASE, self.desk.holder
        # Of what is live only what these rows are: a list of all would be read anew for each claim.
        named = frozenset([row.called for row, _ in made])
        terms = replace(terms, live=terms.live & named)
        taken = [claims.take(self.conn, kind, rows, terms, holder, until) for kind, rows in kinds.items()]
        ours = frozenset[int]().union(*taken)
        return [(row, leaving) for row, leaving in made if row.id in ours]

    def _counted_anew(
        self, sender_id: int, taken: Sequence[Made], latest: datetime
    ) -> tuple[datetime, list[Made]]:
        """Slots from where the sender is free by now; nothing that it may not send, if it was halted."""
        held = pace.hold_sender(self.conn, sender_id)
        first, kinds = max(held.free_at, self.at), _kinds(held.halted_reason)
        going = self._fitting([one for one in taken if one[0].kind in kinds], first, latest)
        self._put_back([row.id for row, _ in taken], {row.id for row, _ in going})
        if going:
            pace.reserve(self.conn, sender_id, first + self._span(going))
        return first, going

    def _jobs(self, starts: Sequence[tuple[datetime, Claimed, Leaving]], left: float) -> list[Job]:
        """The calls to make; what another claim sends to the same chat goes first."""
        if gap := timedelta(seconds=self.rate.chat_seconds):
            free = {row.address_id: at + gap for at, row, _ in starts}
            ours = pace.take_chats(self.conn, free, self.at)
            mine = {row.id for _, row, _ in starts if row.address_id in ours}
            self._put_back([row.id for _, row, _ in starts], mine)
            starts = [one for one in starts if one[1].id in mine]
        zero, begin_by = self.begun + (BEGIN_WITHIN - left), self.begun + BEGIN_WITHIN
        return [
            Job(
                row.id, self.now, leaving, zero + (at - self.at).total_seconds(), begin_by,
                self.after(leaving.parts).total_seconds(),
            )
            for at, row, leaving in starts
        ]  # fmt: skip

    def _put_back(self, ids: Sequence[int], but: Collection[int]) -> None:
        late = [row for row in ids if row not in but]
        claims.put_back(self.conn, late, self.desk.holder, self.now, None)


def drawn(message: Leaving) -> bytes | None:
    """The picture that goes with a message; None when there is none. It is made once, and never while a
    transaction is open. One that cannot be made keeps no words back."""
    if message.picture is None:
        return None
    try:
        return picture.png(message.picture)
    except ValueError:
        structlog.get_logger().error("picture_not_drawn", public_id=message.public_id)
        return None


def _kinds(halted_reason: str | None) -> Sequence[Kind]:
    """What may leave: everything; only answers while staff halted the sender; nothing while it is broken."""
    if halted_reason is None:
        return CLAIM_ORDER
    if halted_reason == pace.HALTED_BY_STAFF:
        return [kind for kind in CLAIM_ORDER if kind in _ANSWERS]
    return []


def left(desk: Desk, channel: ChannelName, now: datetime) -> int:
    """How many messages of this channel could still go now, or are going: due, past every gate, or held by
    this process in `sending`. A halted sender has none, nor has one that its provider told to wait for
    more than a minute. Raises NotAllowed when the clocks differ."""

    def work(conn: sa.Connection) -> int:
        at = desk.database.now(conn)
        if abs(at - now) > SKEW:
            raise NotAllowed(
                "The clocks of this machine and of the database differ by more than 2 seconds.",
                "Set them right; until then nothing is sent.",
                code="skew",
            )
        name = desk.senders[channel]
        everyone = pace.all_senders(conn)
        sender = next((one for one in everyone if (one.channel, one.name) == (channel, name)), None)
        going = len(outcomes.held_by(conn, desk.holder, channel))
        if sender is None or sender.free_at > at + _NOT_WAITED_FOR:
            return going
        terms = _terms(desk, now, at, press(desk, conn, now))
        kinds = _kinds(sender.halted_reason)
        return going + sum(claims.claimable(conn, kind, sender.id, terms) for kind in kinds)

    return desk.database.read(work)


def next_at(desk: Desk, after: datetime) -> datetime | None:
    """The first moment after this one for which something is queued: where a rehearsal's clock may jump."""
    return desk.database.read(lambda conn: outcomes.next_queued(conn, after))


def _terms(desk: Desk, now: datetime, at: datetime, printing: Press) -> Terms:
    """What the gates go by at this moment."""
    return Terms(
        now=now,
        at=at,
        today=hours.local_day(now),
        open_now=hours.open_now(now),
        anyone=desk.mode is not Mode.TRIAL,
        live=printing.live_keys,
    )


def put_back(desk: Desk, late: Sequence[Job], now: datetime) -> int:
    """Give back claimed messages whose call never began; gives how many were not somebody else's by now."""
    if not late:
        return 0
    ids: dict[datetime, list[int]] = {}
    for job in late:
        ids.setdefault(job.claimed_at, []).append(job.outbox_id)

    def work(conn: sa.Connection) -> int:
        given = sum(claims.never_begun(conn, some, at, desk.holder, now) for at, some in ids.items())
        alerts.settled(conn, [job.outbox_id for job in late], now)
        return given

    return desk.database.write(work, Priority.RECORD)


def record(desk: Desk, results: Sequence[Result], now: datetime) -> None:
    """Record answers; one transaction."""
    if results:
        desk.database.write(lambda conn: answered.record(conn, desk, results, now), Priority.RECORD)


def drain(desk: Desk, channel: ChannelName, now: datetime) -> int:
    """At the end: what this process still holds in `sending` there is in doubt; gives how many."""

    def work(conn: sa.Connection) -> int:
        held = outcomes.held_by(conn, desk.holder, channel)
        for row in held:
            answered.in_doubt(conn, desk, row, Reason.LEASE, "stopped", now)
        return len(held)

    return desk.database.write(work, Priority.RECORD)
