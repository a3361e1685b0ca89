"""Pointing: what a family would be answered to a question, word for word, with everything that MORE gives."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from bot.content.load import Content
from bot.domain.address import ChannelName
from bot.domain.conversation import signposts
from bot.domain.conversation.person import Person
from bot.domain.conversation.turn import Talk, Turn
from bot.domain.directory import Service
from bot.domain.family import Member, Role
from bot.domain.hours import local_day
from bot.domain.meaning import Meaning
from bot.words.lexicon import build
from bot.words.render import FALLBACK, Rendered, render_reply
from bot.words.signposts import spelled
from bot.words.understand import understand


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks: the role, the language, where they live (a postcode district), and how they write."""

    role: Role = Role.MOTHER
    language: str = FALLBACK
    area: str | None = None
    channel: ChannelName = ChannelName.SMS


def taken_for(content: Content, text: str, language: str, today: date) -> Meaning:
    """What a text would be taken for, from this config."""
    lexicon = build(content.config.keywords, content.config.crisis)
    return understand(text, lexicon, tuple(dict.fromkeys((language, FALLBACK))), today)


def answers(content: Content, topic: str, asker: Asker, now: datetime) -> list[Rendered]:
    """The answer to a question on this topic, then each one that MORE gives, as they would leave."""
    person = _person(content, asker, local_day(now))
    turn = _spelled(content, signposts.asks(person, topic, now), asker, now)
    if turn.talk.name == signposts.ALONE:  # asked first who holds the phone; then as if they were alone
        said = [_rendered(content, turn, asker)]
        alone = signposts.answered(turn.talk, Meaning(digit=1), person, now)
        turn = _spelled(content, alone or Turn(), asker, now)
    else:
        said = []
    while turn.replies:
        said.append(_rendered(content, turn, asker))
        turn = _spelled(content, signposts.more(person, turn.talk, now), asker, now)
        if turn.talk == Talk.none():  # there is nothing more
            break
    return said


def withheld(content: Content, topic: str) -> list[Service]:
    """The services of a topic that nobody verified: they are never sent."""
    behind = signposts.BEHIND_SAFE if topic == signposts.SAFE else topic
    return [one for one in content.config.services if behind in one.topics and not one.usable]


def _person(content: Content, asker: Asker, today: date) -> Person:
    member = Member(1, 1, asker.role, asker.language, today, area=asker.area)
    return Person(1, asker.channel, asker.language, member=member, directory=content.config.directory)


def _spelled(content: Content, turn: Turn, asker: Asker, now: datetime) -> Turn:
    return spelled(turn, content.words, asker.language, asker.channel, now)


def _rendered(content: Content, turn: Turn, asker: Asker) -> Rendered:
    [reply] = turn.replies
    return render_reply(
        content.words, reply.key, reply.language or asker.language, asker.channel, reply.values
    )
