"""How much a pregnancy brings: never more than P8, never three weeks of nothing, and the days of CARE 24."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from itertools import pairwise

import pytest

from bot.authoring.preview import Entry, Facts, timeline
from bot.domain.campaign import Importance
from bot.domain.family import Role
from tests import ours

DAY = timedelta(days=1)
DUE = date(2027, 8, 8)  # from 27 weeks on no flu season; on its one soft day something essential comes
STARTS = DUE - 280 * DAY
JOINING = (6, 10, 20, 30, 36)
WALKS = [
    *((Role.MOTHER, weeks) for weeks in JOINING),
    *((role, weeks) for role in (Role.FATHER, Role.GRANDPARENT) for weeks in (6, 30)),
]
BOOKED = 70  # days: booking is at ten weeks
CARE_24 = {  # days of pregnancy -> the step; what is not done is asked again at 31 and 35 weeks
    193: "side_sleeping", 196: "movements_28w", 200: "rsv/offer", 203: "grant", 207: "hard_days",
    210: "feeding_chat", 214: "warning_signs_30w", 217: "rsv/reminder", 224: "movements_32w",
    228: "free_things", 231: "set_up", 238: "icon/plan", 242: "birth_plan", 245: "rsv/last_reminder",
    252: "movements_36w", 256: "before_the_birth", 259: "labour_37w",
}  # fmt: skip


@cache
def walked(role: Role, weeks: int) -> tuple[Entry, ...]:
    """Everything from joining at so many weeks to the due date, for somebody who answers nothing."""
    facts = Facts(STARTS + timedelta(weeks=weeks), (role,), due_on=DUE)
    return tuple(timeline(ours.content(), facts, DUE + DAY))


def sent(role: Role, weeks: int) -> list[Entry]:
    return [entry for entry in walked(role, weeks) if entry.outcome == "sent"]


def days(role: Role, weeks: int) -> list[int]:
    """The days of pregnancy on which something comes."""
    return [(entry.day - STARTS).days for entry in sent(role, weeks)]


@pytest.mark.parametrize("weeks", [6, 10])
def test_care_24_from_27_weeks_to_37_the_calendar_is_the_one_that_fits(weeks: int) -> None:
    came = {(entry.day - STARTS).days: f"{entry.campaign}/{entry.step}" for entry in sent(Role.MOTHER, weeks)}
    late = {day: step for day, step in came.items() if 193 <= day <= 259}
    assert late.keys() == CARE_24.keys()
    assert [day for day, step in late.items() if not step.endswith(CARE_24[day])] == []


@pytest.mark.parametrize(("role", "weeks"), WALKS)
def test_p8_two_in_any_seven_days_and_one_a_day_are_the_most(role: Role, weeks: int) -> None:
    came = days(role, weeks)
    assert len(set(came)) == len(came)
    assert all(third - first >= 7 for first, third in zip(came, came[2:], strict=False))


@pytest.mark.parametrize(("role", "weeks"), WALKS)
def test_after_booking_nobody_hears_nothing_for_more_than_three_weeks(role: Role, weeks: int) -> None:
    came = days(role, weeks)
    begins = max(BOOKED, 7 * weeks)
    first = max((day for day in came if day <= begins), default=begins)
    gaps = list(pairwise([first, *(day for day in came if day > first), 280]))
    assert [(earlier, later) for earlier, later in gaps if later - earlier > 21] == []


@pytest.mark.parametrize("weeks", JOINING)
def test_p8_nothing_essential_is_kept_out_by_the_cap(weeks: int) -> None:
    content = ours.content()
    lost = [entry for entry in walked(Role.MOTHER, weeks) if entry.outcome == "expired"]
    steps = [content.campaigns[entry.campaign].step(entry.step) for entry in lost]
    assert [step.key for step in steps if step and step.importance is Importance.ESSENTIAL] == []


@pytest.mark.parametrize("weeks", [20, 30, 36])
def test_whoever_joins_late_hears_within_two_days_how_to_book(weeks: int) -> None:
    came = {entry.step: entry.day for entry in sent(Role.MOTHER, weeks)}
    assert came["book_late"] <= STARTS + timedelta(weeks=weeks) + 2 * DAY
