"""The schema that editors get is the one that loading uses."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.content.campaigns import from_pack, read_campaign, schema_text
from bot.domain.campaign import Anchor, Moment, MonthDay
from bot.errors import ContentError
from tests.content import small

SCHEMA = Path(__file__).parents[2] / "campaigns" / "campaign.schema.json"


def test_the_committed_schema_is_in_step() -> None:
    made = schema_text()
    assert SCHEMA.read_text() == made, "write bot.content.campaigns.schema_text() into campaign.schema.json"


@pytest.mark.parametrize(
    ("said", "moment"),
    [
        ("{pregnancy: 16w+3}", Moment(Anchor.DUE, days=115)),
        ("{age: 8w}", Moment(Anchor.BIRTH, days=56)),
        ("{age: 5mo}", Moment(Anchor.BIRTH, months=5)),
        ("{age: 5mo, corrected: true}", Moment(Anchor.CORRECTED, months=5)),
        ("{day: 3}", Moment(Anchor.BIRTH, days=3)),
        ("{joined: 2d}", Moment(Anchor.JOINED, days=2)),
        ("{loss: 2w}", Moment(Anchor.LOSS, days=14)),
        ("{date: 9 October}", Moment(Anchor.DATE, on=MonthDay(10, 9))),
        ("{date: 29 February}", Moment(Anchor.DATE, on=MonthDay(2, 29))),
        ("{calendar: kept}", Moment(Anchor.CALENDAR, name="kept")),
        ("{event: moved}", Moment(Anchor.MOVED)),
        ("{after: {step: nudge, days: 14}}", Moment(Anchor.AFTER, days=14, step="nudge")),
    ],
)
def test_a_moment_means_what_it_says(said: str, moment: Moment) -> None:
    text = small.CAMPAIGN.replace("{pregnancy: 16w}", said)
    assert read_campaign("campaigns/flu.yaml", text).campaign.steps[0].when == moment


def test_a_pack_without_a_campaign_is_refused() -> None:
    with pytest.raises(ContentError, match="The pack holds no campaign"):
        from_pack({"values.json": "{}"})
