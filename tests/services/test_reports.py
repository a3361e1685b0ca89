"""What was planned is the sum of what became of it, by campaign and role."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from bot.domain.family import Role
from bot.domain.outbox import Kind
from bot.errors import NotFound
from bot.services import reports
from bot.services.shelf import Published
from bot.store.database import Database
from bot.store.sealed import Seal
from bot.words.render import Words
from tests import line
from tests.clock import Clock
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


def test_who_received_a_step_is_counted_under_every_name_it_had(
    database: Database, seal: Seal, clock: Clock
) -> None:
    step = line.step("offer", formerly=("first",))
    campaign = SimpleNamespace(id="flu", step={"offer": step, "first": step}.get, steps=(step,))
    shelf = line.StandingShelf(Published((), Words({}, {}), Words({}, {}), {"flu": campaign}))
    people = People(line.desk(database, seal, shelf=shelf), clock)
    mother, father = people.family(Role.MOTHER, Role.FATHER)
    people.row(mother, state="delivered")
    people.row(father, state="uncertain", step="first")
    people.row(mother, state="failed", day=None)
    people.row(mother, state="sent", day=None, step="nudge")
    found = reports.received(people.desk, "flu", "offer", clock.now)
    assert [(one.member_id, one.role, one.language, one.state) for one in found] == [
        (father.member_id, "father", "en", "uncertain"),
        (mother.member_id, "mother", "en", "delivered"),
    ]
    for campaign_id, step_id in (("flu", "nope"), ("nope", "offer")):
        with pytest.raises(NotFound):
            reports.received(people.desk, campaign_id, step_id, clock.now)
