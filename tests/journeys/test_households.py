"""Households and preferences, word for word: by text, and with a relative on Telegram (CARE 8-10, 22, 23)."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, time

import pytest

from bot.domain.family import Role
from bot.domain.inbound import InboundKind
from tests import home
from tests.clock import Clock
from tests.transcript import TICKS, Transcript

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
SPRING = date(2027, 6, 28)
DUE = date(2027, 10, 11)
_CODE = re.compile(r"(?:JOIN|NEWPHONE)\s+([0-9]{8})")


@pytest.fixture
def tale(story: Transcript, clock: Clock) -> Transcript:
    """A story at a desk with a number and a bot of its own; the digits of codes are written as 48271639."""
    made = home.desk(story.desk.database, story.desk.seal)
    story.desk = replace(made, config=home.content().config)
    story.begins(SPRING)
    return story


def _code(story: Transcript) -> str:
    """The code that was told last."""
    return _CODE.findall("\n".join(story.lines))[-1]


def _matches(story: Transcript, name: str) -> None:
    """Codes differ each time: in the golden file all read alike."""
    story.lines = [re.sub(r"\b[0-9]{8}\b", "48271639", line) for line in story.lines]
    story.matches(name)


def test_a_father_is_invited_joins_and_is_removed(tale: Transcript) -> None:
    tale.enrolled("Mother", Role.MOTHER, DUE)
    tale.says("Mother", "INVITE DAD")
    tale.says("Father", _code(tale), InboundKind.START)
    for text in ("1", "1", "2"):
        tale.says("Father", text)
    tale.state("Father")
    tale.says("Somebody new", f"JOIN {_code(tale)}")
    tale.says("Father", "INVITE NAN")
    tale.says("Mother", "REMOVE DAD")
    tale.state("Mother", "Father")
    tale.says("Father", "JOIN")
    _matches(tale, "invite_and_remove")


def test_a_code_for_a_family_that_has_gone_quiet(tale: Transcript) -> None:
    tale.enrolled("Mother", Role.MOTHER, DUE)
    tale.says("Mother", "INVITE MUM")
    code = _code(tale)
    tale.says("Mother", "we lost the baby")
    for text in (f"JOIN {code}", "1", "1", "4", "MY DATA", "LEAVE"):
        tale.says("Grandmother", text)
    tale.state("Mother", "Grandmother")
    _matches(tale, "code_for_a_quiet_family")


def test_a_new_phone(tale: Transcript) -> None:
    tale.enrolled("Mother", Role.MOTHER, DUE)
    tale.says("Mother", "I have a new phone")
    for text in (f"NEWPHONE {_code(tale)}", "1"):
        tale.says("Somebody new", text)
    tale.says("Mother", "MY DATA")
    tale.says("Somebody new", "MY DATA")
    tale.state("Somebody new")
    _matches(tale, "new_phone")


def test_a_time_of_day_a_reminder_and_fewer_messages(tale: Transcript) -> None:
    tale.ticks = tuple(sorted((*TICKS, time(18, 30))))
    tale.enrolled("Mother", Role.MOTHER, DUE)
    for text in ("TIME", "3", "LESS", "REMIND ME"):
        tale.says("Mother", text)
    tale.until(date(2027, 7, 20))
    for text in ("ALL", "remind me", "2"):
        tale.says("Mother", text)
    tale.until(date(2027, 7, 26))
    _matches(tale, "time_and_reminder")


def test_private_texts(tale: Transcript) -> None:
    tale.enrolled("Mother", Role.MOTHER, DUE)
    tale.says("Mother", "PRIVATE")
    tale.until(date(2027, 7, 20), time(20))
    for text in ("5", "PRIVATE OFF"):
        tale.says("Mother", text)
    _matches(tale, "private")
