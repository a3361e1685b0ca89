"""Services spelled out: a line each, and as many of them in one answer as its SMS parts hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from bot.domain.address import ChannelName
from bot.domain.conversation import signposts
from bot.domain.conversation.turn import Reply, Turn
from bot.domain.directory import Service
from bot.domain.hours import local_day
from bot.domain.opening import Opening
from bot.words import languages, sms
from bot.words.languages import Day
from bot.words.render import FALLBACK, SERVICES, Value, Words, render_reply

LINE = "signpost_line"
_A_WEEK = timedelta(days=7)


def spelled(turn: Turn, words: Words, language: str, channel: ChannelName, now: datetime) -> Turn:
    """The turn with its services in words, fewer of them where the answer would be too long.

    A turn whose answer names no service is given back as it is. Where a service has no name in the language
    the whole answer is in English. Raises NotFound and ContentError as
    `render_reply` does.
    """
    if not any(reply.services for reply in turn.replies):
        return turn
    while True:
        [reply] = turn.replies
        language = language if _named(reply.services, words, language) else FALLBACK
        said = _said(reply, words, language, channel, now)
        rendered = render_reply(words, said.key, language, channel, said.values)
        most = sms.most_parts(rendered.language, sms.encoding_of(rendered.body))
        shorter = signposts.fewer(turn) if rendered.parts > most else None
        if shorter is None:
            return replace(turn, replies=(said,))
        turn = shorter


def _said(reply: Reply, words: Words, language: str, channel: ChannelName, now: datetime) -> Reply:
    named = lines(reply.services, words, language, channel, now)
    values = {**reply.values, "services": "\n".join(named)}
    return replace(reply, values=values, language=language)


def _named(services: Sequence[tuple[Service, Opening]], words: Words, language: str) -> bool:
    """Whether each of these has a name in the language."""
    return language == FALLBACK or words.names(SERVICES, language).keys() >= {one.id for one, _ in services}


def lines(
    services: Sequence[tuple[Service, Opening]],
    words: Words,
    language: str,
    channel: ChannelName,
    now: datetime,
) -> list[str]:
    """One line a service: its name, how to reach it, and whether anybody answers now."""
    today = local_day(now)
    found = words.find_reply(LINE, channel, language)
    tongue = language if found is not None else FALLBACK
    called = words.names(SERVICES, tongue) if tongue != FALLBACK else {}
    return [
        render_reply(words, LINE, language, channel, _values(service, opening, today, tongue, called)).body
        for service, opening in services
    ]


def _values(
    service: Service, opening: Opening, today: date, language: str, called: Mapping[str, str]
) -> dict[str, Value]:
    name, _, ask = called.get(service.id, service.name).partition(" | ")
    values: dict[str, Value] = {
        "service": name,
        "phone": service.phone or "",
        "text": service.text or "",
        "web": service.web or "",
        "ask": ask or service.ask or "",
        "state": opening.state.value,
        "day": "",
        "time": "",
    }
    if opening.at is not None:
        values["day"] = _day(opening.at.date(), today, language)
        values["time"] = languages.spell_clock(opening.at.time(), language)
    return values


def _day(day: date, today: date, language: str) -> str:
    """ "today", "tomorrow" (the template says them), "Mon", or a day that is a week or more away."""
    ahead = day - today
    if ahead <= timedelta(days=1):
        return "tomorrow" if ahead else "today"
    if ahead < _A_WEEK:
        return languages.spell_weekday(day, language)
    return languages.spell_day(Day(day, today), language)
