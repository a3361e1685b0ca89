"""P2 and CARE 7: STOP is total for the phone and instant; relatives of a mother who is away go quiet."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from bot.domain import consent
from bot.domain.address import Address, ChannelName
from bot.domain.family import HoldKind, Purpose, Role
from bot.domain.outbox import Kind
from bot.services import stopping
from bot.store import addresses, consents, families
from bot.store.tables import due
from tests.clock import Clock
from tests.people import People
from tests.rows import Someone

BABY, SMS = Purpose.PREGNANCY_AND_BABY, ChannelName.SMS


def _do(people: People, what: Any, address_id: int, *arguments: Any) -> Any:
    now = people.clock.now
    return people.desk.database.write(lambda conn: what(conn, address_id, *arguments, now))


def _stop(people: People, who: Someone, how: str = "stop") -> None:
    _do(people, stopping.stop, who.address_id, how)


def _start(people: People, who: Someone) -> None:
    _do(people, stopping.start, who.address_id)


@pytest.mark.parametrize("kind", [Kind.STAGED, Kind.CHOSEN, Kind.CHECK_IN, Kind.STAFF])
@pytest.mark.parametrize("state", ["waiting", "queued"])
def test_p2_a_stop_cancels_what_is_open(people: People, kind: Kind, state: str) -> None:
    (mother,) = people.family()
    row = people.row(mother, kind, state=state)
    _stop(people, mother)
    assert people.state(row) == ("cancelled", "stop")


def test_p2_a_stop_cancels_earlier_replies_but_never_a_crisis_answer(people: People) -> None:
    (mother,) = people.family()
    reply = people.row(mother, Kind.REPLY, inbound_id=1)
    crisis = people.row(mother, Kind.CRISIS, inbound_id=2)
    _stop(people, mother)
    assert people.state(reply) == ("cancelled", "overtaken")
    assert people.state(crisis)[0] == "queued"


@pytest.mark.parametrize("state", ["sending", "sent", "uncertain"])
def test_p2_what_has_begun_to_leave_is_left_to_its_outcome(people: People, state: str) -> None:
    (mother,) = people.family()
    row = people.row(mother, state=state)
    _stop(people, mother)
    assert people.state(row)[0] == state


def test_p2_a_stop_ends_the_address_and_every_consent_in_the_ledger(people: People) -> None:
    (mother,) = people.family()
    _stop(people, mother)
    member = people.load(mother).members[0]
    assert member.address is not None
    assert member.address.stopped
    assert member.consents == frozenset()
    last = people.desk.database.read(lambda conn: consents.ledger(conn, mother.family_id))[-1]
    assert (last.given, last.how, last.at) == (False, "stop", people.clock.now)


def test_p2_a_stop_is_for_everyone_at_a_shared_phone(people: People) -> None:
    mother, father = people.family(Role.MOTHER, Role.FATHER, numbers=(1, 1))
    row = people.row(father)
    _stop(people, mother)
    assert people.state(row)[0] == "cancelled"
    assert {member.consents for member in people.load(mother).members} == {frozenset()}


def test_p2_a_stop_leaves_other_families_alone(people: People) -> None:
    (mother,) = people.family(numbers=(1,))
    (other,) = people.family(numbers=(2,))
    row = people.row(other)
    _stop(people, mother)
    assert people.state(row)[0] == "queued"
    assert people.load(other).members[0].consented(BABY)


def test_p2_a_stop_from_someone_unknown_is_kept(people: People, clock: Clock) -> None:
    stranger = Address(SMS, "+447700900500")
    seal = people.desk.seal
    found = people.desk.database.write(lambda conn: addresses.find_or_add(conn, seal, stranger, clock.now))
    _do(people, stopping.stop, found.id, "stop")
    assert people.desk.database.read(lambda conn: addresses.by_id(conn, found.id)).stopped


def test_p2_a_second_stop_changes_nothing(people: People) -> None:
    (mother,) = people.family()
    for _ in range(2):
        _stop(people, mother)
    assert people.events(mother) == ["stop", "hold"]
    assert len(people.desk.database.read(lambda conn: consents.ledger(conn, mother.family_id))) == 2


def test_a_stop_makes_the_planner_look(people: People) -> None:
    (mother,) = people.family()
    _stop(people, mother)
    marked = people.desk.database.read(lambda conn: conn.execute(sa.select(due.c.family_id)).scalars().all())
    assert list(marked) == [mother.family_id]


def test_care_07_when_the_mother_stops_her_relatives_go_quiet(people: People) -> None:
    mother, grandmother = people.family(Role.MOTHER, Role.GRANDPARENT)
    row, chosen = people.row(grandmother), people.row(grandmother, Kind.CHOSEN, step="asked")
    _stop(people, mother)
    assert people.state(row) == ("cancelled", "hold")
    assert people.state(chosen)[0] == "queued"
    family = people.load(mother)
    assert [(hold.kind, hold.member_id) for hold in family.holds] == [
        (HoldKind.MOTHER_AWAY, mother.member_id)
    ]
    assert next(member for member in family.members if member.id == grandmother.member_id).consented(BABY)


@pytest.mark.parametrize("kind", [Kind.STAGED, Kind.CHECK_IN, Kind.STAFF])
def test_care_07_when_the_mother_stops_nothing_of_her_relatives_that_waits_goes(
    people: People, kind: Kind
) -> None:
    mother, father = people.family(Role.MOTHER, Role.FATHER)
    row = people.row(father, kind)
    _stop(people, mother)
    assert people.state(row) == ("cancelled", "hold")


def test_what_waits_for_a_phone_that_cannot_be_reached_is_cancelled(people: People) -> None:
    (mother,) = people.family()
    row = people.row(mother, Kind.CHOSEN)
    _do(people, stopping.unreachable, mother.address_id)
    assert people.state(row) == ("cancelled", "suspended")


def test_a_start_from_someone_who_never_stopped_changes_nothing(people: People) -> None:
    (mother,) = people.family()
    _start(people, mother)
    assert (people.load(mother).epoch, people.events(mother)) == (0, [])


def test_care_07_when_a_relative_stops_nobody_else_is_held(people: People) -> None:
    mother, father = people.family(Role.MOTHER, Role.FATHER)
    row = people.row(mother)
    _stop(people, father)
    assert people.state(row)[0] == "queued"
    assert not people.load(mother).held


def test_care_07_a_mother_who_cannot_be_reached_is_away_and_back_when_she_writes(people: People) -> None:
    mother, father = people.family(Role.MOTHER, Role.FATHER)
    _do(people, addresses.suspend, mother.address_id, "unknown")
    row = people.row(father)
    _do(people, stopping.unreachable, mother.address_id)
    assert people.state(row) == ("cancelled", "hold")
    assert people.load(mother).held
    assert _do(people, stopping.reachable, mother.address_id) is True
    family = people.load(mother)
    assert (family.held, family.epoch) == (False, 2)
    assert _do(people, stopping.reachable, mother.address_id) is False


def test_p2_being_reachable_again_is_no_start(people: People) -> None:
    (mother,) = people.family()
    _stop(people, mother, "block")
    _do(people, addresses.suspend, mother.address_id, "blocked")
    _do(people, stopping.reachable, mother.address_id)
    family = people.load(mother)
    assert family.held
    assert family.members[0].address is not None
    assert family.members[0].address.stopped


def test_p2_start_gives_back_what_the_stop_ended_with_the_words_agreed_to(people: People) -> None:
    (mother,) = people.family()
    _stop(people, mother)
    people.clock.pass_(days=1)
    _start(people, mother)
    family = people.load(mother)
    assert family.members[0].consented(BABY)
    assert not family.held
    last = people.desk.database.read(lambda conn: consents.ledger(conn, mother.family_id))[-1]
    assert (last.given, last.how, last.words_version) == (True, "start", "words-1")


@pytest.mark.parametrize("how", ["stop", "block", "staff"])
def test_p2_start_gives_back_what_ended_however_it_was_stopped(people: People, how: str) -> None:
    (mother,) = people.family()
    _stop(people, mother, how)
    _start(people, mother)
    assert people.load(mother).members[0].consented(BABY)


def test_p2_start_from_a_phone_that_could_not_be_reached_says_that_it_can(people: People) -> None:
    (mother,) = people.family()
    people.desk.database.write(
        lambda conn: addresses.suspend(conn, mother.address_id, "unknown", people.clock.now)
    )
    _start(people, mother)
    assert not people.desk.database.read(lambda conn: addresses.by_id(conn, mother.address_id)).suspended


def test_p2_start_raises_the_epoch_so_that_cancelled_rows_may_be_planned_again(people: People) -> None:
    _, father = people.family(Role.MOTHER, Role.FATHER)
    before = people.load(father).epoch
    _stop(people, father)
    _start(people, father)
    assert people.load(father).epoch > before


def test_p2_start_does_not_bring_back_a_consent_that_was_taken_back_by_itself(people: People) -> None:
    (mother,) = people.family()
    withdrawn = consent.Consent(
        mother.family_id, mother.member_id, BABY, SMS, False, people.clock.now, "reply", ""
    )
    people.desk.database.write(lambda conn: consents.record(conn, withdrawn))
    _stop(people, mother)
    _start(people, mother)
    assert people.load(mother).members[0].consents == frozenset()


def test_p3_start_resumes_nothing_after_a_loss(people: People) -> None:
    (mother,) = people.family()
    people.desk.database.write(
        lambda conn: families.open_hold(
            conn, mother.family_id, HoldKind.LOSS, mother.member_id, people.clock.now
        )
    )
    _stop(people, mother)
    _start(people, mother)
    assert [hold.kind for hold in people.load(mother).holds] == [HoldKind.LOSS]


def test_care_07_a_relatives_start_does_not_end_the_mothers_absence(people: People) -> None:
    mother, father = people.family(Role.MOTHER, Role.FATHER)
    for who in (mother, father):
        _stop(people, who)
    _start(people, father)
    assert people.load(mother).held


def test_p1_after_stops_and_starts_the_state_still_equals_the_ledger(people: People) -> None:
    mother, father = people.family(Role.MOTHER, Role.FATHER, numbers=(1, 1))
    for what in (_stop, _stop, _start, _stop, _start, _start):
        what(people, mother)

    def both(conn: sa.Connection) -> bool:
        ledger = consents.ledger(conn, father.family_id)
        return consents.states(conn, father.family_id) == consent.state(ledger)

    assert people.desk.database.read(both)
