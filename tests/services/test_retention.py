"""P11: nothing is kept longer than needed, and the number of who said STOP no longer than a month."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from functools import partial
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from bot.domain.address import Address, ChannelName
from bot.domain.family import Role
from bot.domain.outbox import Kind
from bot.services import dates, holding, privacy, stopping
from bot.store import addresses, alerts, dossier, families
from bot.store.database import Database
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
from tests.services.kept import keeping, replied, talking, texted, whole_family


@pytest.fixture
def people(people: People) -> People:
    """With the days of retention that config/default.yaml has."""
    return keeping(people)


# --- retention ---------------------------------------------------------------------------------------


def _sweep(people: People, **span: float) -> privacy.Swept:
    people.clock.pass_(**span)
    return privacy.retention(people.desk, people.clock.now)


def test_p11_texts_and_replies_lose_their_words_after_90_days(people: People) -> None:
    (mother,) = people.family()
    replied(people, mother, texted(people, mother.address_id, "SM1"))
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
    texted(people, row.id, "SM1", "JOIN")
    talking(people, row.id)
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
    texted(people, row.id, "SM1", "JOIN")
    people.clock.pass_(days=6)
    texted(people, row.id, "SM2", "1")
    talking(people, row.id)
    swept = _sweep(people, days=6)
    assert (swept.talks, swept.addresses) == (0, 0)


def test_a_strangers_text_is_kept_while_staff_must_still_see_it(people: People) -> None:
    now, seal = people.clock.now, people.desk.seal
    stranger = Address(ChannelName.SMS, "+447700900050")
    row = people.desk.database.write(lambda conn: addresses.find_or_add(conn, seal, stranger, now))
    inbound_id = texted(people, row.id, "SM1", "he hit me")
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
    texted(people, row.id, "SM1", "STOP")
    people.desk.database.write(lambda conn: stopping.stop(conn, row.id, "stop", now))
    assert _sweep(people, days=8).addresses == 1
    kept = people.desk.database.read(lambda conn: addresses.find(conn, seal, stranger))
    assert kept is not None
    assert (kept.stopped, kept.forgotten) == (True, True)
    assert _sweep(people).addresses == 0


def test_what_is_left_of_an_erased_text_goes_after_two_days(people: People) -> None:
    (mother,) = people.family()
    texted(people, mother.address_id, "SM1")
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
        texted(people, mother.address_id, f"SM{number}")
    people.clock.pass_(days=91)
    assert privacy.retention(people.desk, people.clock.now, batch=2).texts == 5


def test_a_second_sweep_finds_nothing(people: People) -> None:
    whole_family(people)
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
    texted(people, mother.address_id, "SM1", "SUPPORT")
    assert (_sweep(people, days=30).numbers, _sweep(people, seconds=1).numbers) == (0, 1)


@pytest.mark.parametrize("state", ["waiting", "queued", "sending"])
def test_p11_a_number_that_something_has_yet_to_leave_for_is_kept(people: People, state: str) -> None:
    mother = _stopped(people)
    people.row(mother, Kind.CRISIS, state=state)
    assert (_sweep(people, days=31).numbers, _known(people, mother)) == (0, True)


def test_p10_a_number_is_kept_while_an_alert_about_its_text_is_open_for_ninety_days(people: People) -> None:
    mother = _stopped(people)
    inbound_id = texted(people, mother.address_id, "SM1", "help me")
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
