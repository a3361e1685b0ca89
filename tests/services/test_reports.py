"""What was planned is the sum of what became of it, by campaign and role."""

from __future__ import annotations

from bot.domain.family import Role
from bot.domain.outbox import Kind
from bot.services import reports
from tests.people import People


def test_p5_planned_is_the_sum_of_the_outcomes_of_each_role(people: People) -> None:
    mother, father = people.family(Role.MOTHER, Role.FATHER)
    for state, reason in [("sent", None), ("failed", "refused"), ("waiting", "cap")]:
        people.row(mother, state=state, reason=reason, day=None)
    people.row(father, state="sent", day=None)
    found = {(line.campaign, line.role): line for line in reports.summary(people.desk)}
    assert found[("flu", "mother")].planned == 3
    assert found[("flu", "mother")].outcomes == {"sent": 1, "failed": 1, "waiting": 1}
    assert found[("flu", "father")].outcomes == {"sent": 1}


def test_replies_are_no_plan(people: People) -> None:
    [mother] = people.family()
    people.row(mother, kind=Kind.REPLY, state="sent")
    assert reports.summary(people.desk) == []


def test_the_reasons_are_counted_the_most_frequent_first(people: People) -> None:
    [mother] = people.family()
    for reason in ("cap", "hold", "cap", None):
        people.row(mother, state="waiting", reason=reason, day=None)
    assert list(reports.reasons(people.desk).items()) == [("cap", 2), ("hold", 1)]
