"""Every objective and programme of the strategy has its campaign, or its place in one (issue 5)."""

from __future__ import annotations

from bot.authoring import objectives
from bot.authoring.check import check
from bot.authoring.objectives import Served, Stage, served
from bot.content.load import load
from bot.domain.family import Role
from tests import ours
from tests.authoring.test_check import TODAY
from tests.content import small

ANSWERED = "4.5"
"""Domestic abuse, the one objective that never reaches families of its own accord (CARE 21)."""


def test_every_objective_reaches_those_whom_it_is_for() -> None:
    lacking = {one.objective.number: one.missing for one in served(ours.content()) if one.missing}
    assert lacking == {}


def test_every_programme_that_is_named_has_its_campaigns() -> None:
    assert [name for name, _, _, lacking in objectives.programmes(ours.content()) if lacking] == []


def test_the_objectives_are_those_of_the_strategy() -> None:
    numbers = [one.objective.number for one in served(ours.content())]
    assert numbers == [
        f"{theme}.{n}" for theme, last in enumerate((5, 5, 3, 5, 5), 1) for n in range(1, last + 1)
    ]


def test_care_21_only_abuse_is_answered_and_never_staged_and_its_answer_is_there() -> None:
    content = ours.content()
    assert [one.objective.number for one in served(content) if one.objective.answered] == [ANSWERED]
    abuse = next(one for one in served(content) if one.objective.number == ANSWERED)
    assert set(abuse.roles) <= {Role.PROFESSIONAL}
    assert "safe" in content.config.asked_about
    assert any("abuse" in one.topics and one.usable for one in content.config.services)


def test_work_of_services_is_argued_in_a_sentence_and_reaches_professionals() -> None:
    argued = [one for one in served(ours.content()) if one.objective.for_staff]
    assert all((one.objective.for_staff or "").rstrip().endswith(".") for one in argued)
    assert all(len((one.objective.for_staff or "").split()) >= 12 for one in argued)
    staff = Served(argued[0].objective, {})
    assert staff.missing == "professionals"


def test_an_objective_without_a_campaign_reaches_no_families() -> None:
    (flu,) = served(load(small.FILES))
    assert (flu.missing, flu.roles) == (None, {Role.MOTHER: 2, Role.FATHER: 1})
    assert Served(flu.objective, {}).missing == "families"


def test_a_step_after_another_is_of_that_ones_stage() -> None:
    content = load(small.FILES)
    (flu,) = served(content)
    assert objectives.stages(content, flu) == {Stage.MIDDLE: 2}


def test_an_objective_that_is_no_heading_is_a_fault_and_the_heading_is_told() -> None:
    files = small.changed("campaigns/flu.yaml", '"1.3 Flu"', '"1.3 Flu vaccines"')
    assert [str(fault) for fault in check(files, TODAY).faults] == [
        'campaigns/flu.yaml:3:12: This is no heading of config/strategy.yaml. Did you mean "1.3 Flu"? '
        "Write one of them."
    ]
