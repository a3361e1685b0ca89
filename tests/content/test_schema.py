"""What an editor tells an author while typing: right campaigns pass, and the usual slips do not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bot.content.document import read
from bot.content.files import locate
from tests.content import small
from tests.content.schema import wrong

SCHEMA = json.loads((Path(__file__).parents[2] / "campaigns" / "campaign.schema.json").read_text())
CAMPAIGNS = [path for path in locate(None) if path.startswith("campaigns/")]


def refused(text: str) -> list[str]:
    """Where the editor would draw its red line."""
    values: Any = read("campaigns/flu.yaml", text).values
    return list(wrong(values, SCHEMA, SCHEMA))


@pytest.mark.parametrize("path", CAMPAIGNS)
def test_every_campaign_of_the_project_passes(path: str) -> None:
    assert refused(locate(None)[path]) == []


def test_every_campaign_names_the_schema_in_its_first_line() -> None:
    first = {locate(None)[path].partition("\n")[0] for path in CAMPAIGNS}
    assert first == {"# yaml-language-server: $schema=campaign.schema.json"}


def test_an_editor_has_something_to_say_of_every_key() -> None:
    shapes = {"": SCHEMA, **SCHEMA["$defs"]}
    keys = {f"{name}.{key}": said for name, one in shapes.items() for key, said in one["properties"].items()}
    assert len(keys) > 35
    assert [key for key, said in keys.items() if len(said.get("description", "")) < 8] == []
    assert [name for name, one in shapes.items() if not one.get("description")] == []


@pytest.mark.parametrize(
    ("passage", "instead", "place"),
    [
        ("topic: flu\n", "", ""),
        ("topic: flu\n", "topic: flu\nowner: me\n", ""),
        ("campaign: flu", "campaign: Flu jab", "campaign"),
        ("pregnancy_and_baby", "babies", "purpose"),
        ("2027-07-01", "1 July 2027", "review.review_by"),
        ("sources: [A]", "sources: []", "review.sources"),
        ("[mother, father]", "mother", "steps[0].to"),
        ("[mother, father]", "[]", "steps[0].to"),
        ("[mother, father]", "[mother, mum]", "steps[0].to[1]"),
        ("id: nudge", "id: 2", "steps[1].id"),
        ("id: nudge", "id: the nudge", "steps[1].id"),
        ("{pregnancy: 16w}", "{pregnancy: 16}", "steps[0].when.pregnancy"),
        ("{pregnancy: 16w}", "{pregnancy: 16 weeks}", "steps[0].when.pregnancy"),
        ("{pregnancy: 16w}", "{pregnancy: 16w, age: 2w}", "steps[0].when"),
        ("{pregnancy: 16w}", "{}", "steps[0].when"),
        ("{pregnancy: 16w}", "{birthday: 16w}", "steps[0].when"),
        ("{pregnancy: 16w}", "{date: 9th October}", "steps[0].when.date"),
        ("{pregnancy: 16w}", "{day: -1}", "steps[0].when.day"),
        ("days: 21", "days: 0", "steps[1].when.after.days"),
        ("{DONE: done}", "{DONE: finished}", "steps[0].replies.DONE"),
        ("unless: [done]", "unless: [later]", "steps[1].unless[0]"),
        ("unless: [done]", "body: Yes", "steps[1].body"),
        ("unless: [done]", "at: 10am", "steps[1].at"),
        ("unless: [done]", "season: winter", "steps[1].season"),
        ("unless: [done]", "importance: high", "steps[1].importance"),
    ],
)
def test_a_slip_is_marked_where_it_stands(passage: str, instead: str, place: str) -> None:
    """`place` may be an outer one where two kinds of value could be meant."""
    assert passage in small.CAMPAIGN
    found = refused(small.CAMPAIGN.replace(passage, instead))
    assert found
    assert all(place.startswith(one) for one in found)


def test_the_small_campaign_itself_passes() -> None:
    assert refused(small.CAMPAIGN) == []
