"""Choosing: the topics that somebody may ask for by themselves, and which may bring them something (CARE 25).

Whether the family is quiet makes no difference: no relative learns of it by what is on offer (CARE 8).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from bot.domain import timeline
from bot.domain.audience import BABY, may_reach, newest_heard_of
from bot.domain.campaign import Anchor, Calendar, Step
from bot.domain.family import Family, Member, Pregnancy, Purpose
from bot.domain.openings import dates_of
from bot.domain.revision import LiveStep


@dataclass(frozen=True, slots=True)
class Choice:
    """One topic: the word it is asked for and ended by, and its line in the list.

    `wanted`: it was asked for, and no more was said since. `offered`: it may still bring something.
    """

    topic: str
    word: str
    label: str
    purpose: Purpose
    wanted: bool = False
    offered: bool = True


def open_topics(
    live: Iterable[LiveStep], member: Member, family: Family, today: date, calendar: Calendar
) -> dict[str, tuple[LiveStep, bool]]:
    """Campaign -> a live step of it that is for this member's role, and whether any may still reach them."""
    found: dict[str, tuple[LiveStep, bool]] = {}
    for entry in sorted(live, key=lambda one: one.step.key):
        step = entry.step
        if step.menu and member.role in step.to:
            first, may = found.get(step.campaign, (entry, False))
            found[step.campaign] = first, may or _may_come(step, member, family, today, calendar)
    return found


def _may_come(step: Step, member: Member, family: Family, today: date, calendar: Calendar) -> bool:
    """Whether its window is open or ahead; what comes after another step is that one's to say."""
    newest, anchor = newest_heard_of(member, family), step.when.anchor
    if anchor is Anchor.AFTER or not may_reach(step, member, family, newest):
        return False
    if anchor in timeline.YEARLY or anchor is Anchor.MOVED:
        return True
    if anchor in BABY and newest is not None and newest.born_on is None:
        return True
    if anchor is Anchor.DUE and _born(newest):
        return False
    span = timeline.window(step, dates_of(family, member, newest), calendar)
    return span is not None and today < span.closes


def _born(pregnancy: Pregnancy | None) -> bool:
    return pregnancy is not None and pregnancy.born_on is not None
