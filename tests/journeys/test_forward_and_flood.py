"""What was passed on, and one sender with many texts: in both channels, through the providers' doubles."""

from __future__ import annotations

import asyncio
from datetime import date, datetime, time
from itertools import groupby

import pytest

from bot.domain import hours
from bot.domain.family import Role
from bot.services import inbox
from bot.services.desk import Desk
from bot.store.database import Database
from bot.store.sealed import Seal
from tests import town
from tests.town import PEOPLE, RunningClock, Town, open_town

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
DUE = date(2027, 10, 11)
HER, CHAT = PEOPLE["Mother"].value, int(PEOPLE["Mother on Telegram"].value)
BY_A_FRIEND = {"forward_origin": {"type": "user", "sender_user": {"id": 9, "first_name": "Bea"}}}


@pytest.fixture
def clock() -> RunningClock:
    return RunningClock(datetime(2027, 3, 8, 10, 0, tzinfo=hours.LONDON))


@pytest.fixture
def desk(database: Database, seal: Seal) -> Desk:
    return town.trial(database, seal)


async def _passes_on(here: Town, text: str) -> None:
    """She forwards what a friend wrote: on Telegram that is seen, by SMS it is a text like any other."""
    await here.does("Mother on Telegram", f'forwards what a friend wrote: "{text}".', _forward, here, text)


def _forward(chat: int, here: Town, text: str) -> None:
    here.telegram.text(chat, text, **BY_A_FRIEND)


async def _many(here: Town, text: str, count: int) -> None:
    here.note(f'Both send "{text}" and a number, {count} times, one upon the other.')
    for n in range(count):
        await asyncio.to_thread(here.twilio.text, HER, f"{text} {n}")
        await asyncio.to_thread(here.telegram.text, CHAT, f"{text} {n}")
    await here.settle(60)


def _collapsed(lines: list[str]) -> list[str]:
    """The same answer many times is written once, with how often."""
    found = []
    for line, same in groupby(sorted(lines, key=lambda one: "To Mother on Telegram" in one)):
        often = len(list(same))
        found.append(line if often == 1 else f"{line}\n    (so {often} times)")
    return found


async def test_a_flood_is_answered_a_little_and_what_was_passed_on_changes_nothing_but_to_quiet(
    desk: Desk, clock: RunningClock
) -> None:
    """One house for both stories, since it takes a second to build (CARE 1, 30, P2, P3, P10)."""
    async with open_town(desk, clock) as here:
        for who in ("Mother", "Mother on Telegram"):
            await here.enrolled(who, Role.MOTHER, DUE)
        await _many(here, "blorp", 12)
        await _many(here, "SLEEP", 25)
        lines, here.lines = _collapsed(here.lines), []
        await here.says("Mother", "he is hitting me")
        await here.says("Mother on Telegram", "he is hitting me")
        await here.says("Mother", "HELP")
        unread = await asyncio.to_thread(inbox.unread, desk, 500)
        here.note(f"{len(unread)} texts wait for a person to read them.")
        here.lines = lines + here.lines
        here.matches("wire_flood")

        here.lines = []
        await here.at(date(2027, 3, 9), time(8))
        for text in ("is this true?", "BORN", "START", "1", "he is hitting me", "we lost the baby"):
            await _passes_on(here, text)
        await here.says("Mother on Telegram", "UNDO")
        await _passes_on(here, "STOP")
        for text in ("Fwd: is this true?", "Fwd: STOP", "2"):
            await here.says("Mother", text)
        await here.at(date(2027, 3, 10))
        here.matches("wire_forwarded")
