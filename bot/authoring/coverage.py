"""Coverage: how much of what families read is written in each language, and whether anybody reviewed it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from bot.content.load import Content
from bot.content.replies import CRISIS_KEYS, REPLY_VALUES
from bot.domain.address import ChannelName
from bot.domain.campaign import Step
from bot.domain.conversation import choices, preferences, signposts
from bot.domain.family import Role
from bot.words.render import BUTTONS, FALLBACK, SERVICES, TOPICS, Words


@dataclass(frozen=True, slots=True)
class Share:
    """How many there are, of how many there should be."""

    written: int
    of: int

    def __str__(self) -> str:
        return f"{self.written}/{self.of}"


@dataclass(frozen=True, slots=True)
class Covered:
    """One offered language. `names` are those of services, topics and buttons. `keywords` and `crises` say
    whether the words it is understood by are reviewed; None where there are none. What is not written goes in
    English, the whole message."""

    code: str
    name: str
    reviewed: bool
    replies: Share
    crisis: Share
    steps: Share
    names: Share
    keywords: bool | None
    crises: bool | None


def coverage(content: Content) -> Iterator[Covered]:
    """Each language that is offered, in the order in which it is."""
    words, config = content.words, content.config
    for language in config.languages:
        yield Covered(
            language.code,
            language.name,
            language.reviewed,
            replies=_replies(words, language.code, REPLY_VALUES.keys() - set(CRISIS_KEYS)),
            crisis=_replies(words, language.code, CRISIS_KEYS),
            steps=_steps(content, language.code),
            names=_names(content, language.code),
            keywords=_reviewed(config.keywords, language.code),
            crises=_reviewed(config.crisis, language.code),
        )


def _replies(words: Words, language: str, keys: Iterable[str]) -> Share:
    wanted = [(key, channel) for key in keys for channel in ChannelName]
    missing = {key for key, channel in wanted if words.find_reply(key, channel, language) is None}
    every = {key for key, _ in wanted}
    return Share(len(every - missing), len(every))


def _steps(content: Content, language: str) -> Share:
    """A step counts where every role that gets it has words on every channel."""
    steps = [step for one in content.campaigns.values() for step in one.steps if not step.retired]
    return Share(sum(has_words(content, step, language) for step in steps), len(steps))


def has_words(content: Content, step: Step, language: str) -> bool:
    """Whether every role that gets a step has words on every channel in exactly this language."""
    return all(
        content.words.find(step.key, role, channel, language) is not None
        for role in Role
        if role in step.to
        for channel in ChannelName
    )


def to_be_named(content: Content) -> Mapping[str, frozenset[str]]:
    """What has a name in every language, by the list it stands in: services that may be sent, topics that
    messages are about, and buttons."""
    again = frozenset(sends for row in choices.AGAIN for _, sends in row)
    return {
        SERVICES: frozenset(one.id for one in content.config.services if one.usable),
        TOPICS: frozenset(campaign.topic for campaign in content.campaigns.values()),
        BUTTONS: signposts.BUTTONS | again | {str(preferences.READ)},
    }


def _names(content: Content, language: str) -> Share:
    """In English they are called as in the directory and the code."""
    wanted = to_be_named(content)
    of = sum(map(len, wanted.values()))
    named = (ids & content.words.names(key, language).keys() for key, ids in wanted.items())
    return Share(of if language == FALLBACK else sum(map(len, named)), of)


def _reviewed(lexicon: Mapping[str, Mapping[str, object]], language: str) -> bool | None:
    block = lexicon.get(language)
    return None if block is None else block.get("reviewed") is True
