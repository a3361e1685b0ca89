"""Professionals: by a code of staff's, for work alone; no word of theirs falls on a family (P1, CARE 6)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from bot.domain.address import Address
from bot.domain.code import WRONG_HERE
from bot.domain.family import Purpose, Role
from bot.domain.inbound import InboundKind
from bot.errors import BadInput
from bot.services import enrol, plan, privacy, professionals, publish, why
from bot.store import audit, consents
from bot.store.database import Database
from bot.store.sealed import Seal
from bot.store.tables import alerts, code_book, families, holds, pregnancies
from bot.store.tables import consents as ledger
from tests import chosen
from tests.clock import Clock
from tests.home import Home, chat, desk, phone

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

BEGAN = datetime(2027, 2, 26, 9, 30, tzinfo=UTC)
HER, DAD, NURSE, MIDWIFE = phone(0), phone(1), phone(2), chat(3)
DUE = date(2027, 6, 1)


@pytest.fixture
def home(database: Database, seal: Seal, clock: Clock) -> Home:
    clock.now = BEGAN
    made = Home(chosen.offering(desk(database, seal)), clock)
    publish.publish(made.desk, made.desk.content, "test", clock.now)
    return made


def code(home: Home, count: int = 1) -> str:
    until = home.now.date() + timedelta(days=30)
    return professionals.invite(home.desk, "Saint Mary's", count, until, home.now, "staff")[-1]


def joins(home: Home, who: Address) -> list[str]:
    return home.says(who, f"JOIN {code(home)}", "1")


def lives(home: Home, days: int) -> list[tuple[Address, str]]:
    came = []
    for _ in range(days):
        plan.plan(home.desk, home.now)
        home.clock.pass_(hours=2)
        came += [(who, body[14:].split(".")[0]) for who, body in home.send() if "STOP to end" in body]
        home.clock.pass_(hours=22)
    return came


@pytest.mark.parametrize("who", [NURSE, MIDWIFE], ids=["sms", "telegram"])
def test_a_professional_joins_by_a_code_agrees_and_gets_what_is_for_work(home: Home, who: Address) -> None:
    """No role, no date and no language is asked; the consent is for work, in words that are kept."""
    home.joins(HER, due_on=DUE)
    digits = code(home)
    asked = (
        home.says(who, f"JOIN {digits}") if who is NURSE else home.says(who, digits, kind=InboundKind.START)
    )
    assert "people who work with families" in asked[0]
    [welcome] = home.says(who, "1")
    assert "joined for work" in welcome
    member = home.member(who)
    assert member.role is Role.PROFESSIONAL
    assert member.consents == {(Purpose.PROFESSIONAL, who.channel)}
    [entry] = home.read(lambda conn: consents.ledger(conn, member.family_id))
    assert len(entry.words_version) == 64
    assert lives(home, 4) == [(who, "work first"), (who, "work yearly")]
    assert "work/yearly" in " ".join(why.history(home.desk, member.family_id, member.id))
    said = why.why(home.desk, member.family_id, member.id, "pump", "first", home.now)
    assert "not for the role professional" in " ".join(said)


def test_p1_nobody_is_a_professional_but_by_a_code_and_a_yes(home: Home) -> None:
    digits = code(home)
    home.says(NURSE, f"JOIN {digits}", "2")
    assert home.says(DAD, f"JOIN {digits}") == home.says(DAD, "JOIN 00000000")  # it was the nurse's by then
    home.says(NURSE, f"JOIN {digits}", "maybe")
    with pytest.raises(BadInput, match="with a code"):
        enrol.enrol(
            home.desk, address=HER, role=Role.PROFESSIONAL, language="en", how="staff", consented_words="x",
            now=home.now,
        )  # fmt: skip
    assert home.read(lambda conn: conn.execute(sa.select(families)).all()) == []
    home.says(NURSE, "1")
    assert home.member(NURSE).role is Role.PROFESSIONAL


def test_a_code_is_ended_by_staff_or_by_its_day_even_between_the_question_and_the_yes(home: Home) -> None:
    digits = code(home)
    home.says(NURSE, f"JOIN {digits}")
    assert professionals.end(home.desk, "Saint Mary's", home.now, "staff") == 1
    assert "code" in home.says(NURSE, "1")[0]
    late = code(home)
    home.clock.pass_(days=32)
    assert "code" in home.says(DAD, f"JOIN {late}")[0]
    assert home.read(lambda conn: conn.execute(sa.select(families)).all()) == []


def test_staff_see_what_became_of_their_codes_and_the_audit_who_made_them(home: Home) -> None:
    code(home, 3)
    joins(home, NURSE)
    [batch] = professionals.standing(home.desk, home.now)
    assert (batch.organisation, batch.made, batch.used, batch.free) == ("Saint Mary's", 4, 1, 3)
    entries = home.read(lambda conn: audit.about(conn, "Saint Mary's"))
    assert {one.who for one in entries} == {"staff"}
    for wrong in (
        {"organisation": "07700 900123"},
        {"count": 0},
        {"until": home.now.date() - timedelta(days=1)},
    ):
        fine = {"organisation": "Ward", "count": 1, "until": home.now.date()}
        with pytest.raises(BadInput):
            professionals.invite(home.desk, **(fine | wrong), now=home.now, by="staff")  # type: ignore[arg-type]


def test_care_10_a_code_of_staff_s_is_not_found_by_trying(home: Home) -> None:
    digits = code(home)
    home.says(NURSE, *(f"JOIN 9999000{n}" for n in range(WRONG_HERE)))
    assert "work with families" not in home.says(NURSE, f"JOIN {digits}")[0]


@pytest.mark.parametrize("who", [NURSE, MIDWIFE], ids=["sms", "telegram"])
def test_care_06_nothing_a_professional_texts_touches_a_family(home: Home, who: Address) -> None:
    home.joins(HER, due_on=DUE)
    invitation = home.code(HER)
    joins(home, who)
    before = home.families(HER)
    for text in (
        "BORN", "BORN 20 February", "DUE 3 May", "home", "NEONATAL", "APART", "INVITE DAD", "REMOVE DAD",
        "JOIN", f"JOIN {invitation}", "1", "2", "LEAVE", "2", "we moved to M14", "SUPPORT", "1",
        "one of my mums had a stillbirth", "UNDO", "LOSS",
    ):  # fmt: skip
        home.says(who, text)
    assert home.families(HER) == before
    [own] = home.families(who)
    assert own.pregnancies == ()
    assert own.id != before[0].id
    home.by_code(DAD, invitation)  # a code that was refused here is still free
    assert home.member(DAD).family_id == before[0].id


def test_p3_a_professional_who_tells_of_a_loss_is_answered_gently_and_left_in_quiet(home: Home) -> None:
    joins(home, NURSE)
    assert "We are so sorry" in home.says(NURSE, "I lost my baby")[0]
    assert lives(home, 4) == []
    home.says(NURSE, "UNDO")
    assert lives(home, 3) != []
    assert home.read(lambda conn: conn.execute(sa.select(pregnancies)).all()) == []
    assert home.read(lambda conn: conn.execute(sa.select(holds.c.lifted_at)).scalars().all())


def test_p10_a_professional_in_a_crisis_is_answered_and_an_alert_is_raised(home: Home) -> None:
    joins(home, NURSE)
    assert "999" in home.says(NURSE, "my baby is not breathing")[0]
    kinds = home.read(lambda conn: list(conn.execute(sa.select(alerts.c.kind)).scalars()))
    assert "crisis:baby_life" in kinds


def test_p2_stop_start_pause_and_topics_are_a_professional_s_own(home: Home) -> None:
    home.joins(HER, due_on=DUE)
    joins(home, NURSE)
    assert "1 Training dates" in home.says(NURSE, "TOPICS")[0]
    home.says(NURSE, "1", "STOP")
    assert lives(home, 3) == []
    assert home.says(NURSE, "TOPICS") == []
    home.says(NURSE, "START")
    assert {body for who, body in lives(home, 12) if who == NURSE} >= {"work first", "extra first"}
    assert home.member(NURSE).consents == {(Purpose.PROFESSIONAL, NURSE.channel)}
    assert all(who == NURSE for who, _ in lives(home, 3))


def test_a_new_phone_of_a_professional_has_consent_for_work_alone(home: Home) -> None:
    """P1: asked in the words for people at work, and the ledger keeps those."""
    joins(home, NURSE)
    before = _agreed_to(home)
    [asked] = home.says(phone(8), f"NEWPHONE {home.code(NURSE, 'NEWPHONE')}")
    assert "for people who work with families" in asked
    home.says(phone(8), "1")
    assert home.member(phone(8)).consents == {(Purpose.PROFESSIONAL, NURSE.channel)}
    assert _agreed_to(home) == before


def _agreed_to(home: Home) -> set[str]:
    """The versions of the words by which anybody agreed to anything."""
    return set(home.read(lambda conn: conn.execute(sa.select(ledger.c.words_version)).scalars().all()))


def test_one_phone_is_for_a_family_or_for_work(home: Home) -> None:
    """A midwife who is expecting keeps to one of the two on her phone, and is told how to have the other."""
    home.joins(HER, due_on=DUE)
    digits = code(home)
    assert "another phone" in home.says(HER, f"JOIN {digits}")[0]
    assert home.member(HER).role is Role.MOTHER
    home.says(NURSE, f"JOIN {digits}", "1")
    assert "DELETE" in home.says(NURSE, "JOIN")[0]
    home.says(NURSE, "DELETE", "1")
    assert "If you agree" in home.says(NURSE, "JOIN")[0]


def test_p11_a_professional_is_erased_with_the_code_they_came_by(home: Home) -> None:
    joins(home, NURSE)
    member = home.member(NURSE)
    privacy.erase(home.desk, member.family_id, None, home.now, "staff")
    rows = home.read(lambda conn: conn.execute(sa.select(code_book.c.member_id)).scalars().all())
    assert member.id not in rows
