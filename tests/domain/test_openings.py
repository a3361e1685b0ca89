"""What may become a row: opened, for this person, and not before they were there."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from bot.domain.address import ChannelName
from bot.domain.campaign import Anchor, Calendar, Moment, Step
from bot.domain.family import AddressState, Baby, BabyStatus, Hold, HoldKind, Member, Pregnancy, Purpose
from bot.domain.openings import Opening, Parents, kind_of, openings, root_of, window_for
from bot.domain.outbox import Kind
from bot.domain.timeline import Window
from tests.domain.someone import NO_DAYS, age, family, joined, live, member, on, renamed, step, weeks

DAY = timedelta(days=1)
TODAY = date(2026, 6, 15)
EXPECTING = Pregnancy(7, due_on=TODAY + 140 * DAY)  # 20 weeks today
BORN = replace(EXPECTING, born_on=TODAY - 10 * DAY)


def found(
    *steps: Step,
    who: Member | None = None,
    pregnancy: Pregnancy = EXPECTING,
    since: date = TODAY,
    parents: Parents | None = None,
    **home: Any,
) -> list[Opening]:
    person = who or member()
    return openings(
        family(person, pregnancy, **home), person, live(*steps), since, TODAY, NO_DAYS, parents or {}
    )


def test_a_late_joiner_gets_what_is_still_open() -> None:
    (one,) = found(step(weeks(16), weeks(22)), who=member(TODAY))
    assert (one.occurrence, one.pregnancy_id, one.kind) == ("p7", 7, Kind.STAGED)


def test_nothing_is_planned_before_it_opens() -> None:
    assert found(step(weeks(21))) == []


def test_what_opened_and_closed_in_an_outage_is_accounted_for() -> None:
    short = step(age(0), age(2))
    assert found(short, pregnancy=BORN, since=TODAY - 9 * DAY) == []
    (one,) = found(short, pregnancy=BORN, since=TODAY - 10 * DAY)
    assert one.window.closes < TODAY


def test_what_closed_before_someone_joined_is_not_theirs() -> None:
    short = step(age(0), age(2))
    assert found(short, pregnancy=BORN, since=TODAY - 10 * DAY, who=member(TODAY - 8 * DAY)) == []


def test_without_a_live_consent_for_the_purpose_nothing_opens() -> None:
    other = member(consents=frozenset({(Purpose.REMINDERS, ChannelName.SMS)}))
    assert found(step(weeks(20)), who=other) == []


def test_an_address_that_may_not_be_written_to_has_no_openings() -> None:
    for trouble in ({"stopped": True}, {"suspended": True}, {"guest": False}):
        nobody = member(address=AddressState(1, ChannelName.SMS, **trouble))
        assert found(step(weeks(20)), who=nobody) == []
    assert found(step(weeks(20)), who=member(address=None)) == []


def test_a_held_family_has_only_what_was_chosen() -> None:
    hold = Hold(1, HoldKind.LOSS, 1, datetime(2026, 6, 1, tzinfo=UTC))
    lost = replace(EXPECTING, lost_on=TODAY - 14 * DAY)
    support = step(
        Moment(Anchor.LOSS, days=14), chosen=True, purpose=Purpose.SUPPORT_AFTER_LOSS, topic="loss"
    )
    asked = member(topics={"loss": True})
    opened = found(step(joined(165)), support, pregnancy=lost, who=asked, holds=(hold,))
    assert [one.kind for one in opened] == [Kind.CHOSEN]
    assert kind_of(support) is Kind.CHOSEN


def test_a_baby_in_hospital_has_rows_that_will_wait() -> None:
    inside = replace(BORN, neonatal=True, babies=(Baby(1, BabyStatus.BORN),))
    assert len(found(step(age(10)), pregnancy=inside)) == 1


OFFER = step(weeks(16), weeks(20), id="offer")
NUDGE = step(Moment(Anchor.AFTER, days=10, step="offer"), id="nudge")
LEFT = {("sleep", "offer", "p7"): TODAY - 10 * DAY}


def test_an_after_step_opens_counted_from_the_day_its_parent_left() -> None:
    assert found(OFFER, NUDGE) == []
    (one,) = found(OFFER, NUDGE, parents=LEFT)
    assert (one.occurrence, one.window, one.root) == ("p7", Window(TODAY, TODAY + 7 * DAY), Anchor.DUE)


def test_an_after_step_of_a_pregnancy_step_ends_with_the_birth() -> None:
    assert found(OFFER, NUDGE, parents=LEFT, pregnancy=BORN) == []


def test_a_parent_that_left_under_its_former_name_is_the_parent() -> None:
    newer = renamed(OFFER, "first", formerly=("offer",))
    nudge = renamed(NUDGE, "nudge", when=Moment(Anchor.AFTER, days=10, step="first"))
    assert len(found(newer, nudge, parents=LEFT)) == 1


def test_a_chain_of_after_steps_hangs_on_what_its_first_step_counts_from() -> None:
    third = step(Moment(Anchor.AFTER, days=1, step="nudge"), id="third")
    assert root_of(third, live(OFFER, NUDGE, third)) is Anchor.DUE
    assert root_of(third, live(third)) is None
    assert root_of(OFFER, live(OFFER)) is None


def test_a_step_on_a_date_comes_every_year_once() -> None:
    (one,) = found(step(on(6, 12)))
    assert (one.occurrence, one.pregnancy_id) == ("y2026", None)


def test_a_step_on_a_date_is_open_over_the_new_year() -> None:
    one = step(on(12, 20), on(7, 1))
    assert [each.occurrence for each in found(one)] == ["y2025"]


def test_a_move_opens_what_hangs_on_it_once_a_move() -> None:
    moved = step(Moment(Anchor.MOVED, days=2))
    assert found(moved) == []
    assert [one.occurrence for one in found(moved, moved_on=TODAY - 3 * DAY)] == ["v2026-06-12"]


def test_the_window_of_a_stored_row_is_that_of_its_opening() -> None:
    calendar = Calendar(days={"quiet": {2026: TODAY}})
    steps = [
        step(weeks(20)), step(joined(165)), step(on(6, 12)), step(Moment(Anchor.MOVED, days=2)), NUDGE, OFFER,
        step(Moment(Anchor.CALENDAR, name="quiet")),
    ]  # fmt: skip
    named = [renamed(one, one.id if one.id in ("offer", "nudge") else f"s{n}") for n, one in enumerate(steps)]
    home = family(member(), EXPECTING, moved_on=TODAY - 3 * DAY)
    opened = openings(home, member(), live(*named), TODAY - 60 * DAY, TODAY, calendar, LEFT)
    assert {one.step.id for one in opened} == {one.id for one in named}
    for one in opened:
        assert window_for(one.step, home, member(), one.occurrence, calendar, LEFT) == one.window


def test_a_row_of_a_pregnancy_that_is_gone_has_no_window() -> None:
    assert window_for(OFFER, family(member(), EXPECTING), member(), "p8", NO_DAYS, {}) is None


@pytest.mark.parametrize(
    ("occurrence", "when"),
    [("m1", weeks(20)), ("y2026", weeks(20)), ("p7", joined(165)), ("p7", on(6, 12)),
     ("y2026", Moment(Anchor.MOVED)), ("v2026-06-12", on(6, 12))],
)  # fmt: skip
def test_a_row_whose_step_is_now_counted_from_something_else_has_no_window(
    occurrence: str, when: Moment
) -> None:
    home = family(member(), EXPECTING, moved_on=TODAY)
    assert window_for(step(when), home, member(), occurrence, NO_DAYS, {}) is None
