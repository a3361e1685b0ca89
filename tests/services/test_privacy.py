"""P11: export shows all, and erasure leaves no row."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.domain.address import Address, ChannelName
from bot.domain.family import LEFT, HoldKind, Role
from bot.domain.inbound import Inbound, InboundKind
from bot.domain.outbox import Kind
from bot.errors import NotFound
from bot.services import holding, privacy, stopping
from bot.store import alerts, audit, dossier, inbox, outbox
from bot.store.tables import addresses as address_table
from bot.store.tables import inbox as texts
from bot.store.tables import metadata
from bot.store.tables import outbox as out
from tests.people import People
from tests.rows import Someone
from tests.services.kept import WORDS, keeping, leftovers, replied, talking, texted, whole_family


@pytest.fixture
def people(people: People) -> People:
    """With the days of retention that config/default.yaml has."""
    return keeping(people)


# --- export ------------------------------------------------------------------------------------------


def test_p11_an_export_opens_everything_and_is_json(people: People) -> None:
    mother, _ = whole_family(people)
    exported = privacy.export(people.desk, mother.family_id, people.clock.now)
    text = json.dumps(exported)
    assert WORDS in text
    assert "+447700900001" in text
    assert "Thank you." in text
    assert {row["talk"]["data"]["role"] for row in exported["rows"]["conversations"]} == {"mother"}


def test_p11_an_export_has_every_table_that_names_the_family(people: People) -> None:
    mother, _ = whole_family(people)
    exported = privacy.export(people.desk, mother.family_id, people.clock.now)
    named = {table.name for table in metadata.sorted_tables if "family_id" in table.c}
    assert named | {"addresses", "inbox", "conversations", "code_tries"} == set(exported["rows"])
    assert {name for name, rows in exported["rows"].items() if not rows} == set()


def test_p11_an_export_shows_no_key_or_hash(people: People) -> None:
    mother, _ = whole_family(people)
    rows = privacy.export(people.desk, mother.family_id, people.clock.now)["rows"]
    columns = {name for found in rows.values() for row in found for name in row}
    assert columns.isdisjoint({"sealed", "lookup", "lookup_key"})


def test_an_export_of_another_family_shows_nothing_of_this_one(people: People) -> None:
    whole_family(people)
    (other,) = people.family(numbers=(9,))
    assert WORDS not in json.dumps(privacy.export(people.desk, other.family_id, people.clock.now))


def test_an_export_of_nobody_is_said_so(people: People) -> None:
    with pytest.raises(NotFound):
        privacy.export(people.desk, 12345, people.clock.now)


# --- erasure -----------------------------------------------------------------------------------------


def test_p11_erasing_a_family_leaves_no_row_of_it(people: People) -> None:
    mother, father = whole_family(people)
    privacy.erase(people.desk, mother.family_id, None, people.clock.now, "Sam")
    assert leftovers(people, mother, father) == {}
    assert people.desk.database.read(alerts.listed) == []


def test_p11_erasing_leaves_no_words_anywhere(people: People) -> None:
    mother, _ = whole_family(people)
    privacy.erase(people.desk, mother.family_id, None, people.clock.now, "Sam")
    kept = people.desk.database.read(
        lambda conn: conn.execute(sa.select(texts.c.sealed, texts.c.address_id)).all()
    )
    assert {tuple(row) for row in kept} == {(None, None)}


def test_p11_a_text_brought_again_after_an_erasure_is_still_a_repeat(people: People) -> None:
    (mother,) = people.family()
    texted(people, mother.address_id, "SM1")
    privacy.erase(people.desk, mother.family_id, None, people.clock.now, "Sam")
    where = Address(ChannelName.SMS, "+447700900000")
    again = Inbound(ChannelName.SMS, "SM1", InboundKind.TEXT, where, "DELETE", people.clock.now)
    _, duplicate = people.desk.database.write(lambda conn: inbox.store(conn, people.desk.seal, again, None))
    assert duplicate


def test_p11_of_a_stopped_address_only_the_hash_is_kept(people: People) -> None:
    (mother,) = people.family()
    people.desk.database.write(lambda conn: stopping.stop(conn, mother.address_id, "stop", people.clock.now))
    privacy.erase(people.desk, mother.family_id, None, people.clock.now, "Sam")
    assert leftovers(people, mother) == {"address_id": {"addresses": 1}}
    row = people.desk.database.read(lambda conn: conn.execute(sa.select(address_table)).one())
    assert row.sealed is None
    assert row.stopped_at is not None


def test_p11_erasing_a_relative_leaves_the_others_as_they_were(people: People) -> None:
    mother, father = whole_family(people)
    privacy.erase(people.desk, mother.family_id, father.member_id, people.clock.now, "Sam")
    family = people.load(mother)
    assert [member.id for member in family.members] == [mother.member_id]
    assert family.pregnancies[0].due_on is not None
    assert family.pregnancies[0].resumed_for == {mother.member_id}
    assert leftovers(people, replace(father, family_id=-1)) == {}


def test_p3_a_hold_outlives_the_erasure_of_who_reported_it(people: People) -> None:
    mother, father = people.family(Role.MOTHER, Role.FATHER)
    now = people.clock.now
    people.desk.database.write(lambda conn: holding.loss(conn, mother.family_id, father.member_id, now))
    privacy.erase(people.desk, mother.family_id, father.member_id, now, "Sam")
    assert [(hold.kind, hold.member_id) for hold in people.load(mother).holds] == [(HoldKind.LOSS, LEFT)]


def test_two_holds_that_become_alike_become_one(people: People) -> None:
    everyone = people.family(Role.MOTHER, Role.FATHER, Role.GRANDPARENT)
    now = people.clock.now
    for who in everyone[1:]:
        people.desk.database.write(
            lambda conn, by=who.member_id: holding.loss(conn, everyone[0].family_id, by, now)
        )
        privacy.erase(people.desk, who.family_id, who.member_id, now, "Sam")
    family = people.load(everyone[0])
    assert family.held
    assert len(family.holds) == 1


def test_care_07_when_the_mother_is_erased_her_dates_go_and_her_relatives_go_quiet(people: People) -> None:
    mother, father = people.family(Role.MOTHER, Role.FATHER)
    row = people.row(father)
    privacy.erase(people.desk, mother.family_id, mother.member_id, people.clock.now, "Sam")
    family = people.load(father)
    assert [hold.kind for hold in family.holds] == [HoldKind.MOTHER_AWAY]
    assert family.pregnancies[0].due_on is None
    assert people.state(row) == ("cancelled", "hold")


def test_the_last_member_takes_the_family_along(people: People) -> None:
    (mother,) = people.family()
    privacy.erase(people.desk, mother.family_id, mother.member_id, people.clock.now, "Sam")
    assert leftovers(people, mother) == {}


def test_a_shared_phone_stays_for_the_other_and_its_words_go(people: People) -> None:
    mother, father = people.family(Role.MOTHER, Role.FATHER, numbers=(1, 1))
    texted(people, mother.address_id, "SM1")
    talking(people, mother.address_id)
    privacy.erase(people.desk, mother.family_id, father.member_id, people.clock.now, "Sam")
    assert people.load(mother).members[0].address is not None
    kept = people.desk.database.read(lambda conn: conn.execute(sa.select(texts.c.sealed)).scalars().all())
    assert list(kept) == [None]


def test_p11_on_a_phone_of_two_families_nothing_of_the_erased_one_is_left(
    people: People,
) -> None:
    (mother,), (other,) = people.family(numbers=(1,)), people.family(numbers=(1,))
    for who in (mother, other):
        people.row(who, Kind.CHOSEN)
    privacy.erase(people.desk, mother.family_id, None, people.clock.now, "Sam")
    left = people.desk.database.read(lambda conn: dossier.leftovers(conn, "family_id", [mother.family_id]))
    assert left == {}
    assert _rows_of(people, other) == 1


def test_p11_on_a_shared_phone_nothing_written_to_the_erased_member_is_left(people: People) -> None:
    mother, father = people.family(Role.MOTHER, Role.FATHER, numbers=(1, 1))
    for who in (mother, father):
        people.row(who, Kind.CHOSEN)
    privacy.erase(people.desk, mother.family_id, father.member_id, people.clock.now, "Sam")
    left = people.desk.database.read(lambda conn: dossier.leftovers(conn, "member_id", [father.member_id]))
    assert left == {}
    assert _rows_of(people, mother) == 1


def _rows_of(people: People, who: Someone) -> int:
    query = sa.select(sa.func.count()).select_from(out).where(out.c.member_id == who.member_id)
    return people.desk.database.read(lambda conn: conn.execute(query).scalar_one())


def test_an_erasure_is_audited_by_ids_only(people: People) -> None:
    (mother,) = people.family()
    privacy.erase(people.desk, mother.family_id, None, people.clock.now, "Sam")
    (entry,) = people.desk.database.read(audit.listed)
    assert (entry.who, entry.what, entry.subject) == ("Sam", "erase", f"family {mother.family_id}")


def test_erasing_nobody_is_said_so(people: People) -> None:
    (mother,) = people.family()
    with pytest.raises(NotFound):
        privacy.erase(people.desk, 12345, None, people.clock.now, "Sam")
    with pytest.raises(NotFound):
        privacy.erase(people.desk, mother.family_id, 12345, people.clock.now, "Sam")


def test_who_asks_to_be_erased_still_gets_the_answer_and_a_day_later_is_gone(people: People) -> None:
    (mother,) = people.family()
    now = people.clock.now
    inbound_id = texted(people, mother.address_id, "SM1", "DELETE", state="stored")
    people.desk.database.write(
        lambda conn: privacy.erase_who_asked(conn, mother.family_id, mother.member_id, now)
    )
    replied(people, mother, inbound_id, "Deleted.")
    a_minute_ago = now - timedelta(minutes=1)
    assert people.desk.database.read(
        lambda conn: outbox.replies_since(conn, [mother.address_id], a_minute_ago)
    ) == {mother.address_id: 1}
    people.desk.database.write(lambda conn: conn.execute(sa.update(out).values(state="sent")))
    people.clock.pass_(hours=23)
    assert privacy.retention(people.desk, people.clock.now).addresses == 0
    people.clock.pass_(hours=2)
    assert privacy.retention(people.desk, people.clock.now).addresses == 1
    assert leftovers(people, mother) == {}
