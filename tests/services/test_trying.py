"""A test of one step goes to a guest who joined, marked, through the gates; and to nobody else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.domain import hours
from bot.domain.address import Address
from bot.domain.family import Role
from bot.domain.outbox import Kind
from bot.domain.revision import Mode
from bot.errors import NotAllowed, NotFound
from bot.services import trying
from bot.services.trying import Tried
from bot.store import audit
from bot.store.database import Database
from bot.store.sealed import Seal
from bot.store.tables import addresses as tables_addresses
from bot.store.tables import members, outbox
from tests import home, line
from tests.clock import Clock
from tests.home import Home

GUEST, OTHER, CHAT = home.phone(1), home.phone(2), home.chat(3)
OFFER = ("flu", "offer")
COVER = "Text 5 to read."


@pytest.fixture
def house(database: Database, seal: Seal, clock: Clock) -> Home:
    """A live desk with two published steps; one phone and one chat are on the list of guests."""
    made = replace(home.desk(database, seal), mode=Mode.LIVE, guests=frozenset({GUEST, CHAT}))
    words = line.shelf(texts=line.TEXTS | {"templates/en/replies/private_line.j2": COVER})
    joined = Home(replace(made, shelf=words), clock)
    for who in (GUEST, OTHER, CHAT):
        joined.joins(who)
    return joined


def send(house: Home, to: Address = GUEST, step: tuple[str, str] = OFFER, **more: object) -> Tried:
    return trying.send_test(house.desk, step, to, "officer", house.now, **more)  # type: ignore[arg-type]


def refused(house: Home, to: Address = GUEST, **more: object) -> str:
    with pytest.raises(NotAllowed) as told:
        send(house, to, **more)
    return told.value.code


def rows(house: Home) -> list[sa.Row[tuple[str, str, int]]]:
    query = sa.select(outbox.c.kind, outbox.c.step, outbox.c.address_id)
    return list(house.read(lambda conn: conn.execute(query).all()))


@pytest.mark.parametrize("who", [GUEST, CHAT], ids=["sms", "telegram"])
def test_it_reaches_the_guest_and_says_first_that_it_is_a_test(house: Home, who: Address) -> None:
    tried = send(house, who)
    assert (tried.role, tried.language, tried.plain_parts) == (Role.MOTHER, "en", 1)
    assert house.send() == [(who, "TEST\nFlu jab: ask your midwife.")]
    assert [(row.kind, row.step) for row in rows(house)] == [(Kind.STAFF, trying.KEY)]


def test_it_reads_as_for_whoever_is_asked_for_on_the_day_it_opens(house: Home) -> None:
    send(house, role=Role.FATHER)
    send(house, step=("flu", "nudge"))
    assert [body for _, body in house.send()] == [
        "TEST\nFlu jab: ask together.",
        "TEST\nYou are 20 weeks. Did you book?",
    ]


def test_nobody_else_is_ever_written_to(house: Home) -> None:
    assert refused(house, OTHER) == "not_guest"
    assert refused(house, home.phone(9)) == "not_guest"
    assert rows(house) == []


def test_in_a_trial_one_who_came_by_the_code_is_a_guest_too_and_in_live_mode_not(house: Home) -> None:
    number = house.address_id(OTHER)
    house.desk.database.write(
        lambda conn: conn.execute(
            sa.update(tables_addresses).where(tables_addresses.c.address_id == number).values(guest=True)
        )
    )
    assert refused(house, OTHER) == "not_guest"
    send(replace(house, desk=replace(house.desk, mode=Mode.TRIAL)), OTHER)


def test_in_rehearsal_it_says_that_nothing_leaves(house: Home) -> None:
    rehearsing = replace(house, desk=replace(house.desk, mode=Mode.REHEARSAL))
    assert refused(rehearsing) == "rehearsal"


def test_p1_a_guest_who_has_not_joined_agreed_to_nothing(house: Home) -> None:
    stranger = home.phone(7)
    desk = replace(house.desk, guests=frozenset({stranger}))
    assert refused(replace(house, desk=desk), stranger) == "no_consent"


def test_p2_after_a_stop_it_is_refused_and_one_that_was_queued_stays(house: Home) -> None:
    send(house)
    house.says(GUEST, "STOP")
    assert refused(house) == "stopped"
    assert not [body for _, body in house.send() if body.startswith("TEST")]


def test_p3_a_family_that_is_quiet_gets_none(house: Home) -> None:
    house.says(GUEST, "LOSS")
    assert refused(house) == "held"


def test_care_22_a_phone_that_reads_in_private_gets_none(house: Home) -> None:
    house.desk.database.write(lambda conn: conn.execute(sa.update(members).values(private=True)))
    assert refused(house) == "private"


@pytest.mark.parametrize("who", [GUEST, CHAT], ids=["sms", "telegram"])
def test_care_22_private_that_was_asked_for_meanwhile_covers_one_that_waits(
    house: Home, who: Address
) -> None:
    """Queued at night, it leaves in the morning: by then somebody else may read the screen."""
    house.clock.now = house.clock.now.replace(hour=22)
    goes = send(house, who).goes
    house.says(who, "PRIVATE")
    house.send()  # the answer to that
    house.clock.now = goes
    assert house.send() == [(who, COVER)]
    kept = house.read(lambda conn: conn.execute(sa.select(outbox.c.sealed).where(outbox.c.step == "test")))
    assert "Flu jab" not in house.desk.seal.open("outbox.body", kept.scalar_one())


def test_p6_at_night_it_waits_for_the_morning(house: Home) -> None:
    house.clock.now = house.clock.now.replace(hour=22)
    tried = send(house)
    assert hours.local_day(tried.goes) == hours.local_day(house.now) + timedelta(days=1)
    assert house.send() == []


def test_who_asked_is_written_down(house: Home) -> None:
    send(house)
    member = house.member(GUEST)
    subject = f"family {member.family_id} member {member.id}"
    [act] = house.read(lambda conn: audit.about(conn, subject))
    assert (act.who, act.what) == ("officer", "test flu/offer")


def test_what_is_not_published_or_not_written_for_a_role_is_not_found(house: Home) -> None:
    with pytest.raises(NotFound, match="is not published and approved"):
        send(house, step=("flu", "nope"))
    only_hers = line.shelf(line.step("offer", to=frozenset({Role.MOTHER})))
    with pytest.raises(NotFound, match="not written for a father"):
        send(replace(house, desk=replace(house.desk, shelf=only_hers)), role=Role.FATHER)
