"""What a family would be answered, from the files alone: the same words that leave."""

from __future__ import annotations

from datetime import datetime

import pytest

from bot.authoring.pointing import Asker, answers, taken_for, withheld
from bot.content.load import Content
from bot.domain.address import ChannelName
from bot.domain.family import Role
from bot.domain.hours import LONDON
from tests import ours

NIGHT = datetime(2026, 12, 25, 3, tzinfo=LONDON)


@pytest.fixture(scope="module")
def content() -> Content:
    return ours.content()


@pytest.mark.parametrize("channel", ChannelName)
@pytest.mark.parametrize("role", Role)
def test_every_answer_on_every_topic_names_three_at_most_in_two_parts_and_repeats_none(
    content: Content, role: Role, channel: ChannelName
) -> None:
    names = [one.name for one in content.config.services]
    for topic in content.config.asked_about:
        said = answers(content, topic, Asker(role, channel=channel), NIGHT)
        assert said, topic
        assert [one.parts for one in said if one.parts > 2] == [], topic
        named = [[name for name in names if f"\n{name}: " in one.body] for one in said]
        assert max(map(len, named)) <= 3, topic
        every = [name for some in named for name in some]
        assert len(every) == len(set(every)), topic


def test_nothing_that_nobody_verified_is_ever_in_an_answer(content: Content) -> None:
    numbers = {one.phone for one in content.config.services if not one.usable} - {None}
    assert len(numbers) > 15
    for topic in content.config.asked_about:
        bodies = " ".join(one.body for one in answers(content, topic, Asker(), NIGHT))
        assert [number for number in numbers if number and number in bodies] == [], topic


def test_at_three_at_night_there_is_a_line_that_answers_where_the_directory_has_one(content: Content) -> None:
    first = answers(content, "mood", Asker(), NIGHT)[0].body
    assert "Samaritans: 116 123, day and night" in first
    assert "ring 111, option 2" in first


def test_care_21_before_the_services_comes_the_question(content: Content) -> None:
    asked, told = answers(content, "safe", Asker(), NIGHT)
    assert asked.body == "Alone with this phone now? 1 yes 2 no"
    assert told.body.startswith("You may want to delete this text once you have read it.")
    assert "if you cannot speak, press 55" in told.body


def test_care_27_movements_name_no_number_but_that_on_the_notes(content: Content) -> None:
    [said] = answers(content, "movements", Asker(), NIGHT)
    assert "Your maternity unit: the number on your notes, day and night" in said.body
    assert len(withheld(content, "movements")) == 4


def test_a_question_is_taken_for_its_topic_and_a_loss_for_none(content: Content) -> None:
    assert taken_for(content, "where should baby sleep", "en", NIGHT.date()).topic == "sleep"
    assert taken_for(content, "my baby died in his sleep", "en", NIGHT.date()).topic is None
