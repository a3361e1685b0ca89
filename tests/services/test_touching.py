"""Whom a change of a step would concern, counted on enrolled members and what they have had."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from bot.content.load import Content, load
from bot.domain.campaign import Step
from bot.domain.family import Role
from bot.domain.outbox import Kind, State
from bot.domain.revision import LiveStep
from bot.services.touching import Change, Everything, Touched, touching
from tests.content import small
from tests.people import People
from tests.rows import Someone

WHEN = "when: {pregnancy: 16w}"


def step(content: Content, step_id: str) -> Step | None:
    return content.campaigns["flu"].step(step_id)


def counted(people: People, passage: str, instead: str, step_id: str = "offer") -> Touched:
    """What it would mean to replace a passage of the small campaign."""
    text = small.CAMPAIGN
    assert passage in text
    old, new = load(small.FILES), load({**small.FILES, "campaigns/flu.yaml": text.replace(passage, instead)})
    every = Everything(*([LiveStep(s, 0) for s in one.campaigns["flu"].steps] for one in (old, new)))
    change = Change(step(old, step_id), step(new, step_id))
    return touching(people.desk, {"one": change}, every, people.clock.now)["one"]


def at_weeks(people: People, weeks: int) -> date:
    """The due date of somebody who is so far along today."""
    return people.clock.now.date() + timedelta(weeks=40 - weeks)


def sent(people: People, who: Someone, state: State = State.DELIVERED, occurrence: str | None = None) -> None:
    pregnancy = people.load(who).pregnancies[0]
    people.row(
        who, Kind.STAGED, campaign="flu", step="offer", state=state.value,
        occurrence=occurrence or f"p{pregnancy.id}", day=people.clock.now.date() - timedelta(days=30),
    )  # fmt: skip


def test_who_is_still_to_get_it_is_touched_and_misses_nothing(people: People) -> None:
    people.family(due_on=at_weeks(people, 10))
    assert counted(people, WHEN, "when: {pregnancy: 17w}") == Touched(ahead=1)


def test_p6_who_is_past_the_new_end_and_had_it_not_would_miss_it(people: People) -> None:
    people.family(due_on=at_weeks(people, 25))
    assert counted(people, "until: {pregnancy: 32w}", "until: {pregnancy: 24w}") == Touched(
        ahead=1, missing=1
    )


def test_who_had_it_misses_nothing_and_is_not_touched(people: People) -> None:
    [who] = people.family(due_on=at_weeks(people, 25))
    sent(people, who)
    assert counted(people, "until: {pregnancy: 32w}", "until: {pregnancy: 24w}") == Touched(had=1)


def test_p4_a_step_that_only_moves_never_comes_twice(people: People) -> None:
    [who] = people.family(due_on=at_weeks(people, 17))
    sent(people, who)
    assert counted(people, WHEN, "when: {pregnancy: 18w}").twice == 0


def test_p4_a_step_that_is_counted_from_something_else_would_come_twice_and_is_told(people: People) -> None:
    [who] = people.family(due_on=at_weeks(people, 17))
    sent(people, who)
    found = counted(
        people, f"{WHEN}\n    until: {{pregnancy: 32w}}", "when: {joined: 2d}\n    until: {joined: 900d}"
    )
    assert (found.had, found.twice) == (1, 1)


def test_a_step_that_ends_is_missed_by_whom_it_was_still_to_come(people: People) -> None:
    people.family(due_on=at_weeks(people, 10))
    people.family(due_on=at_weeks(people, 38), numbers=(7,))
    ended = counted(people, "replies: {DONE: done}\n", "replies: {DONE: done}\n    retired: true\n")
    assert ended == Touched(ahead=1, missing=1)


def test_only_the_roles_that_it_is_for_are_counted(people: People) -> None:
    people.family(Role.MOTHER, Role.GRANDPARENT, due_on=at_weeks(people, 10))
    assert counted(people, WHEN, "when: {pregnancy: 17w}").ahead == 1
    assert counted(people, "to: [mother, father]", "to: [mother, father, grandparent]").ahead == 2


@pytest.mark.parametrize("state", [State.UNCERTAIN, State.FAILED])
def test_what_may_have_left_is_taken_for_sent(people: People, state: State) -> None:
    [who] = people.family(due_on=at_weeks(people, 25))
    sent(people, who, state)
    assert counted(people, WHEN, "when: {pregnancy: 17w}").had == 1
