"""Lives: what typical people get and when, under the cap, from the files on disk; nobody answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from bot.authoring.crowd import Crowd
from bot.authoring.crowding import crowding_each_other
from bot.content.load import Content
from bot.domain.campaign import Step
from bot.domain.family import Role
from bot.domain.timeline import GESTATION

_WEEK = timedelta(days=7)


class Kind(StrEnum):
    """How a pregnancy goes."""

    TYPICAL = "typical"  # joins at 8 weeks, born on the due date
    LATE = "late"  # joins at 34 weeks
    EARLY = "early"  # born at 31 weeks


_JOINS = {Kind.TYPICAL: 8 * _WEEK, Kind.LATE: 34 * _WEEK, Kind.EARLY: 8 * _WEEK}
_BORN = {Kind.TYPICAL: GESTATION, Kind.LATE: GESTATION, Kind.EARLY: 31 * _WEEK}


@dataclass(frozen=True, slots=True)
class Life:
    """What one member gets, day by day, and what others kept out until it closed."""

    role: Role
    kind: Kind
    due: date
    born: date
    joined: date
    sent: tuple[tuple[date, Step], ...]
    kept_out: tuple[Step, ...]


def life(content: Content, role: Role, kind: Kind, due: date) -> Life:
    """One member's life: what they are sent until nothing is left, and what never comes."""
    start = due - GESTATION
    born, joined = start + _BORN[kind], start + _JOINS[kind]
    steps = [step for campaign in content.campaigns.values() for step in campaign.steps]
    mine = [step for step in crowding_each_other(steps) if role in step.to]
    lived = Crowd(role, due, mine, content.config.calendar, content.config.cap, born=born).lived(joined)
    return Life(role, kind, due, born, joined, tuple(lived.sent), tuple(lived.expired))


def silences(lived: Life, longest: timedelta) -> Iterator[tuple[date, date, Step]]:
    """(from, to, what comes then) wherever nothing comes for longer than this before the birth."""
    before = lived.joined
    for day, step in lived.sent:
        if before < lived.born and day <= lived.born and day - before > longest:
            yield before, day, step
        before = day
