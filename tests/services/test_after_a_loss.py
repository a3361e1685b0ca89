"""CARE 19 by text, end to end: whoever tells of whatever loss, what leaves afterwards was asked for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.address import Address
from bot.domain.family import HoldKind, Role
from bot.services import check_ins, plan, publish, reconcile
from bot.store.database import Database
from bot.store.sealed import Seal
from bot.store.tables import outbox
from tests.authoring.test_after_a_loss import OF_A_BABY
from tests.clock import Clock
from tests.home import Home, desk, phone

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

HER, DAD, GRAN, AUNT = phone(0), phone(1), phone(2), phone(3)
FAMILY = {DAD: (2, "INVITE DAD"), GRAN: (4, "INVITE GRAN"), AUNT: (6, "INVITE AUNT")}
BEGAN = date(2027, 1, 12)
IN_PREGNANCY = ("we lost the baby", "she had a miscarriage", "baby was born sleeping", "no heartbeat")
AFTER_BIRTH = ("my baby died", "the baby passed away", "one of the twins died", "LOSS")
WISHES = {"": None, "1": "after_loss", "2": "baby_loss_awareness_week"}


@pytest.fixture
def houses(database: Database, seal: Seal, clock: Clock) -> Iterator[Home]:
    """One home after another in the same database, each of them empty."""
    tables = [table for table in reversed(outbox.metadata.sorted_tables) if table.name != "meta"]

    def one() -> Home:
        database.write(lambda conn: [conn.execute(sa.delete(table)) for table in tables])
        home = Home(desk(database, seal), clock)
        clock.now = datetime(2027, 1, 12, 9, 0, tzinfo=UTC)
        publish.publish(home.desk, home.desk.content, "test", home.now)
        return home

    return iter(one, None)


def _go_by(home: Home, days: int) -> list[tuple[Address, str]]:
    """So many days later, in the morning: what leaves then."""
    home.clock.now = (home.now + timedelta(days=days)).replace(hour=8, minute=0)
    check_ins.check_ins(home.desk, home.now)
    plan.plan(home.desk, home.now)
    home.clock.pass_(hours=4)
    gone = home.send()
    reconcile.expire(home.desk, home.now)
    return gone


def _looked_at(home: Home, due: date) -> list[int]:
    """How long to wait each time: soon after, the due date and after it, Mothering Sunday, Father's Day, the
    week in October, a year on."""
    told = home.now.date()
    days = {told + timedelta(days=n) for n in (1, 2, 15, 60, 365)}
    days |= {due + timedelta(days=n) for n in (0, 10, 365)}
    days |= {date(2027, 3, 7), date(2027, 6, 20), date(2027, 10, 9), date(2027, 10, 15)}
    later = [told, *sorted(day for day in days if day > told)]
    return [(after - before).days for before, after in pairwise(later)]


@settings(
    max_examples=3, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(
    weeks=st.integers(5, 41), after_birth=st.booleans(), place=st.integers(0, 3),
    asks=st.sampled_from(sorted(WISHES)), teller=st.sampled_from([HER, *FAMILY]),
    asker=st.sampled_from([HER, *FAMILY]),
)  # fmt: skip
def test_care_19_what_leaves_after_a_loss_was_asked_for_by_the_one_it_goes_to(
    houses: Iterator[Home],
    weeks: int,
    after_birth: bool,
    place: int,
    asks: str,
    teller: Address,
    asker: Address,
) -> None:
    home = next(houses)
    due = BEGAN + timedelta(weeks=40 - weeks)
    home.joins(HER, due_on=due)
    for who, (role, invite) in FAMILY.items():
        home.by_code(who, home.code(HER, invite), role)
    _go_by(home, 1)
    if after_birth:
        home.says(HER, "BORN", "1")
        home.says(HER, "TODAY")
        _go_by(home, 3)
    home.says(teller, (AFTER_BIRTH if after_birth else IN_PREGNANCY)[place])
    assert HoldKind.LOSS in {hold.kind for hold in home.families(HER)[0].holds}
    if asks:
        home.says(asker, "SUPPORT", "1", asks)
    home.send()
    for days in _looked_at(home, due):
        for who, body in _go_by(home, days):
            assert (who, bool(asks)) == (asker, True), body
            assert not OF_A_BABY.search(body)
            assert f"{due.day} {due:%B}" not in body or due.month == 10
    assert home.read(_planned) <= ({WISHES[asks]} if asks else set())


def _planned(conn: sa.Connection) -> set[str]:
    """The campaigns of what was made since the loss and not taken back."""
    query = sa.select(outbox.c.campaign).where(
        outbox.c.kind == "chosen", outbox.c.state.not_in(["cancelled", "skipped"])
    )
    return set(conn.execute(query).scalars())


@pytest.mark.parametrize(
    ("who", "role", "said"),
    [
        (HER, Role.MOTHER, "no right way to feel"), (DAD, Role.FATHER, "Your grief counts too"),
        (GRAN, Role.GRANDPARENT, "grieving for your own child too"),
        (AUNT, Role.CARER, "With children, use plain words"),
        (phone(4), Role.SIBLING, "nothing a brother or sister did"),
    ],
)  # fmt: skip
def test_care_17_each_role_is_written_to_as_who_they_are_when_they_ask(
    houses: Iterator[Home], who: Address, role: Role, said: str
) -> None:
    """A relative asks for themselves, and nobody else gets anything by it."""
    home = next(houses)
    family = home.joins(HER, due_on=BEGAN + timedelta(weeks=16))
    if who != HER:
        home.joins(who, role=role, family=family)
    home.says(HER, "we lost the baby")
    home.says(who, "SUPPORT", "1", "1")
    home.send()
    gone = [one for days in (2, 15, 40) for one in _go_by(home, days)]
    assert {to for to, _ in gone} == {who}
    assert said in "".join(body for _, body in gone)
