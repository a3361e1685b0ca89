"""Two processes at one family: whatever crosses, nothing stale leaves, nothing is left behind."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa

from bot.content.config import CheckIn
from bot.domain.address import Address, ChannelName
from bot.domain.campaign import Anchor, Calendar, CapRules, Moment, Step
from bot.domain.family import Role
from bot.domain.inbound import Inbound, InboundKind
from bot.domain.outbox import Kind, Later
from bot.services import (
    dates,
    dispatch,
    enrol,
    families,
    holding,
    plan,
    privacy,
    receive,
    reconcile,
    stopping,
)
from bot.services.check_ins import check_ins
from bot.services.desk import Desk
from bot.services.dispatch import UNPACED
from bot.services.enrol import Enrolled
from bot.store import addresses, dossier
from bot.store import families as rows
from bot.store import inbox as inbox_rows
from bot.store.database import Database
from bot.store.sealed import Seal
from bot.store.tables import due, inbox, outbox
from tests import line, ours
from tests.clock import Clock
from tests.crossing import crossing
from tests.people import DUE, People
from tests.rows import Someone

PREGNANT_DAYS = 280 - (DUE - date(2027, 2, 2)).days  # on the first day of the clock, of who is due on DUE


@pytest.fixture
def people(database: Database, seal: Seal, clock: Clock) -> People:
    """A desk whose one step opens today for who is due on DUE."""
    config = SimpleNamespace(authors=frozenset(), calendar=Calendar(), cap=CapRules())
    made = line.desk(
        database, seal, shelf=line.shelf(_step()), config=config, lexicon=ours.lexicon(), drama_numbers=True
    )
    return People(made, clock)


@pytest.fixture
def other(people: People, database_url: str, clock: Clock) -> Iterator[Desk]:
    """The same house, in another process."""
    opened = Database(database_url, clock=clock)
    yield replace(people.desk, database=opened, holder="there")
    opened.close()


def _step() -> Step:
    return line.step("offer", when=Moment(Anchor.DUE, days=PREGNANT_DAYS), timing_hash="t1")


def _rows(people: People) -> list[Any]:
    return people.desk.database.read(lambda conn: list(conn.execute(sa.select(outbox)).all()))


def _left(people: People) -> int:
    count = sa.select(sa.func.count()).select_from(due)
    return int(people.desk.database.read(lambda conn: conn.execute(count).scalar_one()))


def _looked_at(people: People, who: Someone) -> None:
    people.desk.database.write(lambda conn: rows.mark_due(conn, who.family_id, people.clock.now.date()))


def _apart(desk: Desk, who: Someone, clock: Clock) -> None:
    desk.database.write(lambda conn: dates.set_apart(conn, who.family_id, who.member_id, clock.now))


def test_p7_a_date_corrected_while_the_family_is_planned_is_planned_again(
    people: People, other: Desk, clock: Clock
) -> None:
    """The family was to be looked at already: the plan under way must not take this change's turn."""
    (mother,) = people.family(Role.MOTHER, due_on=DUE + timedelta(days=90))
    plan.plan(people.desk, clock.now)
    _looked_at(people, mother)

    def corrected() -> None:
        families.correct_due(people.desk, mother.family_id, DUE, clock.now, "Sam")

    with crossing(people.desk.database, "UPDATE pregnancies", lambda: plan.plan_batch(other, clock.now)):
        corrected()
    plan.plan(other, clock.now)
    assert [row.state for row in _rows(people)] == ["queued"]


def test_nothing_leaves_that_was_planned_before_the_baby_was_apart(
    people: People, other: Desk, clock: Clock
) -> None:
    (mother,) = people.family(Role.MOTHER)
    plan.narrow(people.desk, clock.now)
    with crossing(people.desk.database, "INSERT INTO outbox", lambda: _apart(other, mother, clock)):
        plan.plan_batch(people.desk, clock.now)
    assert dispatch.claim(people.desk, mother.channel, 8, clock.now, UNPACED) == []


def test_a_plan_leaves_a_family_alone_that_is_just_being_changed(
    people: People, other: Desk, clock: Clock
) -> None:
    (mother,) = people.family(Role.MOTHER)
    plan.narrow(people.desk, clock.now)
    with crossing(people.desk.database, "UPDATE pregnancies", lambda: plan.plan_batch(other, clock.now)):
        _apart(people.desk, mother, clock)
    assert _rows(people) == []


def test_p3_what_was_planned_while_a_loss_was_told_ends_for_the_hold(
    people: People, other: Desk, clock: Clock
) -> None:
    (mother,) = people.family(Role.MOTHER)
    plan.narrow(people.desk, clock.now)

    def lost() -> None:
        other.database.write(lambda conn: holding.loss(conn, mother.family_id, mother.member_id, clock.now))

    with crossing(people.desk.database, "INSERT INTO outbox", lost):
        plan.plan_batch(people.desk, clock.now)
    assert dispatch.claim(people.desk, mother.channel, 8, clock.now, UNPACED) == []
    plan.plan(people.desk, clock.now)
    assert [(row.state, row.reason) for row in _rows(people)] == [("cancelled", "hold")]


def test_p11_a_family_erased_while_it_is_planned_leaves_no_row_behind(
    people: People, other: Desk, clock: Clock
) -> None:
    """Its phone is another family's too, and stays."""
    (mother,) = people.family(Role.MOTHER, numbers=(1,))
    people.family(Role.MOTHER, due_on=None, numbers=(1,))
    plan.narrow(people.desk, clock.now)

    def erased() -> None:
        privacy.erase(other, mother.family_id, None, clock.now, "Sam")

    with crossing(people.desk.database, "INSERT INTO outbox", erased):
        plan.plan_batch(people.desk, clock.now)
    assert (_rows(people), _left(people)) == ([], 0)


def _phone(number: int) -> Address:
    return Address(ChannelName.SMS, f"+4477009{number:05d}")


def _text(clock: Clock, number: int) -> Inbound:
    return Inbound(ChannelName.SMS, f"SM{number}", InboundKind.TEXT, _phone(number), "hello", clock.now)


def _inbox(people: People) -> list[Any]:
    query = sa.select(inbox.c.address_id, inbox.c.sealed, inbox.c.state)
    return people.desk.database.read(lambda conn: list(conn.execute(query).all()))


def test_p11_who_writes_while_staff_erase_them_is_erased(people: People, other: Desk, clock: Clock) -> None:
    """Their text is stored and not yet committed when their phone is erased."""
    (mother,) = people.family(Role.MOTHER, numbers=(1,))

    def slowly(conn: sa.Connection) -> None:
        phone = addresses.find_or_add(conn, other.seal, _phone(1), clock.now)
        inbox_rows.store(conn, other.seal, _text(clock, 1), phone.id)
        time.sleep(1.2)

    with crossing(people.desk.database, "DELETE FROM addresses", lambda: other.database.write(slowly)):
        privacy.erase(people.desk, mother.family_id, None, clock.now, "Sam")
    assert len(_inbox(people)) == 1  # so that a repeat is known
    left = people.desk.database.read(lambda c: dossier.leftovers(c, "address_id", [mother.address_id]))
    assert left == {}


def test_p13_a_text_is_stored_though_its_writer_is_being_erased(
    people: People, other: Desk, clock: Clock
) -> None:
    (mother,) = people.family(Role.MOTHER, numbers=(1,))

    def erased() -> None:
        privacy.erase(other, mother.family_id, None, clock.now, "Sam")

    with crossing(people.desk.database, "INSERT INTO inbox", erased):
        receive.receive(people.desk, _text(clock, 1), clock.now)
    assert len(_inbox(people)) == 1
    assert people.desk.database.read(lambda conn: dossier.exists(conn, mother.family_id)) is False


# --- joining ------------------------------------------------------------------------------------------


def _enrol(desk: Desk, clock: Clock, role: Role, number: int, reference: str | None = None) -> Enrolled:
    return enrol.enrol(
        desk, address=Address(ChannelName.SMS, f"+4477009000{number:02d}"), role=role, language="en",
        how="import", consented_words="w1", now=clock.now, due_on=DUE, reference=reference,
    )  # fmt: skip


def test_p4_who_is_enrolled_in_two_places_at_once_is_one_member(
    people: People, other: Desk, clock: Clock
) -> None:
    elsewhere: list[Enrolled] = []

    def again() -> None:
        elsewhere.append(_enrol(other, clock, Role.MOTHER, 1))

    with crossing(people.desk.database, "INSERT INTO families", again):
        here = _enrol(people.desk, clock, Role.MOTHER, 1)
    assert elsewhere == [replace(here, known=True)]


def test_two_imports_at_once_of_one_family_make_one_family(people: People, other: Desk, clock: Clock) -> None:
    fathers: list[Enrolled] = []

    def father() -> None:
        fathers.append(_enrol(other, clock, Role.FATHER, 2, "EMIS-1"))

    with crossing(people.desk.database, "INSERT INTO families", father):
        mother = _enrol(people.desk, clock, Role.MOTHER, 1, "EMIS-1")
    assert [one.family_id for one in fathers] == [mother.family_id]


# --- STOP ---------------------------------------------------------------------------------------------


def test_p2_an_answer_that_the_provider_put_off_does_not_follow_a_stop(people: People, clock: Clock) -> None:
    """It was under way when the STOP came, and so not among the answers that a STOP cancels."""
    (mother,) = people.family(Role.MOTHER)
    answer = people.row(mother, Kind.REPLY, sealed=people.desk.seal.seal("outbox.body", "Help."))
    dispatch.claim(people.desk, mother.channel, 8, clock.now, UNPACED)
    clock.pass_(seconds=1)
    people.desk.database.write(lambda conn: stopping.stop(conn, mother.address_id, "stop", clock.now))
    later = Later("429", timedelta(seconds=3))
    dispatch.record(people.desk, [(answer, later, clock.now)], clock.now)
    clock.pass_(seconds=5)
    assert dispatch.claim(people.desk, mother.channel, 8, clock.now, UNPACED) == []
    clock.pass_(minutes=120)
    reconcile.expire(people.desk, clock.now)
    assert people.state(answer) == ("expired", "reply_expired")


def test_p3_two_that_ask_at_once_how_it_went_ask_once(
    people: People, other: Desk, clock: Clock, database: Database
) -> None:
    config = SimpleNamespace(authors=frozenset(), check_in=CheckIn(after_due_days=10, silence_days=4))
    here, there = replace(people.desk, config=config), replace(other, config=config)
    people.family(Role.MOTHER, due_on=clock.now.date() - timedelta(days=10))
    with crossing(database, "INSERT INTO due", lambda: check_ins(there, clock.now)):
        check_ins(here, clock.now)
    assert len(_rows(people)) == 1
