"""Topics chosen from the list, and a loss that ends them: by text and on Telegram (CARE 25, 19)."""

from __future__ import annotations

from datetime import date

import pytest

from bot.domain.family import Role
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
