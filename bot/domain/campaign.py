"""A campaign and its steps, as the decision sees them; the words are elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from enum import StrEnum
from typing import NamedTuple

from bot.domain.family import Purpose, Role


class Anchor(StrEnum):
    """What a moment is counted from. The first six are indexed date columns."""

    DUE = "due"  # pregnancy weeks; the column is the due date
    BIRTH = "birth"
    CORRECTED = "corrected"
    JOINED = "joined"
    LOSS = "loss"
    MOVED = "moved"
    DATE = "date"  # the same day every year
    CALENDAR = "calendar"  # a named day that moves, from config/calendar.yaml
    AFTER = "after"  # the parent step's sent day


class MonthDay(NamedTuple):
    """A day of any year; 29 February is 28 February in common years."""

    month: int
    day: int


@dataclass(frozen=True, slots=True)
class Moment:
    """A day, said relative to an anchor: calendar months first, then days.

    For DUE, `days` counts from the first day of the last period (the due date less 280 days), so
    16w+3 is 115. `on` is set for DATE, `name` for CALENDAR, `step` (an id in the same campaign) for
    AFTER.
    """

    anchor: Anchor
    months: int = 0
    days: int = 0
    on: MonthDay | None = None
    name: str | None = None
    step: str | None = None


@dataclass(frozen=True, slots=True)
class Season:
    """From `first` to `last`, both included; it may run over the new year."""

    first: MonthDay
    last: MonthDay


class Importance(StrEnum):
    """What the daily and weekly cap prefers."""

    ESSENTIAL = "essential"
    HELPFUL = "helpful"
    EXTRA = "extra"

    @property
    def rank(self) -> int:
        """0 goes first."""
        return _RANKS[self]


_RANKS = {importance: rank for rank, importance in enumerate(Importance)}


@dataclass(frozen=True, slots=True)
class Audience:
    """The optional `for:` of a step: all that is set must hold. Days count from the last period."""

    joined_before_days: int | None = None
    joined_after_days: int | None = None
    areas: frozenset[str] = frozenset()
    under_20: bool | None = None
    previous_loss: bool | None = None
    bereaved: bool | None = None
    dated: bool | None = None
    expecting: bool | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One message of a campaign. `key` is stable for ever: the delivery record hangs on it."""

    campaign: str
    id: str
    to: frozenset[Role]
    when: Moment
    until: Moment | None
    purpose: Purpose
    topic: str
    at: time = time(10)
    season: Season | None = None
    importance: Importance = Importance.HELPFUL
    audience: Audience = field(default_factory=Audience)
    unless: frozenset[str] = frozenset()
    replies: Mapping[str, str] = field(default_factory=dict)  # WORD -> meaning
    chosen: bool = False  # only for members who asked for this topic
    menu: str = ""  # the word by which its topic is chosen from the list that TOPICS gives
    body: bool = False  # about the mother's own body
    food: bool = False  # about food or drink: in a month of fasting not between noon and six
    in_hospital: bool = False  # goes while a baby is in hospital, too; else it waits until HOME
    resend_if_uncertain: bool = False
    formerly: tuple[str, ...] = ()
    retired: bool = False
    picture: str | None = None  # goes with it on Telegram, never with a private message
    timing_hash: str = ""  # of everything that says when and to whom; set by bot.content

    @property
    def key(self) -> tuple[str, str]:
        """(campaign, step id)."""
        return (self.campaign, self.id)


@dataclass(frozen=True, slots=True)
class Campaign:
    """A sequence with one owner, one topic and one purpose."""

    id: str
    title: str
    objective: str
    topic: str
    purpose: Purpose
    owner: str
    sources: tuple[str, ...]
    review_by: date
    steps: tuple[Step, ...]

    def step(self, step_id: str) -> Step | None:
        """The step with this id or, failing that, the one that was formerly called so."""
        exact = next((step for step in self.steps if step.id == step_id), None)
        return exact or next((step for step in self.steps if step_id in step.formerly), None)

    def root(self, step_id: str) -> Anchor | None:
        """What a step's deliveries are named by: its anchor or, for an `after` step, that of what it hangs on
        in the end. None for a step that is not here, or hangs on none that is."""
        step, seen = self.step(step_id), set[str]()
        while step is not None and step.when.anchor is Anchor.AFTER:
            if step.id in seen:
                return None
            seen.add(step.id)
            step = self.step(step.when.step or "")
        return None if step is None else step.when.anchor

    def names(self, step_id: str) -> frozenset[str]:
        """Every name that the step so called has or had, for its rows keep the one they were made under."""
        step = self.step(step_id)
        return frozenset({step_id} if step is None else {step.id, *step.formerly})


@dataclass(frozen=True, slots=True)
class Calendar:
    """config/calendar.yaml: named days that move (name -> year -> day), soft days, and days of fasting."""

    days: Mapping[str, Mapping[int, date]] = field(default_factory=dict)
    soft: frozenset[date] = frozenset()
    fasting: frozenset[date] = frozenset()

    def on(self, name: str, year: int) -> date | None:
        """The day called `name` in `year`; None when nobody has set it."""
        return self.days.get(name, {}).get(year)


@dataclass(frozen=True, slots=True)
class CapRules:
    """P8, per address."""

    per_7_days: int = 2
    daily_until_age: int = 10  # the first 10 days of life: daily allowed, not counted afterwards


EVERY_KIND_OF_AUDIENCE = (
    "area", "under_20", "previous_loss", "bereaved", "dated", "expecting", "joined_before", "joined_after",
)  # fmt: skip
