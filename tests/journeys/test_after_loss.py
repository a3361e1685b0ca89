"""What follows a loss, word for word: nothing by itself, and what is asked for (CARE 17, 18)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from bot.domain.family import Role
from bot.services import holding
from bot.store import household
from tests.transcript import Transcript

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def _due(story: Transcript, weeks: int) -> date:
    """The due date of somebody who is so many weeks pregnant today."""
    return story.clock.now.date() + timedelta(weeks=40 - weeks)


def _resumed(story: Transcript, family: int) -> list[str]:
    """The roles of those whom messages for a living baby may reach, in a family that is no longer held."""
    found = story.desk.database.read(lambda conn: household.load(conn, [family]))[0]
    current = found.current()
    assert current is not None
    assert (found.held, current.lost_on) == (False, story.clock.now.date())
    return [member.role.value for member in found.members if member.id in current.resumed_for]


def test_a_next_pregnancy_begins_when_she_gives_its_date(story: Transcript) -> None:
    story.enrolled("Mother", Role.MOTHER, _due(story, 20))
    for text in ("my baby died", "DUE 14 weeks", "SUPPORT", "3"):
        story.says("Mother", text)
    story.state("Mother")
    story.says("Mother", "DUE 14 weeks")
    story.state("Mother")
    story.matches("next_pregnancy")


def test_after_silence_a_living_baby_is_hers_alone_to_hear_of(story: Transcript) -> None:
    family = story.enrolled("Mother", Role.MOTHER, _due(story, 41))
    story.enrolled("Grandmother", Role.GRANDPARENT, family=family)
    story.desk.database.write(lambda conn: holding.silence(conn, family, story.clock.now))
    story.says("Mother", "START")
    story.says("Mother", "SUPPORT")
    story.says("Mother", "2")
    story.says("Mother", "25 January")
    assert _resumed(story, family) == ["mother"]
    story.says("Grandmother", "START")
    assert _resumed(story, family) == ["mother"]
    story.matches("living_baby")


def test_something_else_while_joining_is_quiet(story: Transcript) -> None:
    for text in ("JOIN", "english", "yes", "mum", "yesterday", "3"):
        story.says("Mother", text)
    story.state("Mother")
    story.says("Mother", "4")
    story.state("Mother")
    story.matches("joining_something_else")
