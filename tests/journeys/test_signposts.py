"""Families ask, and are told who can help: by text, on Telegram, at night, after a loss, and alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time

import pytest

from bot.domain import hours
from bot.domain.directory import Neighbourhood
from bot.domain.family import Role
from tests.transcript import Transcript

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
QUESTIONS = ("sleep", "MORE", "mood", "MORE", "money", "hub", "registering", "menu", "M8 5RX", "slep", "1")


def _at(story: Transcript, day: date, at: time) -> None:
    story.clock.now = datetime.combine(day, at, hours.LONDON)


@ON_SQLITE
def test_a_mother_asks_by_text_by_day_and_by_night(story: Transcript) -> None:
    _at(story, date(2026, 11, 25), time(14, 30))
    story.enrolled("Mother", Role.MOTHER, born_on=date(2026, 10, 28))
    for text in ("SLEEP", "MOOD", "more", "brestfeeding hurts", "1", "cot", "slep", "SLEEP"):
        story.says("Mother", text)
    story.note("Friday night.")
    _at(story, date(2026, 11, 27), time(23, 40))
    for text in ("she wont stop crying", "where can i get a cot", "MONEY"):
        story.says("Mother", text)
    story.note("Christmas, before dawn.")
    _at(story, date(2026, 12, 25), time(3, 10))
    for text in ("sleep", "feel low", "MORE", "no heartbeat??", "SLEEP"):
        story.says("Mother", text)
    story.matches("signposts_by_text")


@ON_SQLITE
def test_where_she_lives_is_asked_once_and_moved_changes_it(story: Transcript) -> None:
    """With two neighbourhoods whose postcodes somebody verified."""
    directory = story.desk.config.directory
    places = tuple(
        replace(one, districts=frozenset({{"cheetham_crumpsall": "m8", "wythenshawe": "m22"}[one.id]}))
        if one.id in ("cheetham_crumpsall", "wythenshawe")
        else one
        for one in directory.neighbourhoods
    )
    assert all(isinstance(one, Neighbourhood) for one in places)
    config = replace(story.desk.config, directory=replace(directory, neighbourhoods=places))
    story.desk = replace(story.desk, config=config)
    _at(story, date(2026, 11, 25), time(11))
    family = story.enrolled("Mother", Role.MOTHER, date(2027, 2, 10))
    story.enrolled("Grandmother", Role.GRANDPARENT, family=family)
    for text in ("family hub", "M22 5RX", "HUB", "MOVED", "m8", "things"):
        story.says("Mother", text)
    story.says("Grandmother", "hub")
    story.says("Grandmother", "hub")
    story.matches("signposts_near_her")


@ON_SQLITE
def test_after_a_loss_nothing_of_a_baby_is_pointed_to_until_she_asks(story: Transcript) -> None:
    _at(story, date(2026, 11, 25), time(11))
    story.enrolled("Mother", Role.MOTHER, date(2027, 2, 10))
    for text in (
        "feeding",
        "we lost one of the twins",
        "MORE",
        "feeding",
        "MENU",
        "MONEY",
        "mood",
        "SUPPORT",
    ):
        story.says("Mother", text)
    story.note("The other twin is with her.")
    for text in ("2", "born 24 november", "1", "feeding"):
        story.says("Mother", text)
    story.matches("signposts_after_a_loss")


@ON_SQLITE
def test_safe_is_answered_to_one_who_is_alone_for_ten_minutes(story: Transcript) -> None:
    _at(story, date(2026, 11, 25), time(11))
    family = story.enrolled("Mother", Role.MOTHER, date(2027, 2, 10))
    story.enrolled("Grandmother", Role.GRANDPARENT, family=family)
    for text in ("SAFE", "2", "SAFE", "1"):
        story.says("Mother", text)
    story.note("A quarter of an hour later, somebody else holds her phone.")
    story.clock.pass_(minutes=15)
    for text in ("MORE", "1"):
        story.says("Mother", text)
    story.says("Grandmother", "what is this")
    story.says("A neighbour", "SAFE")
    story.says("A neighbour", "1")
    story.says("A neighbour", "he hits me")
    story.matches("signposts_safe")


@ON_SQLITE
def test_care_08_a_held_grandmother_is_answered_on_every_topic_to_the_byte_as_a_paused_one(
    story: Transcript,
) -> None:
    """Two families on one day: in one the mother told a loss, in the other the grandmother texted PAUSE."""
    _at(story, date(2026, 11, 25), time(11))
    held = story.enrolled("Mother", Role.MOTHER, date(2027, 2, 10))
    story.enrolled("Grandmother", Role.GRANDPARENT, family=held)
    paused = story.enrolled("A neighbour", Role.MOTHER, date(2027, 2, 10))
    story.enrolled("The neighbour's mother-in-law", Role.GRANDPARENT, family=paused)
    story.says("Mother", "my baby died")
    story.says("The neighbour's mother-in-law", "PAUSE")
    hers = _answers(story, "Grandmother", date(2026, 11, 26))
    assert hers == _answers(story, "The neighbour's mother-in-law", date(2026, 11, 27))
    assert "Lullaby Trust safer sleep line: 0808 802 6869, open now" in hers


def _answers(story: Transcript, who: str, day: date) -> str:
    """Everything that somebody is answered, without who and when."""
    _at(story, day, time(12))
    before = len(story.lines)
    for text in QUESTIONS:
        story.says(who, text)
    return "\n".join(line.partition("\n")[2] for line in story.lines[before:] if "\n" in line)
