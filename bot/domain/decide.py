"""The one decision: of all that is open for one person on one day, what goes, what waits, what ends.

The planner, the preview, the rehearsal, `why` and the tests all call this. Nothing here knows a
database or a clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from bot.domain import calm, hours
from bot.domain.audience import ROWLESS, days_old, lost, not_for
from bot.domain.campaign import Anchor, Calendar, CapRules, Importance, Step
from bot.domain.family import Family, HoldKind, Member
from bot.domain.openings import Opening, dates_of, kind_of, openings, pregnancy_of, root_of, window_for
from bot.domain.outbox import GATES, Gate, Kind, Reason, State
from bot.domain.revision import FALLBACK
from bot.domain.timeline import Window

__all__ = [
    "Close", "Decision", "History", "OpenRow", "Opening", "Queue", "Wait", "dates_of", "decide", "fresh",
    "kind_of", "openings", "pregnancy_of", "root_of", "window_for",
]  # fmt: skip

_DAY = timedelta(days=1)
_LAST_START = timedelta(minutes=15)  # a step timed for the last minute still gets a moment to go in
_LOSS = frozenset({HoldKind.LOSS, HoldKind.UNCLEAR_LOSS})
_EXPLAINS = frozenset(  # a row that last waited for one of these ends because of it
    {
        Reason.CAP, Reason.PAUSED, Reason.NEONATAL, Reason.NOT_APPROVED, Reason.ADDRESS_BUSY,
        Reason.SOFT_DAY, Reason.LOSS_DAY, Reason.MOVED, Reason.WITHDRAWN,
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class OpenRow:
    """What waits for a decision: a fresh opening (`id` None) or a stored row, all the same."""

    id: int | None
    member_id: int
    step: Step
    occurrence: str
    window: Window | None  # from today's dates; None: it has none any more
    kind: Kind
    state: State = State.WAITING
    reason: Reason | None = None  # why it last waited
    words: Mapping[str, str] = field(default_factory=dict)  # language -> words hash, of what may go
    planned_on: date | None = None  # the local day on which the row was made; None: now
    day: date | None = None  # the day it is queued for
    pregnancy_id: int | None = None
    revision_id: int = 0
    root: Anchor | None = None  # of an `after` step: `root_of(step, live)`

    @property
    def name(self) -> tuple[str, str, str]:
        """Which message it is; settles every tie, so that the order of the input never matters."""
        return (*self.step.key, self.occurrence)


@dataclass(frozen=True, slots=True)
class History:
    """The other staged messages of the address: the day of each, and whether the weekly cap counts it."""

    staged_days: Sequence[tuple[date, bool]] = ()


@dataclass(frozen=True, slots=True)
class Queue:
    """It goes today: not before `send_at`, not after `not_after` (UTC), in `language`."""

    row: OpenRow
    day: date
    send_at: datetime
    not_after: datetime
    language: str
    in_first_days: bool = False  # then the weekly cap does not count it


@dataclass(frozen=True, slots=True)
class Wait:
    """It stays, for this reason; nothing changes by itself before `look_on`."""

    row: OpenRow
    reason: Reason
    look_on: date


@dataclass(frozen=True, slots=True)
class Close:
    """It ends unsent."""

    row: OpenRow
    state: State
    reason: Reason


Decision = Queue | Wait | Close


def fresh(opening: Opening) -> OpenRow:
    """The row that an opening would become."""
    return OpenRow(
        id=None,
        member_id=opening.member_id,
        step=opening.step,
        occurrence=opening.occurrence,
        window=opening.window,
        kind=opening.kind,
        words=opening.words,
        pregnancy_id=opening.pregnancy_id,
        revision_id=opening.revision_id,
        root=opening.root,
    )


def decide(
    member: Member,
    family: Family,
    open_rows: Iterable[OpenRow],
    history: History,
    now: datetime,
    calendar: Calendar,
    rules: CapRules,
) -> list[Decision]:
    """One decision for every row, in a fixed order; at most one staged row is queued.

    `open_rows` are all of one member, queued ones among them: they compete again. `history` leaves
    them out. `now` is aware; the day is London's.
    """
    today = hours.local_day(now)
    late = now >= hours.last_moment(today)
    decisions: list[Decision] = []
    ready: list[OpenRow] = []
    for row in sorted(open_rows, key=lambda one: one.name):
        reason = _not_for(row, member, family, today)
        settled = (
            _barred(row, member, family)
            or _ended(row, member, reason, today)
            or _held_back(row, member, family, reason, today)
            or _not_today(row, member, today, late, calendar)
        )
        if settled is None:
            ready.append(row)
        else:
            decisions.append(settled)
    return (
        decisions + _go(ready, member, family, history, now, today, calendar, rules) if ready else decisions
    )


def _barred(row: OpenRow, member: Member, family: Family) -> Close | None:
    """What may not be sent to this person at all."""
    address, gates = member.address, GATES[row.kind]
    reason = None
    if address is None:
        reason = Reason.NO_ADDRESS
    elif address.stopped:
        reason = Reason.STOP
    elif address.suspended:
        reason = Reason.SUSPENDED
    elif not address.guest:
        reason = Reason.NOT_GUEST
    elif not member.consented(row.step.purpose):
        reason = Reason.NO_CONSENT
    elif family.held and Gate.HOLD in gates:
        reason = Reason.HOLD
    return None if reason is None else Close(row, State.CANCELLED, reason)


def _ended(row: OpenRow, member: Member, reason: Reason | None, today: date) -> Close | None:
    """What is no longer for this person, was answered, or closed. `reason`: why it is not for them."""
    if reason in ROWLESS and reason is not None:
        return Close(row, State.SKIPPED, reason)
    if any((row.step.campaign, meaning) in member.answered for meaning in row.step.unless):
        return Close(row, State.SKIPPED, Reason.ANSWERED)
    if row.window is None:
        return Close(row, State.SKIPPED, Reason.MOVED)
    if row.window.closes <= today:
        return Close(row, State.EXPIRED, _why_expired(row, row.window))
    return None


def _not_for(row: OpenRow, member: Member, family: Family, today: date) -> Reason | None:
    return not_for(row.step, member, family, pregnancy_of(family, row.occurrence), today, row.root)


def _why_expired(row: OpenRow, window: Window) -> Reason:
    never_had_a_chance = row.planned_on is None or row.planned_on >= window.closes
    never_left = row.state is State.QUEUED or row.reason is Reason.TOO_LATE
    if row.reason in _EXPLAINS and row.reason is not None:
        return row.reason
    return Reason.OUTAGE if never_had_a_chance or never_left else Reason.CLOSED


def _held_back(
    row: OpenRow, member: Member, family: Family, reason: Reason | None, today: date
) -> Wait | None:
    """What must wait for something that happens in the family."""
    assert row.window is not None  # _ended has closed those without one
    closes = row.window.closes
    if row.window.opens > today:
        return Wait(row, Reason.NOT_YET if row.id is None else Reason.MOVED, row.window.opens)
    if reason is Reason.NEONATAL:
        return Wait(row, Reason.NEONATAL, closes)  # HOME marks the family due before that
    paused = member.paused_until
    if paused is not None and paused > today and Gate.PAUSE in GATES[row.kind]:
        return Wait(row, Reason.PAUSED, min(paused, closes))
    quiet_until = _after_a_loss(family, today)
    if row.kind is Kind.CHOSEN and quiet_until is not None:
        return Wait(row, Reason.LOSS_DAY, min(quiet_until, closes))
    return None


def _after_a_loss(family: Family, today: date) -> date | None:
    """The first day on which chosen messages go again; None when no loss is that near (P8)."""
    losses = [pregnancy.lost_on for pregnancy in family.pregnancies if pregnancy.lost_on is not None]
    losses += [hours.local_day(hold.at) for hold in family.holds if hold.kind in _LOSS]
    near = [day + 2 * _DAY for day in losses if day <= today < day + 2 * _DAY]
    return max(near, default=None)


def _not_today(row: OpenRow, member: Member, today: date, late: bool, calendar: Calendar) -> Wait | None:
    """What could go, but not today, whoever the family is; `late`: quiet has begun."""
    if _language(row, member) is None:
        return Wait(row, Reason.NOT_APPROVED, today + _DAY)
    soft = today in calendar.soft and row.step.importance is not Importance.ESSENTIAL
    if soft and row.kind is Kind.STAGED:
        return Wait(row, Reason.SOFT_DAY, today + _DAY)
    if late:
        return Wait(row, Reason.NOT_YET, today + _DAY)
    return None


def _language(row: OpenRow, member: Member, fallback: str = FALLBACK) -> str | None:
    return next((one for one in (member.language, fallback) if one in row.words), None)


def _go(
    ready: Sequence[OpenRow],
    member: Member,
    family: Family,
    history: History,
    now: datetime,
    today: date,
    calendar: Calendar,
    rules: CapRules,
) -> list[Decision]:
    """All that was asked for goes; of the staged ones the calm allows one, and the others wait."""
    first_days = _in_first_days(family, today, rules)
    staged = [row for row in ready if row.kind is Kind.STAGED]
    chosen = calm.choose(map(_candidate, staged), history.staged_days, today, rules, first_days)
    goes = [row for row in ready if row.kind is not Kind.STAGED or (chosen and chosen.name == row.name)]
    queued: list[Decision] = [_queue(row, member, now, today, first_days, calendar) for row in goes]
    waits = [row for row in staged if not (chosen and chosen.name == row.name)]
    if not waits:
        return queued
    taken = [*history.staged_days, *([(today, not first_days)] if chosen else [])]
    frees = calm.frees_on(taken, today, rules, first_days)
    return [Wait(row, Reason.CAP, min(frees, _closes(row))) for row in waits] + queued


def _candidate(row: OpenRow) -> calm.Candidate:
    return calm.Candidate(row.step.importance, _closes(row), row.name, asked=row.step.chosen)


def _closes(row: OpenRow) -> date:
    assert row.window is not None
    return row.window.closes


def _queue(
    row: OpenRow, member: Member, now: datetime, today: date, first_days: bool, calendar: Calendar
) -> Queue:
    end = hours.last_moment(today)
    at = row.step.at if member.preferred_time is None else hours.AT[member.preferred_time]
    send_at = max(min(hours.sending_moment(today, at), end - _LAST_START), now)
    if row.step.food and today in calendar.fasting:  # CARE 26
        send_at, end = hours.around_noon(today, send_at, end)
    language = _language(row, member) or FALLBACK  # _not_today has kept those without words
    in_first_days = first_days and row.kind is Kind.STAGED
    return Queue(row, today, send_at, end, language, in_first_days)


def _in_first_days(family: Family, today: date, rules: CapRules) -> bool:
    """Whether a baby of this family is in the days in which a message a day is allowed (P8)."""
    ages = [days_old(one, today) for one in family.pregnancies if not (one.apart or lost(one))]
    return any(age is not None and age < rules.daily_until_age for age in ages)
