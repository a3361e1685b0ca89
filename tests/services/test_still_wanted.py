"""A year without a word: one neutral question, and an end when nobody answers it (CARE 18)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot.domain.address import ChannelName
from bot.domain.family import HoldKind, Link, Purpose, Role
from bot.domain.inbound import Inbound, InboundKind
from bot.services import converse, dispatch, families, receive
from bot.services.still_wanted import QUESTION, still_wanted
from bot.store import addresses
from bot.store import families as rows
from bot.store.database import Database
from bot.store.sealed import Seal
from bot.store.tables import outbox
from tests import line, ours
from tests.clock import Clock
from tests.people import People
from tests.rows import Someone

BABY = (Purpose.PREGNANCY_AND_BABY, ChannelName.SMS)
SILENCE = timedelta(days=7)


@pytest.fixture
def people(database: Database, seal: Seal, clock: Clock) -> People:
    """A desk whose replies say their own names."""
    shelf = line.shelf(
        texts=line.TEXTS | line.replies(QUESTION, "ok", "stopped", "started", "help", "signpost")
    )
    return People(line.desk(database, seal, lexicon=ours.lexicon(), shelf=shelf), clock)


def a_year_later(people: People, *everyone: Someone) -> None:
    """More than a year passes without a word from anyone; these had a message last month."""
    last_month = people.clock.pass_(days=400) - timedelta(days=30)
    for number, who in enumerate(everyone):
        day = last_month.date() + timedelta(days=number)
        people.row(who, state="sent", sent_at=last_month, day=day)


def asked(people: People) -> list[sa.Row[Any]]:
    query = sa.select(outbox).where(outbox.c.step == QUESTION).order_by(outbox.c.outbox_id)
    return list(people.desk.database.read(lambda conn: conn.execute(query).all()))


def goes_out(people: People) -> None:
    """The question leaves now."""
    change = sa.update(outbox).where(outbox.c.step == QUESTION, outbox.c.state == "queued")
    gone = change.values(state="sent", sent_at=people.clock.now)
    people.desk.database.write(lambda conn: conn.execute(gone))


def says(people: People, who: Someone, text: str, kind: InboundKind = InboundKind.TEXT) -> list[str]:
    """A text comes in and is answered; gives the answers' names."""
    [address] = people.desk.database.read(
        lambda conn: addresses.reveal(conn, people.desk.seal, [who.address_id])
    ).values()
    name = f"SM{people.clock.now.timestamp():.0f}{text}"
    receive.receive(
        people.desk, Inbound(ChannelName.SMS, name, kind, address, text, people.clock.now), people.clock.now
    )
    converse.converse(people.desk, people.clock.now)
    query = sa.select(outbox.c.step).where(
        outbox.c.address_id == who.address_id,
        outbox.c.kind == "reply",
        outbox.c.created_at == people.clock.now,
    )
    return list(people.desk.database.read(lambda conn: conn.execute(query)).scalars())


def consents(people: People, who: Someone) -> frozenset[Any]:
    return next(one for one in people.load(who).members if one.id == who.member_id).consents


def test_care_18_a_year_without_a_word_is_asked_about_once_and_in_neutral_words(people: People) -> None:
    [mother] = people.family()
    a_year_later(people, mother)
    assert still_wanted(people.desk, people.clock.now) == 1
    [row] = asked(people)
    assert (row.kind, row.state, row.member_id, row.pregnancy_id) == (
        "check_in",
        "queued",
        mother.member_id,
        None,
    )
    [job] = dispatch.claim(people.desk, ChannelName.SMS, 5, people.clock.now)
    assert job.message.body == f"[{QUESTION}]"
    assert still_wanted(people.desk, people.clock.pass_(hours=6)) == 0


def test_care_18_the_question_counts_nothing_against_p8(people: People) -> None:
    """A message of the programme may leave on the same day."""
    [mother] = people.family()
    a_year_later(people, mother)
    still_wanted(people.desk, people.clock.now)
    people.row(mother, day=people.clock.now.date())
    assert len(dispatch.claim(people.desk, ChannelName.SMS, 5, people.clock.now)) == 1
    assert len(dispatch.claim(people.desk, ChannelName.SMS, 5, people.clock.pass_(minutes=1))) == 1


@pytest.mark.parametrize("days", [0, 100, 364])
def test_care_18_who_wrote_within_the_year_is_not_asked(people: People, days: int) -> None:
    [mother] = people.family()
    a_year_later(people, mother)
    now = people.clock.now
    people.clock.now = now - timedelta(days=days)
    says(people, mother, "flu")
    people.clock.now = now
    assert still_wanted(people.desk, now) == 0


def test_care_18_nobody_is_asked_in_the_first_year(people: People) -> None:
    [mother] = people.family()
    people.clock.pass_(days=300)
    people.row(mother, state="sent", sent_at=people.clock.now - timedelta(days=30))
    assert still_wanted(people.desk, people.clock.now) == 0


def test_care_18_who_gets_nothing_is_not_asked_about_it(people: People) -> None:
    people.family()
    people.clock.pass_(days=400)
    assert still_wanted(people.desk, people.clock.now) == 0


@pytest.mark.parametrize("quiet", ["loss", "undone by her living baby", "apart", "stopped"])
def test_care_18_nothing_is_asked_of_a_family_that_is_quiet(people: People, quiet: str) -> None:
    mother, father = people.family(Role.MOTHER, Role.FATHER)
    a_year_later(people, mother, father)
    now, desk = people.clock.now, people.desk
    if quiet == "stopped":
        [address] = desk.database.read(
            lambda conn: addresses.reveal(conn, desk.seal, [mother.address_id])
        ).values()
        families.stop(desk, address, now, "tests")
    elif quiet == "apart":
        desk.database.write(lambda conn: families.dates.set_apart(conn, mother.family_id, None, now))
    else:
        families.loss(desk, mother.family_id, mother.member_id, now, "tests")
    assert still_wanted(desk, now) == 0
    if quiet == "undone by her living baby":
        families.support(desk, mother.family_id, mother.member_id, "living", now, "tests")
        assert still_wanted(desk, now) == 1
        assert [row.member_id for row in asked(people)] == [mother.member_id]


def test_care_18_silence_ends_the_texts_and_nothing_is_inferred(people: People) -> None:
    [mother] = people.family()
    a_year_later(people, mother)
    still_wanted(people.desk, people.clock.now)
    goes_out(people)
    waiting = people.row(mother, day=None, state="waiting")
    assert still_wanted(people.desk, people.clock.pass_(days=6)) == 0
    assert still_wanted(people.desk, people.clock.pass_(days=1)) == 1
    assert BABY not in consents(people, mother)
    assert people.state(waiting) == ("cancelled", "no_consent")
    family = people.load(mother)
    assert family.pregnancies[0].lost_on is None
    assert {hold.kind for hold in family.holds} == {HoldKind.MOTHER_AWAY}
    assert still_wanted(people.desk, people.clock.pass_(days=400)) == 0


def test_care_7_when_a_mother_stays_silent_her_relatives_go_quiet_and_a_relative_only_for_themselves(
    people: People,
) -> None:
    mother, father = people.family(Role.MOTHER, Role.FATHER)
    a_year_later(people, mother, father)
    says(people, mother, "flu")
    still_wanted(people.desk, people.clock.now)
    goes_out(people)
    still_wanted(people.desk, people.clock.pass_(days=7))
    assert (BABY in consents(people, mother), BABY in consents(people, father)) == (True, False)
    assert not people.load(mother).held


@pytest.mark.parametrize("text", ["1", "yes", "flu", "what is this", "❤️"])
def test_care_18_any_word_at_all_is_an_answer_and_the_texts_go_on(people: People, text: str) -> None:
    [mother] = people.family()
    a_year_later(people, mother)
    still_wanted(people.desk, people.clock.now)
    goes_out(people)
    people.clock.pass_(days=2)
    answers = says(people, mother, text)
    assert text not in ("1", "yes") or answers == ["ok"]
    assert still_wanted(people.desk, people.clock.pass_(days=30)) == 0
    assert BABY in consents(people, mother)


@pytest.mark.parametrize("text", ["2", "no"])
def test_care_18_a_no_is_a_stop(people: People, text: str) -> None:
    [mother] = people.family()
    a_year_later(people, mother)
    still_wanted(people.desk, people.clock.now)
    goes_out(people)
    people.clock.pass_(days=2)
    assert says(people, mother, text) == ["stopped"]
    row = people.desk.database.read(lambda conn: addresses.by_id(conn, mother.address_id))
    assert row.stopped


def test_p2_after_the_silence_start_brings_them_back_and_a_late_yes_only_says_so(people: People) -> None:
    [mother] = people.family()
    a_year_later(people, mother)
    still_wanted(people.desk, people.clock.now)
    goes_out(people)
    still_wanted(people.desk, people.clock.pass_(days=7))
    assert says(people, mother, "1") == ["stopped"]
    people.clock.pass_(minutes=1)
    assert says(people, mother, "resume") == ["stopped"]
    assert BABY not in consents(people, mother)
    people.clock.pass_(minutes=1)
    assert says(people, mother, "START") == ["started"]
    assert BABY in consents(people, mother)
    assert not people.load(mother).held


def test_care_18_a_question_that_never_left_ends_nothing(people: People) -> None:
    [mother] = people.family()
    a_year_later(people, mother)
    still_wanted(people.desk, people.clock.now)
    assert still_wanted(people.desk, people.clock.pass_(days=8)) == 0
    assert BABY in consents(people, mother)


def test_care_18_it_is_asked_again_a_year_after_the_last_word(people: People) -> None:
    [mother] = people.family()
    a_year_later(people, mother)
    still_wanted(people.desk, people.clock.now)
    goes_out(people)
    people.clock.pass_(days=1)
    says(people, mother, "1")
    people.clock.pass_(days=364)
    people.row(mother, state="sent", sent_at=people.clock.now)
    assert still_wanted(people.desk, people.clock.now) == 0
    assert still_wanted(people.desk, people.clock.pass_(days=2)) == 1
    assert len(asked(people)) == 2


def test_a_shared_phone_is_asked_once_and_its_silence_is_everybodys(people: People) -> None:
    [mother] = people.family()
    [other] = people.family(numbers=(0,))
    people.desk.database.write(
        lambda conn: rows.update_member(conn, other.family_id, other.member_id, link=Link.OWN.value)
    )
    a_year_later(people, mother, other)
    assert still_wanted(people.desk, people.clock.now) == 1
    goes_out(people)
    still_wanted(people.desk, people.clock.pass_(days=7))
    assert (BABY in consents(people, mother), BABY in consents(people, other)) == (False, False)
