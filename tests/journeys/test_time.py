"""Clocks, outages and corrected dates: the right London hour, nothing twice, nothing lost (P4-P7, P13)."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest

from bot.domain.family import Role
from tests.transcript import Transcript

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
AROUND_THE_CLOCK = (
    *(time(0, 30), time(1, 30), time(2, 30), time(7, 50), time(8, 50), time(9, 5), time(9, 50), time(10)),
    *(time(10, 50), time(15, 55), time(16), time(18, 50), time(19, 40), time(19, 50), time(20, 50)),
)


@pytest.mark.parametrize(
    ("name", "changes"), [("clocks_forward", date(2027, 3, 28)), ("clocks_back", date(2027, 10, 31))]
)
def test_the_week_before_and_the_week_after_the_clocks_change(
    story: Transcript, name: str, changes: date
) -> None:
    """Two babies three weeks old: what goes at ten and at four; and one who joins in the small hours."""
    story.brief, story.ticks = True, AROUND_THE_CLOCK
    story.begins(changes - timedelta(days=25), time(0, 20))
    story.enrolled("Mother", Role.MOTHER, born_on=changes - timedelta(days=28))
    story.enrolled("A neighbour", Role.MOTHER, born_on=changes - timedelta(days=25))
    story.until(changes, time(0, 50))
    story.note("Tonight the clocks change.")
    for text in ("JOIN", "1", "1", "1", f"{changes + timedelta(weeks=8):%d/%m/%Y}"):
        story.says("Somebody new", text)
    story.until(changes + timedelta(days=8), time(0, 20))
    story.matches(name)


def test_an_outage_of_three_days(story: Transcript) -> None:
    """Nothing is doubled; what is still open goes; what closed meanwhile ends, and says so (P7, P13)."""
    story.brief = True
    story.begins(date(2027, 12, 20))
    story.enrolled("Mother", Role.MOTHER, born_on=date(2027, 12, 1))
    story.enrolled("A neighbour", Role.MOTHER, date(2028, 6, 6))
    story.until(date(2027, 12, 28), time(9, 30))
    story.note("From here nothing of ours runs for three days and a half.")
    story.until(date(2028, 1, 1), time(5), outage=True)
    story.note("We run again.")
    story.until(date(2028, 1, 20))
    story.account("Mother", "A neighbour")
    story.matches("outage")


def test_a_due_date_that_moves_three_weeks_on(story: Transcript) -> None:
    """A scan says three weeks less: nothing she had comes again, the rest comes by the new date (P4, P7)."""
    story.brief = True
    story.begins(date(2027, 7, 5))
    story.enrolled("Mother", Role.MOTHER, date(2027, 10, 11))
    story.until(date(2027, 7, 20))
    story.says("Mother", "DUE 1 November")
    story.until(date(2027, 11, 3))
    story.account("Mother")
    story.matches("due_date_later")


def test_a_due_date_that_moves_three_weeks_back(story: Transcript) -> None:
    """She is further on than she thought: what is still open goes as calm allows, the oldest need first."""
    story.brief = True
    story.begins(date(2027, 7, 5))
    story.enrolled("Mother", Role.MOTHER, date(2027, 10, 11))
    story.until(date(2027, 7, 20))
    story.says("Mother", "DUE 20 September")
    story.until(date(2027, 9, 28))
    story.account("Mother")
    story.matches("due_date_earlier")


def test_a_birth_that_was_told_by_mistake_is_taken_back(story: Transcript) -> None:
    """The pregnancy goes on as if nothing had been; when the baby is born, the first nights come (P4, P7)."""
    story.brief = True
    story.begins(date(2027, 9, 20))
    story.enrolled("Mother", Role.MOTHER, date(2027, 10, 11))
    story.until(date(2027, 9, 28), time(19, 50))
    story.says("Mother", "my baby was born yesterday")
    story.account("Mother")
    story.until(date(2027, 9, 29), time(6, 30))
    story.says("Mother", "DUE 14 October")
    story.says("Mother", "2")
    story.says("Mother", "UNDO")
    story.says("Mother", "1")
    story.account("Mother")
    story.says("Mother", "DUE 14 October")
    story.until(date(2027, 10, 16))
    story.says("Mother", "BORN 15 October")
    story.until(date(2027, 11, 1))
    story.account("Mother")
    story.matches("born_by_mistake")
