"""The project's own campaigns, walked day by day: what a family gets, and what it never gets."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest

from bot.authoring.preview import Entry, Facts, timeline
from bot.content.load import Content
from bot.domain.family import Role
from tests import ours

DAY = timedelta(days=1)
WEEK = timedelta(weeks=1)
DUE = date(2027, 7, 1)
RELATIVES = (Role.FATHER, Role.PARTNER, Role.GRANDPARENT, Role.SIBLING, Role.CARER)
CHOSEN = {"after_loss": True, "baby_loss_awareness_week": True}


@pytest.fixture(scope="module")
def content() -> Content:
    """The campaigns, templates and config of this checkout."""
    return ours.content()


def at(weeks: int, due: date = DUE) -> date:
    """The day on which a pregnancy is so many weeks old."""
    return due - 40 * WEEK + weeks * WEEK


def sent(content: Content, facts: Facts, until: date) -> list[Entry]:
    return [entry for entry in timeline(content, facts, until) if entry.outcome == "sent"]


def days_of(entries: list[Entry], campaign: str) -> list[date]:
    return [entry.day for entry in entries if entry.campaign == campaign]


@pytest.mark.parametrize("due", [date(2027, month, 10) for month in range(1, 13)])
def test_whoever_is_pregnant_when_the_season_begins_is_offered_the_flu_vaccine(
    content: Content, due: date
) -> None:
    """Also who was already pregnant in the season before: a step has only one of two seasons."""
    facts = Facts(at(8, due), due_on=due, born_on=due)
    offered = days_of(sent(content, facts, due + DAY), "flu_vaccination")
    begins = [
        date(year, 9, 1) for year in (2026, 2027) if at(8, due) <= date(year, 9, 1) < at(40, due) - WEEK
    ]
    assert all(any(begin <= day < begin + 3 * WEEK for day in offered) for begin in begins)


@pytest.mark.parametrize("weeks", range(6, 38))
def test_two_flu_messages_never_come_within_two_weeks(content: Content, weeks: int) -> None:
    facts = Facts(date(2026, 10, 1), due_on=date(2026, 10, 1) + (40 - weeks) * WEEK)
    days = days_of(sent(content, facts, date(2027, 7, 1)), "flu_vaccination")
    assert all(later - earlier >= 14 * DAY for earlier, later in pairwise(days))


@pytest.mark.parametrize("role", RELATIVES)
def test_care_09_only_a_relative_without_dates_gets_the_general_rules(content: Content, role: Role) -> None:
    general = {("safe_sleep", "golden_rules"), ("icon", "everyone_copes")}
    for due, some in ((None, general), (DUE, set())):
        entries = sent(content, Facts(at(8), (role,), due_on=due), DUE)
        assert {(entry.campaign, entry.step) for entry in entries} & general == some


@pytest.mark.parametrize("role", RELATIVES)
def test_nobody_is_told_how_a_baby_sleeps_or_cries_before_twelve_weeks(content: Content, role: Role) -> None:
    entries = sent(content, Facts(at(5), (role,), due_on=DUE), at(12))
    assert not {entry.campaign for entry in entries} & {"safe_sleep", "icon"}


@pytest.mark.parametrize("joined", range(16, 21))
def test_whoever_joins_while_the_20_week_scan_can_be_had_is_told_of_it(content: Content, joined: int) -> None:
    entries = sent(content, Facts(at(joined), due_on=DUE), at(23))
    assert "halfway_check" in {entry.step for entry in entries}


@pytest.mark.parametrize("joined", range(8, 39, 2))
def test_whoever_joins_two_weeks_before_a_birth_at_40_weeks_hears_how_a_baby_sleeps_safely(
    content: Content, joined: int
) -> None:
    entries = sent(content, Facts(at(joined), due_on=DUE, born_on=DUE), DUE + 60 * DAY)
    steps = {(entry.campaign, entry.step): entry.day for entry in entries}
    assert steps["safe_sleep", "first_night"] == DUE
    assert steps["icon", "first"] == DUE + 3 * DAY


@pytest.mark.parametrize("joined", range(8, 39, 2))
def test_whoever_joins_two_weeks_before_the_birth_is_told_in_time_to_have_a_cot_ready(
    content: Content, joined: int
) -> None:
    entries = sent(content, Facts(at(joined), due_on=DUE, born_on=DUE), DUE)
    days = {entry.step: entry.day for entry in entries}
    assert days["set_up"] < DUE - 2 * DAY


@pytest.mark.parametrize(("weeks", "born"), [(12, None), (24, None), (30, None), (40, DUE)])
def test_care_19_after_a_loss_nothing_comes_that_was_not_chosen(
    content: Content, weeks: int, born: date | None
) -> None:
    lost = at(weeks) if born is None else born + 3 * DAY
    roles = (Role.MOTHER, *RELATIVES)
    facts = Facts(at(8), roles, due_on=DUE, born_on=born, loss_on=lost)
    after = [entry for entry in sent(content, facts, lost + 800 * DAY) if entry.day >= lost]
    assert [(entry.role, entry.step) for entry in after] == [(Role.MOTHER, "loss")]


@pytest.mark.parametrize("topic", sorted(CHOSEN))
def test_care_19_after_a_loss_each_person_gets_only_what_they_chose(content: Content, topic: str) -> None:
    lost = at(24)
    facts = Facts(at(8), (Role.MOTHER, *RELATIVES), due_on=DUE, loss_on=lost, topics={topic: True})
    after = [entry for entry in sent(content, facts, lost + 800 * DAY) if entry.day > lost]
    assert {entry.campaign for entry in after} == {topic}


def test_care_19_nothing_marks_the_day_of_a_loss_or_of_a_due_date(content: Content) -> None:
    lost = at(30)
    facts = Facts(at(8), (Role.MOTHER, *RELATIVES), due_on=DUE, loss_on=lost, topics=CHOSEN)
    days = {entry.day for entry in sent(content, facts, lost + 1200 * DAY) if entry.day > lost}
    marked = {date(year, day.month, day.day) for year in range(2027, 2031) for day in (lost, DUE)}
    assert not days & marked
