"""Crowding: essential steps that the cap would keep out until they close, on any joining day (P8)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from bot.authoring.crowd import Crowd
from bot.domain.campaign import Calendar, CapRules, Importance, Step
from bot.domain.family import Role
from bot.domain.openings import kind_of
from bot.domain.outbox import Kind
from bot.domain.timeline import GESTATION

_HALF_A_YEAR = timedelta(days=182)


@dataclass(frozen=True, slots=True)
class Squeezed:
    """An essential step that would expire unsent for whoever joins on some days.

    `joined` is the first such day, counted from the due date (-14: two weeks before it); `days` how
    many there are.
    """

    step: Step
    role: Role
    joined: int
    days: int


def squeezed(
    steps: Iterable[Step], calendar: Calendar, rules: CapRules, due_dates: Sequence[date]
) -> list[Squeezed]:
    """Every essential step that somebody would never get because of the cap, by step and role.

    Every joining day is tried, from the first day of the last period until the last essential step has
    closed, for each of `due_dates`. Roles that get the same steps are tried once, as the first.
    """
    staged = list(crowding_each_other(steps))
    found: dict[tuple[tuple[str, str], Role], tuple[Step, set[int]]] = {}
    tried: set[frozenset[tuple[str, str]]] = set()
    for role in Role:
        mine = [step for step in staged if role in step.to]
        same = frozenset(step.key for step in mine)
        if same in tried or not any(step.importance is Importance.ESSENTIAL for step in mine):
            continue
        tried.add(same)
        for due in due_dates:
            for joined, step in expiring(mine, role, due, calendar, rules):
                found.setdefault((step.key, role), (step, set()))[1].add((joined - due).days)
    return [
        Squeezed(step, role, min(joined), len(joined)) for (_, role), (step, joined) in sorted(found.items())
    ]


def crowding_each_other(steps: Iterable[Step]) -> Iterator[Step]:
    """The steps that the cap counts: not what somebody asked for, nothing that is retired."""
    return (step for step in steps if kind_of(step) is Kind.STAGED and not step.retired)


def expiring(
    steps: Iterable[Step], role: Role, due: date, calendar: Calendar, rules: CapRules
) -> Iterator[tuple[date, Step]]:
    """(joining day, essential step that would expire) for one role and one due date, day by day."""
    crowd = Crowd(role, due, [step for step in steps if role in step.to], calendar, rules)
    return ((joined, step) for joined in crowd.joining_days() for step in crowd.expired(joined))


def due_dates(today: date) -> tuple[date, ...]:
    """One due date in each half of a year, so that every season meets a late pregnancy and a baby."""
    return (today + GESTATION, today + GESTATION + _HALF_A_YEAR)
