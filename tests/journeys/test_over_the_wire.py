"""Stories over real HTTP: both SDKs, signed webhooks, polling, receipts, and faults on the way.

The clock is set on by hand; everything else is as it runs (P1-P4, P12, P13).
"""

from __future__ import annotations

import asyncio
from datetime import date, datetime, time

import pytest

from bot.domain import hours
from bot.domain.family import Role
from bot.services.desk import Desk
from bot.store.database import Database
from bot.store.sealed import Seal
from tests import town
from tests.town import PEOPLE, RunningClock, open_town
from tests.wire.server import accepted_late, hang
from tests.wire.telegram_http import INTERNAL, too_many
from tests.wire.twilio_server import TOO_MANY

DUE = date(2027, 10, 11)
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def clock() -> RunningClock:
    return RunningClock(datetime(2027, 3, 8, 8, 30, tzinfo=hours.LONDON))


@pytest.fixture
def desk(database: Database, seal: Seal) -> Desk:
    return town.trial(database, seal)


async def test_a_mother_by_text_through_a_bad_week(desk: Desk, clock: RunningClock) -> None:
    """429, a text brought twice, receipts out of order, a hang, a lost answer: each message once."""
    async with open_town(desk, clock) as here:
        here.twilio.receipts = ("delivered", "sent", "sent", "delivered")
        here.note("Twilio is busy, and says so.")
        here.twilio.next(TOO_MANY)
        await here.says("Mother", "JOIN")
        await here.later(seconds=10)
        for _ in range(3):
            await here.says("Mother", "1")
        here.note("Her text is brought to us a second time.")
        await asyncio.to_thread(here.twilio.bring, here.twilio.received[-1])
        await here.settle()
        await here.says("Mother", "9 weeks")
        await here.at(date(2027, 3, 8))
        here.note("Twilio takes the next message, says nothing for too long, and drops the line.")
        here.twilio.next(accepted_late(1.0))
        await here.at(date(2027, 3, 9))
        here.note("Next time it says nothing, and took nothing.")
        here.twilio.next(hang(1.0))
        await here.at(date(2027, 3, 15))
        await here.later(minutes=6)
        await here.says("Mother", "stop")
        await here.at(date(2027, 3, 23))
        await here.later(days=1)
        await here.says("Mother", "start")
        await here.at(date(2027, 3, 25))
        here.account("Mother")
        here.matches("wire_mother")
        assert len(here.twilio.sent) == len({text.sid for text in here.twilio.sent})


@ON_SQLITE
async def test_a_father_on_telegram_who_blocks_us_and_comes_back(desk: Desk, clock: RunningClock) -> None:
    """Polled. The block is a STOP; the /start of unblocking resumes nothing (P2, CARE 5)."""
    async with open_town(desk, clock) as here:
        await here.at(date(2027, 8, 30), time(20))
        await here.says("Father", "/start from_a_poster")
        for text in ("1", "1", "2", "0"):
            await here.says("Father", text)
        here.note("Telegram is busy, and says so.")
        here.telegram.next(too_many(1))
        await here.at(date(2027, 9, 1))
        await here.later(seconds=5)
        await here.does("Father", "blocks us.", here.telegram.block)
        calls = len(here.telegram.calls)
        await here.at(date(2027, 9, 8))
        assert not [call for call in here.telegram.calls[calls:] if call.method == "sendMessage"]
        await here.does("Father", "lifts the block, and his app sends /start.", here.telegram.unblock)
        await here.at(date(2027, 9, 9))
        await here.does("Father", "presses the button.", here.telegram.tap, "START")
        await here.at(date(2027, 9, 10))
        here.account("Father")
        here.matches("wire_father")


@ON_SQLITE
async def test_a_mother_who_blocked_us_unseen_and_her_mother(desk: Desk, clock: RunningClock) -> None:
    """Telegram's 403 is a STOP too, and the grandmother's phone goes quiet (P2, CARE 7)."""
    async with open_town(desk, clock, telegram_webhook=True) as here:
        await here.at(date(2027, 9, 12), time(8))
        family = await here.enrolled("Mother on Telegram", Role.MOTHER, DUE)
        await here.enrolled("Grandmother", Role.GRANDPARENT, family=family)
        await here.at(date(2027, 9, 12))
        here.note("She has blocked us, and nobody told us.")
        here.telegram.blocked.add(int(PEOPLE["Mother on Telegram"].value))
        await here.at(date(2027, 9, 14))
        await here.at(date(2027, 9, 20))
        await here.says("Grandmother", "HELP")
        here.account("Mother on Telegram")
        here.account("Grandmother")
        here.matches("wire_blocked_unseen")


async def test_a_loss_by_text_with_a_grandmother_on_telegram(desk: Desk, clock: RunningClock) -> None:
    """A forged LOSS changes nothing; hers quietens both; START resumes nothing, UNDO does (P3, P12)."""
    async with open_town(desk, clock, telegram_webhook=True) as here:
        await here.at(date(2027, 8, 1), time(20))
        family = await here.enrolled("Mother", Role.MOTHER, DUE)
        await here.enrolled("Grandmother on Telegram", Role.GRANDPARENT, family=family)
        await here.at(date(2027, 8, 2))
        here.note("Somebody who is not Twilio posts a LOSS in her name: refused.")
        here.twilio.auth_token = "forged"
        assert (await asyncio.to_thread(here.twilio.text, PEOPLE["Mother"].value, "LOSS"))[0] == 403
        here.twilio.auth_token = town.AUTH_TOKEN
        await here.at(date(2027, 8, 3), time(7, 30))
        await here.says("Mother", "bleeding wont stop")
        await here.at(date(2027, 8, 3), time(9, 58))
        await here.says("Mother", "we lost the baby")
        await here.at(date(2027, 8, 4))
        await here.says("Grandmother on Telegram", "is she ok?")
        await here.says("Mother", "START")
        await here.at(date(2027, 8, 6))
        await here.says("Mother", "UNDO")
        await here.at(date(2027, 8, 7))
        await here.at(date(2027, 8, 9))
        here.account("Mother")
        here.account("Grandmother on Telegram")
        here.matches("wire_loss")


@ON_SQLITE
async def test_a_mother_on_telegram_whose_messages_are_private(desk: Desk, clock: RunningClock) -> None:
    """A button, the words when it is pressed, and ten minutes later they are gone (CARE 22)."""
    async with open_town(desk, clock, telegram_webhook=True) as here:
        await here.at(date(2027, 8, 1), time(20))
        await here.enrolled("Mother on Telegram", Role.MOTHER, DUE)
        await here.says("Mother on Telegram", "/private")
        await here.at(date(2027, 8, 2))
        await here.does("Mother on Telegram", "presses Show.", here.telegram.tap, "5")
        shown = here.telegram.sent[-1]
        await here.later(minutes=9)
        assert here.telegram.deleted == []
        here.note("Telegram is at fault when the message is to be removed; it is asked again.")
        here.telegram.always(INTERNAL, "deleteMessage")
        await here.later(minutes=2)
        assert here.telegram.deleted == []
        here.telegram.well()
        await here.later(minutes=2)
        assert here.telegram.deleted == [(shown.chat_id, shown.message_id)]
        here.note("What was shown is gone from the chat.")
        await here.does("Mother on Telegram", "presses Show again.", here.telegram.tap, "5")
        await here.says("Mother on Telegram", "/private off")
        here.account("Mother on Telegram")
        here.matches("wire_private")


@ON_SQLITE
async def test_a_mother_taps_through_the_directory_on_telegram(desk: Desk, clock: RunningClock) -> None:
    """The topics, MORE and "did you mean" are buttons; an old one gives nothing (CARE 5, 21)."""
    her = "Mother on Telegram"
    async with open_town(desk, clock, telegram_webhook=True) as here:
        await here.enrolled(her, Role.MOTHER, DUE)
        tap = here.telegram.tap
        await here.says(her, "/menu")
        await here.does(her, "presses Mood.", tap, "MOOD")
        await here.does(her, "presses More.", tap, "MORE")
        await here.says(her, "slep")
        await here.does(her, "presses SLEEP.", tap, "SLEEP")
        await here.does(her, "presses Safe, in the menu above.", tap, "SAFE")
        await here.says(her, "1")
        here.note("Eleven minutes later somebody else presses More, far above.")
        await here.later(minutes=11)
        await here.does(her, "presses More.", tap, "MORE")
        await here.says(her, "we lost the baby")
        await here.does(her, "presses Sleep, in the menu of before.", tap, "SLEEP")
        await here.says(her, "/menu")
        here.matches("wire_signposts")
