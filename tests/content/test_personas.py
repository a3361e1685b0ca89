"""config/personas.yaml: each mistake has its own sentence, at its own line; what runs never reads it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from bot.content.load import load
from bot.content.personas import PATH, personas, strange_topics
from bot.errors import ContentError
from tests.content import small

MISTAKES: list[dict[str, Any]] = YAML(typ="safe").load(Path(__file__).with_name("personas_mistakes.yaml"))


@pytest.mark.parametrize("mistake", MISTAKES, ids=[mistake["name"] for mistake in MISTAKES])
def test_a_mistake_is_told_at_its_line(mistake: dict[str, Any]) -> None:
    with pytest.raises(ContentError) as told:
        personas(small.changed(PATH, mistake["passage"], mistake["instead"]))
    assert [str(fault) for fault in told.value.faults] == mistake["said"]


def test_without_the_file_there_are_none_and_a_broken_one_stops_nothing_that_runs() -> None:
    assert personas(small.without(PATH)) == ()
    load({**small.FILES, PATH: "personas: ["})


def test_left_out_everything_is_as_for_most_people() -> None:
    (early,) = personas(small.FILES)
    assert [(one.role, one.language, one.channel, one.code) for one in early.people] == [
        ("mother", "en", "sms", True),
        ("father", "en", "sms", True),
    ]
    assert (early.babies, str(early.until)) == (1, "2028-07-02")


def test_a_topic_that_no_campaign_here_has_is_told_with_whose_it_is() -> None:
    hers = "role: mother, joined: 2027-01-04"
    files = small.changed(PATH, hers, f"{hers}, topics: [fly]")
    (told,) = strange_topics(files, {"flu"})
    assert (told[0], str(told[1])) == (
        "early",
        "config/personas.yaml:7:57: No campaign has the topic fly. Write one of: flu.",
    )
