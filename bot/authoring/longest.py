"""The values a template is tried with: the longest that can be, and every case its ifs ask about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import islice, product

from bot.content.load import Content
from bot.content.menu import LONGEST_LABEL
from bot.domain.address import ChannelName
from bot.domain.code import DIGITS
from bot.domain.conversation.born import WARD
from bot.domain.conversation.choices import named
from bot.domain.conversation.topics import A_PAGE
from bot.domain.directory import Service
from bot.domain.family import Role
from bot.domain.hours import LONDON
from bot.domain.meaning import Word
from bot.domain.opening import Opening, OpeningState, opening
from bot.words import signposts
from bot.words.languages import spell_clock, spell_list, spell_whole_day
from bot.words.render import Value, Words
from bot.words.template import Template

_MOST_CASES = 64
_LAST_WEEK = 42
_LONG_NUMBER = "+447700900000"  # where the deployment has not set its own yet
_NO_WARD = "WARD"  # the project's own word, where the content has no such campaign
_LONG_LINK = "t.me/" + "M" * 32  # the longest name that Telegram gives a bot
_BEFORE_CHRISTMAS = datetime(2026, 12, 20, 22, 30, tzinfo=LONDON)  # nine days on, the day is said in full
_WAYS = ("phone", "text", "web", "ask")
_UNSET: Mapping[str, str] = {"join_number": _LONG_NUMBER, "telegram_link": _LONG_LINK}


def cases(content: Content, words: Words, template: Template, language: str) -> Iterator[dict[str, Value]]:
    """Values to render a template with, the longest of all first; at most 64 cases."""
    names = sorted(template.placeholders)
    shared = words.shared(template.path)
    options = [_options(content, shared, template, name, language) for name in names]
    for chosen in islice(product(*options), _MOST_CASES):
        yield dict(zip(names, chosen, strict=True))


def _options(
    content: Content, shared: Mapping[str, Value], template: Template, name: str, language: str
) -> list[Value]:
    """What one placeholder may be, the longest first."""
    if name == "weeks":
        asked = {limit + off for limit in template.constants if isinstance(limit, int) for off in (-1, 0, 1)}
        return [_LAST_WEEK, *sorted(week for week in asked if 0 <= week < _LAST_WEEK)]
    if name in shared:
        return [shared[name]] if shared[name] else [_UNSET.get(name, ""), ""]
    said: list[Value] = list(_own(content, language)[name])
    return said + [asked for asked in sorted(map(str, template.constants)) if asked not in said]


@lru_cache(maxsize=16)
def _own(content: Content, language: str) -> dict[str, list[str]]:
    """The values that only some replies and steps get, the longest first."""
    config = content.config
    day = _longest_day(language)
    menus = {step.menu for one in content.campaigns.values() for step in one.steps if step.topic == WARD}
    chosen = {step.topic for one in content.campaigns.values() for step in one.steps if step.chosen}
    topics = sorted(config.directory.topics.union(config.asked_about))
    heard = [*Word, *topics]
    return {
        "due_date": [day],
        "date": [day],
        "code": ["0" * DIGITS],
        "menu": ["\n".join(f"{n} {one.name}" for n, one in enumerate(config.languages, 1))],
        **_services(content, language),
        "topic": [_longest(topics).replace("_", " ")],
        "word": [_longest(heard).upper()],
        "ward": [*sorted(menus or {_NO_WARD}, key=len, reverse=True), ""],
        "role": [_longest(list(Role))],
        "language": [_longest(config.language_codes)],
        "choices": ["\n".join(f"{n} {'M' * LONGEST_LABEL}*" for n in range(1, A_PAGE + 1))],
        "chosen": ["yes", ""],
        "topics": [spell_list(named(sorted(chosen, key=len, reverse=True)), language) or "all"],
    }


def _services(content: Content, language: str) -> dict[str, list[str]]:
    """What an answer that names services may print; one that is too long names fewer, so one is tried."""
    usable = [service for service in content.config.services if service.usable]
    stands = [(service, _longest_opening(service)) for service in usable]
    lines = signposts.lines(stands, content.words, language, ChannelName.SMS, _BEFORE_CHRISTMAS)
    return {
        "service": [_longest([service.name for service in usable])],
        **{name: [_longest([getattr(service, name) or "" for service in usable]), ""] for name in _WAYS},
        "services": [_longest(lines)],
        "state": ["shut", "open", "always", ""],
        "day": ["tomorrow", "today", _longest_day(language)],
        "time": [spell_clock(time(22, 30), language)],
        "more": ["yes", ""],
        "place": ["ask", ""],
        "shut": ["yes", ""],
        "area": ["OL16"],
    }


def _longest_opening(service: Service) -> Opening:
    """As it stands when most is to be said: shut for longer than a week, or day and night."""
    if service.hours is None or service.hours.always:
        return opening(service.hours, _BEFORE_CHRISTMAS)
    return Opening(OpeningState.SHUT, _BEFORE_CHRISTMAS + timedelta(days=9))


def _longest_day(language: str) -> str:
    return _longest([spell_whole_day(date(2028, month, 28), language) for month in range(1, 13)])


def _longest(texts: Sequence[str]) -> str:
    return max(texts, key=len, default="")
