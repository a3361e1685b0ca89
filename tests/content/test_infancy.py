"""The shipped messages of the first months, lived through by families of many kinds.

The calendar is calm (P8), what matters comes first, and nothing of a baby reaches a family at the wrong time
(CARE 15, 17, 19, 24, 25). `a_life` walks day by day with the planner's own pure functions; a family is what
it is on each day.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from functools import cache
from itertools import pairwise

import pytest

from bot.authoring.preview import live_as_written
from bot.domain import hours
from bot.domain.address import ChannelName
from bot.domain.audience import BABY, VACCINATIONS, anchor_of
from bot.domain.campaign import Anchor, Step
from bot.domain.decide import Close, History, OpenRow, Queue, decide, fresh, openings, window_for
from bot.domain.family import (
    AddressState,
    Baby,
    BabyStatus,
    Family,
    Link,
    Member,
    Pregnancy,
    Purpose,
    Role,
)
from bot.domain.outbox import Reason
from tests import ours

DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
BEFORE, UNTIL = -40, 190  # days of life: when they join, and when the walk ends
BORN = date(2027, 9, 13)  # no hot nights, and no cold ones before 11 weeks
FAMILY = (Role.MOTHER, Role.FATHER, Role.PARTNER, Role.GRANDPARENT, Role.SIBLING, Role.CARER)
Shape = Callable[[date], Pregnancy]
Sent = dict[str, int]  # "campaign/step" -> day of life on which it left


def term(today: date) -> Pregnancy:
    """Born on the due date, and well."""
    return Pregnancy(1, due_on=BORN, born_on=BORN, corrected_on=BORN, babies=(Baby(1, BabyStatus.BORN),))


def at_36_weeks(today: date) -> Pregnancy:
    """A month early, and home."""
    due = BORN + 4 * WEEK
    return replace(term(today), due_on=due, corrected_on=due)


def at_30_weeks(today: date) -> Pregnancy:
    """Ten weeks early; home after eight of them."""
    due = BORN + 10 * WEEK
    return replace(term(today), due_on=due, corrected_on=due, neonatal=today < BORN + 8 * WEEK)


def one_of_two_died(today: date) -> Pregnancy:
    """One died on day 12; four days later the mother asked for messages for the other."""
    lost = BORN + 12 * DAY
    first = BabyStatus.DIED if today >= lost else BabyStatus.BORN
    return replace(
        term(today), babies=(Baby(1, first), Baby(2, BabyStatus.BORN)),
        lost_on=lost if today >= lost else None,
        resumed_for=frozenset({1} if today >= lost + 4 * DAY else ()),
    )  # fmt: skip


@cache
def a_life(role: Role, shape: Shape, joined: int) -> tuple[Sent, tuple[str, ...]]:
    """What reaches one of this role who joined on that day of life; the essential steps kept out."""
    content = ours.content()
    live, rules = live_as_written(content), content.config.cap
    calendar = content.config.calendar
    sent: Sent = {}
    squeezed: list[str] = []
    rows: dict[tuple[str, str, str], OpenRow] = {}
    seen: set[tuple[str, str, str]] = set()
    staged: list[tuple[date, bool]] = []
    left: dict[tuple[str, str, str], date] = {}
    for number in range(joined, UNTIL):
        today = BORN + number * DAY
        if today < BORN and shape is not term:
            continue
        member = _member(role, BORN + joined * DAY)
        family = Family(1, 1, (member,), (_so_far(shape, today),))
        for one in openings(family, member, live, today, today, calendar, left):
            row = fresh(one)
            if row.name not in seen:
                seen.add(row.name)
                rows[row.name] = replace(row, id=len(seen), planned_on=today)
        now = datetime.combine(today, time(3), hours.LONDON)
        ready = [
            replace(row, window=window_for(row.step, family, member, row.occurrence, calendar, left))
            for row in rows.values()
        ]
        for found in decide(member, family, ready, History(staged), now, calendar, rules) if ready else ():
            name = found.row.name
            if isinstance(found, Queue):
                sent["/".join(found.row.step.key)] = number
                staged.append((today, not found.in_first_days))
                left[name] = today
            elif isinstance(found, Close):
                if found.reason is Reason.CAP and found.row.step.importance == "essential":
                    squeezed.append(name[1])
            else:
                rows[name] = replace(found.row, reason=found.reason)
                continue
            del rows[name]
    return sent, tuple(squeezed)


def _so_far(shape: Shape, today: date) -> Pregnancy:
    told = shape(today)
    if today >= BORN:
        return told
    return replace(told, born_on=None, corrected_on=None, babies=(Baby(1, BabyStatus.EXPECTED),))


def _member(role: Role, joined_on: date) -> Member:
    address = AddressState(1, ChannelName.SMS)
    consents = frozenset({(Purpose.PREGNANCY_AND_BABY, ChannelName.SMS)})
    link = Link.OWN if role is Role.MOTHER else Link.CODE
    return Member(1, 1, role, "en", joined_on, link=link, address=address, consents=consents)


def steps() -> list[Step]:
    return [step for campaign in ours.content().campaigns.values() for step in campaign.steps]


def names(role: Role, shape: Shape, until: int, since: int = 0) -> dict[int, str]:
    """Day of life -> the step that left on it."""
    return {day: name for name, day in a_life(role, shape, BEFORE)[0].items() if since <= day < until}


def words_of(step: Step, role: Role) -> str:
    template = ours.content().words.find(step.key, role, ChannelName.SMS, "en")
    assert template is not None
    return template.text


LIVES = [
    *((role, term, BEFORE) for role in FAMILY),
    *((role, shape, BEFORE) for role in (Role.MOTHER, Role.FATHER) for shape in (at_36_weeks, at_30_weeks)),
    *((role, term, joined) for role in (Role.MOTHER, Role.GRANDPARENT) for joined in (3, 20, 41)),
    (Role.MOTHER, one_of_two_died, BEFORE),
]


@pytest.mark.parametrize(("role", "shape", "joined"), LIVES)
def test_p8_the_first_months_are_calm_and_nothing_essential_is_kept_out(
    role: Role, shape: Shape, joined: int
) -> None:
    """One a day; daily only in the first ten days; then two in any seven."""
    sent, squeezed = a_life(role, shape, joined)
    days = sorted(sent.values())
    assert len(days) == len(set(days))
    calm = [day for day in days if not 0 <= day < 10]
    assert all(third - first >= 7 for first, third in zip(calm, calm[2:], strict=False))
    assert squeezed == ()


def test_care_24_the_mothers_first_five_weeks() -> None:
    """By P8 itself two days of CARE have no room (11, 14 and 17 lie in seven days): those go a day later."""
    assert names(Role.MOTHER, term, 42) == {
        0: "safe_sleep/first_night",
        1: "mothers_recovery/warning_signs",
        2: "feeding_baby/first_days",
        3: "icon/first",
        4: "newborn_care/heel_prick",
        5: "newborn_care/unwell",
        6: "mood_after_birth/blues",
        8: "feeding_baby/week_2",
        9: "newborn_care/health_visitor",
        11: "icon/comfort",
        14: "mood_after_birth/two_weeks",
        18: "safe_sleep/sofa_and_bed",
        21: "icon/step_away",
        25: "newborn_care/register",
        28: "safe_sleep/wide_awake",
        32: "teeth_and_vitamins/vitamin_d",
        35: "money_with_a_baby/child_benefit",
        39: "bond/close",
    }


@pytest.mark.parametrize("role", [Role.FATHER, Role.PARTNER, Role.GRANDPARENT])
def test_care_24_those_near_her_know_in_the_first_week_what_is_an_emergency(role: Role) -> None:
    week = set(names(role, term, 8).values())
    sleep = "safe_sleep/visits" if role is Role.GRANDPARENT else "safe_sleep/first_week"
    assert {"mood_after_birth/sudden_confusion", "newborn_care/unwell", sleep} <= week


@pytest.mark.parametrize("role", [Role.MOTHER, Role.FATHER, Role.PARTNER, Role.GRANDPARENT, Role.CARER])
def test_care_25_who_will_be_wide_awake_is_asked_at_three_weeks_and_once_before_the_new_year(
    role: Role,
) -> None:
    sent, _ = a_life(role, term, BEFORE)
    assert 21 <= sent["safe_sleep/wide_awake"] <= 28
    assert 0 <= (date(2027, 12, 31) - BORN).days - sent["safe_sleep/new_year"] <= 3


@pytest.mark.parametrize("role", [Role.MOTHER, Role.FATHER])
def test_care_15_while_a_baby_is_in_hospital_only_what_cannot_wait_goes(role: Role) -> None:
    by_key = {"/".join(step.key): step for step in steps()}
    inside = [by_key[name] for name in names(role, at_30_weeks, 56).values()]
    counted = [step for step in inside if anchor_of(step) in BABY]
    assert all(step.body or step.in_hospital or step.topic == VACCINATIONS for step in counted)
    mothers = {"warning_signs", "blues", "two_weeks", "own_check", "register", "weeks_8"}
    fathers = {"sudden_confusion", "week_3", "register_with", "weeks_8"}
    assert {step.id for step in counted} == (mothers if role is Role.MOTHER else fathers)


@pytest.mark.parametrize("role", [Role.MOTHER, Role.FATHER])
def test_care_15_once_a_baby_born_at_30_weeks_is_home_the_first_word_is_of_sleep(role: Role) -> None:
    home = names(role, at_30_weeks, 150, since=56)
    first = "safe_sleep/first_night" if role is Role.MOTHER else "safe_sleep/first_week"
    assert home[min(home)] == first
    soon = {name for day, name in home.items() if day < 56 + 28}
    assert {"icon/first", "newborn_care/unwell", "safe_sleep/sofa_and_bed"} <= soon


def test_development_goes_by_the_corrected_age_and_vaccines_by_the_real_one() -> None:
    anchors = {"/".join(step.key): step.when.anchor for step in steps()}
    assert {anchors[f"weaning/{name}"] for name in ("ready", "first_tastes", "choking")} == {Anchor.CORRECTED}
    assert anchors["icon/peak"] is anchors["bond/chat"] is Anchor.CORRECTED
    assert {
        found for name, found in anchors.items() if re.match("vaccinations/(weeks|year|months)_", name)
    } == {Anchor.BIRTH}


def test_care_17_the_mother_of_a_living_twin_has_its_messages_and_nobody_else_has() -> None:
    hers = names(Role.MOTHER, one_of_two_died, 150, since=12)
    assert min(hers) >= 16
    assert {"safe_sleep/sofa_and_bed", "vaccinations/weeks_8", "icon/peak"} <= set(hers.values())
    for role in (Role.FATHER, Role.GRANDPARENT):
        assert names(role, one_of_two_died_for_a_relative, 150, since=12) == {}


def one_of_two_died_for_a_relative(today: date) -> Pregnancy:
    """The same; the member of this walk is not the one who asked."""
    told = one_of_two_died(today)
    return replace(told, resumed_for=frozenset({99} if told.resumed_for else ()))


def test_whatever_goes_while_the_baby_may_be_in_hospital_or_apart_does_not_speak_of_it() -> None:
    """Her own body and mood: she may sit on a ward, or at home alone (CARE 15)."""
    of_a_baby = re.compile(r"\b(?:bab(?:y|ies)|child|newborn|little one|cot|feeds?|nappy)\b", re.IGNORECASE)
    hers = [step for step in steps() if step.body and anchor_of(step) in BABY]
    assert len(hers) >= 6
    assert [step.key for step in hers if of_a_baby.search(words_of(step, Role.MOTHER))] == []


def test_a_mother_is_not_left_alone_for_more_than_three_weeks_in_the_first_half_year() -> None:
    days = sorted(day for day in a_life(Role.MOTHER, term, BEFORE)[0].values() if day >= 0)
    assert max(later - earlier for earlier, later in pairwise(days)) <= 21
