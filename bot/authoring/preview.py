"""Preview: the whole timeline that one family would get, with its words, decided as the planner decides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import count

from bot.authoring import told
from bot.authoring.told import Facts as Facts
from bot.content.load import Content
from bot.content.personas import Character, Persona, personas, strange_topics
from bot.domain import hours
from bot.domain.address import ChannelName
from bot.domain.campaign import Anchor, Step
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
from bot.domain.family import Family, Member, Role
from bot.domain.openings import dates_of
from bot.domain.outbox import Kind, Reason, State
from bot.domain.revision import LiveStep
from bot.domain.timeline import YEARLY, Window, window
from bot.errors import ContentError, Fault
from bot.words import picture
from bot.words.languages import known
from bot.words.render import FALLBACK, Rendered, Value, family_values, render_reply, render_step, step_drawing

_DAY = timedelta(days=1)
_PLANNED_AT = time(3)  # before the first message of the day, as the clock does it
_ANY_TIME = YEARLY | {Anchor.MOVED}
"""What such a step is counted from may come round again."""

SENT = "sent"
Name = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the timeline. `outcome` is sent, expired, skipped, cancelled or waiting (at the end).

    What was not sent has a `reason`, and no time and words. `at` is London time. `member` counts the people
    of a family from 1. `english` is what another language says, for who does not read it. `picture`
    is the drawing that goes with it, as SVG. `repr` hides the words.
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
    member: int = 1
    english: str | None = None
    picture: str | None = None

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
    everyone = enumerate(facts.roles, start=1)
    return _in_order(
        entry for number, role in everyone for entry in _Walk(content, facts, live, number, role).walk(until)
    )


def life(content: Content, persona: Persona) -> list[Entry]:
    """Everything that would happen to one persona, as `timeline` says it, with everyone's own wishes."""
    live = live_as_written(content)
    everyone = enumerate(persona.people, start=1)
    return _in_order(
        entry
        for number, person in everyone
        for entry in _Walk(content, facts_of(persona, person), live, number, person.role).walk(persona.until)
    )


def personas_of(content: Content) -> tuple[Persona, ...]:
    """The made-up families of this content; ContentError with every fault of their file."""
    return personas(content.files)


def persona_faults(content: Content) -> tuple[Fault, ...]:
    """What is wrong with the made-up families."""
    try:
        personas_of(content)
    except ContentError as error:
        return error.faults
    return ()


def unknown_topics(content: Content, name: str = "") -> tuple[Fault, ...]:
    """Topics that made-up families (or the one named) ask for and no campaign here has."""
    known = {one.topic for one in content.campaigns.values()}
    if persona_faults(content):
        return ()
    return tuple(fault for whose, fault in strange_topics(content.files, known) if name in ("", whose))


def facts_of(persona: Persona, person: Character) -> Facts:
    """What one person of a persona tells us and wishes for, with what is known of their family.

    A relative without a code is in a family of their own, of which nobody told us a date (CARE 9).
    """
    mothers = [one.stop_on for one in persona.people if one.role is Role.MOTHER]
    if not person.code and person.role is not Role.MOTHER:
        persona = replace(
            persona, due_on=None, born_on=None, home_on=None, apart_on=None, loss_on=None, living_on=None
        )
        mothers = []
    return Facts(
        joined_on=person.joined_on,
        roles=tuple(one.role for one in persona.people),
        due_on=persona.due_on,
        born_on=persona.born_on,
        loss_on=persona.loss_on,
        language=person.language,
        channel=person.channel,
        topics=person.topics,
        babies=persona.babies,
        home_on=persona.home_on,
        apart_on=persona.apart_on,
        living_on=persona.living_on,
        stop_on=person.stop_on,
        mother_stop_on=next(iter(mothers), None),
        code=person.code,
        less=person.less,
        private=person.private,
        under_20=person.under_20,
        previous_loss=person.previous_loss,
    )


def _in_order(entries: Iterable[Entry]) -> list[Entry]:
    return sorted(
        entries, key=lambda one: (one.day, one.at or time.min, one.role, one.step, one.campaign, one.member)
    )


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
        self._number, self._role = number, role
        self._unseen = [entry for entry in live if _may_come(entry, role, facts)]
        followed = {entry.step.campaign for entry in self._unseen if entry.step.when.anchor is Anchor.AFTER}
        self._every = [entry for entry in live if entry.step.campaign in followed]  # what those hang on
        self._known: object = None
        self._windows: dict[tuple[str, str], list[Window]] = {}
        self._rows: dict[Name, OpenRow] = {}
        self._seen: set[Name] = set()
        self._left: dict[Name, date] = {}
        self._staged: list[tuple[date, bool]] = []
        self._roots = {entry.step.key: root_of(entry.step, live) for entry in live}
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
        member = told.member(self._facts, self._number, self._role, today)
        family = told.family(self._facts, member, self._content.config.check_in, today)
        self._opens(family, member, today)
        if not self._rows:
            return
        calendar, rules = self._content.config.calendar, self._content.config.cap
        rows = [
            replace(
                row,
                window=window_for(row.step, family, member, row.occurrence, calendar, self._left),
                root=self._roots[row.step.key],
            )
            for row in self._rows.values()
        ]
        now = datetime.combine(today, _PLANNED_AT, hours.LONDON)
        for found in decide(member, family, rows, History(self._staged), now, calendar, rules):
            yield from self._settle(found, today)

    def _opens(self, family: Family, member: Member, today: date) -> None:
        """Rows for what opened. What comes but once in this family's life is not looked for again."""
        calendar, left = self._content.config.calendar, self._left
        near = list(self._near(family, member, today))
        for opening in openings(family, member, near, today, today, calendar, left, self._every):
            row = fresh(opening)
            if row.name not in self._seen:
                self._seen.add(row.name)
                self._rows[row.name] = replace(row, id=next(self._ids), planned_on=today)
                if not {row.step.when.anchor, self._roots[row.step.key]} & _ANY_TIME:
                    self._unseen = [entry for entry in self._unseen if entry.step.key != row.step.key]

    def _near(self, family: Family, member: Member, today: date) -> Iterator[LiveStep]:
        """The steps that may open today: windows are counted anew only when something was told."""
        if (known := (family.pregnancies, family.holds, today.year)) != self._known:
            self._known = known
            self._windows = {
                entry.step.key: list(self._spans(entry.step, family, member, today)) for entry in self._unseen
            }
        followed = {campaign for campaign, _, _ in self._left}
        for entry in self._unseen:
            if entry.step.when.anchor is Anchor.AFTER:
                near = entry.step.campaign in followed
            else:
                near = any(span.opens <= today < span.closes for span in self._windows[entry.step.key])
            if near:
                yield entry

    def _spans(self, step: Step, family: Family, member: Member, today: date) -> Iterator[Window]:
        """When a step is open, as far as is known; of one that comes every year, about this year."""
        dates, calendar = dates_of(family, member, family.current()), self._content.config.calendar
        yearly = step.when.anchor in YEARLY
        for year in range(today.year - 1, today.year + 2) if yearly else (None,):
            if (span := window(step, dates, calendar, year)) is not None:
                yield span

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
        said, english = self._said(found, found.language), None
        if said.language != FALLBACK:
            english = self._said(found, FALLBACK).body
        at = found.send_at.astimezone(hours.LONDON).time().replace(microsecond=0)
        entry = self._entry(found.row, found.day, SENT, None)
        return replace(
            entry, at=at, body=said.body, language=said.language, parts=said.parts, english=english,
            picture=self._picture(found, said),
        )  # fmt: skip

    def _picture(self, found: Queue, said: Rendered) -> str | None:
        step, channel = found.row.step, self._facts.channel
        telegram = channel is ChannelName.TELEGRAM and not self._facts.private and picture.fits(said.body)
        if step.picture is None or not telegram:
            return None
        return step_drawing(self._content.words, step.key, self._role, channel, said.language, step.picture)

    def _said(self, found: Queue, language: str) -> Rendered:
        words, key, values = self._content.words, found.row.step.key, self._values(found.day)
        return render_step(words, key, self._role, self._facts.channel, language, values)

    def _entry(self, row: OpenRow, day: date, outcome: str, reason: Reason | None) -> Entry:
        step = row.step
        return Entry(day, None, self._role, step.campaign, step.id, outcome, reason, member=self._number)

    def _answers(self, today: date) -> Iterator[Entry]:
        """Answers to LOSS and STOP for the one who wrote it; the check-in that is never inferred away."""
        facts, words, values = self._facts, self._content.words, self._values(today)
        for key in self._asked(today):
            said, english = render_reply(words, key, facts.language, facts.channel, values), None
            if said.language != FALLBACK:
                english = render_reply(words, key, FALLBACK, facts.channel, values).body
            yield Entry(
                today, told.AT, self._role, "replies", key, SENT, None, said.body, said.language, said.parts,
                self._number, english,
            )  # fmt: skip

    def _asked(self, today: date) -> Iterator[str]:
        facts = self._facts
        if today == facts.loss_on and self._number == 1:
            yield "loss"
        if today == told.checked_in_on(facts, self._content.config.check_in) and self._role is Role.MOTHER:
            yield "check_in"
        if today == facts.living_on and self._role is Role.MOTHER:
            yield "support_living_baby"
        if today == facts.stop_on:
            yield "stopped"

    def _values(self, today: date) -> dict[str, Value]:
        return family_values(self._facts.due_on, today)


def _may_come(entry: LiveStep, role: Role, facts: Facts) -> bool:
    """Whether a step is for this role, and asked for where it must be: no need to ask each day anew."""
    step = entry.step
    return role in step.to and (not step.chosen or facts.topics.get(step.topic) is True)
