"""Preview: the whole timeline that one family would get, with its words, decided as the planner decides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from itertools import count

from bot.content.load import Content
from bot.domain import hours
from bot.domain.address import ChannelName
from bot.domain.campaign import Anchor
from bot.domain.decide import (
    Close,
    Decision,
    History,
    OpenRow,
    Queue,
    decide,
    fresh,
    openings,
    root_of,
    window_for,
)
from bot.domain.family import (
    AddressState,
    Baby,
    BabyStatus,
    Family,
    Hold,
    HoldKind,
    Link,
    Member,
    Pregnancy,
    Purpose,
    Role,
    corrected_day,
    joins_for,
)
from bot.domain.outbox import Kind, Reason, State
from bot.domain.revision import LiveStep
from bot.words.languages import known
from bot.words.render import FALLBACK, Value, family_values, render_reply, render_step

_DAY = timedelta(days=1)
_PLANNED_AT = time(3)  # before the first message of the day, as the clock does it
_CHOSEN_PURPOSES = frozenset({Purpose.SUPPORT_AFTER_LOSS, Purpose.REMINDERS, Purpose.NEXT_PREGNANCY})
SENT = "sent"
Name = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Facts:
    """What one family tells us, and when: everyone in `roles` joins on `joined_on`, each by themselves.

    A birth and a loss are told on the day. Without `born_on` nothing is inferred: the check-in goes
    after the due date, nobody answers it. `topics` are what everyone asked for (True) or not (False);
    what may be chosen after a loss is asked for by its topic.
    """

    joined_on: date
    roles: tuple[Role, ...] = (Role.MOTHER,)
    due_on: date | None = None
    born_on: date | None = None
    loss_on: date | None = None
    language: str = FALLBACK
    channel: ChannelName = ChannelName.SMS
    topics: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the timeline. `outcome` is sent, expired, skipped, cancelled or waiting (at the end).

    What was not sent has a `reason`, and no time and words. `at` is London time. `repr` hides the words.
    """

    day: date
    at: time | None
    role: Role
    campaign: str
    step: str
    outcome: str
    reason: Reason | None = None
    body: str | None = None
    language: str | None = None
    parts: int = 0

    def __repr__(self) -> str:
        return f"Entry({self.day}, {self.role}, {self.campaign}/{self.step}, {self.outcome})"


def timeline(content: Content, facts: Facts, until: date) -> list[Entry]:
    """Everything that would happen from joining to `until` (not included), in order of time.

    Nothing is published or approved for it: the words are those in the files. Raises ValueError for
    facts that cannot be (no role, a language that nobody knows).
    """
    if not facts.roles or not known(facts.language):
        raise ValueError("A preview needs at least one role, and a language such as en.")
    live = live_as_written(content)
    entries: list[Entry] = []
    for number, role in enumerate(facts.roles, start=1):
        entries += _Walk(content, facts, live, number, role).walk(until)
    return sorted(entries, key=lambda entry: (entry.day, entry.at or time.min, entry.role, entry.step))


def live_as_written(content: Content) -> list[LiveStep]:
    """Every step that is not retired, as if published and approved in every language it is written in."""
    written: dict[tuple[str, str], set[str]] = {}
    for path in content.words.paths:
        _, language, campaign, name = path.split("/", 3)
        written.setdefault((campaign, name.partition(".")[0]), set()).add(language)
    return [
        LiveStep(step, number, dict.fromkeys(sorted(written.get(step.key, ())), "draft"))
        for number, campaign in enumerate(content.campaigns.values(), start=1)
        for step in campaign.steps
        if not step.retired
    ]


class _Walk:
    """One member, day by day: what a day decides is known on the next."""

    def __init__(self, content: Content, facts: Facts, live: list[LiveStep], number: int, role: Role) -> None:
        self._content, self._facts = content, facts
        self._live = [entry for entry in live if _may_come(entry, role, facts)]
        followed = {entry.step.campaign for entry in self._live if entry.step.when.anchor is Anchor.AFTER}
        self._every = [entry for entry in live if entry.step.campaign in followed]  # what those hang on
        self._member = _member(facts, number, role)
        self._rows: dict[Name, OpenRow] = {}
        self._seen: set[Name] = set()
        self._left: dict[Name, date] = {}
        self._staged: list[tuple[date, bool]] = []
        self._roots = {entry.step.key: root_of(entry.step, live) for entry in self._live}
        self._ids = count(1)

    def walk(self, until: date) -> Iterator[Entry]:
        """The member's entries, in order; then what still waits at the end."""
        day = self._facts.joined_on
        while day < until:
            yield from self._answers(day)
            yield from self._day(day)
            day += _DAY
        for row in self._rows.values():
            yield self._entry(row, until, State.WAITING.value, row.reason)

    def _day(self, today: date) -> Iterator[Entry]:
        family = _family(self._facts, self._member, self._content, today)
        calendar, rules = self._content.config.calendar, self._content.config.cap
        for opening in openings(
            family, self._member, self._live, today, today, calendar, self._left, self._every
        ):
            row = fresh(opening)
            if row.name not in self._seen:
                self._seen.add(row.name)
                self._rows[row.name] = replace(row, id=next(self._ids), planned_on=today)
        rows = [
            replace(
                row,
                window=window_for(row.step, family, self._member, row.occurrence, calendar, self._left),
                root=self._roots[row.step.key],
            )
            for row in self._rows.values()
        ]
        now = datetime.combine(today, _PLANNED_AT, hours.LONDON)
        for found in decide(self._member, family, rows, History(self._staged), now, calendar, rules):
            yield from self._settle(found, today)

    def _settle(self, found: Decision, today: date) -> Iterator[Entry]:
        row = found.row
        if isinstance(found, Queue):
            del self._rows[row.name]
            self._left[row.name] = today
            if row.kind is Kind.STAGED:
                self._staged = [*self._staged, (today, not found.in_first_days)]
            yield self._sent(found)
        elif isinstance(found, Close):
            del self._rows[row.name]
            yield self._entry(row, today, found.state.value, found.reason)
        else:
            self._rows[row.name] = replace(row, state=State.WAITING, reason=found.reason)

    def _sent(self, found: Queue) -> Entry:
        member = self._member
        said = render_step(
            self._content.words,
            found.row.step.key,
            member.role,
            self._facts.channel,
            found.language,
            self._values(found.day),
        )
        at = found.send_at.astimezone(hours.LONDON).time().replace(microsecond=0)
        entry = self._entry(found.row, found.day, SENT, None)
        return replace(entry, at=at, body=said.body, language=said.language, parts=said.parts)

    def _entry(self, row: OpenRow, day: date, outcome: str, reason: Reason | None) -> Entry:
        return Entry(day, None, self._member.role, row.step.campaign, row.step.id, outcome, reason)

    def _answers(self, today: date) -> Iterator[Entry]:
        """The answer to LOSS for the one who wrote it, and the check-in that is never inferred away."""
        writes = self._member.role is self._facts.roles[0]
        key = None
        if today == self._facts.loss_on and writes:
            key = "loss"
        elif today == _checked_in_on(self._facts, self._content) and self._member.role is Role.MOTHER:
            key = "check_in"
        if key is not None:
            facts = self._facts
            words, values = self._content.words, self._values(today)
            said = render_reply(words, key, facts.language, facts.channel, values)
            role = self._member.role
            yield Entry(
                today, time(10), role, "replies", key, SENT, None, said.body, said.language, said.parts
            )

    def _values(self, today: date) -> dict[str, Value]:
        return family_values(self._facts.due_on, today)


def _may_come(entry: LiveStep, role: Role, facts: Facts) -> bool:
    """Whether a step is for this role, and asked for where it must be: no need to ask each day anew."""
    step = entry.step
    return role in step.to and (not step.chosen or facts.topics.get(step.topic) is True)


def _member(facts: Facts, number: int, role: Role) -> Member:
    """A member who agreed to everything that they asked for."""
    purposes = {joins_for(role)}
    if any(facts.topics.values()):
        purposes |= _CHOSEN_PURPOSES
    return Member(
        id=number,
        family_id=1,
        role=role,
        language=facts.language,
        joined_on=facts.joined_on,
        link=Link.OWN if role is Role.MOTHER else Link.CODE,
        address=AddressState(number, facts.channel),
        consents=frozenset((purpose, facts.channel) for purpose in purposes),
        topics=dict(facts.topics),
    )


def _family(facts: Facts, member: Member, content: Content, today: date) -> Family:
    """The family as it is known on `today`."""
    born = facts.born_on if facts.born_on is not None and facts.born_on <= today else None
    lost = facts.loss_on if facts.loss_on is not None and facts.loss_on <= today else None
    status = BabyStatus.DIED if lost else BabyStatus.BORN if born else BabyStatus.EXPECTED
    pregnancy = Pregnancy(
        1,
        due_on=facts.due_on,
        born_on=born,
        corrected_on=None if born is None else corrected_day(facts.due_on, born),
        lost_on=lost,
        babies=(Baby(1, status),),
    )
    dated = facts.due_on is not None or facts.born_on is not None or lost is not None
    return Family(1, 1, (member,), (pregnancy,) if dated else (), tuple(_holds(facts, content, today, lost)))


def _holds(facts: Facts, content: Content, today: date, lost: date | None) -> Iterator[Hold]:
    if lost is not None:
        yield Hold(1, HoldKind.LOSS, 1, datetime.combine(lost, time(10), hours.LONDON))
    asked = _checked_in_on(facts, content)
    silent_on = None if asked is None else asked + content.config.check_in.silence_days * _DAY
    told = facts.born_on is not None and facts.born_on <= today  # late, but it ends the silence
    if silent_on is not None and silent_on <= today and not told:
        yield Hold(2, HoldKind.SILENCE, None, datetime.combine(silent_on, time(10), hours.LONDON))


def _checked_in_on(facts: Facts, content: Content) -> date | None:
    """The day of the check-in (P3); None where a birth or a loss was told before, or no due date."""
    if facts.due_on is None:
        return None
    day = facts.due_on + content.config.check_in.after_due_days * _DAY
    told = [other for other in (facts.born_on, facts.loss_on) if other is not None and other <= day]
    return None if told or day < facts.joined_on else day
