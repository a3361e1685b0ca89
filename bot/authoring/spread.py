"""Spread: how messages lie beside each other: crowded days, long silences, what never gets its turn."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from datetime import date, timedelta
from itertools import pairwise

from bot.authoring.crowding import crowding_each_other
from bot.authoring.lives import Kind, Life, life, silences
from bot.content.load import Content
from bot.domain.campaign import Anchor, Audience, Moment, Season, Step
from bot.domain.family import Role
from bot.domain.timeline import GESTATION
from bot.errors import Fault

LONGEST_SILENCE = timedelta(days=21)
"""Of a pregnancy after booking: longer, and somebody thinks that she was forgotten."""

_DAY = timedelta(days=1)
_MONTH = 365.25 / 12
_NOBODY_S = frozenset({Anchor.AFTER, Anchor.LOSS, Anchor.MOVED})  # no two people have these on one day


def overlaps(content: Content) -> Iterator[Fault]:
    """Steps that open for the same people on the same day as another: one of them waits."""
    opening: dict[tuple[Role, Moment], list[Step]] = defaultdict(list)
    for step in crowding_each_other(_steps(content)):
        if step.when.anchor not in _NOBODY_S and not step.chosen:  # few ask for two topics
            for role in sorted(step.to):
                opening[role, step.when].append(step)
    pairs: dict[tuple[tuple[str, str], tuple[str, str]], list[str]] = defaultdict(list)
    steps: dict[tuple[str, str], Step] = {}
    for (role, _), same in opening.items():
        for first, second in pairwise(same):
            if _meet(first, second):
                pairs[first.key, second.key].append(str(role))
                steps[second.key] = second
    for (first_key, second_key), roles in pairs.items():
        message = (
            f"It opens on the same day as {'/'.join(first_key)} ({', '.join(roles)}): one of them waits."
        )
        yield content.step_fault(second_key, message, "when")


def unfit(content: Content, today: date) -> Iterator[Fault]:
    """Silences in a pregnancy, and messages that are never sent to somebody who joins at 8 weeks."""
    dues = (today + GESTATION, today + GESTATION + timedelta(days=182))
    told: set[tuple[str, str]] = set()
    for role in Role:
        lives = [life(content, role, Kind.TYPICAL, due) for due in dues]
        if role is Role.MOTHER:
            yield from _silences(content, lives)
        never = {step.key: step for one in lives for step in one.kept_out}
        for key in never:
            if key not in told:
                told.add(key)
                message = (
                    f"A {role} who joins at 8w may never get this: others fill the days until it closes."
                )
                yield content.step_fault(key, message, "until" if never[key].until else "when")


def two_seasons(content: Content) -> Iterator[Fault]:
    """Windows that reach from one season into the next: the second is never used."""
    for step in _steps(content):
        if step.season is None or step.retired or step.until is None:
            continue
        if step.until.anchor is not step.when.anchor:
            continue
        months, days = step.until.months - step.when.months, step.until.days - step.when.days
        if months * _MONTH + days > _between(step.season):
            message = "Its window can reach into a second season, and a step has the first only."
            yield content.step_fault(step.key, f"{message} Write two steps if both matter.", "season")


def _silences(content: Content, lives: Sequence[Life]) -> Iterator[Fault]:
    told: set[tuple[str, str]] = set()
    for lived in lives:
        for since, until, step in silences(lived, LONGEST_SILENCE):
            if step.key not in told:
                told.add(step.key)
                span = f"{_week(lived, since)} to {_week(lived, until)}"
                message = (
                    f"A mother who joins at 8w hears nothing before this for {(until - since).days} days"
                )
                yield content.step_fault(step.key, f"{message} ({span}).", "when")


def _week(lived: Life, day: date) -> str:
    weeks, days = divmod((day - (lived.due - GESTATION)).days, 7)
    return f"{weeks}w+{days}"


def _between(season: Season) -> int:
    """Days from the end of a season to its next beginning."""
    last = date(2026, season.last.month, min(season.last.day, 28 if season.last.month == 2 else 31))
    first = date(2026, season.first.month, min(season.first.day, 28 if season.first.month == 2 else 31))
    return ((first - last).days - 1) % 365


def _meet(first: Step, second: Step) -> bool:
    """Whether there is anybody who gets both on that day."""
    if first.season != second.season:
        return False
    return _compatible(first.audience, second.audience)


def _compatible(one: Audience, other: Audience) -> bool:
    for trait in fields(Audience):  # the yes-or-no ones: nobody is both
        if {getattr(one, trait.name), getattr(other, trait.name)} == {True, False}:
            return False
    if one.areas and other.areas and not one.areas & other.areas:
        return False
    befores = [a.joined_before_days for a in (one, other) if a.joined_before_days is not None]
    afters = [a.joined_after_days for a in (one, other) if a.joined_after_days is not None]
    return not befores or not afters or min(befores) > max(afters)


def _steps(content: Content) -> Iterable[Step]:
    return (step for campaign in content.campaigns.values() for step in campaign.steps)
