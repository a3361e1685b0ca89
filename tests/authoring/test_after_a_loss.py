"""CARE 19, over every campaign: after a loss of any kind, at any time, nothing of a baby reaches anyone.

Two walks: the pure decision for families of any shape, with a Mothering Sunday and a Father's Day campaign
beside the shipped ones; and whole timelines with their words, which are searched.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.authoring.preview import Entry, Facts, live_as_written, timeline
from bot.content.load import Content
from bot.domain.address import ChannelName
from bot.domain.campaign import Anchor, Calendar, Importance, Moment, Step
from bot.domain.decide import openings
from bot.domain.family import (
    AddressState,
    Baby,
    BabyStatus,
    Family,
    Hold,
    HoldKind,
    Link,
    Member,
    Pregnancy,
    Purpose,
    Role,
)
from bot.domain.outbox import Kind
from bot.domain.revision import LiveStep
from bot.words.render import family_values, render_step
from tests import ours

DAY = timedelta(days=1)
SUPPORT = ("after_loss", "baby_loss_awareness_week")
ROLES = tuple(role for role in Role if role is not Role.PROFESSIONAL)
LOST = date(2027, 3, 1)
DAYS_OF = {"mothering_sunday": date(2027, 3, 7), "fathers_day": date(2027, 6, 20)}
OF_A_BABY = re.compile(
    r"\b(?:\d+ ?(?:weeks?|months?)\b|due\b|birthday|anniversary|mother'?s day|mothering|father'?s day"
    r"|pregnan\w+|expecting|bump|movements?|kick\w*|scan|labour|jab|vaccin\w*|breastfe\w+|bottle|formula"
    r"|nappy|cot\b|on their back|milestones?|weaning|newborn|twins?|both babies|next baby|new baby|try again"
    r"|congratulations|at least|meant to be|passed away|happy)",
    re.IGNORECASE,
)


@cache
def content() -> Content:
    """The campaigns, templates and config of this checkout."""
    return ours.content()


@cache
def live() -> list[LiveStep]:
    """Every shipped step, and greetings that somebody may write one day."""
    days = (
        Step(
            campaign=name, id="greeting", to=frozenset(Role), when=Moment(Anchor.CALENDAR, name=name),
            until=None, purpose=Purpose.PREGNANCY_AND_BABY, topic=name, importance=Importance.ESSENTIAL,
        )
        for name in DAYS_OF
    )  # fmt: skip
    written = live_as_written(content())
    return [*written, *(LiveStep(step, 99, {"en": "draft"}) for step in days)]


@cache
def calendar() -> Calendar:
    """The shipped calendar, with those two days."""
    days = {name: {day.year: day} for name, day in DAYS_OF.items()}
    return Calendar({**content().config.calendar.days, **days}, content().config.calendar.soft)


# --- what is decided, whatever the family ------------------------------------------------------------

_TOPICS = (
    "after_loss",
    "baby_loss_awareness_week",
    "flu",
    "icon",
    "safe_sleep",
    "fathers_day",
    "own_recovery",
)


@st.composite
def families(draw: st.DrawFn) -> Family:
    """A family that lost a baby on LOST: at any week, or after birth, or one of twins; perhaps with an older
    child, held or (after she asked for a living baby) not; nobody here asked for messages of a baby."""
    members = tuple(draw(_member(number, role)) for number, role in enumerate(ROLES, start=1))
    born = draw(st.none() | st.integers(0, 400).map(lambda days: LOST - days * DAY))
    due = draw(st.none() | st.integers(-30, 250).map(lambda days: (born or LOST) + days * DAY))
    died = Baby(1, BabyStatus.DIED)
    other = draw(st.sampled_from([None, BabyStatus.BORN, BabyStatus.EXPECTED, BabyStatus.DIED]))
    babies = (died,) if other is None else (died, Baby(2, other))
    lost = Pregnancy(2, due_on=due, born_on=born, corrected_on=born and due, lost_on=LOST, babies=babies)
    older = Pregnancy(1, born_on=LOST - draw(st.integers(300, 900)) * DAY, babies=(Baby(9, BabyStatus.BORN),))
    at = datetime.combine(LOST, time(10), UTC)
    holds = draw(
        st.sampled_from([(), (Hold(1, HoldKind.LOSS, 1, at),), (Hold(1, HoldKind.SILENCE, None, at),)])
    )
    pregnancies = (older, lost) if draw(st.booleans()) else (lost,)
    return Family(1, 1, members, pregnancies, holds)


def _member(number: int, role: Role) -> Any:
    consents = frozenset((purpose, ChannelName.SMS) for purpose in Purpose)
    return st.builds(
        Member, id=st.just(number), family_id=st.just(1), role=st.just(role), language=st.just("en"),
        joined_on=st.integers(0, 300).map(lambda days: LOST - days * DAY),
        link=st.just(Link.OWN) if role is Role.MOTHER else st.sampled_from(Link),
        address=st.just(AddressState(number, ChannelName.SMS)), consents=st.just(consents),
        topics=st.dictionaries(st.sampled_from(_TOPICS), st.booleans()), under_20=st.booleans(),
        previous_loss=st.booleans(), essential_only=st.booleans(), sees_pregnancy=st.just(2),
    )  # fmt: skip


def _left_before(family: Family, member: Member) -> dict[tuple[str, str, str], date]:
    """As if every step had reached this one on the eve: whatever follows another would be open."""
    names = [f"p{one.id}" for one in family.pregnancies] + [f"m{member.id}", "y2026", "y2027"]
    return {(*entry.step.key, name): LOST - DAY for entry in live() for name in names}


@settings(max_examples=40, deadline=None)
@given(families())
def test_care_19_whatever_the_family_nothing_opens_that_was_not_chosen(family: Family) -> None:
    for member in family.members:
        parents = _left_before(family, member)
        for days in range(0, 800, 50):
            since, today = LOST + max(days - 49, 0) * DAY, LOST + days * DAY
            for one in openings(family, member, live(), since, today, calendar(), parents):
                assert (one.kind, one.step.purpose) == (Kind.CHOSEN, Purpose.SUPPORT_AFTER_LOSS)
                assert (one.step.campaign in SUPPORT, member.topics.get(one.step.topic)) == (True, True)


@settings(max_examples=30, deadline=None)
@given(families(), st.sampled_from(ROLES), st.sampled_from(SUPPORT))
def test_care_17_whoever_asks_is_sent_what_they_asked_for_whatever_their_role(
    family: Family, role: Role, topic: str
) -> None:
    """Also a relative, by themselves, while the family is held and the mother asked for nothing."""
    member = next(one for one in family.members if one.role is role)
    member.topics[topic] = True
    days = (LOST + 20 * DAY, date(2027, 10, 9))
    opened = [openings(family, member, live(), day, day, calendar(), {}) for day in days]
    assert topic in {one.step.campaign for ones in opened for one in ones}


@pytest.mark.parametrize("name", sorted(DAYS_OF))
def test_a_greeting_would_reach_a_family_without_a_loss(name: str) -> None:
    """The campaigns that the walk adds are no straw men."""
    day = DAYS_OF[name]
    address = AddressState(1, ChannelName.SMS)
    consents = frozenset({(Purpose.PREGNANCY_AND_BABY, ChannelName.SMS)})
    member = Member(1, 1, Role.MOTHER, "en", day - 90 * DAY, address=address, consents=consents)
    family = Family(
        1, 1, (member,), (Pregnancy(1, due_on=day + 60 * DAY, babies=(Baby(1, BabyStatus.EXPECTED),)),)
    )
    assert name in {one.step.campaign for one in openings(family, member, live(), day, day, calendar(), {})}


# --- what is said ------------------------------------------------------------------------------------


@st.composite
def stories(draw: st.DrawFn) -> Facts:
    """Who is there, when they joined, and when a baby died: in pregnancy or in the first year."""
    due = date(2027, 1, 1) + draw(st.integers(0, 364)) * DAY
    joined = due - draw(st.integers(20, 250)) * DAY
    born = draw(st.none() | st.integers(-80, 14).map(lambda days: due + days * DAY))
    lost = (
        joined + draw(st.integers(1, 240)) * DAY if born is None else born + draw(st.integers(0, 300)) * DAY
    )
    if born is None:
        lost = min(lost, due + 9 * DAY)
    roles = (Role.MOTHER, *draw(st.sets(st.sampled_from(ROLES[1:]), max_size=3)))
    topics = {topic: True for topic in SUPPORT if draw(st.booleans())}
    channel = draw(st.sampled_from(ChannelName))
    return Facts(joined, roles, due_on=due, born_on=born, loss_on=lost, topics=topics, channel=channel)


def _said(entry: Entry, facts: Facts) -> list[str]:
    """What of a baby, or of this family's days, is in the words."""
    assert entry.body is not None
    found = [match.group() for match in OF_A_BABY.finditer(entry.body)]
    for day in filter(None, (facts.due_on, facts.born_on, facts.loss_on)):
        spelled = {f"{day.day} {day:%B}", f"{day.day} {day:%b}", f"{day:%B} {day.day}", day.isoformat()}
        if day.month != 10:  # the week's own days are said
            found += [one for one in spelled if one in entry.body]
    return found


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(stories())
def test_care_19_after_a_loss_no_word_is_of_a_baby_a_birthday_or_a_due_date(facts: Facts) -> None:
    assert facts.loss_on is not None
    sent = [one for one in timeline(content(), facts, facts.loss_on + 400 * DAY) if one.outcome == "sent"]
    after = [one for one in sent if one.day >= facts.loss_on and one.campaign != "replies"]
    assert {one.campaign for one in after} <= set(facts.topics)
    assert not [one for one in after if one.day <= facts.loss_on + DAY]  # P8: not that day, not the next
    assert [(one, said) for one in after if (said := _said(one, facts))] == []


KEYS = [
    *(
        ("after_loss", name)
        for name in ("practical", "funeral", "work", "grief", "no_timetable", "still_here")
    ),
    ("a_year_on", "before_the_day"),
    *(("baby_loss_awareness_week", name) for name in ("opening", "wave_of_light")),
]


def test_these_are_all_the_messages_there_are_after_a_loss() -> None:
    assert set(KEYS) == {one.step.key for one in live() if one.step.purpose is Purpose.SUPPORT_AFTER_LOSS}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("key", KEYS, ids="/".join)
def test_care_17_every_message_after_a_loss_has_words_for_the_role_and_of_it(
    key: tuple[str, str], role: Role
) -> None:
    """A brother or sister, and whoever looks after them, is never called a parent of the baby who died."""
    step = next(entry.step for entry in live() if entry.step.key == key)
    if role not in step.to:
        assert step.id in ("practical", "funeral", "work")  # papers, a burial and leave are the parents'
        return
    values = family_values(None, LOST)
    said = render_step(content().words, key, role, ChannelName.SMS, "en", values)
    parents = role in (Role.MOTHER, Role.FATHER, Role.PARTNER)
    assert parents or "your baby" not in said.body.lower()
    children = {Role.SIBLING: "Child Bereavement UK", Role.CARER: "children"}
    assert children.get(role, "Think Family").lower() in said.body.lower()
    assert not OF_A_BABY.search(said.body)
