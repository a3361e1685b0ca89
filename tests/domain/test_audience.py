"""Whom a step is for, and what has happened that ends or delays it (CARE 9, 15, 17, 19)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from bot.domain.audience import OWN_RECOVERY, ROWLESS, VACCINATIONS, not_for
from bot.domain.campaign import Anchor, Audience, Importance, Moment, Step
from bot.domain.family import Baby, BabyStatus, Link, Member, Pregnancy, Purpose, Role
from bot.domain.outbox import Reason
from tests.domain.someone import age, family, joined, member, on, step, weeks

TODAY = date(2026, 6, 1)
EXPECTING = Pregnancy(7, due_on=date(2026, 10, 8))
BORN = Pregnancy(7, due_on=date(2026, 5, 20), born_on=date(2026, 5, 20))
LOST = replace(EXPECTING, lost_on=date(2026, 5, 20))
DIED, ALIVE, AWAY = (Baby(n, s) for n, s in enumerate((BabyStatus.DIED, BabyStatus.BORN, BabyStatus.APART)))
ONE_LIVES = replace(BORN, lost_on=date(2026, 5, 20), babies=(DIED, ALIVE))
APART = replace(BORN, babies=(AWAY,))
LOSS_STEP = step(Moment(Anchor.LOSS, days=14), chosen=True, purpose=Purpose.SUPPORT_AFTER_LOSS)
GENERAL = (joined(1), on(12, 1), Moment(Anchor.CALENDAR, name="quiet"), Moment(Anchor.MOVED))


def reason(one: Step, pregnancy: Pregnancy | None = EXPECTING, who: Member | None = None) -> Reason | None:
    person = who or member()
    return not_for(one, person, family(person, pregnancy), pregnancy, TODAY)


def relative(**more: Any) -> Member:
    return member(id=2, role=Role.FATHER, **more)


def test_a_step_is_for_the_roles_it_names() -> None:
    for_him = step(weeks(20), to=frozenset({Role.FATHER}))
    assert reason(for_him) is Reason.NOT_AUDIENCE
    assert reason(for_him, who=relative(link=Link.CODE)) is None


def test_a_step_about_her_body_is_for_the_mother_only() -> None:
    assert reason(step(weeks(20), body=True)) is None
    assert reason(step(weeks(20), body=True), who=relative(link=Link.CODE)) is Reason.NOT_AUDIENCE


@pytest.mark.parametrize(
    ("wanted", "fits", "does_not"),
    [
        (Audience(areas=frozenset({"M14"})), {"area": "M14"}, {"area": "M8"}),
        (Audience(areas=frozenset({"M14"})), {"area": "M14"}, {"area": None}),
        (Audience(under_20=True), {"under_20": True}, {"under_20": False}),
        (Audience(previous_loss=False), {"previous_loss": False}, {"previous_loss": True}),
    ],
)
def test_every_condition_of_a_step_must_hold(
    wanted: Audience, fits: dict[str, Any], does_not: dict[str, Any]
) -> None:
    assert reason(step(weeks(20), audience=wanted), who=member(**fits)) is None
    assert reason(step(weeks(20), audience=wanted), who=member(**does_not)) is Reason.NOT_AUDIENCE


def test_joined_before_and_after_divide_at_the_day_of_pregnancy() -> None:
    day_140 = date(2026, 5, 21)  # 20 weeks, with the last period on 1 January
    before = step(weeks(21), audience=Audience(joined_before_days=140))
    after = step(weeks(21), audience=Audience(joined_after_days=140))
    for joined_on, early in ((date(2026, 5, 20), True), (day_140, False)):
        who = member(joined_on)
        assert (reason(before, who=who) is None) is early
        assert (reason(after, who=who) is None) is not early


def test_a_relative_without_a_code_gets_nothing_about_a_pregnancy() -> None:
    """CARE 9: calendar and general messages only."""
    assert reason(step(weeks(20)), who=relative()) is Reason.NOT_AUDIENCE
    assert reason(step(joined(3)), who=relative()) is None


def test_care_09_a_step_for_those_without_dates_leaves_out_whoever_gets_messages_by_date() -> None:
    general = step(joined(3), audience=Audience(dated=False))
    assert reason(general, who=relative()) is None
    assert reason(general, who=relative(link=Link.CODE)) is Reason.NOT_AUDIENCE
    assert reason(general, BORN, relative()) is Reason.NOT_AUDIENCE


def test_care_09_a_step_for_those_with_dates_leaves_out_a_relative_without_a_code() -> None:
    dated = step(joined(3), audience=Audience(dated=True))
    assert reason(dated, who=relative(link=Link.CODE)) is None
    assert reason(dated, who=relative()) is Reason.NOT_AUDIENCE


def test_a_day_of_the_calendar_for_who_does_not_wait_for_a_birth_leaves_out_who_does() -> None:
    """Nobody is told in early pregnancy how a baby sleeps; who has no dates from us hears general things."""
    week = step(on(3, 8), audience=Audience(expecting=False))
    assert reason(week) is Reason.NOT_AUDIENCE
    assert reason(week, who=relative(link=Link.CODE)) is Reason.NOT_AUDIENCE
    assert reason(week, BORN) is reason(week, None) is reason(week, who=relative()) is None
    assert reason(step(on(3, 8), audience=Audience(expecting=True)), BORN) is Reason.NOT_AUDIENCE


def test_a_relative_without_a_code_who_told_a_birth_gets_baby_messages() -> None:
    """CARE 9."""
    assert reason(step(age(20)), BORN, relative()) is None


def test_a_topic_ended_and_texts_made_fewer_are_obeyed() -> None:
    assert reason(step(weeks(20)), who=member(topics={"sleep": False})) is Reason.TOPIC_OFF
    assert reason(step(weeks(20)), who=member(essential_only=True)) is Reason.LESS
    essential = step(weeks(20), importance=Importance.ESSENTIAL)
    assert reason(essential, who=member(essential_only=True)) is None


def test_a_chosen_step_is_only_for_those_who_asked() -> None:
    chosen = step(on(10, 9), chosen=True)
    assert reason(chosen) is Reason.NOT_AUDIENCE
    assert reason(chosen, who=member(topics={"sleep": True})) is None


def test_pregnancy_steps_end_with_the_birth_or_when_the_baby_is_apart() -> None:
    assert reason(step(weeks(20)), BORN) is Reason.BORN
    assert reason(step(weeks(20)), replace(EXPECTING, babies=(AWAY,))) is Reason.APART


@pytest.mark.parametrize("when", [weeks(20), age(3), Moment(Anchor.CORRECTED, days=3)])
def test_after_a_loss_nothing_of_the_pregnancy_or_the_baby_goes(when: Moment) -> None:
    born_too = replace(LOST, born_on=date(2026, 5, 20))
    assert reason(step(when), born_too) is Reason.ENDED


def test_after_a_loss_the_support_that_was_asked_for_goes_to_the_one_who_asked() -> None:
    assert reason(LOSS_STEP, LOST, member(topics={"sleep": True})) is None
    assert reason(LOSS_STEP, LOST) is Reason.NOT_AUDIENCE
    assert reason(LOSS_STEP, EXPECTING, member(topics={"sleep": True})) is Reason.NOT_AUDIENCE


@pytest.mark.parametrize("when", GENERAL)
def test_general_messages_reach_nobody_in_a_bereaved_family_unless_chosen(when: Moment) -> None:
    """CARE 19: no birthday, Mothering Sunday or calendar campaign; what was chosen goes."""
    assert reason(step(when)) is None
    assert reason(step(when), LOST) is Reason.ENDED
    assert reason(step(when), ONE_LIVES) is Reason.ENDED
    asked = member(topics={"sleep": True})
    assert reason(step(when, chosen=True, purpose=Purpose.SUPPORT_AFTER_LOSS), LOST, asked) is None
    assert reason(step(when, chosen=True), LOST, asked) is Reason.ENDED


def test_a_living_twin_s_messages_resume_only_for_the_one_who_asked() -> None:
    resumed = replace(ONE_LIVES, resumed_for=frozenset({1}))
    assert reason(step(age(20)), ONE_LIVES) is Reason.ENDED
    assert reason(step(age(20)), resumed) is None
    assert reason(step(age(20)), resumed, relative(link=Link.CODE)) is Reason.ENDED
    assert reason(step(weeks(20)), resumed) is Reason.ENDED


def test_an_older_child_s_messages_rest_after_a_later_loss_until_someone_asks_and_for_them_only() -> None:
    older = replace(BORN, id=6, born_on=date(2025, 12, 1), due_on=date(2025, 12, 1))
    asked = replace(LOST, resumed_for=frozenset({1}))

    def seen(lost: Pregnancy, who: Member) -> Reason | None:
        return not_for(step(age(180)), who, family(who, older, lost), older, TODAY)

    assert seen(LOST, member()) is Reason.ENDED
    assert seen(asked, member()) is None
    assert seen(asked, relative(link=Link.CODE)) is Reason.ENDED


def test_a_pregnancy_after_a_loss_is_not_quietened_by_it() -> None:
    earlier = replace(LOST, id=6)
    for who in (member(), relative(link=Link.CODE, sees_pregnancy=EXPECTING.id)):
        home = family(who, earlier, EXPECTING)
        assert not_for(step(weeks(20)), who, home, EXPECTING, TODAY) is None


def test_care_10_who_came_by_a_code_hears_of_a_later_pregnancy_only_when_invited_anew() -> None:
    older = replace(BORN, id=5)
    for seen_by in (None, older.id):
        who = relative(link=Link.CODE, sees_pregnancy=seen_by)
        home = family(who, older, EXPECTING)
        assert not_for(step(weeks(20)), who, home, EXPECTING, TODAY) is Reason.NOT_AUDIENCE
        assert not_for(step(age(20)), who, home, older, TODAY) is None


def test_care_17_after_two_losses_one_asks_again_after_the_second() -> None:
    older = replace(BORN, id=5, born_on=date(2025, 12, 1), due_on=date(2025, 12, 1))
    first = replace(LOST, id=6, resumed_for=frozenset({1}))
    home = family(member(), older, first, LOST)
    assert not_for(step(age(180)), member(), home, older, TODAY) is Reason.ENDED


def test_a_baby_who_died_is_a_loss_though_nobody_told_the_day() -> None:
    died = replace(BORN, babies=(DIED,))
    assert reason(step(age(20)), died) is Reason.ENDED
    assert reason(step(on(12, 1)), died) is Reason.ENDED


def test_care_19_a_reminder_about_a_baby_that_was_asked_for_ends_with_a_loss() -> None:
    asked = member(topics={"sleep": True})
    reminder = step(age(20), chosen=True, purpose=Purpose.REMINDERS)
    assert reason(reminder, BORN, asked) is None
    assert reason(reminder, replace(BORN, lost_on=date(2026, 5, 25)), asked) is Reason.ENDED


def test_care_09_a_relative_alone_who_told_no_birth_gets_nothing_of_a_baby() -> None:
    assert reason(step(age(20)), EXPECTING, relative()) is Reason.NOT_AUDIENCE
    assert reason(step(age(20)), None, relative()) is Reason.NOT_AUDIENCE


def test_asking_to_resume_brings_nothing_while_no_baby_is_known_to_live() -> None:
    alone = replace(ONE_LIVES, babies=(DIED,), resumed_for=frozenset({1}))
    assert reason(step(age(20)), alone) is Reason.ENDED


def test_a_baby_in_hospital_delays_all_but_her_own_body_and_vaccines() -> None:
    inside = replace(BORN, neonatal=True)
    assert reason(step(age(20)), inside) is Reason.NEONATAL
    assert reason(step(age(20), body=True), inside) is None
    assert reason(step(age(20), topic=VACCINATIONS), inside) is None


def test_what_cannot_wait_for_the_baby_to_come_home_goes_while_it_is_in_hospital() -> None:
    """The birth is registered within 42 days; the father sees first that she is suddenly confused."""
    inside, father = replace(BORN, neonatal=True), relative(link=Link.CODE)
    assert reason(step(age(20), in_hospital=True), inside, father) is None
    assert reason(step(age(20), in_hospital=True), APART, father) is Reason.APART


def test_a_baby_apart_ends_all_but_her_own_recovery_where_she_asked() -> None:
    asked = member(topics={OWN_RECOVERY: True})
    assert reason(step(age(20)), APART, asked) is Reason.APART
    assert reason(step(age(20), body=True), APART) is Reason.APART
    assert reason(step(age(20), body=True), APART, asked) is None
    assert reason(step(on(12, 1)), APART) is Reason.APART


def test_only_a_baby_in_hospital_makes_a_row_wait() -> None:
    assert Reason.NEONATAL not in ROWLESS
    assert {Reason.ENDED, Reason.APART, Reason.BORN, Reason.NOT_AUDIENCE} <= ROWLESS
