"""Steps keep their names for ever; importance has an order."""

from __future__ import annotations

from datetime import date

from bot.domain.campaign import Calendar, Campaign, Importance
from bot.domain.family import Purpose
from tests.domain.someone import renamed, step, weeks

OLD_NAME = step(weeks(20), id="new", formerly=("old",))
CAMPAIGN = Campaign(
    id="sleep", title="", objective="", topic="sleep", purpose=Purpose.PREGNANCY_AND_BABY, owner="",
    sources=(), review_by=date(2027, 1, 1), steps=(OLD_NAME, renamed(OLD_NAME, "other", formerly=())),
)  # fmt: skip


def test_a_step_is_found_by_its_name_and_by_a_former_one() -> None:
    assert CAMPAIGN.step("new") is OLD_NAME
    assert CAMPAIGN.step("old") is OLD_NAME
    assert CAMPAIGN.step("nobody") is None


def test_a_name_in_use_goes_before_a_former_name() -> None:
    assert CAMPAIGN.step("other") is CAMPAIGN.steps[1]


def test_the_essential_goes_first() -> None:
    assert min(Importance, key=lambda one: one.rank) is Importance.ESSENTIAL
    assert max(Importance, key=lambda one: one.rank) is Importance.EXTRA


def test_a_named_day_nobody_set_is_none() -> None:
    calendar = Calendar(days={"quiet": {2026: date(2026, 3, 11)}})
    assert calendar.on("quiet", 2026) == date(2026, 3, 11)
    assert calendar.on("quiet", 2027) is None
    assert calendar.on("loud", 2026) is None
