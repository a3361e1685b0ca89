"""Two years, day by day, through the real line: people write, the plan plans, the dispatcher sends."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from bot.bootstrap import App
from bot.domain import hours
from bot.domain.address import Address, ChannelName
from bot.domain.code import DIGITS
from bot.domain.conversation.joining import ROLES
from bot.domain.inbound import Inbound, InboundKind
from bot.domain.outbox import Accepted
from bot.rehearsal.people import Household, Relative
from bot.services import check_ins, converse, dispatch, enrol, plan, privacy, publish, receive, reconcile

SLOTS = 200
CONSENT = "rehearsal"
_EVENING = time(19, 40)
_WHO = {role: digit for digit, role in ROLES.items()}
_CODE = re.compile(rf"JOIN (\d{{{DIGITS}}})")


@dataclass(frozen=True, slots=True)
class Heard:
    """One message as it came in or went out; `who` is the number."""

    at: datetime
    who: str
    ours: bool
    body: str


@dataclass
class Rehearsal:
    """What a rehearsal keeps: how many left, codes to be passed on, and every message of those watched."""

    watched: frozenset[str]
    sent: int = 0
    received: int = 0
    moments: tuple[time, ...] = ()  # of the day, at which something may be due
    heard: list[Heard] = field(default_factory=list)
    codes: dict[str, str] = field(default_factory=dict)  # the code that was told last, by number


class Clock:
    """The rehearsal's own time."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def rehearse(
    app: App,
    clock: Clock,
    families: Sequence[Household],
    days: Iterable[date],
    outages: frozenset[date],
    watched: frozenset[str],
    tick: Callable[[], None],
) -> Rehearsal:
    """Live through `days`; on a day of outage nothing of ours runs, and what people write waits."""
    kept = Rehearsal(watched)
    joining = defaultdict(list)
    saying = defaultdict(list)
    for household in families:
        joining[_working(household.joins, outages)].append(household)
        for said in household.says:
            saying[said.day].append(said)
    enrolled: dict[str, int] = {}
    relatives = defaultdict(list)
    publish.publish(app.desk, app.desk.content, "rehearsal", clock.now)
    kept.moments = _moments(app)
    for day in days:
        clock.now = _at(day, time(8, 30))
        for household in joining[day]:
            enrolled[household.mother] = _join(app, clock, household, kept)
            for relative in household.relatives:
                relatives[_working(max(relative.joins, day), outages)].append((relative, household.mother))
        for said in saying[day]:
            _say(app, clock, said.number, said.text, kept, answer=day not in outages)
        for relative, mother in relatives[day]:
            _link(app, clock, relative, mother, kept)
        if day not in outages:
            _our_day(app, clock, day, kept)
        tick()
    return kept


def _working(day: date, outages: frozenset[date]) -> date:
    """The day, or the next on which anybody answers."""
    while day in outages:
        day += timedelta(days=1)
    return day


def _moments(app: App) -> tuple[time, ...]:
    """When messages are timed for, and the last of the evening for what was held up."""
    steps = (step for campaign in app.desk.content.campaigns.values() for step in campaign.steps)
    return tuple(sorted({step.at for step in steps} | {check_ins.AT, _EVENING}))


def _our_day(app: App, clock: Clock, day: date, kept: Rehearsal) -> None:
    """What the clock does in a day, once each."""
    converse.converse(app.desk, clock.now, limit=1000)
    check_ins.check_ins(app.desk, clock.now)
    plan.plan(app.desk, clock.now)
    _send(app, clock, kept)
    for moment in kept.moments:
        clock.now = _at(day, moment)
        _send(app, clock, kept)
    reconcile.expire(app.desk, _at(day, time(21)))
    if day.weekday() == 0:
        privacy.retention(app.desk, clock.now)


def _join(app: App, clock: Clock, household: Household, kept: Rehearsal) -> int:
    """The mother joins by text, as anybody would; gives her family."""
    for text in ("JOIN", *_in_english(app), "1", "1", f"{household.due:%d/%m/%Y}"):
        _say(app, clock, household.mother, text, kept)
    return enrol.family_at(app.desk, Address(ChannelName.SMS, household.mother))


def _link(app: App, clock: Clock, relative: Relative, mother: str, kept: Rehearsal) -> None:
    """The mother asks for a code and passes it on; the relative joins by it. After a loss she has none."""
    _say(app, clock, mother, f"INVITE {relative.role.value}", kept)
    code = kept.codes.pop(mother, None)
    if code is None:
        return
    for text in (f"JOIN {code}", *_in_english(app), "1", str(_WHO[relative.role])):
        _say(app, clock, relative.number, text, kept)


def _in_english(app: App) -> tuple[str, ...]:
    """The answer to the first question, which is only asked where there is a choice of languages."""
    return ("english",) if len(app.desk.config.languages) > 1 else ()


def _say(app: App, clock: Clock, number: str, text: str, kept: Rehearsal, *, answer: bool = True) -> None:
    """A text comes in and is stored, and answered unless we are out of order; then half a minute passes."""
    kept.received += 1
    address = Address(ChannelName.SMS, number)
    said = Inbound(ChannelName.SMS, f"rehearsal-{kept.received}", InboundKind.TEXT, address, text, clock.now)
    receive.receive(app.desk, said, clock.now)
    if number in kept.watched:
        kept.heard.append(Heard(clock.now, number, False, text))
    if answer:
        converse.converse(app.desk, clock.now)
        _send(app, clock, kept)
    clock.now += timedelta(seconds=30)


def _send(app: App, clock: Clock, kept: Rehearsal) -> None:
    """Everything that may go now goes; the rehearsal's provider accepts it and keeps nothing."""
    for channel in app.channels:
        while jobs := dispatch.claim(app.desk, channel, SLOTS, clock.now, dispatch.UNPACED):
            taken = [(job.outbox_id, Accepted(job.message.public_id), clock.now) for job in jobs]
            dispatch.record(app.desk, taken, clock.now)
            kept.sent += len(jobs)
            for job in jobs:
                if (told := _CODE.search(job.message.body)) is not None:
                    kept.codes[job.message.address.value] = told[1]
                if job.message.address.value in kept.watched:
                    kept.heard.append(Heard(clock.now, job.message.address.value, True, job.message.body))


def _at(day: date, moment: time) -> datetime:
    return datetime.combine(day, moment, hours.LONDON).astimezone(UTC)
