"""The list that TOPICS gives: what a campaign with `menu` keeps to, so that each choice means one thing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from bot.content.campaigns import Written
from bot.content.config import Config, phrases_in
from bot.domain.family import Purpose
from bot.domain.revision import LABEL
from bot.errors import Fault
from bot.words.characters import normalise

LONGEST_LABEL = 28
_ASKED_ELSEWHERE = frozenset({Purpose.SUPPORT_AFTER_LOSS, Purpose.NEXT_PREGNANCY, Purpose.REMINDERS})
_ENDS_ALL = ("stop", "wrong_number", "messages")  # after STOP these would end more than a topic
_PRESSING = ("loss", "loss_ended", "loss_whole", "loss_words")


def faults(campaigns: Mapping[str, Written], config: Config | None) -> Iterator[Fault]:
    """Choices that nobody could make, that would choose or end something else, or mean two things."""
    topics: dict[str, list[str]] = defaultdict(list)
    words: dict[str, list[str]] = defaultdict(list)
    for name, written in sorted(campaigns.items()):
        topics[written.campaign.topic].append(name)
        if word := _word(written):
            words[word].append(name)
    taken = set() if config is None else _taken(config)
    for written in campaigns.values():
        yield from _alone(written)
        word = _word(written)
        if word is None:
            continue
        yield from _shared(written, word, topics, words)
        if normalise(word) in taken:
            message = f"{word} has a meaning of its own when it is texted. Choose another word."
            yield written.document.fault(("menu",), message)


def _word(written: Written) -> str | None:
    return next((step.menu for step in written.campaign.steps if step.menu), None)


def _alone(written: Written) -> Iterator[Fault]:
    campaign = written.campaign
    chosen = any(step.chosen for step in campaign.steps)
    if chosen and _word(written) is None and campaign.purpose not in _ASKED_ELSEWHERE:
        message = "Nobody could choose this. Add menu: WORD, and templates/en/<campaign>/menu.j2."
        yield written.document.fault(("chosen",), message)
    if not chosen and _word(written) is not None:
        message = "Only what is chosen stands in the list. Add chosen: true, or take menu away."
        yield written.document.fault(("menu",), message)
    if campaign.step(LABEL) is not None:
        message = f"{LABEL} is the name of the line in the list of topics. Call the step something else."
        yield written.fault(LABEL, message)


def _shared(
    written: Written, word: str, topics: Mapping[str, list[str]], words: Mapping[str, list[str]]
) -> Iterator[Fault]:
    """A topic is chosen and ended as a whole, whatever is of it."""
    campaign = written.campaign
    others = [name for name in topics[campaign.topic] if name != campaign.id]
    if others:
        message = f"{others[0]} has the topic {campaign.topic} too: who chooses or ends one would end both."
        yield written.document.fault(("topic",), f"{message} Give this one a topic of its own.")
    again = [name for name in words[word] if name != campaign.id]
    if again:
        message = f"{again[0]} has the word {word} too. Choose another word."
        yield written.document.fault(("menu",), message)


def _taken(config: Config) -> set[str]:
    """What is understood as something else when it stands after STOP or TOPICS, in any language."""
    found: set[str] = set()
    for block in config.keywords.values():
        for name in (*_ENDS_ALL, *_PRESSING):
            found |= phrases_in(block.get(name, ()))
    for block in config.crisis.values():
        found |= set().union(*(phrases_in(node) for name, node in block.items() if name != "reviewed"), set())
    return found | {one.removeprefix("stop ") for one in found}
