"""P6, P7 and P8 over a simulated year and more, for whatever a family tells us and whenever."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.domain import hours
from bot.domain.address import ChannelName
from bot.domain.campaign import Anchor, Calendar, Importance, Moment
from bot.domain.decide import OpenRow, Queue
from bot.domain.family import AddressState, Family, Hold, HoldKind, Pregnancy, corrected_day
from bot.domain.outbox import Kind, Reason, State
from bot.domain.timeline import Dates, window
from tests.domain.someone import WINTER, age, family, joined, live, member, on, step, weeks
from tests.domain.year import Year

DAY = timedelta(days=1)
CALENDAR = Calendar(days={"quiet": {2026: date(2026, 3, 11)}}, soft=frozenset({date(2026, 12, 25)}))
ESSENTIAL = Importance.ESSENTIAL
STEPS = live(
    *(step(weeks(count), id=f"week_{count}") for count in range(8, 42, 2)),
    *(
        step(weeks(count), weeks(count + 3), id=f"must_{count}", importance=ESSENTIAL)
        for count in (12, 28, 36)
    ),
    *(step(age(days), age(days + 9), id=f"day_{days}") for days in (0, 1, 2, 3, 4, 5, 6, 9, 11, 14, 17, 21)),
    *(step(age(months=count), id=f"month_{count}") for count in range(1, 7)),
    step(Moment(Anchor.CORRECTED, months=2), id="smiles"),
    step(weeks(4), weeks(40), id="flu", season=WINTER),
    step(Moment(Anchor.AFTER, days=21, step="flu"), weeks(41), id="flu_again", season=WINTER),
    step(joined(2), id="welcome"),
    step(on(10, 24), id="clocks"),
    step(Moment(Anchor.CALENDAR, name="quiet"), id="quiet"),
)
stories = st.tuples(
    st.dates(date(2025, 9, 1), date(2026, 12, 31)),  # due
    st.integers(30, 290),  # joined so many days before it
    st.integers(-21, 28),  # how far the due date is corrected
    st.integers(0, 120),  # how many days after joining that is told
    st.integers(-110, 14),  # born so many days after the due date; early: premature
    st.integers(0, 12),  # how many days after the birth that is told
)
Story = tuple[date, int, int, int, int, int]
YEAR_AND_MORE = 400


def lived(story: Story, seed: int = 1) -> tuple[Year, date]:
    due, before, corrected_by, corrected_after, late, told_after = story
    joined_on = due - before * DAY
    due_later = due + corrected_by * DAY
    born_on = max(due_later + late * DAY, joined_on)
    person = member(joined_on)

    def home(today: date) -> Family:
        known = due_later if today >= joined_on + corrected_after * DAY else due
        pregnancy = Pregnancy(7, due_on=known)
        if today >= born_on + told_after * DAY:
            corrected = corrected_day(known, born_on)
            pregnancy = replace(pregnancy, born_on=born_on, corrected_on=corrected)
        return family(person, pregnancy)

    year = Year(STEPS, CALENDAR, home, random.Random(seed))
    year.run(joined_on, YEAR_AND_MORE)
    return year, joined_on


def dates_on(year: Year, row: OpenRow, day: date) -> Dates:
    """The dates that were known that day, put together without the code under test."""
    home = year.home(day)
    one = home.pregnancies[0]
    sent = year.sent.get((row.step.campaign, row.step.when.step or "", row.occurrence))
    born = one.born_on
    return Dates(one.due_on, born, one.corrected_on, home.members[0].joined_on, sent=sent)


@settings(max_examples=12, deadline=None)
@given(stories)
@example((date(2026, 4, 20), 200, 0, 0, -60, 5))  # over the clock change in spring, premature
@example((date(2026, 11, 1), 250, 14, 100, 0, 0))  # over the clock change in autumn, corrected
def test_nothing_is_queued_outside_its_window_or_the_sending_hours(story: Story) -> None:
    year, _ = lived(story)
    for queue, _ in year.queued:
        which = int(queue.row.occurrence[1:]) if queue.row.occurrence.startswith("y") else None
        true = window(queue.row.step, dates_on(year, queue.row, queue.day), CALENDAR, which)
        assert true is not None
        assert true.open_on(queue.day)
        assert hours.open_now(queue.send_at)
        assert hours.local_day(queue.send_at) == queue.day
        assert queue.send_at < queue.not_after <= hours.last_moment(queue.day)


def assert_calm(staged: list[Queue]) -> None:
    """One a day; two in any seven days, the first days of life apart."""
    days = [one.day for one in staged]
    counted = [one.day for one in staged if not one.in_first_days]
    assert len(days) == len(set(days))
    assert all(sum(today - 6 * DAY <= day <= today for day in counted) <= 2 for today in days)


@settings(max_examples=12, deadline=None)
@given(stories)
def test_the_cap_holds_on_every_day_of_the_year(story: Story) -> None:
    year, _ = lived(story)
    staged = [queue for queue, _ in year.queued if queue.row.kind is Kind.STAGED]
    assert_calm(staged)
    for one in (each for each in staged if each.in_first_days):
        born = year.home(one.day).pregnancies[0].born_on
        assert born is not None
        assert 0 <= (one.day - born).days < 10


@settings(max_examples=8, deadline=None)
@given(stories)
def test_every_row_ends_once_and_with_a_reason(story: Story) -> None:
    year, joined_on = lived(story)
    left = [queue.row.name for queue, _ in year.queued]
    ended = [close.row.name for close in year.ended]
    assert len(left + ended) == len(set(left + ended))
    assert set(left) | set(ended) | set(year.rows) == year.seen
    last = joined_on + (YEAR_AND_MORE - 1) * DAY
    assert all(row.window is not None and row.window.closes > last for row in year.rows.values())
    expired = {close.reason for close in year.ended if close.state is State.EXPIRED}
    assert expired <= {Reason.CAP, Reason.MOVED, Reason.SOFT_DAY}


@settings(max_examples=4, deadline=None)
@given(stories, st.integers(2, 99))
def test_the_same_story_gives_the_same_messages_whatever_the_order_of_the_rows(
    story: Story, seed: int
) -> None:
    one, other = lived(story)[0], lived(story, seed)[0]
    assert one.queued == other.queued
    assert sorted(one.ended, key=lambda end: end.row.name) == sorted(
        other.ended, key=lambda end: end.row.name
    )


# --- a year in which things happen -----------------------------------------------------------------

troubles = st.tuples(
    st.integers(0, 390),  # paused, so many days after joining
    st.integers(1, 60),  # for so many days
    st.integers(0, 390),  # a loss is told
    st.integers(1, 90),  # and taken back so many days later
    st.integers(1, 60),  # the baby is in hospital for so many days from birth
    st.integers(200, 400),  # STOP
)
Trouble = tuple[int, int, int, int, int, int]
NAMED = (date(2026, 4, 20), 200, 0, 0, -60, 0)


def troubled(story: Story, trouble: Trouble) -> Year:
    """The same story of dates, with a pause, a loss taken back, a baby in hospital and a STOP in it."""
    due, before, _, _, late, told_after = story
    joined_on = due - before * DAY
    born_on = max(due + late * DAY, joined_on)
    pause, pause_days, loss, loss_days, hospital_days, stop = trouble

    def home(today: date) -> Family:
        day = (today - joined_on).days
        paused_until = joined_on + (pause + pause_days) * DAY if pause <= day < pause + pause_days else None
        address = AddressState(1, ChannelName.SMS, stopped=day >= stop)
        one = Pregnancy(7, due_on=due)
        if today >= born_on + told_after * DAY:
            inside = today < born_on + hospital_days * DAY
            one = replace(one, born_on=born_on, corrected_on=corrected_day(due, born_on), neonatal=inside)
        at = datetime.combine(joined_on + loss * DAY, time(12), UTC)
        holds = (Hold(1, HoldKind.LOSS, 1, at),) if loss <= day < loss + loss_days else ()
        if holds:
            one = replace(one, lost_on=joined_on + loss * DAY)
        return family(member(joined_on, address=address, paused_until=paused_until), one, holds=holds)

    year = Year(STEPS, CALENDAR, home)
    year.run(joined_on, YEAR_AND_MORE)
    return year


@settings(max_examples=8, deadline=None)
@given(stories, troubles)
@example(NAMED, (10, 20, 100, 30, 25, 380))
def test_nothing_staged_leaves_while_held_paused_stopped_or_in_hospital_and_the_rest_stays_calm(
    story: Story, trouble: Trouble
) -> None:
    year = troubled(story, trouble)
    assert_calm([queue for queue, _ in year.queued])
    joined_on = story[0] - story[1] * DAY
    pause, pause_days, loss, loss_days, _, stop = trouble
    for queue, _ in year.queued:
        day = (queue.day - joined_on).days
        assert not pause <= day < pause + pause_days
        assert not loss <= day < loss + loss_days
        assert day < stop
        inside = year.home(queue.day).pregnancies[0].neonatal
        assert not (inside and queue.row.step.when.anchor in (Anchor.BIRTH, Anchor.CORRECTED))


def test_before_between_and_after_such_times_messages_do_leave() -> None:
    year = troubled(NAMED, (10, 20, 100, 30, 25, 380))
    joined_on = NAMED[0] - NAMED[1] * DAY
    days = [(queue.day - joined_on).days for queue, _ in year.queued]
    for first, end in ((0, 10), (30, 100), (165, 380)):
        assert any(first <= day < end for day in days)
    assert {Reason.NEONATAL, Reason.PAUSED} <= {close.reason for close in year.ended}
