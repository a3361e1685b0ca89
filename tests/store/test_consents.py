"""P1: the ledger of consents, and the state kept beside it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.address import ChannelName
from bot.domain.consent import Consent, state
from bot.domain.family import Purpose
from bot.store import consents, families
from bot.store.tables import consents as table

if TYPE_CHECKING:
    from tests.store.conftest import Rows

SMS, BABY, REMINDERS = ChannelName.SMS, Purpose.PREGNANCY_AND_BABY, Purpose.REMINDERS
EVENTS = st.lists(
    st.tuples(
        st.sampled_from((0, 1)), st.sampled_from((BABY, REMINDERS)), st.sampled_from(ChannelName),
        st.sampled_from(("give", "withdraw", "withdraw_all")),
    ),
    max_size=12,
)  # fmt: skip


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=EVENTS)
def test_p1_the_state_always_equals_the_ledger(
    rows: Rows, events: list[tuple[int, Purpose, ChannelName, str]]
) -> None:
    family_id = rows.family(None, 1, 2)

    def work(conn: sa.Connection) -> None:
        members = [member.id for member in families.load(conn, [family_id])[0].members]
        for number, (who, purpose, channel, what) in enumerate(events):
            now = rows.now + timedelta(seconds=number)
            if what == "withdraw_all":
                consents.withdraw_all(conn, family_id, members[who], channel, now, "stop")
            else:
                given_now = what == "give"
                consents.record(
                    conn,
                    Consent(family_id, members[who], purpose, channel, given_now, now, "reply", "w"),
                )
            assert consents.states(conn, family_id) == state(consents.ledger(conn, family_id))

    rows.database.write(work)


def test_p1_the_ledger_keeps_who_when_how_and_the_words(rows: Rows) -> None:
    family_id = rows.family(None, 1)
    entry = rows.database.read(lambda conn: consents.ledger(conn, family_id))[0]
    assert (entry.purpose, entry.channel, entry.given) == (BABY, SMS, True)
    assert (entry.at, entry.how, entry.words_version) == (rows.now, "reply", "w")


def test_p1_a_loaded_member_has_only_live_consents(rows: Rows) -> None:
    family_id = rows.family(None, 1)

    def work(conn: sa.Connection) -> tuple[frozenset[object], frozenset[object]]:
        member = families.load(conn, [family_id])[0].members[0]
        consents.withdraw_all(conn, family_id, member.id, SMS, rows.now, "stop")
        return member.consents, families.load(conn, [family_id])[0].members[0].consents

    assert rows.database.write(work) == (frozenset({(BABY, SMS)}), frozenset())


def test_p2_withdrawing_all_takes_every_purpose_of_one_person_on_one_channel(rows: Rows) -> None:
    family_id = rows.family(None, 1, 2)

    def work(conn: sa.Connection) -> dict[tuple[int, int, Purpose, ChannelName], bool]:
        mother, father = [member.id for member in families.load(conn, [family_id])[0].members]
        for purpose, channel in ((REMINDERS, SMS), (BABY, ChannelName.TELEGRAM)):
            consents.record(conn, Consent(family_id, mother, purpose, channel, True, rows.now, "reply", "w"))
        assert consents.withdraw_all(conn, family_id, mother, SMS, rows.now, "stop") == [BABY, REMINDERS]
        left = [key for key, live in consents.states(conn, family_id).items() if live]
        assert set(left) == {(family_id, mother, BABY, ChannelName.TELEGRAM), (family_id, father, BABY, SMS)}
        return consents.states(conn, family_id)

    assert len(rows.database.write(work)) == 4


def test_withdrawing_all_names_what_was_live_and_is_written_once(rows: Rows) -> None:
    family_id = rows.family(None, 1)

    def work(conn: sa.Connection) -> list[list[Purpose]]:
        member = families.load(conn, [family_id])[0].members[0]
        return [consents.withdraw_all(conn, family_id, member.id, SMS, rows.now, "stop") for _ in range(2)]

    assert rows.database.write(work) == [[BABY], []]
    assert len(rows.database.read(lambda conn: consents.ledger(conn, family_id))) == 2


def test_what_a_stop_took_back_is_known_with_its_words(rows: Rows) -> None:
    family_id = rows.family(None, 1)

    def work(conn: sa.Connection) -> list[tuple[Purpose, str]]:
        member = families.load(conn, [family_id])[0].members[0]
        consents.withdraw_all(conn, family_id, member.id, SMS, rows.now, "stop")
        return consents.withdrawn_by(conn, family_id, member.id, SMS, ("stop", "block"))

    assert rows.database.write(work) == [(BABY, "w")]


def test_what_was_taken_back_by_itself_before_a_stop_is_not_the_stops(rows: Rows) -> None:
    family_id = rows.family(None, 1)

    def work(conn: sa.Connection) -> list[tuple[Purpose, str]]:
        member = families.load(conn, [family_id])[0].members[0]
        consents.record(conn, Consent(family_id, member.id, BABY, SMS, False, rows.now, "reply", ""))
        consents.withdraw_all(conn, family_id, member.id, SMS, rows.now, "stop")
        return consents.withdrawn_by(conn, family_id, member.id, SMS, ("stop", "block"))

    assert rows.database.write(work) == []


def test_a_later_entry_counts_though_the_clock_of_another_host_was_ahead(rows: Rows) -> None:
    family_id = rows.family(None, 1)

    def work(conn: sa.Connection) -> dict[object, bool]:
        ahead = sa.update(table).values(consent_id=table.c.consent_id + (1 << 50))
        conn.execute(ahead.where(table.c.family_id == family_id))
        member = families.load(conn, [family_id])[0].members[0]
        consents.withdraw_all(conn, family_id, member.id, SMS, rows.now, "stop")
        return {**state(consents.ledger(conn, family_id))}

    assert set(rows.database.write(work).values()) == {False}
