"""Reply to signpost on a real database: three services in two parts, MORE, where one lives, ten minutes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.domain import hours
from bot.domain.address import Address, ChannelName
from bot.domain.directory import Directory, Neighbourhood, Service
from bot.domain.inbound import Inbound, InboundKind
from bot.services import converse, dispatch, receive
from bot.services.desk import Desk
from bot.store import alerts, families, household
from bot.store.database import Database
from bot.store.outbox import unpack
from bot.store.sealed import Seal
from bot.store.tables import conversations, outbox
from tests import line, ours, rows, transcript
from tests.clock import Clock
from tests.speakers import service

HER = Address(ChannelName.SMS, "+447700900000")
LONG = "A service with a very long name that tells at length what it is for, number"
PLACES = (Neighbourhood("east", "East", "north", frozenset({"m14"})),)


@pytest.fixture
def desk(database: Database, seal: Seal) -> Desk:
    """Everything real but the directory."""
    real = transcript.desk(database, seal)
    services = (
        *(replace(service(f"long{n}"), name=f"{LONG} {n}") for n in range(3)),
        service("far", "hub"),
        service("near", "hub", near=frozenset({"east"})),
        service("helpline", "abuse"),
    )
    return _with(real, *services)


def _with(desk: Desk, *services: Service) -> Desk:
    return replace(desk, config=replace(desk.config, directory=Directory(services, PLACES)))


@pytest.fixture
def her(desk: Desk, clock: Clock) -> rows.Someone:
    """A mother who joined."""
    return desk.database.write(lambda conn: rows.someone(conn, desk.seal, clock.now))


_NUMBER = iter(range(10_000))


def says(desk: Desk, clock: Clock, text: str, address: Address = HER) -> str:
    """What her text is answered."""
    said = Inbound(ChannelName.SMS, f"SG{next(_NUMBER)}", InboundKind.TEXT, address, text, clock.now)
    receive.receive(desk, said, clock.now)
    converse.converse(desk, clock.now)
    newest = sa.select(outbox.c.sealed).order_by(outbox.c.outbox_id.desc()).limit(1)
    sealed = desk.database.read(lambda conn: conn.execute(newest).scalar_one())
    return unpack(desk.seal.open("outbox.body", sealed))[0]


def area(desk: Desk, who: rows.Someone) -> str | None:
    return desk.database.read(lambda conn: household.load(conn, [who.family_id]))[0].members[0].area


def events(desk: Desk, who: rows.Someone) -> list[str]:
    found = desk.database.read(lambda conn: families.events(conn, who.family_id))
    return [event.kind for event in found]


def test_p14_what_does_not_fit_two_parts_is_left_for_more(
    desk: Desk, clock: Clock, her: rows.Someone
) -> None:
    first, second = says(desk, clock, "SLEEP"), says(desk, clock, "MORE")
    assert [n for n in range(3) if f"{LONG} {n}" in first] == [0, 1]
    assert "text MORE" in first
    assert [n for n in range(3) if f"{LONG} {n}" in second] == [2]
    assert "text MORE" not in second
    assert says(desk, clock, "MORE").startswith("Think Family: there is nothing more on that.")


def test_more_is_kept_for_each_phone_by_itself(desk: Desk, clock: Clock, her: rows.Someone) -> None:
    other = Address(ChannelName.SMS, "+447700900009")
    says(desk, clock, "SLEEP")
    assert "nothing more" in says(desk, clock, "MORE", other)
    assert f"{LONG} 2" in says(desk, clock, "MORE")


def test_where_she_lives_is_asked_once_ever(desk: Desk, clock: Clock, her: rows.Someone) -> None:
    assert "start of your postcode" in says(desk, clock, "HUB")
    assert (area(desk, her), events(desk, her)[-1]) == ("", "area_asked")
    clock.pass_(days=200)
    assert "start of your postcode" not in says(desk, clock, "HUB")


def test_a_postcode_puts_what_is_near_first_from_then_on(desk: Desk, clock: Clock, her: rows.Someone) -> None:
    asked = says(desk, clock, "HUB")
    assert asked.index("far:") < asked.index("near:")
    told = says(desk, clock, "M14 5RX")
    assert told.index("near:") < told.index("far:")
    assert area(desk, her) == "m14"
    assert says(desk, clock, "HUB") == told


def test_of_a_postcode_only_its_first_half_is_kept_and_no_event_names_it(
    desk: Desk, clock: Clock, her: rows.Someone
) -> None:
    says(desk, clock, "M14 5RX")
    found = desk.database.read(lambda conn: families.events(conn, her.family_id))
    assert "m14" not in str([event.detail for event in found]).lower()
    assert "5rx" not in str(area(desk, her))


def test_moved_is_the_day_that_messages_on_moving_count_from(
    desk: Desk, clock: Clock, her: rows.Someone
) -> None:
    says(desk, clock, "MOVED")
    assert "Saved: OL1." in says(desk, clock, "ol1 2ab")
    family = desk.database.read(lambda conn: household.load(conn, [her.family_id]))[0]
    assert (family.moved_on, family.members[0].area) == (hours.local_day(clock.now), "ol1")
    assert events(desk, her)[-3:] == ["moved", "area_asked", "area"]


def test_care_21_an_answer_that_is_late_does_not_leave_after_ten_minutes(
    desk: Desk, clock: Clock, her: rows.Someone
) -> None:
    assert says(desk, clock, "SAFE") == "Alone with this phone now? 1 yes 2 no"
    clock.pass_(minutes=4)
    said = says(desk, clock, "1")
    assert "helpline: 0800 448 0737" in said
    assert "abuse" not in said.lower()
    clock.pass_(minutes=6)
    jobs = dispatch.claim(desk, ChannelName.SMS, 10, clock.now, dispatch.UNPACED)
    assert [job for job in jobs if "helpline" in job.message.body] == []


def test_care_21_nobody_is_alerted_by_the_question_and_nothing_stands_after_it(
    desk: Desk, clock: Clock, her: rows.Someone
) -> None:
    for text in ("SAFE", "2"):
        says(desk, clock, text)
    assert desk.database.read(alerts.listed) == []
    kept = sa.select(sa.func.count()).select_from(conversations)
    assert desk.database.read(lambda conn: conn.execute(kept).scalar_one()) == 0


def test_without_words_for_services_staff_are_told(database: Database, seal: Seal, clock: Clock) -> None:
    bare = line.desk(
        database, seal, lexicon=ours.lexicon(), shelf=line.shelf(texts=line.replies("help")),
        drama_numbers=True,
    )  # fmt: skip
    desk = _with(bare, service("line"))
    desk.database.write(lambda conn: rows.someone(conn, desk.seal, clock.now))
    said = Inbound(ChannelName.SMS, "SG-bare", InboundKind.TEXT, HER, "sleep", clock.now)
    receive.receive(desk, said, clock.now)
    assert converse.converse(desk, clock.now) == 1
    assert [one.kind for one in desk.database.read(alerts.listed)] == ["no_words"]


def test_an_open_line_says_until_when_and_a_shut_one_when_it_opens(
    database: Database, seal: Seal, clock: Clock
) -> None:
    desk = transcript.desk(database, seal)
    desk.database.write(lambda conn: rows.someone(conn, desk.seal, clock.now))
    clock.now = clock.now.replace(year=2026, month=11, day=25, hour=11)  # a Wednesday
    assert "0808 802 6869, open now until 5pm\n" in says(desk, clock, "sleep")
    clock.pass_(hours=7)
    night = says(desk, clock, "sleep")
    assert "0808 802 6869, opens tomorrow at 10am\nUntil then, worried about health: 111." in night
    clock.now += timedelta(days=30)  # the evening of Christmas Day: Monday is a bank holiday too
    assert "opens Tue at 10am" in says(desk, clock, "sleep")
