"""P11: nothing is kept longer than needed; export shows all, and erasure leaves no row."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from bot.domain.address import Address, ChannelName
from bot.domain.code import CodeFor
from bot.domain.family import HoldKind, Role
from bot.domain.inbound import Inbound, InboundKind
from bot.domain.outbox import Kind
from bot.errors import NotFound
from bot.services import dates, holding, privacy, stopping
from bot.store import addresses, alerts, aside, audit, codes, conversations, dossier, families, inbox, outbox
from bot.store.database import Database
from bot.store.outbox import NewReply, add_reply
from bot.store.sealed import Seal
from bot.store.tables import addresses as address_table
from bot.store.tables import consent_states, due, family_events, metadata, pregnancies
from bot.store.tables import conversations as talks
from bot.store.tables import families as family_table
from bot.store.tables import inbox as texts
from bot.store.tables import outbox as out
from tests import line
from tests.clock import Clock
from tests.people import People
from tests.rows import Someone

WORDS = "my baby is called Ayesha"
KEEP = SimpleNamespace(texts_days=90, dates_after_end_days=30, signup_days=7, stopped_numbers_days=30)


@pytest.fixture
def people(people: People) -> People:
    """With the days of retention that config/default.yaml has."""
    config: Any = SimpleNamespace(authors=frozenset(), retention=KEEP)
    return People(replace(people.desk, config=config), people.clock)


def _text(people: People, address_id: int, provider_id: str, words: str = WORDS, state: str = "done") -> int:
    """A text that came from an address, and our answer to it."""
    now, seal = people.clock.now, people.desk.seal

    def work(conn: sa.Connection) -> int:
        where = Address(ChannelName.SMS, "+447700900000")
        inbound = Inbound(ChannelName.SMS, provider_id, InboundKind.TEXT, where, words, now)
        inbound_id, _ = inbox.store(conn, seal, inbound, address_id, state)
        return inbound_id

    return people.desk.database.write(work)


def _reply(people: People, who: Someone, inbound_id: int, body: str = "Thank you.") -> None:
    def work(conn: sa.Connection) -> None:
        reply = NewReply(
            address=addresses.by_id(conn, who.address_id), sender_id=who.sender_id, inbound_id=inbound_id,
            n=0, kind=Kind.REPLY, body=body, language="en", key="thanks",
            family_id=who.family_id, member_id=who.member_id, not_after=None,
        )  # fmt: skip
        add_reply(conn, people.desk.seal, reply, people.clock.now)

    people.desk.database.write(work)


def _talk(people: People, address_id: int, name: str = "joining.date") -> None:
    now = people.clock.now
    people.desk.database.write(
        lambda conn: conversations.save(conn, people.desk.seal, address_id, name, {"role": "mother"}, now)
    )


def _full(people: People) -> tuple[Someone, Someone]:
    """A family about which every table has a row."""
    mother, father = people.family(Role.MOTHER, Role.FATHER, numbers=(1, 2))
    now = people.clock.now

    def more(conn: sa.Connection) -> None:
        for who in (mother, father):
            families.set_topic(conn, who.family_id, who.member_id, "flu", True, now)
            families.set_answer(conn, who.family_id, who.member_id, "flu", "done", now)
        alerts.raise_alert(conn, "loss", now, family_id=mother.family_id)
        holding.loss(conn, mother.family_id, father.member_id, now)
        holding.resume_living(conn, mother.family_id, [mother.member_id, father.member_id], now)
        families.open_hold(conn, mother.family_id, HoldKind.LOSS, father.member_id, now)
        for who, digits in ((father, "00000001"), (mother, "00000002")):
            codes.wrong(conn, who.address_id, now)
            code_id = codes.add(
                conn, people.desk.seal, digits, CodeFor.JOIN, mother.family_id, now, now, label="dad"
            )
            codes.take(conn, code_id, who.address_id, now)
            codes.came(conn, code_id, who.member_id)
        aside.put(conn, mother.family_id, aside.Work.PLAN, "KeyError", now, 1, now)

    people.desk.database.write(more)
    for number, who in enumerate((mother, father)):
        people.row(who, step=f"s{number}")
        inbound_id = _text(people, who.address_id, f"SM{who.address_id}")
        _reply(people, who, inbound_id)
        _talk(people, who.address_id)
        people.desk.database.write(
            lambda conn, about=inbound_id: alerts.raise_alert(conn, "crisis", now, inbound_id=about)
        )
    return mother, father


def _left(people: People, *everyone: Someone) -> dict[str, dict[str, int]]:
    """Rows of any table that still name these people, their family or their phones."""
    asked = {
        "family_id": {who.family_id for who in everyone},
        "member_id": {who.member_id for who in everyone},
        "address_id": {who.address_id for who in everyone},
    }
    return people.desk.database.read(
        lambda conn: {
            column: found for column, ids in asked.items() if (found := dossier.leftovers(conn, column, ids))
        }
    )


# --- export ------------------------------------------------------------------------------------------


def test_p11_an_export_opens_everything_and_is_json(people: People) -> None:
    mother, _ = _full(people)
    exported = privacy.export(people.desk, mother.family_id, people.clock.now)
    text = json.dumps(exported)
    assert WORDS in text
    assert "+447700900001" in text
    assert "Thank you." in text
    assert {row["talk"]["data"]["role"] for row in exported["rows"]["conversations"]} == {"mother"}


def test_p11_an_export_has_every_table_that_names_the_family(people: People) -> None:
    mother, _ = _full(people)
    exported = privacy.export(people.desk, mother.family_id, people.clock.now)
    named = {table.name for table in metadata.sorted_tables if "family_id" in table.c}
    assert named | {"addresses", "inbox", "conversations", "code_tries"} == set(exported["rows"])
    assert {name for name, rows in exported["rows"].items() if not rows} == set()


def test_p11_an_export_shows_no_key_or_hash(people: People) -> None:
    mother, _ = _full(people)
    rows = privacy.export(people.desk, mother.family_id, people.clock.now)["rows"]
    columns = {name for found in rows.values() for row in found for name in row}
    assert columns.isdisjoint({"sealed", "lookup", "lookup_key"})


def test_an_export_of_another_family_shows_nothing_of_this_one(people: People) -> None:
    _full(people)
    (other,) = people.family(numbers=(9,))
    assert WORDS not in json.dumps(privacy.export(people.desk, other.family_id, people.clock.now))


def test_an_export_of_nobody_is_said_so(people: People) -> None:
    with pytest.raises(NotFound):
        privacy.export(people.desk, 12345, people.clock.now)


# --- erasure -----------------------------------------------------------------------------------------


def test_p11_erasing_a_family_leaves_no_row_of_it(people: People) -> None:
    mother, father = _full(people)
    privacy.erase(people.desk, mother.family_id, None, people.clock.now, "Sam")
    assert _left(people, mother, father) == {}
    assert people.desk.database.read(alerts.listed) == []


def test_p11_erasing_leaves_no_words_anywhere(people: People) -> None:
    mother, _ = _full(people)
    privacy.erase(people.desk, mother.family_id, None, people.clock.now, "Sam")
    kept = people.desk.database.read(
        lambda conn: conn.execute(sa.select(texts.c.sealed, texts.c.address_id)).all()
    )
    assert {tuple(row) for row in kept} == {(None, None)}


def test_p11_a_text_brought_again_after_an_erasure_is_still_a_repeat(people: People) -> None:
    (mother,) = people.family()
    _text(people, mother.address_id, "SM1")
    privacy.erase(people.desk, mother.family_id, None, people.clock.now, "Sam")
    where = Address(ChannelName.SMS, "+447700900000")
    again = Inbound(ChannelName.SMS, "SM1", InboundKind.TEXT, where, "DELETE", people.clock.now)
    _, duplicate = people.desk.database.write(lambda conn: inbox.store(conn, people.desk.seal, again, None))
    assert duplicate


def test_p11_of_a_stopped_address_only_the_hash_is_kept(people: People) -> None:
    (mother,) = people.family()
    people.desk.database.write(lambda conn: stopping.stop(conn, mother.address_id, "stop", people.clock.now))
    privacy.erase(people.desk, mother.family_id, None, people.clock.now, "Sam")
    assert _left(people, mother) == {"address_id": {"addresses": 1}}
    row = people.desk.database.read(lambda conn: conn.execute(sa.select(address_table)).one())
    assert row.sealed is None
    assert row.stopped_at is not None


def test_p11_erasing_a_relative_leaves_the_others_as_they_were(people: People) -> None:
    mother, father = _full(people)
    privacy.erase(people.desk, mother.family_id, father.member_id, people.clock.now, "Sam")
    family = people.load(mother)
    assert [member.id for member in family.members] == [mother.member_id]
    assert family.pregnancies[0].due_on is not None
    assert family.pregnancies[0].resumed_for == {mother.member_id}
    assert _left(people, replace(father, family_id=-1)) == {}


def test_p3_a_hold_outlives_the_erasure_of_who_reported_it(people: People) -> None:
    mother, father = people.family(Role.MOTHER, Role.FATHER)
    now = people.clock.now
    people.desk.database.write(lambda conn: holding.loss(conn, mother.family_id, father.member_id, now))
    privacy.erase(people.desk, mother.family_id, father.member_id, now, "Sam")
    assert [(hold.kind, hold.member_id) for hold in people.load(mother).holds] == [(HoldKind.LOSS, None)]


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
    assert _left(people, mother) == {}


def test_a_shared_phone_stays_for_the_other_and_its_words_go(people: People) -> None:
    mother, father = people.family(Role.MOTHER, Role.FATHER, numbers=(1, 1))
    _text(people, mother.address_id, "SM1")
    _talk(people, mother.address_id)
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
    inbound_id = _text(people, mother.address_id, "SM1", "DELETE", state="stored")
    people.desk.database.write(
        lambda conn: privacy.erase_who_asked(conn, mother.family_id, mother.member_id, now)
    )
    _reply(people, mother, inbound_id, "Deleted.")
    a_minute_ago = now - timedelta(minutes=1)
    assert people.desk.database.read(
        lambda conn: outbox.replies_since(conn, [mother.address_id], a_minute_ago)
    ) == {mother.address_id: 1}
    people.desk.database.write(lambda conn: conn.execute(sa.update(out).values(state="sent")))
    people.clock.pass_(hours=23)
    assert privacy.retention(people.desk, people.clock.now).addresses == 0
    people.clock.pass_(hours=2)
    assert privacy.retention(people.desk, people.clock.now).addresses == 1
    assert _left(people, mother) == {}


# --- retention ---------------------------------------------------------------------------------------


def _sweep(people: People, **span: float) -> privacy.Swept:
    people.clock.pass_(**span)
    return privacy.retention(people.desk, people.clock.now)


def test_p11_texts_and_replies_lose_their_words_after_90_days(people: People) -> None:
    (mother,) = people.family()
    _reply(people, mother, _text(people, mother.address_id, "SM1"))
    assert (swept := _sweep(people, days=90)).texts == swept.bodies == 0
    assert (swept := _sweep(people, seconds=1)).texts == swept.bodies == 1
    sealed = people.desk.database.read(
        lambda conn: [conn.execute(sa.select(table.c.sealed)).scalar_one() for table in (texts, out)]
    )
    assert sealed == [None, None]


def test_p11_a_part_that_trips_over_a_fault_of_ours_does_not_stop_the_others(
    database: Database, seal: Seal, clock: Clock
) -> None:
    """The tick is seen to have failed: it raises when all the others are done."""
    keep = SimpleNamespace(
        texts_days=90, signup_days=7, stopped_numbers_days="thirty", dates_after_end_days=30
    )
    people = People(
        line.desk(database, seal, config=SimpleNamespace(retention=keep, authors=frozenset())), clock
    )
    (mother,) = people.family()
    privacy_ends = sa.update(family_table).values(ended_on=clock.now.date())
    database.write(lambda conn: conn.execute(sa.update(consent_states).values(live=False)))
    database.write(lambda conn: conn.execute(privacy_ends))
    with pytest.raises(TypeError):
        _sweep(people, days=31)
    assert people.load(mother).pregnancies[0].due_on is None


def test_p11_an_address_that_cannot_be_erased_does_not_keep_the_others(people: People) -> None:
    """A later table that still names it, and was forgotten here."""
    numbers = [people.desk.database.write(partial(_stranger, people, number)) for number in (1, 2, 3)]

    def later(conn: sa.Connection) -> None:
        conn.exec_driver_sql("CREATE TABLE later (address_id BIGINT REFERENCES addresses (address_id))")
        conn.exec_driver_sql(f"INSERT INTO later VALUES ({numbers[0]})")

    people.desk.database.write(later)
    with pytest.raises(IntegrityError):
        _sweep(people, days=8)
    left = people.desk.database.read(lambda conn: dossier.leftovers(conn, "address_id", numbers))
    assert left == {"addresses": 1}


def _stranger(people: People, number: int, conn: sa.Connection) -> int:
    phone = Address(ChannelName.SMS, f"+447700900{number:03}")
    return addresses.find_or_add(conn, people.desk.seal, phone, people.clock.now).id


def test_care_11_an_abandoned_sign_up_is_erased_after_7_days(people: People) -> None:
    now, seal = people.clock.now, people.desk.seal
    stranger = Address(ChannelName.SMS, "+447700900050")
    row = people.desk.database.write(lambda conn: addresses.find_or_add(conn, seal, stranger, now))
    _text(people, row.id, "SM1", "JOIN")
    _talk(people, row.id)
    assert _sweep(people, days=7).talks == 0
    swept = _sweep(people, seconds=1)
    assert (swept.talks, swept.addresses) == (1, 1)
    counts = people.desk.database.read(
        lambda conn: [
            conn.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            for table in (address_table, talks)
        ]
    )
    assert counts == [0, 0]


def test_care_11_a_sign_up_that_goes_on_is_kept(people: People) -> None:
    now, seal = people.clock.now, people.desk.seal
    stranger = Address(ChannelName.SMS, "+447700900050")
    row = people.desk.database.write(lambda conn: addresses.find_or_add(conn, seal, stranger, now))
    _text(people, row.id, "SM1", "JOIN")
    people.clock.pass_(days=6)
    _text(people, row.id, "SM2", "1")
    _talk(people, row.id)
    swept = _sweep(people, days=6)
    assert (swept.talks, swept.addresses) == (0, 0)


def test_a_strangers_text_is_kept_while_staff_must_still_see_it(people: People) -> None:
    now, seal = people.clock.now, people.desk.seal
    stranger = Address(ChannelName.SMS, "+447700900050")
    row = people.desk.database.write(lambda conn: addresses.find_or_add(conn, seal, stranger, now))
    inbound_id = _text(people, row.id, "SM1", "he hit me")
    alert_id = people.desk.database.write(
        lambda conn: alerts.raise_alert(conn, "crisis", now, inbound_id=inbound_id)
    )
    assert _sweep(people, days=8).addresses == 0
    people.desk.database.write(lambda conn: alerts.close_alert(conn, alert_id, people.clock.now))
    assert _sweep(people).addresses == 1


def test_p2_the_stop_of_a_stranger_outlives_what_they_wrote(people: People) -> None:
    now, seal = people.clock.now, people.desk.seal
    stranger = Address(ChannelName.SMS, "+447700900050")
    row = people.desk.database.write(lambda conn: addresses.find_or_add(conn, seal, stranger, now))
    _text(people, row.id, "SM1", "STOP")
    people.desk.database.write(lambda conn: stopping.stop(conn, row.id, "stop", now))
    assert _sweep(people, days=8).addresses == 1
    kept = people.desk.database.read(lambda conn: addresses.find(conn, seal, stranger))
    assert kept is not None
    assert (kept.stopped, kept.forgotten) == (True, True)
    assert _sweep(people).addresses == 0


def test_what_is_left_of_an_erased_text_goes_after_two_days(people: People) -> None:
    (mother,) = people.family()
    _text(people, mother.address_id, "SM1")
    privacy.erase(people.desk, mother.family_id, None, people.clock.now, "Sam")
    assert _sweep(people, days=2).remainders == 0
    assert _sweep(people, seconds=1).remainders == 1


def test_p11_dates_go_30_days_after_the_last_consent_ended(people: People) -> None:
    (mother,) = people.family()
    people.desk.database.write(
        lambda conn: dates.set_due(
            conn, mother.family_id, date(2027, 6, 2), mother.member_id, people.clock.now
        )
    )
    people.row(mother)
    people.desk.database.write(lambda conn: stopping.stop(conn, mother.address_id, "stop", people.clock.now))
    assert _sweep(people).ended == 1
    assert _sweep(people, days=30).dates == 0
    assert _sweep(people, days=1).dates == 1
    kept = people.desk.database.read(
        lambda conn: (
            conn.execute(sa.select(pregnancies.c.due_on)).scalar_one(),
            {json.dumps(detail) for detail in conn.execute(sa.select(family_events.c.detail)).scalars()},
            conn.execute(sa.select(out.c.opens_on, out.c.closes_on)).one(),
        )
    )
    assert kept == (None, {"{}"}, (None, None))
    assert _sweep(people, days=1).dates == 0


def test_p11_the_day_of_a_loss_of_a_move_and_of_a_question_go_with_the_dates(people: People) -> None:
    (mother,) = people.family()
    now = people.clock.now

    def told(conn: sa.Connection) -> None:
        holding.loss(conn, mother.family_id, mother.member_id, now)
        conn.execute(sa.update(pregnancies).values(checked_in_at=now, check_in_answered_at=now))
        conn.execute(sa.update(family_table).values(moved_on=now.date()))
        stopping.stop(conn, mother.address_id, "stop", now)

    people.desk.database.write(told)
    _sweep(people)
    _sweep(people, days=31)
    p = pregnancies.c
    kept = people.desk.database.read(
        lambda conn: (
            *conn.execute(sa.select(p.lost_on, p.checked_in_at, p.check_in_answered_at)).one(),
            conn.execute(sa.select(family_table.c.moved_on)).scalar_one(),
        )
    )
    assert kept == (None, None, None, None)


def test_a_family_that_starts_again_keeps_its_dates(people: People) -> None:
    (mother,) = people.family()
    people.desk.database.write(lambda conn: stopping.stop(conn, mother.address_id, "stop", people.clock.now))
    _sweep(people, days=20)
    people.desk.database.write(lambda conn: stopping.start(conn, mother.address_id, people.clock.now))
    assert _sweep(people, days=20).dates == 0
    ended = people.desk.database.read(
        lambda conn: conn.execute(sa.select(family_table.c.ended_on)).scalar_one()
    )
    assert ended is None


def test_p11_a_programme_ends_two_years_after_its_last_date(people: People) -> None:
    people.family(due_on=date(2027, 2, 1))
    people.clock.now = datetime(2029, 2, 2, 10, tzinfo=UTC)
    assert _sweep(people).ended == 0
    assert _sweep(people, days=2).ended == 1
    assert _sweep(people, days=31).dates == 1


def test_a_relative_who_gave_no_date_has_not_ended(people: People) -> None:
    enrolled = people.family(Role.GRANDPARENT, due_on=None)
    people.desk.database.write(
        lambda conn: conn.execute(
            sa.delete(metadata.tables["babies"]).where(
                metadata.tables["babies"].c.family_id == enrolled[0].family_id
            )
        )
    )
    people.desk.database.write(lambda conn: conn.execute(sa.delete(pregnancies)))
    assert _sweep(people, days=1).ended == 0


def test_a_sweep_of_many_works_in_batches(people: People) -> None:
    (mother,) = people.family()
    for number in range(5):
        _text(people, mother.address_id, f"SM{number}")
    people.clock.pass_(days=91)
    assert privacy.retention(people.desk, people.clock.now, batch=2).texts == 5


def test_a_second_sweep_finds_nothing(people: People) -> None:
    _full(people)
    _sweep(people, days=100)
    assert _sweep(people) == privacy.Swept()


def test_erasing_takes_the_planners_work_along(people: People) -> None:
    (mother,) = people.family()
    people.desk.database.write(lambda conn: families.mark_due(conn, mother.family_id, date(2027, 2, 2)))
    privacy.erase(people.desk, mother.family_id, None, people.clock.now, "Sam")
    assert people.desk.database.read(lambda conn: conn.execute(sa.select(due)).all()) == []


def test_the_days_are_long_enough_for_a_providers_list() -> None:
    from bot.store import retention

    assert timedelta(hours=24) < retention.REMAINDER


# --- the number of who said STOP -----------------------------------------------------------------------


def _stopped(people: People, number: int = 0) -> Someone:
    (mother,) = people.family(numbers=(number,))
    people.desk.database.write(lambda conn: stopping.stop(conn, mother.address_id, "stop", people.clock.now))
    return mother


def _known(people: People, who: Someone) -> bool:
    """Whether the number itself is still kept."""
    return bool(
        people.desk.database.read(lambda conn: addresses.reveal(conn, people.desk.seal, [who.address_id]))
    )


def _writes_again(people: People, number: int = 0) -> addresses.AddressRow:
    """A text comes from this number: what is then known of it."""
    where = Address(ChannelName.SMS, f"+4477009{number:05d}")
    return people.desk.database.write(
        lambda conn: addresses.find_or_add(conn, people.desk.seal, where, people.clock.now)
    )


def test_p11_thirty_days_after_a_stop_only_the_keyed_hash_is_kept(people: People) -> None:
    mother = _stopped(people)
    assert (_sweep(people, days=30).numbers, _known(people, mother)) == (0, True)
    assert (_sweep(people, seconds=1).numbers, _known(people, mother)) == (1, False)
    assert _sweep(people, seconds=1).numbers == 0


def test_p2_a_stop_is_honoured_after_its_number_was_forgotten(people: People) -> None:
    mother = _stopped(people)
    _sweep(people, days=31)
    row = _writes_again(people)
    assert (row.id, row.stopped, row.forgotten) == (mother.address_id, True, False)


def test_p2_start_after_the_number_was_forgotten_works_as_ever(people: People) -> None:
    mother = _stopped(people)
    _sweep(people, days=31)
    _writes_again(people)
    people.desk.database.write(lambda conn: stopping.start(conn, mother.address_id, people.clock.now))
    (member,) = people.load(mother).members
    assert member.address is not None
    assert (member.address.stopped, bool(member.consents), _known(people, mother)) == (False, True, True)


def test_p11_who_goes_on_writing_after_a_stop_is_kept_until_they_have_not_for_thirty_days(
    people: People,
) -> None:
    mother = _stopped(people)
    people.clock.pass_(days=29)
    _text(people, mother.address_id, "SM1", "SUPPORT")
    assert (_sweep(people, days=30).numbers, _sweep(people, seconds=1).numbers) == (0, 1)


@pytest.mark.parametrize("state", ["waiting", "queued", "sending"])
def test_p11_a_number_that_something_has_yet_to_leave_for_is_kept(people: People, state: str) -> None:
    mother = _stopped(people)
    people.row(mother, Kind.CRISIS, state=state)
    assert (_sweep(people, days=31).numbers, _known(people, mother)) == (0, True)


def test_p10_a_number_is_kept_while_an_alert_about_its_text_is_open_for_ninety_days(people: People) -> None:
    mother = _stopped(people)
    inbound_id = _text(people, mother.address_id, "SM1", "help me")
    people.desk.database.write(
        lambda conn: alerts.raise_alert(conn, "crisis", people.clock.now, inbound_id=inbound_id)
    )
    assert (_sweep(people, days=90).numbers, _sweep(people, seconds=1).numbers) == (0, 1)


def test_p11_nobody_elses_number_is_forgotten(people: People) -> None:
    _stopped(people)
    (other,) = people.family(numbers=(2,))
    _sweep(people, days=31)
    assert _known(people, other)


def test_p11_an_export_of_a_family_whose_number_was_forgotten_still_works(people: People) -> None:
    mother = _stopped(people)
    _sweep(people, days=31)
    (row,) = privacy.export(people.desk, mother.family_id, people.clock.now)["rows"]["addresses"]
    assert "value" not in row
