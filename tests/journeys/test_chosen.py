"""Topics chosen from the list, and professionals by a code: by text and on Telegram (CARE 25, 19)."""

from __future__ import annotations

import re
from datetime import date

import pytest

from bot.domain.family import Role
from bot.domain.inbound import InboundKind
from bot.services import professionals
from tests import chosen
from tests.transcript import Transcript

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
SPRING = date(2027, 3, 8)
DUE = date(2027, 8, 2)


@pytest.fixture
def tale(story: Transcript) -> Transcript:
    story.desk = chosen.offering(story.desk)
    story.begins(SPRING)
    return story


def test_topics_are_chosen_and_a_loss_ends_them(tale: Transcript) -> None:
    family = tale.enrolled("Mother", Role.MOTHER, DUE)
    tale.enrolled("Father", Role.FATHER, family=family)
    for text in ("TOPICS", "2", "TOPICS", "1"):
        tale.says("Mother", text)
    for text in ("/topics", "TOPICS TRAVEL", "TOPICS WEEKS", "STOP WEEKS"):
        tale.says("Father", text)
    tale.until(date(2027, 3, 11))
    tale.says("Mother", "we lost the baby")
    tale.says("Mother", "TOPICS PUMP")
    tale.says("Father", "TOPICS")
    tale.until(date(2027, 3, 13))
    tale.says("Mother", "TOPICS")
    tale.says("Mother", "1")
    tale.until(date(2027, 4, 20))
    tale.matches("topics")


def test_professionals_join_by_a_code_for_work_alone(tale: Transcript) -> None:
    tale.enrolled("Mother", Role.MOTHER, DUE)
    tale.note("Staff make two codes for a hospital, and hand them to a nurse and a health visitor.")
    made = professionals.invite(tale.desk, "Hospital", 2, date(2027, 4, 1), tale.clock.now, "staff")
    for text in (f"JOIN {made[0]}", "1", "BORN", "JOIN", "HELP"):
        tale.says("Somebody new", text)
    tale.says("Father", made[1], InboundKind.START)
    tale.says("Father", "1")
    tale.says("Mother", f"JOIN {made[1]}")
    tale.says("A neighbour", f"JOIN {made[0]}")
    tale.until(date(2027, 3, 10))
    tale.says("Father", "TOPICS")
    tale.says("Father", "1")
    tale.says("Somebody new", "a mother here says her baby is not breathing")
    tale.says("Somebody new", "STOP")
    tale.until(date(2027, 3, 20))
    tale.account("Somebody new", "Father")
    tale.lines = [re.sub(r"\b[0-9]{8}\b", "48271639", line) for line in tale.lines]
    tale.matches("professionals")
