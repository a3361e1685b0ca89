"""P1: who joins, how, once; by staff, by import, and with what they told."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from bot.domain.address import Address, ChannelName
from bot.domain.family import Link, Purpose, Role
from bot.domain.revision import Mode
from bot.errors import BadInput, DatabaseTrouble, NotAllowed, NotFound
from bot.services import enrol, stopping
from bot.services.desk import Desk
from bot.services.enrol import Enrolled, RowReport
from bot.store import addresses, audit, consents
from bot.store.tables import due, families
from tests.people import DUE, People

PHONE = Address(ChannelName.SMS, "+447700900010")
ROW = {"phone": "07700 900010", "role": "Mother", "consented_words": "w1", "due_on": "2027-06-01"}
REFERRED = ROW | {"reference": "EMIS-1"}
FATHER = REFERRED | {"phone": "07700 900011", "role": "father"}


def _enrol(people: People, **changes: Any) -> Enrolled:
    given: dict[str, Any] = {
        "address": PHONE, "role": Role.MOTHER, "language": "en", "how": "staff", "consented_words": "w1",
        "now": people.clock.now, "due_on": DUE, "by": "Sam",
    }  # fmt: skip
    return enrol.enrol(people.desk, **(given | changes))


def _family(people: People, enrolled: Enrolled) -> Any:
    return people.load(enrolled)  # type: ignore[arg-type]


def _count(people: People) -> int:
    counted = sa.select(sa.func.count()).select_from(families)
    return people.desk.database.read(lambda conn: conn.execute(counted).scalar_one())


def test_a_mother_is_enrolled_with_her_date_and_her_consent(people: People) -> None:
    enrolled = _enrol(people)
    family = _family(people, enrolled)
    (member,) = family.members
    assert (member.role, member.link, member.joined_on) == (Role.MOTHER, Link.OWN, date(2027, 2, 2))
    assert member.consents == {(Purpose.PREGNANCY_AND_BABY, ChannelName.SMS)}
    assert family.current().due_on == DUE
    assert people.events(enrolled) == ["joined"]  # type: ignore[arg-type]


def test_p1_the_ledger_says_how_and_which_words(people: People) -> None:
    enrolled = _enrol(people, how="import", consented_words="hash-of-words")
    entry = people.desk.database.read(lambda conn: consents.ledger(conn, enrolled.family_id))[0]
    assert (entry.how, entry.words_version, entry.at) == ("import", "hash-of-words", people.clock.now)


def test_p1_nobody_is_enrolled_without_words_they_agreed_to(people: People) -> None:
    with pytest.raises(BadInput) as refused:
        _enrol(people, consented_words="")
    assert refused.value.code == "consent"


def test_the_planner_looks_at_who_joined(people: People) -> None:
    enrolled = _enrol(people)
    marked = people.desk.database.read(lambda conn: conn.execute(sa.select(due.c.family_id)).scalars().all())
    assert list(marked) == [enrolled.family_id]


def test_p4_the_same_person_again_is_known_and_nothing_changes(people: People) -> None:
    first = _enrol(people)
    again = _enrol(people, due_on=date(2027, 7, 1))
    assert (again.family_id, again.member_id, again.known) == (first.family_id, first.member_id, True)
    assert _family(people, first).current().due_on == DUE
    assert len(people.desk.database.read(lambda conn: consents.ledger(conn, first.family_id))) == 1


def test_p2_an_enrolment_never_revives_a_stopped_address(people: People) -> None:
    enrolled = _enrol(people)
    row = people.desk.database.read(lambda conn: addresses.find(conn, people.desk.seal, PHONE))
    assert row is not None
    people.desk.database.write(lambda conn: stopping.stop(conn, row.id, "stop", people.clock.now))
    for who in (Role.MOTHER, Role.FATHER):
        with pytest.raises(NotAllowed) as refused:
            _enrol(people, role=who)
        assert refused.value.code == "stopped"
    assert _family(people, enrolled).members[0].consents == frozenset()


def test_a_relative_enrolled_into_a_family_is_linked_and_shares_its_dates(people: People) -> None:
    mother = _enrol(people)
    father = _enrol(
        people, address=Address(ChannelName.TELEGRAM, "77"), role=Role.FATHER, family=mother.family_id,
        due_on=date(2027, 9, 9),
    )  # fmt: skip
    family = _family(people, mother)
    assert father.family_id == mother.family_id
    assert [member.link for member in family.members] == [Link.OWN, Link.CODE]
    assert [pregnancy.due_on for pregnancy in family.pregnancies] == [DUE]


def test_a_relative_alone_is_a_family_with_their_own_dates(people: People) -> None:
    enrolled = _enrol(people, role=Role.GRANDPARENT, due_on=None)
    family = _family(people, enrolled)
    assert family.members[0].link is Link.OWN
    assert family.pregnancies == ()


def test_two_people_may_share_a_phone(people: People) -> None:
    mother = _enrol(people)
    father = _enrol(people, role=Role.FATHER, family=mother.family_id)
    assert not father.known
    assert len(_family(people, mother).members) == 2


def test_a_family_has_one_mother(people: People) -> None:
    mother = _enrol(people)
    with pytest.raises(NotAllowed) as refused:
        _enrol(people, address=Address(ChannelName.TELEGRAM, "78"), family=mother.family_id)
    assert refused.value.code == "second_mother"


def test_a_family_that_is_not_there_is_said_so(people: People) -> None:
    with pytest.raises(NotFound):
        _enrol(people, family=12345, role=Role.FATHER)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"due_on": date(2028, 2, 2)}, "due_on"),
        ({"due_on": date(2027, 1, 1)}, "due_on"),
        ({"born_on": date(2027, 2, 3)}, "born_on"),
        ({"born_on": date(2024, 2, 3)}, "born_on"),
        ({"joined_on": date(2027, 2, 3)}, "joined_on"),
    ],
)
def test_a_date_that_cannot_be_is_refused_and_leaves_nothing(
    people: People, changes: dict[str, date], code: str
) -> None:
    with pytest.raises(BadInput) as refused:
        _enrol(people, **changes)
    assert refused.value.code == code
    assert "20" not in refused.value.sentence
    assert _count(people) == 0


def test_a_baby_enrolled_after_birth_is_born_with_its_corrected_day(people: People) -> None:
    enrolled = _enrol(people, due_on=date(2027, 3, 1), born_on=date(2027, 1, 1))
    pregnancy = _family(people, enrolled).current()
    assert (pregnancy.born_on, pregnancy.corrected_on) == (date(2027, 1, 1), date(2027, 3, 1))


def test_staff_enrolment_is_audited_without_personal_data(people: People) -> None:
    enrolled = _enrol(people)
    (entry,) = people.desk.database.read(audit.listed)
    assert (entry.who, entry.what, entry.subject) == ("Sam", "enrol", f"family {enrolled.family_id}")


def _trial(people: People, *guests: Address) -> People:
    desk: Desk = replace(people.desk, mode=Mode.TRIAL, guests=frozenset(guests))
    return People(desk, people.clock)


def test_a_trial_makes_no_rows_for_others_than_guests(people: People) -> None:
    with pytest.raises(NotAllowed) as refused:
        _enrol(_trial(people))
    assert refused.value.code == "not_guest"
    assert _count(people) == 0
    assert people.desk.database.read(lambda conn: addresses.find(conn, people.desk.seal, PHONE)) is None


def test_a_trial_enrols_guests(people: People) -> None:
    _enrol(_trial(people, PHONE))
    row = people.desk.database.read(lambda conn: addresses.find(conn, people.desk.seal, PHONE))
    assert row is not None
    assert row.guest


def _import(people: People, *rows: dict[str, str]) -> list[RowReport]:
    desk = replace(people.desk, drama_numbers=True)
    return enrol.import_rows(desk, rows, people.clock.now, by="Sam")


def test_an_import_reports_each_row_and_a_bad_one_stops_no_other(people: People) -> None:
    found = _import(
        people,
        ROW,
        ROW | {"phone": "0161 496 0000"},
        ROW | {"phone": "07700 900011", "due_on": "31/02/2027"},
        ROW | {"phone": "07700 900012", "role": "aunt"},
        ROW | {"phone": "07700 900013", "consented_words": ""},
        ROW | {"phone": "07700 900014", "language": "ur"},
    )
    assert [(row.row, row.outcome, row.code) for row in found] == [
        (1, "enrolled", ""), (2, "refused", "landline"), (3, "refused", "date"), (4, "refused", "role"),
        (5, "refused", "consent"), (6, "enrolled", ""),
    ]  # fmt: skip


def test_p4_the_same_import_again_changes_nothing(people: People) -> None:
    rows = [
        REFERRED,
        FATHER,
    ]
    first, again = _import(people, *rows), _import(people, *rows)
    assert [row.outcome for row in first] == ["enrolled", "enrolled"]
    assert [row.outcome for row in again] == ["known", "known"]
    assert [row.family_id for row in again] == [row.family_id for row in first]


def test_rows_with_one_reference_are_one_family(people: People) -> None:
    mother, father = _import(
        people,
        REFERRED,
        FATHER,
    )
    assert mother.family_id == father.family_id


def test_p11_an_imports_reference_is_kept_as_a_keyed_hash_only(people: People) -> None:
    _import(people, REFERRED)
    kept = people.desk.database.read(lambda conn: conn.execute(sa.select(families.c.reference)).scalar_one())
    assert kept == people.desk.seal.keyed_hash("import", "EMIS-1")


def test_an_import_into_a_database_that_fails_is_no_refusal(people: People) -> None:
    people.desk.database.write(lambda conn: conn.execute(sa.text("DROP TABLE consent_states")))
    with pytest.raises(DatabaseTrouble):
        _import(people, ROW)
