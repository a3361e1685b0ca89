"""Codes over the real line, on both databases: who is linked, who is not, and that nobody can tell."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from bot.domain import code as rules
from bot.domain import consent
from bot.domain.address import Address
from bot.domain.family import Link, Purpose, Role
from bot.domain.inbound import InboundKind
from bot.services import inviting, plan, privacy, publish
from bot.store import alerts, codes, consents, dossier, household
from bot.store.database import Database
from bot.store.sealed import Seal
from bot.store.tables import code_book, code_tries, metadata, outbox
from tests.clock import Clock
from tests.home import BOT, NUMBER, Home, chat, desk, phone

DUE = date(2027, 6, 1)
HER, DAD, GRAN, STRANGER = (phone(n) for n in range(4))
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def home(database: Database, seal: Seal, clock: Clock) -> Home:
    """A mother who has joined."""
    made = Home(desk(database, seal), clock)
    made.joins(HER, due_on=DUE)
    return made


def _guess(home: Home, number: int, wrong: str = "00000000") -> None:
    home.says(phone(100 + number), f"JOIN {wrong}")


# --- INVITE and JOIN ----------------------------------------------------------------------------------


def test_care_10_the_second_text_is_clean_to_pass_on_word_for_word(home: Home) -> None:
    first, second = home.says(HER, "INVITE DAD")
    assert first == (
        "Send the next text on only if you want to. They will get messages timed to your dates, so may "
        "guess how far along you are and that baby has come. To undo: REMOVE."
    )
    code = second.split("JOIN ")[1][:8]
    assert second == (
        f"Free family messages from Think Family, Manchester. Text JOIN {code} to {NUMBER} by 9 February."
    )
    assert code.isdecimal()


@ON_SQLITE
def test_care_10_on_telegram_there_is_a_link_too(home: Home) -> None:
    mother = chat(1)
    home.joins(mother, due_on=DUE)
    code = home.code(mother, "INVITE DAD")
    assert home.heard[-1][1].endswith(f"On Telegram: t.me/{BOT}?start={code}")
    dad = chat(2)
    home.says(dad, code, kind=InboundKind.START)
    home.says(dad, "1", "2")
    assert home.member(dad).family_id == home.member(mother).family_id


def test_care_10_who_was_invited_joins_her_family_for_themselves(home: Home) -> None:
    answers = home.by_code(DAD, home.code(HER))
    dad, her = home.member(DAD), home.member(HER)
    assert (dad.family_id, dad.role, dad.link) == (her.family_id, Role.FATHER, Link.CODE)
    assert dad.consented(Purpose.PREGNANCY_AND_BABY)
    assert answers[0].startswith("Think Family: you have joined.")


def test_care_10_we_never_write_to_one_who_was_invited(home: Home) -> None:
    """An invitation reaches nobody but her; all that left went to the phones that wrote to us."""
    home.code(HER)
    assert {to for to, _ in home.send()} == {HER}


def test_care_10_a_code_is_for_one_person(home: Home) -> None:
    code = home.code(HER)
    home.by_code(DAD, code)
    assert "does not work" in home.says(GRAN, f"JOIN {code}")[0]
    assert home.families(GRAN) == []


def test_a_code_that_somebody_began_with_is_nobody_elses_and_theirs_to_go_on_with(home: Home) -> None:
    code = home.code(HER)
    home.says(DAD, f"JOIN {code}")
    assert "does not work" in home.says(GRAN, f"JOIN {code}")[0]
    home.by_code(DAD, code)
    assert home.member(DAD).link is Link.CODE


@pytest.mark.parametrize(("days", "works"), [(7, True), (8, False)])
def test_care_10_a_code_ends_with_the_day_that_was_said(home: Home, days: int, works: bool) -> None:
    code = home.code(HER)
    home.clock.pass_(days=days)
    assert ("does not work" not in home.says(DAD, f"JOIN {code}")[0]) is works


def test_her_own_text_sent_to_us_by_mistake_uses_no_code_up(home: Home) -> None:
    code = home.code(HER)
    assert home.says(HER, f"JOIN {code}")[0].startswith("Think Family: you have already joined")
    home.by_code(DAD, code)
    assert home.member(DAD).link is Link.CODE


def test_care_9_a_relative_who_was_alone_joins_by_code_and_keeps_what_is_theirs(home: Home) -> None:
    alone = home.joins(GRAN, Role.GRANDPARENT, born_on=date(2027, 1, 3))
    home.says(GRAN, "TIME EVENING", "STOP FLU")
    before = home.member(GRAN)
    home.says(GRAN, f"JOIN {home.code(HER, 'INVITE GRAN')}")
    after = home.member(GRAN)
    assert after.family_id == home.member(HER).family_id
    assert (after.id, after.topics, after.preferred_time) == (
        before.id,
        {"flu": False},
        before.preferred_time,
    )
    assert home.read(lambda conn: dossier.leftovers(conn, "family_id", [alone])) == {}


def test_two_people_on_one_phone_may_each_have_a_code(home: Home) -> None:
    home.by_code(GRAN, home.code(HER, "INVITE GRAN"), 4)
    home.says(GRAN, f"JOIN {home.code(HER, 'INVITE UNCLE')}", "1", "6")
    at = [one for one in home.families(GRAN)[0].members if one.role is not Role.MOTHER]
    assert {one.role for one in at} == {Role.GRANDPARENT, Role.CARER}
    assert {one.address.id for one in at if one.address} == {home.address_id(GRAN)}


# --- no code is found by trying --------------------------------------------------------------------------


def test_care_10_no_code_stands_in_the_database_and_nobody_s_name(home: Home) -> None:
    code = home.code(HER, "INVITE ZEBEDEE")

    def everything(conn: sa.Connection) -> str:
        return " ".join(
            str(row) for table in metadata.sorted_tables for row in conn.execute(sa.select(table))
        )

    kept = home.read(everything).lower()
    assert code not in kept
    assert "zebedee" not in kept


def test_care_10_after_five_wrong_codes_from_a_phone_the_right_one_is_refused_alike(home: Home) -> None:
    code = home.code(HER)
    wrong = {home.says(STRANGER, f"JOIN {number:08}")[0] for number in range(rules.WRONG_HERE)}
    assert wrong == set(home.says(STRANGER, f"JOIN {code}"))
    home.clock.pass_(hours=25)
    assert "If you agree" in home.says(STRANGER, f"JOIN {code}")[0]


@ON_SQLITE
def test_care_10_after_many_wrong_codes_from_everywhere_none_is_looked_at_and_staff_are_told(
    home: Home,
) -> None:
    code = home.code(HER)
    for number in range(rules.WRONG_ANYWHERE):
        _guess(home, number)
    assert "does not work" in home.says(DAD, f"JOIN {code}")[0]
    told = [alert.kind for alert in home.read(alerts.listed)]
    assert told.count(inviting.GUESSED) == 1
    home.clock.pass_(hours=1, minutes=1)
    assert "If you agree" in home.says(DAD, f"JOIN {code}")[0]


@ON_SQLITE
def test_care_10_a_right_code_is_no_wrong_try(home: Home) -> None:
    home.by_code(DAD, home.code(HER))
    assert home.read(lambda conn: codes.tries(conn, home.address_id(DAD), home.now)) == (0, 0)


def test_care_10_she_may_ask_for_five_codes_a_day(home: Home) -> None:
    for _ in range(rules.ASKED_A_DAY):
        home.code(HER)
    assert "as many codes" in home.says(HER, "INVITE DAD")[0]
    home.clock.pass_(hours=25)
    home.code(HER)


# --- CARE 8: a held family ------------------------------------------------------------------------------


@pytest.mark.parametrize("quiet", ["we lost the baby", "STOP", "no heartbeat, is that normal"])
def test_care_8_a_code_for_a_held_family_is_accepted_to_the_letter_and_then_quiet(
    home: Home, quiet: str
) -> None:
    """The same words as for a family that is not held; and nothing after them."""
    twin = phone(50)
    home.joins(twin, due_on=DUE)
    here, there = home.code(HER), home.code(twin)
    home.says(HER, quiet)
    told = [*home.says(DAD, f"JOIN {here}"), *home.says(DAD, "1"), *home.says(DAD, "2")]
    as_ever = [*home.says(GRAN, f"JOIN {there}"), *home.says(GRAN, "1"), *home.says(GRAN, "2")]
    assert told == as_ever
    home.send()
    publish.publish(home.desk, home.desk.content, "test", home.now)
    home.clock.pass_(days=2)
    plan.plan(home.desk, home.now)
    home.clock.pass_(hours=2)
    assert DAD not in {to for to, _ in home.send()}


def test_p11_a_code_of_who_was_erased_is_as_one_that_never_was(home: Home) -> None:
    code = home.code(HER)
    home.says(HER, "DELETE", "1")
    assert home.says(DAD, f"JOIN {code}") == home.says(GRAN, "JOIN 00000000")


@pytest.mark.parametrize("text", ["JOIN", "MY DATA", "5", "TIME 1", "LEAVE", "REMIND ME", "flu", "PRIVATE",
                                  "HELP", "START", "UNDO", "LESS", "INVITE DAD", "REMOVE DAD", "MOVED M14",
                                  "NEWPHONE 00000000", "JOIN 00000000"])  # fmt: skip
def test_care_8_a_held_relative_is_answered_to_the_letter_as_a_paused_one(home: Home, text: str) -> None:
    other = phone(50)
    home.joins(other, due_on=DUE)
    home.by_code(DAD, home.code(HER))
    home.by_code(GRAN, home.code(other), 2)
    home.says(HER, "we lost the baby")
    home.says(GRAN, "PAUSE")
    assert home.says(DAD, text) == home.says(GRAN, text)


# --- REMOVE and LEAVE -------------------------------------------------------------------------------------


@pytest.mark.parametrize("joined", [True, False])
def test_care_10_remove_answers_the_same_whether_anybody_joined(home: Home, joined: bool) -> None:
    code = home.code(HER, "INVITE ALI")
    if joined:
        home.by_code(DAD, code)
    assert home.says(HER, "REMOVE ALI") == [
        "Think Family: done. That code no longer works, and nobody who came by it gets messages timed to "
        "your dates."
    ]
    if not joined:
        assert "does not work" in home.says(DAD, f"JOIN {code}")[0]


def test_care_9_one_who_was_removed_is_alone_keeps_their_consent_and_is_told_nothing(home: Home) -> None:
    home.by_code(DAD, home.code(HER))
    home.send()
    heard = len(home.heard)
    home.says(HER, "REMOVE DAD")
    assert {to for to, _ in home.heard[heard:]} == {HER}
    dad = home.member(DAD)
    assert (dad.link, dad.consented(Purpose.PREGNANCY_AND_BABY)) == (Link.OWN, True)
    [family] = home.families(DAD)
    assert (len(family.members), family.pregnancies, family.holds) == (1, (), ())
    assert len(home.families(HER)[0].members) == 1


def test_what_was_planned_for_one_who_was_removed_ends(home: Home) -> None:
    home.by_code(DAD, home.code(HER))
    publish.publish(home.desk, home.desk.content, "test", home.now)
    plan.plan(home.desk, home.now)
    home.says(HER, "REMOVE DAD")
    plan.plan(home.desk, home.now)
    open_ = sa.select(outbox.c.step).where(
        outbox.c.address_id == home.address_id(DAD), outbox.c.state.in_(["waiting", "queued"]),
        outbox.c.kind == "staged", outbox.c.occurrence.like("p%"),
    )  # fmt: skip
    assert home.read(lambda conn: list(conn.execute(open_).scalars())) == []


def test_a_loss_that_one_who_was_removed_had_told_still_holds_her_until_she_says_ok(home: Home) -> None:
    home.by_code(DAD, home.code(HER))
    home.says(DAD, "she had a miscarriage")
    home.says(HER, "ok")
    home.says(HER, "REMOVE DAD")
    [family] = home.families(HER)
    assert family.held
    home.says(HER, "ok", "ok")
    assert not home.families(HER)[0].held


def test_one_who_was_removed_can_no_longer_hold_her(home: Home) -> None:
    home.by_code(DAD, home.code(HER))
    home.says(HER, "REMOVE DAD")
    home.says(DAD, "she lost the baby")
    assert not home.families(HER)[0].held


@pytest.mark.parametrize("text", ["REMOVE DAD", "remove my husband"])
def test_remove_goes_by_a_roles_word_too_for_whom_staff_had_linked(home: Home, text: str) -> None:
    home.joins(DAD, Role.FATHER, family=home.member(HER).family_id)
    home.says(HER, text)
    assert (home.member(DAD).link is Link.OWN) == (text == "REMOVE DAD")


def test_remove_while_somebody_is_half_way_through_joining_links_them_no_more(home: Home) -> None:
    home.says(DAD, f"JOIN {home.code(HER)}", "1")
    home.says(HER, "REMOVE DAD")
    assert home.says(DAD, "2")[0].startswith("Think Family: you have joined.")
    assert home.member(DAD).family_id != home.member(HER).family_id


def test_leave_is_ones_own_and_ends_nothing_else(home: Home) -> None:
    home.by_code(DAD, home.code(HER))
    home.by_code(GRAN, home.code(HER, "INVITE GRAN"), 4)
    assert home.says(DAD, "LEAVE")[0].startswith("Think Family: you no longer get messages timed")
    assert home.member(DAD).link is Link.OWN
    assert {one.role for one in home.families(HER)[0].members} == {Role.MOTHER, Role.GRANDPARENT}


def test_p1_after_moving_between_families_the_state_still_equals_the_ledger(home: Home) -> None:
    home.by_code(DAD, home.code(HER))
    home.says(DAD, "LEAVE", "STOP", "START")
    family_id = home.member(DAD).family_id
    entries, states = home.read(
        lambda conn: (consents.ledger(conn, family_id), consents.states(conn, family_id))
    )
    assert consent.state(entries) == states
    assert len(entries) == 3


# --- a second pregnancy, a shared phone, a number that changed hands ----------------------------------------


def test_care_10_a_second_pregnancy_is_told_to_nobody_who_was_not_invited_anew(home: Home) -> None:
    home.by_code(DAD, home.code(HER))
    home.clock.pass_(days=119)
    home.says(HER, "BORN TODAY")
    home.clock.pass_(days=300)
    home.says(HER, "DUE 20 weeks")
    newest = home.families(HER)[0].current()
    assert newest is not None
    assert home.member(DAD).sees_pregnancy != newest.id
    home.clock.pass_(days=1)
    home.says(DAD, f"JOIN {home.code(HER, 'INVITE DAD')}", "1", "2")
    assert home.member(DAD).sees_pregnancy == newest.id


@ON_SQLITE
def test_care_17_the_next_pregnancy_is_hers_and_no_relative_hears_of_it_uninvited(home: Home) -> None:
    """He stays as quiet as after the loss, until she sends him a code of the new pregnancy."""
    publish.publish(home.desk, home.desk.content, "test", home.now)
    home.by_code(DAD, home.code(HER))
    home.says(HER, "my baby died", "SUPPORT", "3")
    home.clock.pass_(days=60)
    assert home.says(HER, "DUE 12 weeks")[0].startswith("Thank you. Saved")
    assert _reached(home, days=15) == {HER}
    home.says(DAD, f"JOIN {home.code(HER, 'INVITE DAD')}", "1", "2")
    assert _reached(home, days=15) == {HER, DAD}


def _reached(home: Home, days: int) -> set[Address]:
    """To whom messages leave in the mornings of so many days."""
    to: set[Address] = set()
    for _ in range(days):
        home.clock.pass_(days=1)
        plan.plan(home.desk, home.now)
        home.clock.pass_(hours=4)
        to |= {who for who, _ in home.send()}
        home.clock.pass_(hours=-4)
    return to


def test_care_13_a_number_that_changed_hands_brings_nothing_of_hers_back(home: Home) -> None:
    """START from there joins somebody new; the consent that was hers has ended with her number."""
    family = home.member(HER).family_id
    assert home.says(HER, "wrong number")[0].startswith("Think Family: sorry for the mistake")
    assert home.families(HER) == []
    home.says(HER, "START", "1", "1", "0")
    assert home.member(HER).family_id != family
    [before] = home.read(lambda conn: household.load(conn, [family]))
    assert [(one.address, one.consents) for one in before.members] == [(None, frozenset())]


def test_p11_an_export_tells_of_codes_and_erasing_leaves_none(home: Home) -> None:
    home.by_code(DAD, home.code(HER))
    home.says(STRANGER, "JOIN 00000000")
    family = home.member(HER).family_id
    told = privacy.export(home.desk, family, home.now)["rows"]
    assert [row["purpose"] for row in told["codes"]] == ["join"]
    assert not {"lookup", "label"} & set(told["codes"][0])
    privacy.erase(home.desk, family, None, home.now, "test")
    assert home.read(lambda conn: dossier.leftovers(conn, "family_id", [family])) == {}


def test_p11_tries_and_codes_that_are_over_are_dropped(home: Home) -> None:
    home.code(HER)
    home.by_code(DAD, home.code(HER))
    home.says(STRANGER, "JOIN 00000000")
    home.clock.pass_(days=12)
    privacy.retention(home.desk, home.now)

    def left(conn: sa.Connection) -> tuple[int, int]:
        return tuple(  # type: ignore[return-value]
            conn.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            for table in (code_book, code_tries)
        )

    assert home.read(left) == (1, 0)  # the one that somebody came by stays, for REMOVE
