"""What somebody may choose: the published topics for their role, each with its line in their language."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from bot.domain import choosing, hours
from bot.domain.audience import still_chosen
from bot.domain.choosing import Choice
from bot.domain.conversation import topics
from bot.domain.conversation.person import Person
from bot.domain.conversation.turn import Talk
from bot.domain.meaning import Meaning
from bot.domain.revision import LABEL, LiveStep
from bot.errors import ContentError, NotFound
from bot.services.desk import Desk
from bot.services.shelf import Published
from bot.words.render import FALLBACK, render_step


def gathered(
    conn: sa.Connection, desk: Desk, person: Person, meaning: Meaning, talk: Talk, now: datetime
) -> Person:
    """The person with what they may choose, where what was written needs it."""
    if person.member is None or person.family is None or not topics.looks(meaning, talk):
        return person
    today = hours.local_day(now)
    published = desk.shelf.at(conn, desk.mode, desk.config.authors, today)
    found = choosing.open_topics(
        published.live, person.member, person.family, today, desk.config.calendar
    ).values()
    said = (_choice(published, person, entry, offered) for entry, offered in found)
    return replace(person, choices=tuple(one for one in said if one is not None))


def _choice(published: Published, person: Person, entry: LiveStep, offered: bool) -> Choice | None:
    """One line of the list; None while its words may not be sent, in their language or in English."""
    step, member, family = entry.step, person.member, person.family
    assert member is not None  # gathered has seen to both
    assert family is not None
    language = next((one for one in (person.language, FALLBACK) if one in entry.labels), None)
    if language is None:
        return None
    try:
        key = (step.campaign, LABEL)
        label = render_step(published.words, key, member.role, person.channel, language, {}).body
    except (NotFound, ContentError):
        return None
    wanted = member.topics.get(step.topic) is True and still_chosen(step, member, family)
    return Choice(step.topic, step.menu, label.strip(), step.purpose, wanted, offered)
