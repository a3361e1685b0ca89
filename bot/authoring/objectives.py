"""Objectives: what reaches whom, at which stage and in which languages, for each heading of the strategy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.authoring.coverage import has_words
from bot.content.load import Content
from bot.content.strategy import Objective, Strategy, strategy
from bot.domain.campaign import Anchor, Moment, Step
from bot.domain.family import Role

_MONTH = 365.25 / 12


class Stage(StrEnum):
    """When a step opens, in the words of those who plan."""

    JOINING = "on joining"
    EARLY = "pregnancy to 13 weeks"
    MIDDLE = "14 to 27 weeks"
    LATE = "28 weeks to birth"
    NEWBORN = "first 2 weeks"
    WEEKS = "2 weeks to 3 months"
    MONTHS = "3 to 12 months"
    SECOND_YEAR = "second year"
    CALENDAR = "a date of the year"
    LOSS = "after a loss"
    MOVED = "after a move"


_PREGNANCY = ((14 * 7, Stage.EARLY), (28 * 7, Stage.MIDDLE), (10_000, Stage.LATE))
_AGE = ((14, Stage.NEWBORN), (90, Stage.WEEKS), (365, Stage.MONTHS), (10_000, Stage.SECOND_YEAR))
_ALWAYS: Mapping[Anchor, Stage] = {
    Anchor.JOINED: Stage.JOINING,
    Anchor.LOSS: Stage.LOSS,
    Anchor.MOVED: Stage.MOVED,
    Anchor.DATE: Stage.CALENDAR,
    Anchor.CALENDAR: Stage.CALENDAR,
}


@dataclass(frozen=True, slots=True)
class Served:
    """One objective, and the steps of every campaign that serves it (none that is retired)."""

    objective: Objective
    campaigns: Mapping[str, tuple[Step, ...]]

    @property
    def steps(self) -> tuple[Step, ...]:
        """All of them."""
        return tuple(step for steps in self.campaigns.values() for step in steps)

    @property
    def roles(self) -> Mapping[Role, int]:
        """How many steps each role gets; only those that get any."""
        counted = {role: sum(role in step.to for step in self.steps) for role in Role}
        return {role: number for role, number in counted.items() if number}

    @property
    def missing(self) -> str | None:
        """Whom the objective still has to reach; None when it reaches them."""
        reached = frozenset(self.roles)
        staff_only = self.objective.for_staff is not None or self.objective.answered is not None
        if staff_only:
            return None if Role.PROFESSIONAL in reached else "professionals"
        return None if reached - {Role.PROFESSIONAL} else "families"


def served(content: Content) -> list[Served]:
    """Every objective of the strategy in its order; ContentError when the list of headings is faulty."""
    return [
        Served(
            objective,
            {
                campaign.id: steps
                for campaign in content.campaigns.values()
                if campaign.objective == str(objective) and (steps := _kept(campaign.steps))
            },
        )
        for objective in strategy(content.files).objectives.values()
    ]


def programmes(content: Content) -> Iterator[tuple[str, str, tuple[str, ...], tuple[str, ...]]]:
    """(name, objective's number, its campaigns, those of them that are not written) of each programme."""
    known: Strategy = strategy(content.files)
    for programme in known.programmes:
        lacking = tuple(name for name in programme.campaigns if name not in content.campaigns)
        yield programme.name, programme.objective, programme.campaigns, lacking


def stages(content: Content, one: Served) -> Mapping[Stage, int]:
    """How many steps open at each stage, in the order in which they are lived."""
    counted = dict.fromkeys(Stage, 0)
    for step in one.steps:
        counted[stage(content, step)] += 1
    return {at: number for at, number in counted.items() if number}


def languages(content: Content, one: Served) -> Mapping[str, int]:
    """How many steps are written whole in each language that is offered."""
    return {
        code: sum(has_words(content, step, code) for step in one.steps)
        for code in content.config.language_codes
    }


def stage(content: Content, step: Step) -> Stage:
    """When a step opens; what comes after another step, a stage of that one's."""
    campaign, seen, moment = content.campaigns[step.campaign], {step.id}, step.when
    while moment.anchor is Anchor.AFTER:
        parent = campaign.step(moment.step or "")
        if parent is None or parent.id in seen:  # a circle, which loading refuses
            break
        seen.add(parent.id)
        moment = parent.when
    return _stage(moment)


def _stage(moment: Moment) -> Stage:
    always = _ALWAYS.get(moment.anchor)
    if always is not None:
        return always
    limits = _PREGNANCY if moment.anchor is Anchor.DUE else _AGE
    days = moment.months * _MONTH + moment.days
    return next(at for limit, at in limits if days < limit)


def _kept(steps: Iterable[Step]) -> tuple[Step, ...]:
    return tuple(step for step in steps if not step.retired)
