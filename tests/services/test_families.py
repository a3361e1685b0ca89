"""Every change to a family: what people's own words change, what staff change, and what must always hold."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, get_args

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bot.domain import consent
from bot.domain.address import Address, ChannelName
from bot.domain.conversation import effects as e
from bot.domain.conversation.effects import Effect
from bot.domain.conversation.person import Person
from bot.domain.family import BabyStatus, HoldKind, Purpose, Role
from bot.domain.hours import PartOfDay
from bot.domain.meaning import LossKind
from bot.domain.outbox import Kind
from bot.domain.revision import Mode
from bot.errors import BadInput, DatabaseBusy, NotFound
from bot.services import families
from bot.store import addresses, alerts, audit, consents
from bot.store import families as rows
from bot.store.addresses import AddressRow
from bot.store.tables import families as family_table
from bot.store.tables import members, outbox
from tests.people import DUE, People
from tests.rows import Someone

BABY, SMS = Purpose.PREGNANCY_AND_BABY, ChannelName.SMS
STRANGER = Address(SMS, "+447700900500")


def _person(people: People, address_id: int) -> Person:
    return people.desk.database.read(
        lambda conn: families.person(conn, people.desk, addresses.by_id(conn, address_id), people.clock.now)
    )


def _apply(people: People, address_id: int, *effects: Effect, inbound_id: int | None = None) -> None:
    """As receive and converse do it: the person and the effects in one transaction."""
    now, desk = people.clock.now, people.desk

    def work(conn: sa.Connection) -> None:
        person = families.person(conn, desk, addresses.by_id(conn, address_id), now)
        families.apply(conn, desk, person, effects, now, inbound_id)

    desk.database.write(work)


def _says(people: People, who: Someone, *effects: Effect) -> None:
    _apply(people, who.address_id, *effects)


def _stranger(people: People) -> AddressRow:
    return people.desk.database.write(
        lambda conn: addresses.find_or_add(conn, people.desk.seal, STRANGER, people.clock.now)
    )


# --- the person --------------------------------------------------------------------------------------


def test_a_member_is_known_with_their_family(people: People) -> None:
    mother, father = people.family(Role.MOTHER, Role.FATHER)
    person = _person(people, father.address_id)
    assert person.member is not None
    assert person.family is not None
    assert (person.member.id, person.family.id) == (father.member_id, mother.family_id)
    assert not person.is_mother


def test_a_stranger_is_nobody_in_english(people: People) -> None:
    person = _person(people, _stranger(people).id)
    assert (person.known, person.language, person.stopped, person.holds) == (False, "en", False, ())


@pytest.mark.parametrize("roles", [[], ["mother"], ["father", "mother"], ["father", "grandparent", "carer"]])
def test_the_language_is_that_of_the_person_who_is_meant(people: People, roles: list[str]) -> None:
    """What is urgent is understood in it, before the rest of the person is looked up."""
    made = people.family(*map(Role, roles), numbers=(1,) * len(roles)) if roles else []
    address_id = made[0].address_id if made else _stranger(people).id
    for language, who in zip(("ur", "pl", "so"), made, strict=False):
        people.desk.database.write(
            lambda conn, who=who, language=language: rows.update_member(
                conn, who.family_id, who.member_id, language=language
            )
        )
    address = people.desk.database.read(lambda conn: addresses.by_id(conn, address_id))
    spoken = people.desk.database.read(lambda conn: families.language(conn, address))
    assert spoken == _person(people, address_id).language


def test_on_a_shared_phone_the_mother_is_meant(people: People) -> None:
    father, mother = people.family(Role.FATHER, Role.MOTHER, numbers=(1, 1))
    person = _person(people, father.address_id)
    assert person.member is not None
    assert (person.member.id, person.shared) == (mother.member_id, True)


@pytest.mark.parametrize(
    ("number", "why"),
    [
        ("+447911123456", None), ("+441612345678", "landline"), ("+33612345678", "foreign"),
        ("+447012345678", "not_a_mobile"), ("60300", "not_a_number"),
    ],
)  # fmt: skip
def test_care_13_a_number_that_is_no_uk_mobile_is_seen(people: People, number: str, why: str | None) -> None:
    row = people.desk.database.write(
        lambda conn: addresses.find_or_add(conn, people.desk.seal, Address(SMS, number), people.clock.now)
    )
    assert _person(people, row.id).not_a_mobile == why


def test_a_telegram_chat_is_no_number(people: People) -> None:
    chat = Address(ChannelName.TELEGRAM, "77")
    row = people.desk.database.write(
        lambda conn: addresses.find_or_add(conn, people.desk.seal, chat, people.clock.now)
    )
    assert _person(people, row.id).not_a_mobile is None


# --- joining -----------------------------------------------------------------------------------------


def test_care_11_who_joins_is_made_a_member_with_the_consent_and_date_they_gave(people: People) -> None:
    address = _stranger(people)
    agreed = e.RecordConsent(BABY, words_version="words-7")
    _apply(people, address.id, agreed, e.CreateMember(Role.MOTHER, "en", due_on=DUE))
    person = _person(people, address.id)
    assert person.member is not None
    assert person.family is not None
    assert person.member.consented(BABY)
    assert person.family.pregnancies[0].due_on == DUE
    entry = people.desk.database.read(
        lambda conn: consents.ledger(conn, person.family.id)  # type: ignore[union-attr]
    )[0]
    assert (entry.words_version, entry.how) == ("words-7", "reply")


def test_p2_joining_does_not_revive_a_stopped_address(people: People) -> None:
    address = _stranger(people)
    _apply(people, address.id, e.StopAddress())
    _apply(people, address.id, e.CreateMember(Role.MOTHER, "en"), e.RecordConsent(BABY))
    assert not _person(people, address.id).known


def test_a_trial_makes_no_member_of_others_than_guests(people: People) -> None:
    trial = People(replace(people.desk, mode=Mode.TRIAL), people.clock)
    address = _stranger(trial)
    _apply(trial, address.id, e.CreateMember(Role.MOTHER, "en"), e.RecordConsent(BABY))
    assert not _person(trial, address.id).known


def test_joining_twice_makes_one_member(people: People) -> None:
    address = _stranger(people)
    for _ in range(2):
        _apply(people, address.id, e.CreateMember(Role.MOTHER, "en", due_on=DUE))
    counted = sa.select(sa.func.count()).select_from(members)
    assert people.desk.database.read(lambda conn: conn.execute(counted).scalar_one()) == 1


# --- own words ---------------------------------------------------------------------------------------


def test_p2_stop_from_a_stranger_is_kept(people: People) -> None:
    address = _stranger(people)
    _apply(people, address.id, e.StopAddress())
    assert _person(people, address.id).stopped


def test_p2_start_after_stop_brings_back_consent(people: People) -> None:
    (mother,) = people.family()
    _says(people, mother, e.StopAddress())
    assert _person(people, mother.address_id).stopped
    _says(people, mother, e.StartAddress())
    person = _person(people, mother.address_id)
    assert person.member is not None
    assert (person.stopped, person.member.consented(BABY)) == (False, True)


def test_p10_a_loss_and_a_stop_in_one_text_both_apply(people: People) -> None:
    mother, father = people.family(Role.MOTHER, Role.FATHER)
    row = people.row(father)
    _says(people, mother, e.ReportLoss(LossKind.PLAIN), e.StopAddress(), e.Alert("crisis"))
    family = people.load(mother)
    assert {hold.kind for hold in family.holds} == {HoldKind.LOSS, HoldKind.MOTHER_AWAY}
    assert people.state(row) == ("cancelled", "hold")
    assert _person(people, mother.address_id).stopped


def test_p3_a_loss_on_a_shared_phone_holds_every_family_behind_it(people: People) -> None:
    (one,) = people.family(numbers=(1,))
    (other,) = people.family(numbers=(1,))
    _says(people, one, e.ReportLoss(LossKind.ENDED))
    assert people.load(one).held
    assert people.load(other).held
    _says(people, one, e.UndoLoss())
    assert not people.load(one).held
    assert not people.load(other).held


def test_care_02_an_unclear_loss_is_quiet_until_ok(people: People) -> None:
    (mother,) = people.family()
    _says(people, mother, e.ReportLoss(LossKind.UNCLEAR))
    assert [hold.kind for hold in people.load(mother).holds] == [HoldKind.UNCLEAR_LOSS]
    _says(people, mother, e.LiftHolds(frozenset({HoldKind.UNCLEAR_LOSS})))
    assert not people.load(mother).held


def test_a_pause_holds_back_what_is_queued_for_this_member_only(people: People) -> None:
    mother, father = people.family(Role.MOTHER, Role.FATHER)
    hers, his = people.row(mother), people.row(father)
    _says(people, mother, e.Pause(date(2027, 3, 2)))
    assert (people.state(hers)[0], people.state(his)[0]) == ("waiting", "queued")
    paused = {member.id: member.paused_until for member in people.load(mother).members}
    assert paused == {mother.member_id: date(2027, 3, 2), father.member_id: None}


def test_a_pause_ends_with_resume_which_ends_no_hold(people: People) -> None:
    (mother,) = people.family()
    _says(people, mother, e.Pause(date(2027, 3, 2)), e.ReportLoss(LossKind.PLAIN), e.Resume())
    assert people.load(mother).members[0].paused_until is None
    assert people.load(mother).held


def test_topics_language_and_fewer_messages_are_kept(people: People) -> None:
    (mother,) = people.family()
    _says(
        people, mother,
        e.StopTopic("flu"), e.WantTopic("after_loss"), e.SetLanguage("ur"), e.SetEssentialOnly(True),
    )  # fmt: skip
    member = people.load(mother).members[0]
    assert member.topics == {"flu": False, "after_loss": True}
    assert (member.language, member.essential_only) == ("ur", True)
    assert people.events(mother) == ["topic", "topic", "language", "less"]


def test_done_answers_the_last_campaign_that_reached_them(people: People) -> None:
    (mother,) = people.family()
    now = people.clock.now
    people.row(mother, state="sent", campaign="icon", sent_at=now - timedelta(days=3), day=date(2027, 1, 30))
    people.row(mother, state="sent", campaign="flu", sent_at=now - timedelta(days=1), day=date(2027, 2, 1))
    people.row(mother, campaign="safe_sleep")
    assert _person(people, mother.address_id).last_campaign == "flu"
    _says(people, mother, e.Answered(None, "done"))
    assert people.load(mother).members[0].answered == {("flu", "done")}


def test_done_before_anything_was_sent_answers_nothing(people: People) -> None:
    (mother,) = people.family()
    _says(people, mother, e.Answered(None, "done"))
    assert people.load(mother).members[0].answered == frozenset()


def test_p2_agreeing_to_something_does_not_end_a_stop(people: People) -> None:
    (mother,) = people.family()
    _says(people, mother, e.StopAddress(), e.RecordConsent(BABY, "w"))
    assert people.load(mother).members[0].consents == frozenset()


def test_a_purpose_taken_back_by_itself_is_not_given_back_by_start(people: People) -> None:
    (mother,) = people.family()
    _says(people, mother, e.RecordConsent(BABY, given=False), e.StopAddress(), e.StartAddress())
    assert people.load(mother).members[0].consents == frozenset()


def test_p1_who_took_consent_back_is_known_to_have_until_they_agree_again(people: People) -> None:
    (mother,) = people.family()
    seen = [_person(people, mother.address_id).withdrew]
    for effect in (
        e.RecordConsent(BABY, given=False), e.StopAddress(), e.StartAddress(), e.RecordConsent(BABY),
    ):  # fmt: skip
        _says(people, mother, effect)
        seen.append(_person(people, mother.address_id).withdrew)
    assert seen == [False, True, True, True, False]


def test_p1_who_only_said_stop_took_nothing_back_by_itself(people: People) -> None:
    (mother,) = people.family()
    _says(people, mother, e.StopAddress())
    assert not _person(people, mother.address_id).withdrew


def test_dates_and_what_is_told_of_a_baby_are_kept(people: People) -> None:
    (mother,) = people.family(due_on=date(2027, 3, 1))
    _says(people, mother, e.SetDue(date(2027, 3, 20)), e.SetBorn(date(2027, 2, 1), babies=2), e.SetNeonatal())
    pregnancy = people.load(mother).pregnancies[0]
    assert (pregnancy.born_on, pregnancy.corrected_on) == (date(2027, 2, 1), date(2027, 3, 20))
    assert pregnancy.neonatal
    assert [baby.status for baby in pregnancy.babies] == [BabyStatus.BORN] * 2
    _says(people, mother, e.SetApart())
    assert people.load(mother).pregnancies[0].apart
    _says(people, mother, e.SetHome(), e.AnsweredCheckIn())
    assert not people.load(mother).pregnancies[0].apart


def test_care_17_the_mother_asks_for_messages_for_a_living_baby(people: People) -> None:
    (mother,) = people.family()
    _says(people, mother, e.ReportLoss(LossKind.PLAIN), e.ResumeLivingBaby())
    pregnancy = people.load(mother).pregnancies[0]
    assert (people.load(mother).held, pregnancy.resumed_for) == (False, {mother.member_id})


def test_an_alert_names_the_family_and_the_message(people: People) -> None:
    (mother,) = people.family()
    _apply(people, mother.address_id, e.Alert("loss_by_relative"), inbound_id=5)
    (alert,) = people.desk.database.read(alerts.listed)
    assert (alert.kind, alert.family_id, alert.inbound_id) == ("loss_by_relative", mother.family_id, 5)


def test_an_alert_about_a_stranger_is_raised_too(people: People) -> None:
    _apply(people, _stranger(people).id, e.Alert("crisis"), inbound_id=6)
    (alert,) = people.desk.database.read(alerts.listed)
    assert (alert.family_id, alert.inbound_id) == (None, 6)


def test_p11_who_deletes_themselves_is_gone_and_later_effects_do_nothing(people: People) -> None:
    mother, father = people.family(Role.MOTHER, Role.FATHER)
    _says(people, father, e.EraseMe(), e.Pause(date(2027, 3, 2)))
    assert [member.id for member in people.load(mother).members] == [mother.member_id]
    assert not _person(people, father.address_id).known


ANY: tuple[Effect, ...] = (
    e.RecordConsent(BABY, "w"), e.RecordConsent(BABY, given=False), e.SetDue(DUE),
    e.SetBorn(date(2027, 2, 1)), e.TakeBackBirth(), e.SetNeonatal(), e.SetHome(), e.SetApart(),
    e.AnsweredCheckIn(),
    e.ReportLoss(LossKind.PLAIN), e.ReportLoss(LossKind.UNCLEAR), e.UndoLoss(),
    e.LiftHolds(frozenset(HoldKind)), e.ResumeLivingBaby(), e.StopAddress(), e.StopAddress("block"),
    e.StartAddress(), e.StopTopic("flu"), e.WantTopic("flu"), e.Pause(date(2027, 3, 2)), e.Resume(),
    e.SetEssentialOnly(True), e.SetLanguage("ur"), e.Answered("flu", "done"), e.Alert("x"),
    e.SetTime(PartOfDay.EVENING), e.SetArea("m14"), e.Moved(),
    e.SetPrivate(True), e.Remind(date(2027, 3, 2)), e.Shown(()),
    e.TakeCode(1), e.JoinByCode(1), e.MoveHere(1),
)  # fmt: skip
ELSEWHERE: tuple[Effect, ...] = (  # who is in the family changes: tests/services/test_household.py
    e.Invite("48271639", "dad", date(2027, 3, 2)), e.Remove("dad", Role.FATHER), e.Leave(),
    e.AskNewPhone("48271638", date(2027, 3, 2)),
)  # fmt: skip


def test_every_effect_has_its_way() -> None:
    """A new effect that nobody carries out is found here."""
    tried = {type(effect) for effect in (*ANY, *ELSEWHERE)} | {e.CreateMember, e.EraseMe}
    assert tried == set(get_args(Effect))


@pytest.mark.parametrize("effect", [*ANY, *ELSEWHERE], ids=lambda effect: type(effect).__name__)
def test_an_effect_on_nobody_is_passed_over(people: People, effect: Effect) -> None:
    address = _stranger(people)
    _apply(people, address.id, effect)
    assert not _person(people, address.id).known


NUMBERS = itertools.count(100)


@settings(
    max_examples=12, deadline=None, phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(said=st.lists(st.tuples(st.integers(0, 2), st.sampled_from(ANY)), max_size=10))
def test_whatever_is_said_in_whatever_order_the_promises_hold(
    people: People, said: list[tuple[int, Effect]]
) -> None:
    """P1: the state equals the ledger. P2: nobody at a stopped address is agreed. P3, CARE 7: `held` is so
    exactly while a hold is open, and then nothing staged is open."""
    hers, his = next(NUMBERS), next(NUMBERS)
    everyone = people.family(Role.MOTHER, Role.FATHER, Role.GRANDPARENT, numbers=(hers, his, hers))
    for who, effect in said:
        step = str(people.clock.pass_(minutes=1).timestamp())
        people.desk.database.write(lambda conn: conn.execute(sa.delete(outbox)))
        if not people.load(everyone[0]).held:  # the planner makes none for a held family
            people.row(everyone[who], state="waiting", occurrence=step)
        _says(people, everyone[who], effect)
        _holds_true(people, everyone[0])


def _holds_true(people: People, who: Someone) -> None:
    family = people.load(who)

    def facts(conn: sa.Connection) -> tuple[bool, bool, int]:
        ledger = consents.ledger(conn, family.id)
        same = consents.states(conn, family.id) == consent.state(ledger)
        held = sa.select(family_table.c.held).where(family_table.c.family_id == family.id)
        still = sa.select(sa.func.count()).select_from(outbox).where(
            outbox.c.family_id == family.id, outbox.c.state.in_(("waiting", "queued"))
        )  # fmt: skip
        return same, conn.execute(held).scalar_one(), conn.execute(still).scalar_one()

    same, held, still = people.desk.database.read(facts)
    assert same
    assert held == family.held
    assert not (family.held and still)
    for member in family.members:
        assert member.address is not None
        assert not (member.address.stopped and member.consents)


# --- staff -------------------------------------------------------------------------------------------


def test_staff_stop_any_address_on_request_even_one_unknown(people: People) -> None:
    families.stop(people.desk, STRANGER, people.clock.now, "Sam")
    row = people.desk.database.read(lambda conn: addresses.find(conn, people.desk.seal, STRANGER))
    assert row is not None
    assert row.stopped


def test_a_stop_by_staff_can_be_ended_by_the_person(people: People) -> None:
    (mother,) = people.family()
    families.stop(people.desk, Address(SMS, "+447700900000"), people.clock.now, "Sam")
    assert people.load(mother).members[0].consents == frozenset()
    _says(people, mother, e.StartAddress())
    assert people.load(mother).members[0].consented(BABY)


def test_what_staff_do_is_audited_by_ids(people: People) -> None:
    (mother,) = people.family()
    now, desk = people.clock.now, people.desk
    families.pause(desk, mother.family_id, mother.member_id, date(2027, 3, 2), now, "Sam")
    families.loss(desk, mother.family_id, None, now, "Sam")
    assert families.undo(desk, mother.family_id, now, "Sam") == 1
    families.correct_due(desk, mother.family_id, date(2027, 6, 9), now, "Sam")
    families.born(desk, mother.family_id, date(2027, 2, 1), now, "Sam", babies=2)
    families.support(desk, mother.family_id, mother.member_id, "support", now, "Sam")
    done = [entry.what for entry in reversed(desk.database.read(audit.listed))]
    assert done == ["pause", "loss", "undo", "due", "born", "support support"]
    assert people.load(mother).members[0].consented(Purpose.SUPPORT_AFTER_LOSS)


@pytest.mark.parametrize(
    ("choice", "purpose", "topics"),
    [
        ("support", Purpose.SUPPORT_AFTER_LOSS, {"after_loss": True}),
        ("week", Purpose.SUPPORT_AFTER_LOSS, {"baby_loss_awareness_week": True}),
        ("next", Purpose.NEXT_PREGNANCY, {"next_pregnancy": True}),
        ("nothing", None, {"after_loss": False, "baby_loss_awareness_week": False}),
    ],
)
def test_care_17_only_what_was_chosen_follows(
    people: People, choice: Any, purpose: Purpose | None, topics: dict[str, bool]
) -> None:
    (mother,) = people.family()
    families.loss(people.desk, mother.family_id, mother.member_id, people.clock.now, "Sam")
    families.support(people.desk, mother.family_id, mother.member_id, choice, people.clock.now, "Sam")
    member = people.load(mother).members[0]
    assert member.topics == topics
    assert {given for given, _ in member.consents} == {BABY} | ({purpose} if purpose else set())
    assert people.load(mother).held


def test_care_17_a_living_baby_is_for_the_mother_to_ask_for(people: People) -> None:
    _, father = people.family(Role.MOTHER, Role.FATHER)
    with pytest.raises(BadInput) as refused:
        families.support(people.desk, father.family_id, father.member_id, "living", people.clock.now, "Sam")
    assert refused.value.code == "mother_only"
    assert people.desk.database.read(audit.listed) == []


def test_a_change_to_nobody_is_said_so(people: People) -> None:
    (mother,) = people.family()
    with pytest.raises(NotFound):
        families.born(people.desk, 12345, date(2027, 2, 1), people.clock.now, "Sam")
    with pytest.raises(NotFound):
        families.pause(people.desk, mother.family_id, 12345, DUE, people.clock.now, "Sam")


# --- at once -----------------------------------------------------------------------------------------


def test_changes_at_the_same_moment_all_apply(people: People) -> None:
    """A loss by one, a stop by another, a pause by a third, over and over: nothing is lost or stuck."""
    everyone = people.family(Role.MOTHER, Role.FATHER, Role.GRANDPARENT)
    rows_ = [people.row(who) for who in everyone]
    said = (e.StopAddress(), e.ReportLoss(LossKind.PLAIN), e.Pause(date(2027, 3, 2)))

    def say(number: int) -> None:
        for _ in range(20):
            try:
                return _says(people, everyone[number], said[number])
            except DatabaseBusy:
                continue
        raise AssertionError("never got through")

    with ThreadPoolExecutor(3) as pool:
        for _ in range(5):
            list(pool.map(say, range(3)))
    family = people.load(everyone[0])
    assert {hold.kind for hold in family.holds} == {HoldKind.LOSS, HoldKind.MOTHER_AWAY}
    assert {people.state(row)[0] for row in rows_} == {"cancelled"}
    assert family.members[2].paused_until == date(2027, 3, 2)


def test_a_check_in_that_is_open_closes_with_a_loss(people: People) -> None:
    (mother,) = people.family()
    row = people.row(mother, Kind.CHECK_IN)
    _says(people, mother, e.ReportLoss(LossKind.PLAIN))
    assert people.state(row) == ("cancelled", "hold")


def test_p5_everything_that_was_said_is_in_the_events(people: People) -> None:
    (mother,) = people.family()
    _says(people, mother, e.Pause(date(2027, 3, 2)), e.ReportLoss(LossKind.PLAIN), e.UndoLoss())
    found = people.desk.database.read(lambda conn: rows.events(conn, mother.family_id))
    assert [(event.kind, event.member_id) for event in found] == [
        ("pause", mother.member_id), ("hold", mother.member_id), ("loss", mother.member_id),
        ("undo", mother.member_id),
    ]  # fmt: skip
