"""Year: the days of one year that staff must know of: calendar campaigns, seasons, soft days, reviews."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from icalendar import Calendar, Event

from bot.content.load import Content
from bot.domain.campaign import Anchor, Campaign, Season, Step
from bot.domain.family import Role
from bot.domain.timeline import YEARLY, Dates, window

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """Something that begins on `first` and is over on `ends`; `key` is the same whenever it is said again."""

    first: date
    ends: date
    title: str
    about: str
    key: str


def year(content: Content, of: int) -> list[Entry]:
    """Everything that begins in one year, in order."""
    entries = [
        *_campaigns(content, of), *_seasons(content, of), *_soft_days(content, of), *_reviews(content, of),
    ]  # fmt: skip
    return sorted(entries)


def icalendar(entries: list[Entry], made_at: datetime) -> str:
    """The entries as an iCalendar file (RFC 5545): whole days, and nobody is shown as busy."""
    calendar = Calendar()
    calendar.add("prodid", "-//Think Family//campaign calendar//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", "Think Family: the year's campaigns")
    for entry in entries:
        calendar.add_component(_event(entry, made_at))
    return bytes(calendar.to_ical()).decode()


def _event(entry: Entry, made_at: datetime) -> Event:
    event = Event()
    event.add("uid", f"{entry.key}@thinkfamily")
    event.add("dtstamp", made_at)
    event.add("dtstart", entry.first)
    event.add("dtend", entry.ends)
    event.add("summary", entry.title)
    event.add("description", entry.about)
    event.add("transp", "TRANSPARENT")
    return event


def _campaigns(content: Content, of: int) -> Iterator[Entry]:
    for campaign, step in _steps(content):
        if step.when.anchor not in YEARLY:
            continue
        span = window(step, Dates(), content.config.calendar, of)
        if span is not None and span.opens.year == of:
            about = f"{campaign.title}. For: {_roles(step)}. Owner: {campaign.owner}."
            asked = " Only for those who asked." if step.chosen else ""
            yield Entry(
                span.opens, span.closes, f"{campaign.id}: {step.id} goes out", about + asked,
                f"step-{campaign.id}-{step.id}-{of}",
            )  # fmt: skip


def _seasons(content: Content, of: int) -> Iterator[Entry]:
    """A season of several steps of one campaign is one entry."""
    found: dict[tuple[str, Season], list[Step]] = {}
    for campaign, step in _steps(content):
        if step.season is not None and step.when.anchor not in YEARLY:
            found.setdefault((campaign.id, step.season), []).append(step)
    for (name, season), steps in found.items():
        last = date(
            of + (season.last < season.first), season.last.month, _day(season.last.month, season.last.day)
        )
        first = date(of, season.first.month, _day(season.first.month, season.first.day))
        title = f"{name}: its season"
        about = f"{content.campaigns[name].title}. Steps: {', '.join(step.id for step in steps)}."
        yield Entry(first, last + DAY, title, about, f"season-{name}-{steps[0].id}-{of}")


def _soft_days(content: Content, of: int) -> Iterator[Entry]:
    for day in sorted(content.config.calendar.soft):
        if day.year == of:
            title = "Essential messages only today"
            yield Entry(day, day + DAY, title, "A soft day (config/calendar.yaml).", f"soft-{day}")


def _reviews(content: Content, of: int) -> Iterator[Entry]:
    for campaign in content.campaigns.values():
        day = campaign.review_by
        if day.year == of:
            about = (
                f"{campaign.title}. After this day live mode sends nothing of it. Owner: {campaign.owner}."
            )
            yield Entry(
                day, day + DAY, f"{campaign.id}: review by today", about, f"review-{campaign.id}-{day}"
            )


def _steps(content: Content) -> Iterator[tuple[Campaign, Step]]:
    for campaign in content.campaigns.values():
        yield from ((campaign, step) for step in campaign.steps if not step.retired)


def _roles(step: Step) -> str:
    return ", ".join(role for role in Role if role in step.to)


def _day(month: int, day: int) -> int:
    return min(day, 28) if month == 2 else day


def unset(content: Content, of: int) -> list[str]:
    """Named days that a campaign counts from and that nobody has set for this year."""
    named = {step.when.name for _, step in _steps(content) if step.when.anchor is Anchor.CALENDAR}
    return sorted(name for name in named if name and content.config.calendar.on(name, of) is None)
