"""What people's own words change, in whatever order, and at once; what must hold after each."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import get_args

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bot.domain import consent
from bot.domain.conversation import effects as e
from bot.domain.conversation.effects import Effect
from bot.domain.family import BabyStatus, HoldKind, Role
from bot.domain.hours import PartOfDay
from bot.domain.meaning import LossKind
from bot.domain.outbox import Kind
from bot.errors import DatabaseBusy
from bot.store import alerts, consents
from bot.store import families as rows
from bot.store.tables import families as family_table
from bot.store.tables import outbox
from tests.people import DUE, People
from tests.rows import Someone
from tests.services.saying import BABY, apply, says, stranger, who_is

# --- own words ---------------------------------------------------------------------------------------


def test_p2_stop_from_a_stranger_is_kept(people: People) -> None:
    address = stranger(people)
    apply(people, address.id, e.StopAddress())
    assert who_is(people, address.id).stopped


def test_p2_start_after_stop_brings_back_consent(people: People) -> None:
    (mother,) = people.family()
    says(people, mother, e.StopAddress())
    assert who_is(people, mother.address_id).stopped
    says(people, mother, e.StartAddress())
    person = who_is(people, mother.address_id)
    assert person.member is not None
    assert (person.stopped, person.member.consented(BABY)) == (False, True)


def test_p10_a_loss_and_a_stop_in_one_text_both_apply(people: People) -> None:
    mother, father = people.family(Role.MOTHER, Role.FATHER)
    row = people.row(father)
    says(people, mother, e.ReportLoss(LossKind.PLAIN), e.StopAddress(), e.Alert("crisis"))
    family = people.load(mother)
    assert {hold.kind for hold in family.holds} == {HoldKind.LOSS, HoldKind.MOTHER_AWAY}
    assert people.state(row) == ("cancelled", "hold")
    assert who_is(people, mother.address_id).stopped


def test_p3_a_loss_on_a_shared_phone_holds_every_family_behind_it(people: People) -> None:
    (one,) = people.family(numbers=(1,))
    (other,) = people.family(numbers=(1,))
    says(people, one, e.ReportLoss(LossKind.ENDED))
    assert people.load(one).held
    assert people.load(other).held
    says(people, one, e.UndoLoss())
    assert not people.load(one).held
    assert not people.load(other).held


def test_care_02_an_unclear_loss_is_quiet_until_ok(people: People) -> None:
    (mother,) = people.family()
    says(people, mother, e.ReportLoss(LossKind.UNCLEAR))
    assert [hold.kind for hold in people.load(mother).holds] == [HoldKind.UNCLEAR_LOSS]
    says(people, mother, e.LiftHolds(frozenset({HoldKind.UNCLEAR_LOSS})))
    assert not people.load(mother).held


def test_a_pause_holds_back_what_is_queued_for_this_member_only(people: People) -> None:
    mother, father = people.family(Role.MOTHER, Role.FATHER)
    hers, his = people.row(mother), people.row(father)
    says(people, mother, e.Pause(date(2027, 3, 2)))
    assert (people.state(hers)[0], people.state(his)[0]) == ("waiting", "queued")
    paused = {member.id: member.paused_until for member in people.load(mother).members}
    assert paused == {mother.member_id: date(2027, 3, 2), father.member_id: None}


def test_a_pause_ends_with_resume_which_ends_no_hold(people: People) -> None:
    (mother,) = people.family()
    says(people, mother, e.Pause(date(2027, 3, 2)), e.ReportLoss(LossKind.PLAIN), e.Resume())
    assert people.load(mother).members[0].paused_until is None
    assert people.load(mother).held


def test_topics_language_and_fewer_messages_are_kept(people: People) -> None:
    (mother,) = people.family()
    says(
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
    assert who_is(people, mother.address_id).last_campaign == "flu"
    says(people, mother, e.Answered(None, "done"))
    assert people.load(mother).members[0].answered == {("flu", "done")}


def test_done_before_anything_was_sent_answers_nothing(people: People) -> None:
    (mother,) = people.family()
    says(people, mother, e.Answered(None, "done"))
    assert people.load(mother).members[0].answered == frozenset()


def test_p2_agreeing_to_something_does_not_end_a_stop(people: People) -> None:
    (mother,) = people.family()
    says(people, mother, e.StopAddress(), e.RecordConsent(BABY, "w"))
    assert people.load(mother).members[0].consents == frozenset()


def test_a_purpose_taken_back_by_itself_is_not_given_back_by_start(people: People) -> None:
    (mother,) = people.family()
    says(people, mother, e.RecordConsent(BABY, given=False), e.StopAddress(), e.StartAddress())
    assert people.load(mother).members[0].consents == frozenset()


def test_p1_who_took_consent_back_is_known_to_have_until_they_agree_again(people: People) -> None:
    (mother,) = people.family()
    seen = [who_is(people, mother.address_id).withdrew]
    for effect in (
        e.RecordConsent(BABY, given=False), e.StopAddress(), e.StartAddress(), e.RecordConsent(BABY),
    ):  # fmt: skip
        says(people, mother, effect)
        seen.append(who_is(people, mother.address_id).withdrew)
    assert seen == [False, True, True, True, False]


def test_p1_who_only_said_stop_took_nothing_back_by_itself(people: People) -> None:
    (mother,) = people.family()
    says(people, mother, e.StopAddress())
    assert not who_is(people, mother.address_id).withdrew


def test_dates_and_what_is_told_of_a_baby_are_kept(people: People) -> None:
    (mother,) = people.family(due_on=date(2027, 3, 1))
    says(people, mother, e.SetDue(date(2027, 3, 20)), e.SetBorn(date(2027, 2, 1), babies=2), e.SetNeonatal())
    pregnancy = people.load(mother).pregnancies[0]
    assert (pregnancy.born_on, pregnancy.corrected_on) == (date(2027, 2, 1), date(2027, 3, 20))
    assert pregnancy.neonatal
    assert [baby.status for baby in pregnancy.babies] == [BabyStatus.BORN] * 2
    says(people, mother, e.SetApart())
    assert people.load(mother).pregnancies[0].apart
    says(people, mother, e.SetHome(), e.AnsweredCheckIn())
    assert not people.load(mother).pregnancies[0].apart


def test_care_17_the_mother_asks_for_messages_for_a_living_baby(people: People) -> None:
    (mother,) = people.family()
    says(people, mother, e.ReportLoss(LossKind.PLAIN), e.ResumeLivingBaby())
    pregnancy = people.load(mother).pregnancies[0]
    assert (people.load(mother).held, pregnancy.resumed_for) == (False, {mother.member_id})


def test_an_alert_names_the_family_and_the_message(people: People) -> None:
    (mother,) = people.family()
    apply(people, mother.address_id, e.Alert("loss_by_relative"), inbound_id=5)
    (alert,) = people.desk.database.read(alerts.listed)
    assert (alert.kind, alert.family_id, alert.inbound_id) == ("loss_by_relative", mother.family_id, 5)


def test_an_alert_about_a_stranger_is_raised_too(people: People) -> None:
    apply(people, stranger(people).id, e.Alert("crisis"), inbound_id=6)
    (alert,) = people.desk.database.read(alerts.listed)
    assert (alert.family_id, alert.inbound_id) == (None, 6)


def test_p11_who_deletes_themselves_is_gone_and_later_effects_do_nothing(people: People) -> None:
    mother, father = people.family(Role.MOTHER, Role.FATHER)
    says(people, father, e.EraseMe(), e.Pause(date(2027, 3, 2)))
    assert [member.id for member in people.load(mother).members] == [mother.member_id]
    assert not who_is(people, father.address_id).known


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
    address = stranger(people)
    apply(people, address.id, effect)
    assert not who_is(people, address.id).known


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
        says(people, everyone[who], effect)
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


# --- at once -----------------------------------------------------------------------------------------


def test_changes_at_the_same_moment_all_apply(people: People) -> None:
    """A loss by one, a stop by another, a pause by a third, over and over: nothing is lost or stuck."""
    everyone = people.family(Role.MOTHER, Role.FATHER, Role.GRANDPARENT)
    rows_ = [people.row(who) for who in everyone]
    said = (e.StopAddress(), e.ReportLoss(LossKind.PLAIN), e.Pause(date(2027, 3, 2)))

    def say(number: int) -> None:
        for _ in range(20):
            try:
                return says(people, everyone[number], said[number])
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
    says(people, mother, e.ReportLoss(LossKind.PLAIN))
    assert people.state(row) == ("cancelled", "hold")


def test_p5_everything_that_was_said_is_in_the_events(people: People) -> None:
    (mother,) = people.family()
    says(people, mother, e.Pause(date(2027, 3, 2)), e.ReportLoss(LossKind.PLAIN), e.UndoLoss())
    found = people.desk.database.read(lambda conn: rows.events(conn, mother.family_id))
    assert [(event.kind, event.member_id) for event in found] == [
        ("pause", mother.member_id), ("hold", mother.member_id), ("loss", mother.member_id),
        ("undo", mother.member_id),
    ]  # fmt: skip
