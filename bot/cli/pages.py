"""How a timeline reads on paper: a line for when and what, and the words below it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from bot.authoring.preview import SENT, Entry
from bot.authoring.stages import stage
from bot.authoring.told import Facts
from bot.cli import saying
from bot.domain.address import ChannelName
from bot.words import picture
from bot.words.characters import clean

WIDTH = 78  # a terminal is 80 wide
_INDENT = "    "


def entry_lines(entry: Entry, facts: Facts) -> Iterator[str]:
    """One entry of a preview, as a midwife would read it."""
    at = "     " if entry.at is None else f"{entry.at:%H:%M}"
    head = f"{entry.day:%a %d %b %Y} {at}  {stage(entry.day, facts):<9} {entry.role.value:<11}"
    name = f"{entry.campaign}/{entry.step}"
    if entry.outcome != SENT or entry.body is None:
        why = saying.why(entry.reason)
        yield f"{head} {name}"
        yield f"{_INDENT}not sent, {entry.outcome}{f': {why}' if why else ''}"
        yield ""
        return
    by_sms = facts.channel is ChannelName.SMS
    cost = f" ({entry.parts} part{'s' if entry.parts != 1 else ''})" if by_sms else ""
    tongue = f" [{entry.language}]" if entry.language != facts.language else ""
    yield f"{head} {name}{cost}{tongue}"
    if entry.picture is not None:
        yield f"{_INDENT}[picture: {picture.alt(entry.picture)}]"
    yield from wrapped(entry.body)
    yield ""


def wrapped(body: str) -> Iterator[str]:
    """The words of a message, indented; its own lines stay lines."""
    for paragraph in body.splitlines():
        yield textwrap.fill(
            paragraph,
            WIDTH,
            initial_indent=_INDENT,
            subsequent_indent=_INDENT,
            break_long_words=False,
            break_on_hyphens=False,  # a link stays whole
        )


def theirs(words: str) -> Iterator[str]:
    """What somebody else wrote, indented, with nothing in it that a terminal obeys."""
    yield from wrapped(clean(words).replace("\t", " "))
