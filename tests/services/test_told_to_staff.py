"""What staff are told: a loss they record, the text of somebody we do not know, a member's other number."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from bot.domain.family import Purpose
from bot.errors import BadInput, NotAllowed
from bot.services import elsewhere, families, inbox, plan, professionals, publish, unreachable
from bot.store import audit, consents
from bot.store.database import Database
from bot.store.sealed import Seal
from tests.clock import Clock
from tests.home import Home, chat, desk, phone

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

HER, DAD, STRANGER, NEW = phone(0), phone(1), phone(7), phone(8)


@pytest.fixture
def home(database: Database, seal: Seal, clock: Clock) -> Home:
    clock.now = datetime(2027, 1, 12, 9, 30, tzinfo=UTC)
    made = Home(desk(database, seal), clock)
    publish.publish(made.desk, made.desk.content, "test", clock.now)
    made.joins(HER, due_on=date(2027, 5, 1))
    made.by_code(DAD, made.code(HER))
    return made


def test_care_06_after_a_loss_that_staff_recorded_she_is_never_asked_to_go_on(home: Home) -> None:
    """The midwife told us: no OK, START, BORN or DUE of hers brings baby messages back; SUPPORT is there."""
    family = home.families(HER)[0]
    families.loss(home.desk, family.id, None, home.now, "staff")
    told = []
    for text in ("hello", "1", "OK", "yes", "START", "BORN", "DUE 3 May", "INVITE MUM", "RESUME", "RSV"):
        told += home.says(HER, text)
    assert not any("Text OK" in one or "go on" in one or "Saved" in one for one in told)
    assert home.families(HER)[0].held
    assert "1 support for you" in home.says(HER, "SUPPORT")[0]
    assert "We are here" in home.says(HER, "1")[0]


def test_care_08_a_relative_cannot_tell_that_staff_recorded_a_loss(home: Home) -> None:
    families.loss(home.desk, home.families(HER)[0].id, None, home.now, "staff")
    assert "not understand" in home.says(DAD, "hello")[0]
    assert "go on from today" in home.says(DAD, "START")[0]


def test_care_06_she_may_take_back_what_staff_recorded_by_mistake(home: Home) -> None:
    families.loss(home.desk, home.families(HER)[0].id, None, home.now, "staff")
    home.says(HER, "UNDO")
    assert not home.families(HER)[0].held


def test_care_06_the_word_of_a_relative_who_left_is_still_no_word_of_staff_s(home: Home) -> None:
    home.says(DAD, "she had a miscarriage", "LEAVE")
    assert "Text OK to go on" in home.says(HER, "hello")[0]
    home.says(HER, "OK")
    assert not home.families(HER)[0].held


def test_what_a_stranger_asks_and_nobody_understands_waits_for_a_person(home: Home) -> None:
    home.says(STRANGER, "do you know when the yoga class begins")
    [row] = inbox.unread(home.desk, 10)
    assert row.state == "unread"
    shown = inbox.reveal(home.desk, [row.id], "staff", home.now)
    assert "yoga" in str(shown[row.id].words)


def test_p1_staff_move_a_member_who_agreed_on_paper_and_the_ledger_says_so(home: Home) -> None:
    her = home.member(HER)
    with pytest.raises(BadInput, match="without consent"):
        elsewhere.move(home.desk, her.family_id, her.id, NEW, "", home.now, "staff")
    elsewhere.move(home.desk, her.family_id, her.id, chat(9), "form-7", home.now, "staff")
    moved = home.member(chat(9))
    assert moved.id == her.id
    assert moved.consents == {(Purpose.PREGNANCY_AND_BABY, chat(9).channel)}
    given = home.read(lambda conn: consents.ledger(conn, her.family_id))[-1]
    assert (given.how, given.words_version) == ("staff", "form-7")
    assert home.read(lambda conn: audit.listed(conn))[0].what == "move to another address"
    home.send()
    plan.plan(home.desk, home.now)
    home.clock.pass_(hours=1)
    assert chat(9) in {who for who, _ in home.send()}
    assert home.families(HER) == []


def test_p1_without_a_paper_the_new_phone_agrees_for_itself(home: Home) -> None:
    her = home.member(HER)
    digits = elsewhere.code(home.desk, her.family_id, her.id, home.now.date(), home.now, "staff")
    assert home.read(lambda conn: audit.listed(conn))[0].what == "code for another phone"
    assert "1 AGREE" in home.says(NEW, f"NEWPHONE {digits}")[0]
    assert home.member(HER).id == her.id
    home.says(NEW, "1")
    assert home.member(NEW).id == her.id


@pytest.mark.parametrize("by_code", [False, True])
def test_care_07_a_mother_who_could_not_be_reached_is_away_no_longer_once_she_has_another_phone(
    home: Home, by_code: bool
) -> None:
    """The old number is dead: nobody would ever write from there and end the quiet."""
    her = home.member(HER)
    assert her.address is not None
    old = her.address.id
    home.desk.database.write(lambda conn: unreachable.suspended(conn, old, "30005", home.now))
    assert home.families(DAD)[0].held
    if by_code:
        digits = elsewhere.code(home.desk, her.family_id, her.id, home.now.date(), home.now, "staff")
        home.says(NEW, f"NEWPHONE {digits}", "1")
    else:
        elsewhere.move(home.desk, her.family_id, her.id, NEW, "form-7", home.now, "staff")
    assert not home.families(NEW)[0].held
    plan.plan(home.desk, home.now)
    home.clock.pass_(hours=1)
    assert NEW in {who for who, _ in home.send()}


def test_p3_another_phone_ends_no_quiet_for_a_loss(home: Home) -> None:
    her = home.member(HER)
    home.says(HER, "LOSS")
    elsewhere.move(home.desk, her.family_id, her.id, NEW, "form-7", home.now, "staff")
    assert home.families(NEW)[0].held


def test_p2_staff_move_nobody_from_or_to_a_phone_that_said_stop(home: Home) -> None:
    her = home.member(HER)
    home.says(NEW, "STOP")
    with pytest.raises(NotAllowed):
        elsewhere.move(home.desk, her.family_id, her.id, NEW, "form-7", home.now, "staff")
    home.says(HER, "STOP")
    for attempt in (
        lambda: elsewhere.move(home.desk, her.family_id, her.id, phone(9), "form-7", home.now, "staff"),
        lambda: elsewhere.code(home.desk, her.family_id, her.id, home.now.date(), home.now, "staff"),
    ):
        with pytest.raises(NotAllowed, match="STOP"):
            attempt()


def test_nobody_of_a_family_is_moved_or_enrolled_to_a_phone_for_work(home: Home) -> None:
    [digits] = professionals.invite(home.desk, "Ward", 1, home.now.date(), home.now, "staff")
    home.says(NEW, f"JOIN {digits}", "1")
    her, nurse = home.member(HER), home.member(NEW)
    with pytest.raises(NotAllowed, match="never both"):
        elsewhere.move(home.desk, her.family_id, her.id, NEW, "form-7", home.now, "staff")
    with pytest.raises(NotAllowed, match="never both"):
        home.joins(NEW)
    assert "does not work" in home.says(NEW, f"NEWPHONE {home.code(HER, 'NEWPHONE')}")[0]
    with pytest.raises(NotAllowed, match="never both"):
        elsewhere.move(home.desk, nurse.family_id, nurse.id, HER, "form-7", home.now, "staff")
