"""Calm (P8): at most one staged message a day and two in any seven days, for one address."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from bot.domain.campaign import CapRules, Importance

Order = tuple[int, bool, date, tuple[str, ...]]
Days = Sequence[tuple[date, bool]]  # the address's days with a staged message; False: not counted
_WEEK = 7
_A_WEEK = timedelta(days=_WEEK)


@dataclass(frozen=True, slots=True)
class Candidate:
    """What could go today: how important, until when, and a name that settles every tie.

    `asked`: this person asked for its topic, so they expect it.
    """

    importance: Importance
    closes: date
    name: tuple[str, ...]
    asked: bool = False


def choose(
    candidates: Iterable[Candidate], history: Days, today: date, rules: CapRules, in_first_days: bool
) -> Candidate | None:
    """The one that goes today: importance first, then what was asked for, then what closes
    soonest; None when none may."""
    if not room(history, today, rules, in_first_days):
        return None
    return min(candidates, key=order, default=None)


def room(history: Days, today: date, rules: CapRules, in_first_days: bool) -> bool:
    """Whether one more staged message may go to this address on `today`."""
    if not history:
        return True
    if any(day == today for day, _ in history):
        return False
    if in_first_days:
        return True
    near = [day for day, counts in history if counts and abs(day - today) < _A_WEEK]
    if len(near) < rules.per_7_days:
        return True
    starts = (today - timedelta(days=back) for back in range(_WEEK))
    # Every seven days that `today` is one of: a clock set back must not make room.
    return all(sum(start <= day < start + _A_WEEK for day in near) < rules.per_7_days for start in starts)


def frees_on(history: Days, today: date, rules: CapRules, in_first_days: bool) -> date:
    """The first day after `today` on which the cap lets one more go."""
    ahead = (today + timedelta(days=days) for days in range(1, _WEEK + 1))
    return next((day for day in ahead if room(history, day, rules, in_first_days)), today + _A_WEEK)


def order(candidate: Candidate) -> Order:
    """What goes before what: the least first."""
    return (candidate.importance.rank, not candidate.asked, candidate.closes, candidate.name)
