"""The one decision: every outcome and its reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from bot.domain import hours
from bot.domain.address import ChannelName
from bot.domain.campaign import Anchor, Calendar, CapRules, Importance, Moment
from bot.domain.decide import Close, Decision, History, OpenRow, Queue, Wait, decide
from bot.domain.family import (
    AddressState,
    Baby,
    BabyStatus,
    Family,
    Hold,
    HoldKind,
    Member,
    Pregnancy,
    Purpose,
)  # fmt: skip
from bot.domain.outbox import Kind, Reason, State
from bot.domain.timeline import Window
from tests.domain.someone import NO_DAYS, WORDS, age, family, joined, member, renamed, step, weeks

TODAY = date(2026, 6, 15)
DAY = timedelta(days=1)
NOON = datetime(2026, 6, 15, 11, tzinfo=UTC)  # 12:00 in London
EXPECTING = Pregnancy(7, due_on=date(2026, 10, 8))
OPEN = Window(TODAY - DAY, TODAY + 5 * DAY)
SUPPORT = step(
    Moment(Anchor.LOSS, days=1), chosen=True, purpose=Purpose.SUPPORT_AFTER_LOSS, id="support", topic="loss"
)
ASKED = {"topics": {"loss": True}}


def row(**more: Any) -> OpenRow:
    facts: dict[str, Any] = {
        "id": 1, "member_id": 1, "step": step(weeks(20)), "occurrence": "p7", "window": OPEN,
        "kind": Kind.STAGED, "words": WORDS, "planned_on": TODAY - DAY, "pregnancy_id": 7,
    }  # fmt: skip
    return OpenRow(**(facts | more))


def outcome(one: OpenRow, who: Member | None = None, home: Family | None = None, **more: Any) -> Decision:
    person = who or member()
    facts: dict[str, Any] = {"history": History(), "now": NOON, "calendar": NO_DAYS, "rules": CapRules()}
    facts |= more
    (decision,) = decide(person, home or family(person, EXPECTING), [one], **facts)
    return decision


def address(**more: Any) -> Member:
    return member(address=AddressState(1, ChannelName.SMS, **more))


def test_what_is_open_goes_today_until_the_quiet_hours() -> None:
    one = row(step=step(weeks(20), at=time(18)))
    end = datetime(2026, 6, 15, 18, 45, tzinfo=UTC)
    assert outcome(one) == Queue(one, TODAY, datetime(2026, 6, 15, 17, tzinfo=UTC), end, "en")


def test_after_the_step_s_own_time_it_goes_at_once() -> None:
    decision = outcome(row(step=step(weeks(20), at=time(10))))
    assert isinstance(decision, Queue)
    assert decision.send_at == NOON


def test_a_step_timed_for_the_night_still_begins_before_the_quiet_hours() -> None:
    decision = outcome(row(step=step(weeks(20), at=time(22))))
    assert isinstance(decision, Queue)
    assert decision.send_at < decision.not_after


def test_in_the_quiet_hours_it_waits_for_tomorrow() -> None:
    late = hours.last_moment(TODAY)
    assert outcome(row(), now=late) == Wait(row(), Reason.NOT_YET, TODAY + DAY)


@pytest.mark.parametrize(
    ("who", "reason"),
    [
        (address(stopped=True), Reason.STOP),
        (address(suspended=True), Reason.SUSPENDED),
        (address(guest=False), Reason.NOT_GUEST),
        (member(address=None), Reason.NO_ADDRESS),
        (member(consents=frozenset()), Reason.NO_CONSENT),
        (member(consents=frozenset({(Purpose.REMINDERS, ChannelName.SMS)})), Reason.NO_CONSENT),
        (
            member(consents=frozenset({(Purpose.PREGNANCY_AND_BABY, ChannelName.TELEGRAM)})),
            Reason.NO_CONSENT,
        ),
    ],
)
def test_what_may_not_be_sent_to_someone_is_cancelled(who: Member, reason: Reason) -> None:
    assert outcome(row(), who) == Close(row(), State.CANCELLED, reason)


def held(kind: HoldKind = HoldKind.SILENCE, pregnancy: Pregnancy = EXPECTING) -> Family:
    return family(member(), pregnancy, holds=(Hold(1, kind, None, NOON),))


def test_a_hold_cancels_what_is_staged() -> None:
    assert outcome(row(), home=held()) == Close(row(), State.CANCELLED, Reason.HOLD)


def support(pregnancy: Pregnancy) -> Decision:
    one = row(step=SUPPORT, kind=Kind.CHOSEN)
    return outcome(one, member(**ASKED), held(HoldKind.LOSS, pregnancy))


def test_support_that_was_asked_for_goes_although_the_family_is_held() -> None:
    lost = replace(EXPECTING, lost_on=TODAY - 9 * DAY)
    hold = Hold(1, HoldKind.LOSS, 1, NOON - 9 * DAY)
    one = row(step=SUPPORT, kind=Kind.CHOSEN)
    home = family(member(), lost, holds=(hold,))
    assert isinstance(outcome(one, member(**ASKED), home), Queue)


@pytest.mark.parametrize("ago", [0, 1])
def test_no_chosen_step_goes_on_the_day_of_a_loss_or_the_next(ago: int) -> None:
    decision = support(replace(EXPECTING, lost_on=TODAY - ago * DAY))
    assert isinstance(decision, Wait)
    assert (decision.reason, decision.look_on) == (Reason.LOSS_DAY, TODAY + 2 * DAY)


def test_the_day_someone_wrote_of_a_loss_counts_like_the_day_of_the_loss() -> None:
    decision = support(replace(EXPECTING, lost_on=TODAY - 30 * DAY))
    assert isinstance(decision, Wait)
    assert decision.reason is Reason.LOSS_DAY


def test_care_02_an_unclear_word_of_a_loss_keeps_chosen_messages_away_too() -> None:
    hold = Hold(1, HoldKind.UNCLEAR_LOSS, 1, NOON)
    who = member(**ASKED)
    lost = replace(EXPECTING, lost_on=TODAY - 30 * DAY)
    decision = outcome(row(step=SUPPORT, kind=Kind.CHOSEN), who, family(who, lost, holds=(hold,)))
    assert isinstance(decision, Wait)
    assert decision.reason is Reason.LOSS_DAY


def test_what_is_no_longer_for_someone_is_skipped_with_the_reason() -> None:
    off = member(topics={"sleep": False})
    born = replace(EXPECTING, born_on=TODAY)
    assert outcome(row(), off) == Close(row(), State.SKIPPED, Reason.TOPIC_OFF)
    assert outcome(row(), home=family(member(), born)) == Close(row(), State.SKIPPED, Reason.BORN)


def test_an_answer_given_before_leaves_the_nudge_unsent() -> None:
    nudge = row(step=step(weeks(20), unless=frozenset({"done"})))
    done = member(answered=frozenset({("sleep", "done")}))
    other = member(answered=frozenset({("flu", "done")}))
    assert outcome(nudge, done) == Close(nudge, State.SKIPPED, Reason.ANSWERED)
    assert isinstance(outcome(nudge, other), Queue)


CLOSED = Window(TODAY - 7 * DAY, TODAY)


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"reason": Reason.CAP}, Reason.CAP),
        ({"reason": Reason.PAUSED}, Reason.PAUSED),
        ({"reason": Reason.NEONATAL}, Reason.NEONATAL),
        ({"reason": Reason.NOT_APPROVED}, Reason.NOT_APPROVED),
        ({"reason": Reason.MOVED}, Reason.MOVED),
        ({}, Reason.CLOSED),
        ({"id": None, "planned_on": None}, Reason.OUTAGE),
        ({"planned_on": TODAY}, Reason.OUTAGE),
        ({"state": State.QUEUED, "day": TODAY - DAY}, Reason.OUTAGE),
        ({"reason": Reason.TOO_LATE}, Reason.OUTAGE),
    ],
)
def test_what_closes_unsent_expires_with_what_kept_it(facts: dict[str, Any], reason: Reason) -> None:
    one = row(window=CLOSED, **facts)
    assert outcome(one) == Close(one, State.EXPIRED, reason)


def test_a_row_whose_date_was_corrected_waits_for_its_new_opening() -> None:
    later = Window(TODAY + 3 * DAY, TODAY + 9 * DAY)
    assert outcome(row(window=later)) == Wait(row(window=later), Reason.MOVED, TODAY + 3 * DAY)


def test_a_row_that_has_no_window_any_more_is_skipped() -> None:
    assert outcome(row(window=None)) == Close(row(window=None), State.SKIPPED, Reason.MOVED)


def test_a_pause_makes_staged_messages_wait_until_its_end() -> None:
    assert outcome(row(), member(paused_until=TODAY + 2 * DAY)) == Wait(row(), Reason.PAUSED, TODAY + 2 * DAY)
    assert isinstance(outcome(row(), member(paused_until=TODAY)), Queue)


def test_a_wait_never_looks_past_the_close() -> None:
    far = member(paused_until=TODAY + 90 * DAY)
    assert outcome(row(), far) == Wait(row(), Reason.PAUSED, OPEN.closes)
    full = History([(TODAY - DAY, True), (TODAY, True)])
    closing = row(window=Window(TODAY - DAY, TODAY + DAY))
    assert outcome(closing, history=full) == Wait(closing, Reason.CAP, TODAY + DAY)


def test_a_message_goes_on_the_very_day_it_opens() -> None:
    assert isinstance(outcome(row(window=Window(TODAY, TODAY + DAY))), Queue)


def test_what_was_asked_for_after_a_loss_waits_for_no_pause_and_no_soft_day() -> None:
    lost = replace(EXPECTING, lost_on=TODAY - 9 * DAY)
    who = member(paused_until=TODAY + 9 * DAY, **ASKED)
    soft = Calendar(soft=frozenset({TODAY}))
    assert isinstance(
        outcome(row(step=SUPPORT, kind=Kind.CHOSEN), who, family(who, lost), calendar=soft), Queue
    )


def test_a_baby_in_hospital_makes_baby_messages_wait() -> None:
    born = replace(EXPECTING, born_on=TODAY - 3 * DAY, neonatal=True)
    one = row(step=step(age(3)))
    assert outcome(one, home=family(member(), born)) == Wait(one, Reason.NEONATAL, OPEN.closes)


def test_the_whole_message_falls_back_to_english() -> None:
    urdu = member(language="ur")
    decisions = [outcome(row(words=words), urdu) for words in ({"en": "a", "ur": "b"}, {"en": "a"})]
    assert [one.language for one in decisions if isinstance(one, Queue)] == ["ur", "en"]


def test_without_words_that_may_go_it_waits() -> None:
    polish = row(words={"pl": "a"})
    assert outcome(polish) == Wait(polish, Reason.NOT_APPROVED, TODAY + DAY)


def test_on_a_soft_day_only_the_essential_goes() -> None:
    soft = Calendar(soft=frozenset({TODAY}))
    essential = row(step=step(weeks(20), importance=Importance.ESSENTIAL))
    assert outcome(row(), calendar=soft) == Wait(row(), Reason.SOFT_DAY, TODAY + DAY)
    assert isinstance(outcome(essential, calendar=soft), Queue)


@pytest.mark.parametrize(
    ("at", "hour", "goes"),
    [
        (time(10), 8, ("10:00", "12:00")),
        (time(10), 11, ("11:00", "12:00")),
        (time(10), 12, ("18:00", "19:45")),
        (time(12), 8, ("18:00", "19:45")),
        (time(17, 59), 8, ("18:00", "19:45")),
        (time(18, 30), 8, ("18:30", "19:45")),
        (time(10), 19, ("19:00", "19:45")),
    ],
)
def test_care_26_in_ramadan_nothing_of_food_goes_between_noon_and_six(
    at: time, hour: int, goes: tuple[str, str]
) -> None:
    fasting = Calendar(fasting=frozenset({TODAY}))
    now = datetime.combine(TODAY, time(hour), hours.LONDON).astimezone(UTC)
    decision = outcome(row(step=step(weeks(20), at=at, food=True)), now=now, calendar=fasting)
    assert isinstance(decision, Queue)
    moments = (decision.send_at, decision.not_after)
    assert tuple(one.astimezone(hours.LONDON).strftime("%H:%M") for one in moments) == goes
    other = outcome(row(step=step(weeks(20), at=at)), now=now, calendar=fasting)
    assert other == replace(outcome(row(step=step(weeks(20), at=at)), now=now), row=other.row)


def test_what_the_cap_keeps_out_looks_again_when_the_cap_frees() -> None:
    history = History([(TODAY - 5 * DAY, True), (TODAY - DAY, True)])
    assert outcome(row(), history=history) == Wait(row(), Reason.CAP, TODAY + 2 * DAY)


def test_support_does_not_count_and_is_not_counted() -> None:
    history = History([(TODAY, True), (TODAY - DAY, True)])
    lost = replace(EXPECTING, lost_on=TODAY - 9 * DAY)
    one = row(step=SUPPORT, kind=Kind.CHOSEN)
    assert isinstance(outcome(one, member(**ASKED), family(member(), lost), history=history), Queue)


def test_in_the_first_ten_days_of_life_a_message_a_day_goes_uncounted() -> None:
    history = History([(TODAY - DAY, True), (TODAY - 2 * DAY, True)])
    one = row(step=step(age(3)))
    seen = []
    for days in (9, 10):
        born = replace(EXPECTING, born_on=TODAY - days * DAY)
        seen.append(outcome(one, home=family(member(), born), history=history))
    assert isinstance(seen[0], Queue)
    assert seen[0].in_first_days
    assert isinstance(seen[1], Wait)


@pytest.mark.parametrize("status", [BabyStatus.DIED, BabyStatus.APART])
def test_p8_daily_messages_are_for_the_first_days_of_a_baby_who_is_with_them(status: BabyStatus) -> None:
    """Of twins of whom one died, and of a baby who is elsewhere, nothing comes every day."""
    history = History([(TODAY - DAY, True), (TODAY - 2 * DAY, True)])
    babies = (Baby(1, status), *([Baby(2, BabyStatus.BORN)] if status is BabyStatus.DIED else []))
    born = replace(EXPECTING, born_on=TODAY - 3 * DAY, babies=babies, resumed_for=frozenset({1}))
    own = member(topics={"own_recovery": True})
    decision = outcome(row(step=step(age(3), body=True)), own, family(own, born), history=history)
    assert isinstance(decision, Wait)
    assert decision.reason is Reason.CAP


def test_p8_a_reminder_in_the_first_days_is_not_one_of_the_daily_messages() -> None:
    born = replace(EXPECTING, born_on=TODAY - 3 * DAY)
    reminder = step(age(3), chosen=True, purpose=Purpose.REMINDERS)
    who = member(topics={"sleep": True})
    decision = outcome(row(step=reminder, kind=Kind.CHOSEN), who, family(who, born))
    assert isinstance(decision, Queue)
    assert not decision.in_first_days


def many() -> list[OpenRow]:
    usual = row()
    essential = replace(usual.step, importance=Importance.ESSENTIAL)
    return [
        replace(usual, id=2, step=renamed(usual.step, "two"), state=State.QUEUED, day=TODAY),
        replace(usual, id=3, step=renamed(essential, "three")),
        replace(usual, id=4, step=renamed(usual.step, "four")),
    ]


def test_of_several_one_goes_and_a_queued_one_gives_way_to_a_more_important() -> None:
    home = family(member(), EXPECTING)
    found = decide(member(), home, many(), History(), NOON, NO_DAYS, CapRules())
    queued = [one.row.id for one in found if isinstance(one, Queue)]
    waiting = {one.row.id: one.reason for one in found if isinstance(one, Wait)}
    assert queued == [3]
    assert waiting == {2: Reason.CAP, 4: Reason.CAP}


def test_the_order_of_the_rows_changes_nothing() -> None:
    home = family(member(), EXPECTING)
    found = [
        decide(member(), home, rows, History(), NOON, NO_DAYS, CapRules())
        for rows in (many(), many()[::-1], many()[1:] + many()[:1])
    ]
    assert found[0] == found[1] == found[2]


def test_a_naive_now_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        outcome(row(step=step(joined(1))), now=NOON.replace(tzinfo=None))
