"""Who somebody is to us, what joining makes of them, and what staff change of a family."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from bot.domain.address import Address, ChannelName
from bot.domain.conversation import effects as e
from bot.domain.family import Purpose, Role
from bot.domain.revision import Mode
from bot.errors import BadInput, NotFound
from bot.services import families
from bot.store import addresses, audit, consents
from bot.store import families as rows
from bot.store.tables import members
from tests.people import DUE, People
from tests.services.saying import BABY, SMS, STRANGER, apply, says, stranger, who_is

# --- the person --------------------------------------------------------------------------------------


def test_a_member_is_known_with_their_family(people: People) -> None:
    mother, father = people.family(Role.MOTHER, Role.FATHER)
    person = who_is(people, father.address_id)
    assert person.member is not None
    assert person.family is not None
    assert (person.member.id, person.family.id) == (father.member_id, mother.family_id)
    assert not person.is_mother


def test_a_stranger_is_nobody_in_english(people: People) -> None:
    person = who_is(people, stranger(people).id)
    assert (person.known, person.language, person.stopped, person.holds) == (False, "en", False, ())


@pytest.mark.parametrize("roles", [[], ["mother"], ["father", "mother"], ["father", "grandparent", "carer"]])
def test_the_language_is_that_of_the_person_who_is_meant(people: People, roles: list[str]) -> None:
    """What is urgent is understood in it, before the rest of the person is looked up."""
    made = people.family(*map(Role, roles), numbers=(1,) * len(roles)) if roles else []
    address_id = made[0].address_id if made else stranger(people).id
    for language, who in zip(("ur", "pl", "so"), made, strict=False):
        people.desk.database.write(
            lambda conn, who=who, language=language: rows.update_member(
                conn, who.family_id, who.member_id, language=language
            )
        )
    address = people.desk.database.read(lambda conn: addresses.by_id(conn, address_id))
    spoken = people.desk.database.read(lambda conn: families.language(conn, address))
    assert spoken == who_is(people, address_id).language


def test_on_a_shared_phone_the_mother_is_meant(people: People) -> None:
    father, mother = people.family(Role.FATHER, Role.MOTHER, numbers=(1, 1))
    person = who_is(people, father.address_id)
    assert person.member is not None
    assert (person.member.id, person.shared) == (mother.member_id, True)


@pytest.mark.parametrize(
    ("number", "why"),
    [
        ("+447911123456", None), ("+441612345678", "landline"), ("+33612345678", "foreign"),
        ("+447012345678", "not_a_mobile"), ("60300", "not_a_number"),
    ],
)  # fmt: skip
def test_care_13_a_number_that_is_no_uk_mobile_is_seen(people: People, number: str, why: str | None) -> None:
    row = people.desk.database.write(
        lambda conn: addresses.find_or_add(conn, people.desk.seal, Address(SMS, number), people.clock.now)
    )
    assert who_is(people, row.id).not_a_mobile == why


def test_a_telegram_chat_is_no_number(people: People) -> None:
    chat = Address(ChannelName.TELEGRAM, "77")
    row = people.desk.database.write(
        lambda conn: addresses.find_or_add(conn, people.desk.seal, chat, people.clock.now)
    )
    assert who_is(people, row.id).not_a_mobile is None


# --- joining -----------------------------------------------------------------------------------------


def test_care_11_who_joins_is_made_a_member_with_the_consent_and_date_they_gave(people: People) -> None:
    address = stranger(people)
    agreed = e.RecordConsent(BABY, words_version="words-7")
    apply(people, address.id, agreed, e.CreateMember(Role.MOTHER, "en", due_on=DUE))
    person = who_is(people, address.id)
    assert person.member is not None
    assert person.family is not None
    assert person.member.consented(BABY)
    assert person.family.pregnancies[0].due_on == DUE
    entry = people.desk.database.read(
        lambda conn: consents.ledger(conn, person.family.id)  # type: ignore[union-attr]
    )[0]
    assert (entry.words_version, entry.how) == ("words-7", "reply")


def test_p2_joining_does_not_revive_a_stopped_address(people: People) -> None:
    address = stranger(people)
    apply(people, address.id, e.StopAddress())
    apply(people, address.id, e.CreateMember(Role.MOTHER, "en"), e.RecordConsent(BABY))
    assert not who_is(people, address.id).known


def test_a_trial_makes_no_member_of_others_than_guests(people: People) -> None:
    trial = People(replace(people.desk, mode=Mode.TRIAL), people.clock)
    address = stranger(trial)
    apply(trial, address.id, e.CreateMember(Role.MOTHER, "en"), e.RecordConsent(BABY))
    assert not who_is(trial, address.id).known


def test_joining_twice_makes_one_member(people: People) -> None:
    address = stranger(people)
    for _ in range(2):
        apply(people, address.id, e.CreateMember(Role.MOTHER, "en", due_on=DUE))
    counted = sa.select(sa.func.count()).select_from(members)
    assert people.desk.database.read(lambda conn: conn.execute(counted).scalar_one()) == 1


# --- staff -------------------------------------------------------------------------------------------


def test_staff_stop_any_address_on_request_even_one_unknown(people: People) -> None:
    families.stop(people.desk, STRANGER, people.clock.now, "Sam")
    row = people.desk.database.read(lambda conn: addresses.find(conn, people.desk.seal, STRANGER))
    assert row is not None
    assert row.stopped


def test_a_stop_by_staff_can_be_ended_by_the_person(people: People) -> None:
    (mother,) = people.family()
    families.stop(people.desk, Address(SMS, "+447700900000"), people.clock.now, "Sam")
    assert people.load(mother).members[0].consents == frozenset()
    says(people, mother, e.StartAddress())
    assert people.load(mother).members[0].consented(BABY)


def test_what_staff_do_is_audited_by_ids(people: People) -> None:
    (mother,) = people.family()
    now, desk = people.clock.now, people.desk
    families.pause(desk, mother.family_id, mother.member_id, date(2027, 3, 2), now, "Sam")
    families.loss(desk, mother.family_id, None, now, "Sam")
    assert families.undo(desk, mother.family_id, now, "Sam") == 1
    families.correct_due(desk, mother.family_id, date(2027, 6, 9), now, "Sam")
    families.born(desk, mother.family_id, date(2027, 2, 1), now, "Sam", babies=2)
    families.support(desk, mother.family_id, mother.member_id, "support", now, "Sam")
    done = [entry.what for entry in reversed(desk.database.read(audit.listed))]
    assert done == ["pause", "loss", "undo", "due", "born", "support support"]
    assert people.load(mother).members[0].consented(Purpose.SUPPORT_AFTER_LOSS)


@pytest.mark.parametrize(
    ("choice", "purpose", "topics"),
    [
        ("support", Purpose.SUPPORT_AFTER_LOSS, {"after_loss": True}),
        ("week", Purpose.SUPPORT_AFTER_LOSS, {"baby_loss_awareness_week": True}),
        ("next", Purpose.NEXT_PREGNANCY, {"next_pregnancy": True}),
        ("nothing", None, {"after_loss": False, "baby_loss_awareness_week": False}),
    ],
)
def test_care_17_only_what_was_chosen_follows(
    people: People, choice: Any, purpose: Purpose | None, topics: dict[str, bool]
) -> None:
    (mother,) = people.family()
    families.loss(people.desk, mother.family_id, mother.member_id, people.clock.now, "Sam")
    families.support(people.desk, mother.family_id, mother.member_id, choice, people.clock.now, "Sam")
    member = people.load(mother).members[0]
    assert member.topics == topics
    assert {given for given, _ in member.consents} == {BABY} | ({purpose} if purpose else set())
    assert people.load(mother).held


def test_care_17_a_living_baby_is_for_the_mother_to_ask_for(people: People) -> None:
    _, father = people.family(Role.MOTHER, Role.FATHER)
    with pytest.raises(BadInput) as refused:
        families.support(people.desk, father.family_id, father.member_id, "living", people.clock.now, "Sam")
    assert refused.value.code == "mother_only"
    assert people.desk.database.read(audit.listed) == []


def test_a_change_to_nobody_is_said_so(people: People) -> None:
    (mother,) = people.family()
    with pytest.raises(NotFound):
        families.born(people.desk, 12345, date(2027, 2, 1), people.clock.now, "Sam")
    with pytest.raises(NotFound):
        families.pause(people.desk, mother.family_id, 12345, DUE, people.clock.now, "Sam")
