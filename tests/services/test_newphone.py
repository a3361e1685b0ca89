"""NEWPHONE: somebody moves to another phone, by a code from the old one and a yes on the new (CARE 23)."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from bot.domain.address import ChannelName
from bot.domain.family import Purpose
from bot.domain.inbound import Inbound, InboundKind
from bot.services import converse, plan, publish, receive
from bot.store import addresses, consents
from bot.store.database import Database
from bot.store.sealed import Seal
from bot.store.tables import outbox
from tests.clock import Clock
from tests.home import Home, chat, desk, phone

DUE = date(2027, 6, 1)
HER = phone(0)


@pytest.fixture
def home(database: Database, seal: Seal, clock: Clock) -> Home:
    """A mother who has joined."""
    made = Home(desk(database, seal), clock)
    made.joins(HER, due_on=DUE)
    return made


def test_care_23_newphone_moves_a_member_and_what_is_planned_and_leaves_the_rest(home: Home) -> None:
    new = phone(60)
    family = home.member(HER).family_id
    old = home.address_id(HER)
    publish.publish(home.desk, home.desk.content, "test", home.now)
    plan.plan(home.desk, home.now)
    code = home.code(HER, "NEWPHONE")
    assert "If you agree" in home.says(new, f"NEWPHONE {code}")[0]
    assert home.says(new, "1")[0].startswith("Think Family: our texts come to this phone now")
    assert home.member(new).family_id == family
    assert home.families(HER) == []
    planned = sa.select(outbox.c.address_id).where(
        outbox.c.kind == "staged", outbox.c.state.in_(["waiting", "queued"])
    )
    assert old not in set(home.read(lambda conn: list(conn.execute(planned).scalars())))
    assert "To join, text JOIN" in home.says(HER, "hello hello hello")[0]


def test_p1_on_another_channel_the_consent_is_given_there_and_ended_here(home: Home) -> None:
    code = home.code(HER, "NEWPHONE")
    home.says(chat(7), f"NEWPHONE {code}", "1")
    member = home.member(chat(7))
    assert member.consents == {(Purpose.PREGNANCY_AND_BABY, ChannelName.TELEGRAM)}
    how = [entry.how for entry in home.read(lambda conn: consents.ledger(conn, member.family_id))]
    assert how == ["staff", "newphone", "newphone"]


@pytest.mark.parametrize("before", ["STOP", "wrong number", "DELETE 1"])
def test_care_23_a_code_of_an_old_phone_that_ended_moves_nobody(home: Home, before: str) -> None:
    code = home.code(HER, "NEWPHONE")
    home.says(HER, *before.split(maxsplit=1) if before.startswith("DELETE") else [before])
    assert "does not work" in home.says(phone(60), f"NEWPHONE {code}")[0]


def test_care_23_a_code_moves_once_within_a_day_and_the_last_one_only(home: Home) -> None:
    first, second = home.code(HER, "NEWPHONE"), home.code(HER, "NEWPHONE")
    new = phone(60)
    assert "does not work" in home.says(new, f"NEWPHONE {first}")[0]
    assert "does not work" in home.says(new, f"JOIN {second}")[0]
    home.says(new, f"NEWPHONE {second}")
    home.clock.pass_(days=2)
    assert "does not work" in home.says(new, "1")[0]
    assert home.families(new) == []


def test_p2_a_stopped_phone_takes_nobody_over_and_keeps_its_stop(home: Home) -> None:
    new = phone(60)
    home.says(new, "STOP")
    code = home.code(HER, "NEWPHONE")
    assert "text START" in home.says(new, f"NEWPHONE {code}")[0]
    home.says(new, "1")
    assert home.families(new) == []
    assert home.read(lambda conn: addresses.find(conn, home.desk.seal, new)).stopped


def test_p2_a_stop_from_the_new_phone_overtakes_the_yes_before_it(home: Home) -> None:
    """Both are stored before either is answered; the STOP is in force at once."""
    new, code = phone(60), home.code(HER, "NEWPHONE")
    home.says(new, f"NEWPHONE {code}")
    for number, text in enumerate(("1", "STOP")):
        said = Inbound(new.channel, f"X{number}", InboundKind.TEXT, new, text, home.now)
        receive.receive(home.desk, said, home.now)
    while converse.converse(home.desk, home.now):
        pass
    assert home.families(new) == []
    assert home.member(HER).consented(Purpose.PREGNANCY_AND_BABY)
