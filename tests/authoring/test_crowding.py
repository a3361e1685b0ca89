"""Crowding finds what the one decision would do, only faster."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from bot.authoring.crowd import Crowd
from bot.authoring.crowding import crowding_each_other, due_dates, expiring, squeezed
from bot.authoring.preview import Facts, timeline
from bot.content.load import Content
from bot.domain.campaign import Anchor, CapRules, Importance, Step
from bot.domain.family import Role
from bot.domain.outbox import Reason
from tests import ours

DAY = timedelta(days=1)
DUE = date(2027, 8, 30)
BIRTH = DUE + 14 * DAY
TIGHT = CapRules(per_7_days=1, daily_until_age=2)


@pytest.fixture(scope="module")
def content() -> Content:
    """The project's own content, all of it essential and open for a week, under a very tight cap."""
    loaded = ours.content()
    written = {}
    for name, one in loaded.written.items():
        steps = tuple(
            replace(step, until=None, importance=Importance.ESSENTIAL) for step in one.campaign.steps
        )
        written[name] = replace(one, campaign=replace(one.campaign, steps=steps))
    return replace(loaded, written=written, config=replace(loaded.config, cap=TIGHT))


def steps_of(content: Content) -> list[Step]:
    return [step for campaign in content.campaigns.values() for step in campaign.steps]


@pytest.fixture(scope="module", params=[Role.MOTHER, Role.CARER])
def found(request: pytest.FixtureRequest, content: Content) -> tuple[Role, set[tuple[date, str]]]:
    """(role, what expires for whom) by crowding."""
    role: Role = request.param
    calendar = content.config.calendar
    expired = expiring(steps_of(content), role, DUE, calendar, TIGHT)
    return role, {(joined, step.id) for joined, step in expired}


def test_the_tight_cap_squeezes_something_out(found: tuple[Role, set[tuple[date, str]]]) -> None:
    assert len({step for _, step in found[1]}) > 5


@pytest.mark.parametrize("before", [276, 84, 43, 2, -14, -30, -58])
def test_p8_it_agrees_with_the_decision_day_by_day(
    content: Content, found: tuple[Role, set[tuple[date, str]]], before: int
) -> None:
    role, expired = found
    joined = DUE - before * DAY
    facts = Facts(joined, (role,), due_on=DUE, born_on=BIRTH)
    decided = {
        entry.step
        for entry in timeline(content, facts, BIRTH + 400 * DAY)
        if entry.reason is Reason.CAP and entry.outcome == "expired"
    }
    assert {step for day, step in expired if day == joined} == decided


@pytest.mark.parametrize("rules", [TIGHT, CapRules(per_7_days=2, daily_until_age=10)])
def test_p8_what_need_not_be_lived_through_comes_to_the_same(content: Content, rules: CapRules) -> None:
    """Where the demand alone proves that all fit, living it through keeps nothing essential out."""
    steps = [step for step in steps_of(content) if step.when.anchor is not Anchor.AFTER]
    essential = {step.key for step in steps[::4]}
    mixed = [
        replace(step, importance=Importance.ESSENTIAL if step.key in essential else Importance.HELPFUL)
        for step in crowding_each_other(steps)
    ]
    proved = 0
    for role in (Role.MOTHER, Role.GRANDPARENT):
        crowd = Crowd(role, DUE, [step for step in mixed if role in step.to], content.config.calendar, rules)
        for joined in list(crowd.joining_days())[::11]:
            lived = {step.key for step in crowd.lived(joined).expired} & essential
            assert {step.key for step in crowd.expired(joined)} == lived, (role, joined)
            proved += not lived
    assert proved > 5


def test_retired_and_chosen_steps_crowd_nobody(content: Content) -> None:
    steps = steps_of(content)
    retired = [replace(step, retired=True) for step in steps]
    chosen = [step for step in steps if step.chosen]
    for some in (retired, chosen):
        assert squeezed(some, content.config.calendar, TIGHT, [DUE]) == []


def test_due_dates_fall_into_both_halves_of_the_year() -> None:
    first, second = due_dates(date(2026, 11, 23))
    assert (second - first).days == 182
