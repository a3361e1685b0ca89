"""What does not come: after a STOP, after a loss, after silence; and what comes again, once (P2-P4, CARE)."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest

from bot.domain.family import Role
from tests.transcript import Transcript

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
DUE = date(2027, 10, 11)
THIRTY_WEEKS = DUE - timedelta(weeks=10)


def test_stop_in_the_middle_and_start_later(story: Transcript) -> None:
    """Nothing after the STOP; after START what is still open, and nothing twice."""
    story.brief = True
    story.begins(date(2027, 7, 12))
    story.enrolled("Mother", Role.MOTHER, DUE)
    story.until(date(2027, 8, 16), time(9, 30))
    story.note("32w+0: this morning's message would have left at 10:00.")
    story.says("Mother", "please stop texting me")
    story.state("Mother")
    story.until(date(2027, 9, 15))
    story.account("Mother")
    story.says("Mother", "yes")
    story.state("Mother")
    story.says("Mother", "START")
    story.state("Mother")
    story.until(date(2027, 10, 10))
    story.account("Mother")
    story.matches("stop_and_start")


def test_a_mother_stops_and_what_her_mother_in_law_would_have_had(story: Transcript) -> None:
    """Many bereaved women text STOP, not LOSS (CARE 7). The neighbours' dates are the same."""
    story.brief = True
    story.begins(date(2027, 9, 6))
    family = story.enrolled("Mother", Role.MOTHER, DUE)
    story.enrolled("Mother-in-law", Role.GRANDPARENT, family=family)
    family = story.enrolled("A neighbour", Role.MOTHER, DUE)
    story.enrolled("The neighbour's mother-in-law", Role.GRANDPARENT, family=family)
    story.until(date(2027, 9, 12))
    story.says("Mother", "STOP")
    story.state("Mother", "Mother-in-law", "A neighbour", "The neighbour's mother-in-law")
    story.until(date(2027, 10, 11), time(11))
    story.says("Mother-in-law", "START")
    story.says("Mother-in-law", "is everything ok")
    story.says("A neighbour", "BORN today")
    story.until(date(2027, 11, 1))
    story.account("Mother", "Mother-in-law")
    story.matches("mother_stops_messages")


def test_a_loss_at_30_weeks_then_start_then_undo(story: Transcript) -> None:
    """UNDO brings back what is still open, and nothing twice; START brought nothing (P3, P4)."""
    story.begins(date(2027, 7, 12))
    family = story.enrolled("Mother", Role.MOTHER, DUE)
    story.enrolled("Grandmother", Role.GRANDPARENT, family=family)
    story.until(THIRTY_WEEKS + timedelta(days=4), time(9, 40))
    story.note("30w+4: the warning signs would have left at 10:00.")
    story.says("Mother", "i lost the baby")
    story.state("Mother", "Grandmother")
    story.until(THIRTY_WEEKS + timedelta(days=6))
    story.says("Grandmother", "START")
    story.says("Mother", "START")
    story.state("Mother", "Grandmother")
    story.until(THIRTY_WEEKS + timedelta(days=10))
    story.says("Mother", "UNDO")
    story.state("Mother", "Grandmother")
    story.until(THIRTY_WEEKS + timedelta(days=45))
    story.account("Mother", "Grandmother")
    story.matches("loss_undone_messages")


def test_a_loss_and_what_she_asks_for(story: Transcript) -> None:
    """Nothing by itself for a year and more; what she chose comes, and to her alone (CARE 17-19)."""
    story.begins(THIRTY_WEEKS)
    family = story.enrolled("Mother", Role.MOTHER, DUE)
    story.enrolled("Grandmother", Role.GRANDPARENT, family=family)
    story.until(THIRTY_WEEKS + timedelta(days=3), time(22, 10))
    story.says("Mother", "LOSS")
    story.until(THIRTY_WEEKS + timedelta(days=23), time(14))
    for text in ("SUPPORT", "1", "1"):
        story.says("Mother", text)
    for text in ("SUPPORT", "1", "2"):
        story.says("Mother", text)
    story.until(date(2028, 2, 20))
    story.account("Mother", "Grandmother")
    story.matches("loss_and_support")


def test_silence_after_the_due_date(story: Transcript) -> None:
    """One neutral question ten days on; four days later quiet, and nothing is inferred (P3, CARE 18)."""
    story.begins(date(2027, 10, 4))
    family = story.enrolled("Mother", Role.MOTHER, DUE)
    story.enrolled("Grandmother", Role.GRANDPARENT, family=family)
    story.until(date(2027, 10, 26))
    story.state("Mother", "Grandmother")
    story.until(date(2027, 12, 30))
    story.account("Mother", "Grandmother")
    story.says("Mother", "BORN 20 October")
    story.state("Mother", "Grandmother")
    story.until(date(2028, 1, 10))
    story.account("Mother", "Grandmother")
    story.matches("silence")


def test_twins_of_whom_one_lives(story: Transcript) -> None:
    """Quiet for all; then for her alone, and of one baby (CARE 17, 19)."""
    story.begins(date(2027, 10, 11))
    family = story.enrolled("Mother", Role.MOTHER, DUE)
    story.enrolled("Grandmother", Role.GRANDPARENT, family=family)
    story.until(date(2027, 10, 12), time(20))
    story.says("Mother", "BORN 11 October")
    story.until(date(2027, 10, 20), time(16))
    story.says("Mother", "one of our twins died")
    story.state("Mother", "Grandmother")
    story.until(date(2027, 11, 10))
    story.says("Mother", "SUPPORT")
    story.says("Mother", "2")
    story.until(date(2027, 12, 10))
    story.account("Mother", "Grandmother")
    story.matches("twins_one_lives")


def test_a_pause_and_a_birth_in_the_middle_of_it(story: Transcript) -> None:
    """A pause is hers and BORN does not end it; she is told that it stands, and START ends it."""
    story.brief = True
    story.begins(date(2027, 9, 27))
    story.enrolled("Mother", Role.MOTHER, DUE)
    story.until(date(2027, 10, 2))
    story.says("Mother", "PAUSE")
    story.until(date(2027, 10, 14))
    story.says("Mother", "my baby was born on tuesday")
    story.until(date(2027, 10, 15))
    story.account("Mother")
    story.says("Mother", "START")
    story.until(date(2027, 10, 25))
    story.account("Mother")
    story.matches("pause_and_birth")
