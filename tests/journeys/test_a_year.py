"""Whole stories, from joining to a first birthday, each with every word that reached somebody (P5-P8)."""

from __future__ import annotations

from datetime import date, time

import pytest

from bot.domain.family import Role
from bot.domain.inbound import InboundKind
from tests.transcript import Transcript

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
SPRING = date(2027, 3, 8)
DUE = date(2027, 10, 11)


def test_a_pregnancy_and_a_first_year(story: Transcript) -> None:
    story.begins(SPRING, time(18, 20))
    for text in ("JOIN", "1", "1", "1", "9 weeks"):
        story.says("Mother", text)
    story.until(date(2027, 3, 9), time(13))
    story.says("Mother", "BOOK")
    story.until(date(2027, 3, 12), time(13))
    story.says("Mother", "Done!")
    story.until(date(2027, 10, 14), time(19, 10))
    story.says("Mother", "BORN 13 October")
    story.until(date(2027, 11, 26), time(3, 40))
    story.says("Mother", "she wont stop crying")
    story.until(date(2028, 10, 20))
    story.account("Mother")
    story.matches("pregnancy_and_first_year")


def test_a_father_by_himself_on_telegram(story: Transcript) -> None:
    """Without a code no date of hers is his; the birth he tells of is (CARE 9)."""
    story.begins(date(2027, 8, 30), time(20))
    story.says("Father", "from_a_poster", InboundKind.START)
    for text in ("1", "1", "2", "11 October"):
        story.says("Father", text)
    story.until(date(2027, 10, 15), time(11))
    story.says("Father", "BORN 13/10")
    story.until(date(2027, 12, 29))
    story.account("Father")
    story.matches("father")


def test_a_father_with_the_mothers_code(story: Transcript) -> None:
    story.begins(date(2027, 6, 28))
    story.only = frozenset({"Father"})
    family = story.enrolled("Mother", Role.MOTHER, DUE)
    story.enrolled("Father", Role.FATHER, family=family)
    story.until(date(2027, 10, 13), time(7))
    story.says("Father", "she is here! born today")
    story.until(date(2027, 11, 1))
    story.account("Father")
    story.matches("father_with_a_code")


def test_a_grandmothers_own_journey(story: Transcript) -> None:
    story.begins(date(2027, 7, 5))
    story.only = frozenset({"Grandmother"})
    family = story.enrolled("Mother", Role.MOTHER, DUE)
    story.enrolled("Grandmother", Role.GRANDPARENT, family=family)
    story.until(date(2027, 10, 14), time(7))
    story.says("Grandmother", "BORN 13 October")
    story.note("It is not hers to tell; the mother does.")
    story.only = frozenset()
    story.says("Mother", "BORN 13 October")
    story.only = frozenset({"Grandmother"})
    story.until(date(2027, 12, 2))
    story.account("Grandmother")
    story.matches("grandmother")


def test_a_baby_born_at_31_weeks(story: Transcript) -> None:
    """In hospital the messages of a baby at home wait; at home they go by the real age (CARE 14, 15)."""
    story.begins(date(2027, 7, 26))
    family = story.enrolled("Mother", Role.MOTHER, DUE)
    story.enrolled("Partner", Role.PARTNER, family=family)
    story.until(date(2027, 8, 11), time(15))
    story.says("Mother", "BORN 10 August")
    story.says("Mother", "2")
    story.until(date(2027, 10, 5))
    story.account("Mother", "Partner")
    story.says("Mother", "HOME")
    story.until(date(2027, 12, 3))
    story.account("Mother", "Partner")
    story.matches("premature")


def test_joining_at_36_weeks(story: Transcript) -> None:
    story.begins(date(2027, 9, 13), time(12, 30))
    for text in ("JOIN", "1", "1", "1", "36 weeks"):
        story.says("Mother", text)
    story.until(date(2027, 10, 12), time(8))
    story.says("Mother", "BORN")
    story.says("Mother", "1")
    story.says("Mother", "yesterday")
    story.until(date(2027, 11, 8))
    story.account("Mother")
    story.matches("joining_at_36_weeks")
