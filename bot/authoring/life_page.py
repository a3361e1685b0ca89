"""Life page: the whole life of one family to read, week by week, with everyone's messages side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from bot.authoring import stages
from bot.authoring.page import page, shown
from bot.authoring.preview import SENT, Entry, facts_of
from bot.authoring.stages import Week
from bot.authoring.told import Facts
from bot.authoring.wording import FIRST_SEEN
from bot.content.load import Content
from bot.content.personas import Character, Persona
from bot.domain.address import ChannelName
from bot.domain.campaign import Importance
from bot.domain.outbox import Reason
from bot.words import languages, picture, sms
from bot.words.render import FALLBACK

_DAY = timedelta(days=1)
Why = Callable[[Reason | None], str]


@dataclass(frozen=True, slots=True)
class Card:
    """One message as it arrives, or what was not sent and why. `seen` is what a locked phone shows of it."""

    entry: Entry
    person: str
    stage: str
    seen: str
    rest: str
    cost: str
    direction: str
    english: str | None
    essential: bool
    private: bool
    untranslated: bool
    why: str
    picture: str | None
    alt: str


@dataclass(frozen=True, slots=True)
class Row:
    """One week: what happened in it, and each person's messages in their order.

    `quiet`: how many whole weeks without anything lie between the one before it and this.
    """

    week: Week
    last: date
    quiet: int
    events: Sequence[tuple[date, str]]
    columns: Sequence[Sequence[Card]]


@dataclass(frozen=True, slots=True)
class Chapter:
    """Weeks that belong together, with how many messages they hold."""

    title: str
    rows: Sequence[Row]
    sent: int


@dataclass(frozen=True, slots=True)
class Sums:
    """One person in figures; `weeks` is how many messages each week brings, from when the first joined."""

    name: str
    detail: str
    joined: date
    sent: int
    parts: int
    unsent: int
    busiest: int
    weeks: Sequence[int]


def life_page(content: Content, persona: Persona, entries: Sequence[Entry], why: Why, made_on: date) -> str:
    """The page, as HTML. `why` says a reason in a sentence."""
    cards = [_card(content, persona, entry, why) for entry in entries]
    return page(
        "life.html.j2",
        persona=persona,
        chapters=list(_chapters(persona, cards)),
        people=[_sums(persona, number, entries) for number in range(1, len(persona.people) + 1)],
        seen=FIRST_SEEN,
        happened=sorted({_week_after(persona, day) for day in (persona.born_on, persona.loss_on) if day}),
        made_on=made_on,
        sent=SENT,
    )


def _week_after(persona: Persona, day: date) -> int:
    """The number of the week, from when the first joined, that a day lies in."""
    return (day - min(one.joined_on for one in persona.people)).days // 7


def names(persona: Persona) -> list[str]:
    """What each person is called: by their role, with a number where two have the same."""
    roles = [person.role.value.capitalize() for person in persona.people]
    return [
        f"{role} {roles[: index + 1].count(role)}" if roles.count(role) > 1 else role
        for index, role in enumerate(roles)
    ]


def _card(content: Content, persona: Persona, entry: Entry, why: Why) -> Card:
    person = persona.people[entry.member - 1]
    campaign = content.campaigns.get(entry.campaign)
    step = None if campaign is None else campaign.step(entry.step)
    body = entry.body or ""
    cut = len(body) if len(body) <= FIRST_SEEN else FIRST_SEEN
    language = entry.language or FALLBACK
    return Card(
        entry=entry,
        person=names(persona)[entry.member - 1],
        stage=stages.stage(entry.day, facts_of(persona, person)),
        seen=body[:cut],
        rest=body[cut:],
        cost=_cost(entry, person),
        direction="rtl" if languages.right_to_left(language) else "ltr",
        english=entry.english,
        essential=step is not None and step.importance is Importance.ESSENTIAL,
        private=person.private and campaign is not None,
        untranslated=entry.body is not None and language != person.language,
        why=why(entry.reason),
        picture=None if entry.picture is None else shown(entry.picture),
        alt="" if entry.picture is None else picture.alt(entry.picture),
    )


def _cost(entry: Entry, person: Character) -> str:
    if entry.body is None:
        return ""
    if person.channel is ChannelName.TELEGRAM:
        return f"Telegram, {len(entry.body)} characters"
    counted = sms.count(entry.body)
    parts = "1 part" if counted.parts == 1 else f"{counted.parts} parts"
    return f"SMS, {parts}, {counted.units} characters, {counted.encoding.value}"


def _sums(persona: Persona, number: int, entries: Sequence[Entry]) -> Sums:
    person = persona.people[number - 1]
    theirs = [entry for entry in entries if entry.member == number]
    sent = [entry for entry in theirs if entry.outcome == SENT]
    days = [entry.day for entry in sent]
    each = Counter(_week_after(persona, day) for day in days)
    last = max((_week_after(persona, entry.day) for entry in entries), default=0)
    return Sums(
        name=names(persona)[number - 1],
        detail=f"{languages.locale(person.language).get_language_name('en')}, {_CHANNELS[person.channel]}",
        joined=person.joined_on,
        sent=len(sent),
        parts=sum(entry.parts for entry in sent) if person.channel is ChannelName.SMS else 0,
        unsent=len(theirs) - len(sent),
        weeks=[each[week] for week in range(last + 1)],
        busiest=max((sum(day <= other < day + 7 * _DAY for other in days) for day in days), default=0),
    )


_CHANNELS = {ChannelName.SMS: "SMS", ChannelName.TELEGRAM: "Telegram"}


def _chapters(persona: Persona, cards: Sequence[Card]) -> Iterator[Chapter]:
    facts = facts_of(persona, persona.people[0])
    events = sorted(_events(persona))
    weeks = sorted({stages.week(day, facts) for day in (*(one.entry.day for one in cards), *dict(events))})
    rows: dict[str, list[Row]] = {}
    for index, week in enumerate(weeks):
        row = _row(persona, facts, cards, events, weeks[max(index - 1, 0) : index + 2], week)
        rows.setdefault(week.chapter, []).append(row)
    for title, some in rows.items():
        all_cards = [card for row in some for column in row.columns for card in column]
        yield Chapter(title, some, sum(card.entry.outcome == SENT for card in all_cards))


def _row(
    persona: Persona,
    facts: Facts,
    cards: Sequence[Card],
    events: Sequence[tuple[date, str]],
    around: Sequence[Week],
    week: Week,
) -> Row:
    before = max((one.first for one in around if one < week), default=week.first)
    after = min((one.first for one in around if one > week), default=week.first + timedelta(weeks=1))
    here = [card for card in cards if stages.week(card.entry.day, facts) == week]
    return Row(
        week=week,
        last=min(after, week.first + timedelta(weeks=1)) - _DAY,
        quiet=max((week.first - before).days // 7 - 1, 0),
        events=[(day, said) for day, said in events if stages.week(day, facts) == week],
        columns=[
            [card for card in here if card.entry.member == number]
            for number in range(1, len(persona.people) + 1)
        ],
    )


def _events(persona: Persona) -> Iterator[tuple[date, str]]:
    """What happens in the family, beside the messages."""
    for person, name in zip(persona.people, names(persona), strict=True):
        code = "" if person.code or name.startswith("Mother") else ", without a code"
        yield person.joined_on, f"{name} joins{code}"
        if person.stop_on is not None:
            yield person.stop_on, f"{name} texts STOP"
    babies = "The baby is born" if persona.babies == 1 else f"{persona.babies} babies are born"
    told = {
        persona.born_on: babies if persona.home_on is None else f"{babies}, in hospital",
        persona.home_on: "Home from hospital",
        persona.apart_on: "The baby is no longer with the family",
    }
    yield from ((day, said) for day, said in told.items() if day is not None)
    if persona.loss_on is not None:
        yield persona.loss_on, f"{names(persona)[0]} texts of a loss"
    if persona.living_on is not None:
        yield persona.living_on, "Mother asks for messages for the baby who is with her"
