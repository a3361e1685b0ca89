"""What families and we say to each other, word for word; WRITE_JOURNEYS=1 writes the files anew."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from bot.domain.family import Role
from tests.transcript import Transcript

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def _due(story: Transcript, weeks: int) -> date:
    """The due date of somebody who is so many weeks pregnant today."""
    return story.clock.now.date() + timedelta(weeks=40 - weeks)


def test_joining_by_text(story: Transcript) -> None:
    for text in ("JOIN", "1", "1", "1", "24 weeks"):
        story.says("Mother", text)
    story.state("Mother")
    story.matches("joining")


def test_born_sleeping_is_a_loss(story: Transcript) -> None:
    story.enrolled("Mother", Role.MOTHER, _due(story, 38))
    story.says("Mother", "she was born sleeping on sunday")
    story.state("Mother")
    story.says("Mother", "SUPPORT")
    story.says("Mother", "1")
    story.says("Mother", "0")
    story.state("Mother")
    story.matches("born_sleeping")


def test_bleeding_that_wont_stop_is_a_crisis_and_no_stop(story: Transcript) -> None:
    story.enrolled("Mother", Role.MOTHER, _due(story, 31))
    story.says("Mother", "bleeding wont stop")
    story.state("Mother")
    story.matches("bleeding")


def test_stop_half_way_through_joining_and_then_start(story: Transcript) -> None:
    for text in ("JOIN", "1", "1", "STOP"):
        story.says("Mother", text)
    story.state("Mother")
    for text in ("1", "START", "1", "1", "1", "0"):
        story.says("Mother", text)
    story.state("Mother")
    story.matches("stop_while_joining")


def test_a_loss_with_a_grandmother_linked_is_ended_only_by_undo(story: Transcript) -> None:
    family = story.enrolled("Mother", Role.MOTHER, _due(story, 30))
    story.enrolled("Grandmother", Role.GRANDPARENT, family=family)
    story.says("Mother", "we lost the baby")
    story.state("Mother", "Grandmother")
    story.says("Grandmother", "JOIN")
    story.says("Mother", "START")
    story.state("Mother", "Grandmother")
    story.says("Grandmother", "UNDO")
    story.state("Mother", "Grandmother")
    story.says("Mother", "UNDO")
    story.state("Mother", "Grandmother")
    story.matches("loss_start_undo")


def test_a_mother_stops_and_her_mother_in_law_goes_quiet(story: Transcript) -> None:
    family = story.enrolled("Mother", Role.MOTHER, _due(story, 28))
    story.enrolled("Mother-in-law", Role.GRANDPARENT, family=family)
    story.state("Mother", "Mother-in-law")
    story.says("Mother", "STOP")
    story.state("Mother", "Mother-in-law")
    story.says("Mother-in-law", "START")
    story.says("Mother-in-law", "JOIN")
    story.state("Mother", "Mother-in-law")
    story.matches("mother_stops")


def test_a_relatives_word_pauses_her_and_her_ok_goes_on(story: Transcript) -> None:
    family = story.enrolled("Mother", Role.MOTHER, _due(story, 33))
    story.enrolled("Mother-in-law", Role.GRANDPARENT, family=family)
    story.says("Mother-in-law", "she had a miscarriage")
    story.state("Mother", "Mother-in-law")
    for text in ("OK", "OK"):
        story.says("Mother", text)
    story.state("Mother", "Mother-in-law")
    story.matches("relative_reports_loss")


def test_a_mother_who_stopped_may_still_ask_for_support_and_be_deleted(story: Transcript) -> None:
    story.enrolled("Mother", Role.MOTHER, _due(story, 30))
    for text in ("STOP", "SUPPORT", "1", "1", "thanks", "DELETE", "1"):
        story.says("Mother", text)
    story.state("Mother")
    story.matches("stopped_then_support")
