"""How messages lie beside each other: what is told as advice, and what is none."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from bot.authoring.spread import overlaps, two_seasons, unfit
from bot.content.load import Content, load
from bot.domain.campaign import Audience, MonthDay, Season, Step
from bot.domain.family import Role
from tests.content import small


def both(**changes: Any) -> Content:
    """The small content with both steps opening on the same day; `changes` are of the second."""
    content = load(small.FILES)
    flu = content.written["flu"]
    first, second = flu.campaign.steps
    second = replace(second, when=first.when, until=first.until, **changes)
    campaign = replace(flu.campaign, steps=(first, second))
    return replace(content, written={"flu": replace(flu, campaign=campaign)})


def test_two_for_the_same_person_on_one_day_are_told_once() -> None:
    (told,) = overlaps(both(to=frozenset({Role.MOTHER, Role.FATHER})))
    assert "It opens on the same day as flu/offer (father, mother): one of them waits." in str(told)


@pytest.mark.parametrize(
    "changes",
    [
        {"chosen": True},
        {"retired": True},
        {"to": frozenset({Role.CARER})},
        {"season": Season(MonthDay(9, 1), MonthDay(3, 31))},
    ],
)
def test_what_no_one_person_gets_on_one_day_is_not_told(changes: dict[str, Any]) -> None:
    assert list(overlaps(both(**changes))) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Audience(under_20=True), Audience(under_20=False)),
        (Audience(dated=True), Audience(dated=False)),
        (Audience(joined_before_days=70), Audience(joined_after_days=70)),
        (Audience(areas=frozenset({"m13"})), Audience(areas=frozenset({"m14"}))),
    ],
)
def test_steps_for_different_people_do_not_crowd(one: Audience, other: Audience) -> None:
    content = both(audience=other)
    flu = content.written["flu"]
    steps: tuple[Step, ...] = tuple(
        replace(s, audience=one) if s.id == "offer" else s for s in flu.campaign.steps
    )
    written = {"flu": replace(flu, campaign=replace(flu.campaign, steps=steps))}
    assert list(overlaps(replace(content, written=written))) == []


def test_weeks_without_anything_are_told_where_the_silence_ends() -> None:
    (told,) = unfit(load(small.FILES), date(2026, 11, 26))
    assert str(told) == (
        "campaigns/flu.yaml:10:11: A mother who joins at 8w hears nothing before this for 56 days "
        "(8w+0 to 16w+0)."
    )


def test_a_window_without_a_season_meets_no_second_one() -> None:
    assert list(two_seasons(load(small.FILES))) == []
