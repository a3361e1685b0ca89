"""A turn of a conversation: where it stood, what is changed, and what is answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from bot.domain.conversation.effects import Effect
from bot.domain.directory import Service
from bot.domain.hours import local_day
from bot.domain.opening import Opening


@dataclass(frozen=True, slots=True)
class Talk:
    """Where a conversation stands: the question that was asked, and the small facts given so far.

    The data is text only, so that it can be stored; days are ISO, moments too.
    """

    name: str
    data: dict[str, str] = field(default_factory=dict)

    @classmethod
    def none(cls) -> Talk:
        """Nothing was asked."""
        return cls("", {})

    def on(self, name: str, **data: str) -> Talk:
        """The next question, with what was said so far and this besides."""
        return Talk(name, self.data | data)

    def day(self, name: str) -> date | None:
        """A day kept under this name."""
        kept = self.data.get(name)
        return None if kept is None else date.fromisoformat(kept)


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer: the key of its words, their values, and the language if not the person's own.

    `services` are those it names, each as it stands now. `until`: not worth sending after this moment.
    """

    key: str
    values: Mapping[str, str | date] = field(default_factory=dict)
    language: str | None = None
    buttons: Sequence[Sequence[tuple[str, str]]] = ()
    crisis: bool = False
    services: Sequence[tuple[Service, Opening]] = ()
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """What one message came to; an empty one was answered elsewhere, or wants no answer."""

    talk: Talk = field(default_factory=Talk.none)
    effects: tuple[Effect, ...] = ()
    replies: tuple[Reply, ...] = ()


def say(key: str, *effects: Effect, talk: Talk | None = None, **values: str) -> Turn:
    """A turn with one reply."""
    return Turn(talk or Talk.none(), effects, (Reply(key, values),))


def in_weeks(now: datetime, weeks: int) -> date:
    """The local day so many weeks from now."""
    return local_day(now) + timedelta(weeks=weeks)
