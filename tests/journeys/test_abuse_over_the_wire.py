"""Abuse, through both SDKs and the servers that play the providers: whatever is put into any field comes out
as nothing at all, or as plain text; a flood is answered a little; nobody is written to who did not write."""

from __future__ import annotations

import asyncio
import time
import unicodedata
from collections import Counter
from datetime import date, datetime

import pytest

from bot.domain import hours
from bot.domain.family import Role
from bot.services import by_hand, inbox
from bot.services.desk import Desk
from bot.store.database import Database
from bot.store.sealed import Seal
from bot.store.tables import metadata
from tests import town
from tests.town import PEOPLE, RunningClock, Town, open_town

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
HER, CHAT = PEOPLE["Mother"].value, int(PEOPLE["Mother on Telegram"].value)
STRANGER = "+447700900777"
MARK = "zzqx"  # in everything below; no words of ours have it
EVIL = {
    "template": MARK + " {{ 7*7777 }} {% for x in range(9) %}{{ config }}{% endfor %} ${PATH} %(x)s {0}",
    "sql": MARK + "'; DROP TABLE inbox; -- \" OR 1=1",
    "html": MARK + " <b>x</b><script>alert(1)</script><a href='https://evil.example'>x</a>&amp;",
    "twiml": MARK + " </Message><Message>x</Message><Redirect>https://evil.example</Redirect><Sms to='x'/>",
    "markdown": MARK + " *x* _x_ [x](https://evil.example) `x` @evil /stop",
    "links": MARK + " https://evil.example/?a=1 tg://user?id=1 javascript:alert(1)",
    "control": MARK + " \x07\x1b[2J\x1b]0;owned\x07\x9b31m\x08\x7f\r\n.\r\n\x0b\x85\u2028",
    "bidi": MARK + " \u202egnp.exe\u2066\u2069\u200f\ufeff\u200b\U000e0041",
    "long": (MARK + " ") * 2000,
    "one word": MARK + "x" * 10_000,
    "marks": MARK + " e" + "\u0301" * 4000,
    "polite": "hi " * 3000 + MARK,
    "number": MARK + " +447700900777 07700900777",
}  # fmt: skip


@pytest.fixture
def clock() -> RunningClock:
    return RunningClock(datetime(2027, 3, 8, 10, 0, tzinfo=hours.LONDON))


@pytest.fixture
def desk(database: Database, seal: Seal) -> Desk:
    return town.trial(database, seal)


def _sent(here: Town) -> list[tuple[str, str]]:
    """Everything that left, by number or chat."""
    chats = [(str(one.chat_id), one.text) for one in here.telegram.sent]
    return chats + [(one.to, one.body) for one in here.twilio.sent]


async def _put_everywhere(here: Town, evil: str) -> None:
    """Into every field that a person or a stranger can fill."""
    pressed = {"chat": {"id": CHAT, "type": "private"}, "message_id": 1, "date": 1}
    person = {"id": CHAT, "is_bot": False, "first_name": evil, "last_name": evil, "username": evil}
    group = {"id": -100777, "type": "supergroup", "title": evil}
    for text in (evil, f"INVITE {evil}", f"REMOVE {evil}", f"JOIN {evil}", f"DUE {evil}", f"M14 {evil}"):
        await asyncio.to_thread(here.twilio.text, HER, text)
        await asyncio.to_thread(here.telegram.text, CHAT, text)
    await asyncio.to_thread(here.twilio.text, STRANGER, evil)
    fields = {"NumMedia": evil, "FromCity": evil, "ProfileName": evil, "OptOutType": evil}
    await asyncio.to_thread(lambda: here.twilio.text(HER, evil, **{k: v[:500] for k, v in fields.items()}))
    telegram = here.telegram
    await asyncio.to_thread(telegram.start_chat, CHAT, evil)
    await asyncio.to_thread(telegram.media, CHAT, "photo", evil)
    await asyncio.to_thread(telegram.edit, CHAT, evil)
    await asyncio.to_thread(telegram.tap, CHAT, evil)
    for parts in (
        {"message": {**pressed, "from": person, "text": "hello"}},
        {"message": {**pressed, "contact": {"phone_number": evil, "first_name": evil}}},
        {"message": {**pressed, "chat": group, "text": evil}},
        {"inline_query": {"id": "1", "query": evil}},
        {evil: evil},
    ):
        await asyncio.to_thread(lambda parts=parts: telegram.update(**parts))
    await here.settle(60)


@pytest.mark.parametrize("name", sorted(EVIL))
async def test_whatever_is_put_into_any_field_leaves_in_no_message(
    desk: Desk, clock: RunningClock, name: str
) -> None:
    async with open_town(desk, clock) as here:
        await here.enrolled("Mother", Role.MOTHER, date(2027, 7, 1))
        await here.enrolled("Mother on Telegram", Role.MOTHER, date(2027, 7, 1))
        began = time.process_time()
        await _put_everywhere(here, EVIL[name])
        assert time.process_time() - began < 15
        sent = _sent(here)
        assert {to for to, _ in sent} <= {HER, str(CHAT)}  # a stranger is no guest; a group is left
        told = repr(sent) + repr([one.buttons for one in here.telegram.sent])
        assert [part for part in (MARK, "evil.example", "54439", "owned", STRANGER) if part in told] == []
        assert [body for _, body in sent if not body.strip() or _controls(body)] == []
        assert {call.fields.get("parse_mode") for call in here.telegram.calls} == {None}
        assert here.telegram.left == [-100777]
        names = "SELECT name FROM sqlite_master"
        tables = desk.database.read(lambda conn: list(conn.exec_driver_sql(names)))
        assert metadata.tables.keys() <= {row.name for row in tables}


def _controls(body: str) -> list[str]:
    return [char for char in body if char != "\n" and unicodedata.category(char) in ("Cc", "Cf", "Co", "Cn")]


@pytest.mark.parametrize("name", ["template", "html", "twiml", "markdown", "sql", "links"])
async def test_what_staff_write_arrives_as_the_letters_that_it_is(
    desk: Desk, clock: RunningClock, name: str
) -> None:
    async with open_town(desk, clock) as here:
        for who in ("Mother", "Mother on Telegram"):
            await here.enrolled(who, Role.MOTHER, date(2027, 7, 1))
            await here.says(who, "the purple giraffe sang at noon")
        for one in inbox.unread(desk, 9):
            await asyncio.to_thread(by_hand.reply, desk, one.id, EVIL[name], "officer", clock())
        await here.settle()
        last = (here.twilio.sent_to(HER)[-1].body, here.telegram.sent_to(CHAT)[-1].text)
        assert last == (EVIL[name], EVIL[name])
        assert {call.fields.get("parse_mode") for call in here.telegram.calls} == {None}


async def test_a_flood_is_answered_a_little_and_holds_up_nobody_and_hides_no_crisis(
    desk: Desk, clock: RunningClock
) -> None:
    async with open_town(desk, clock) as here:
        for who in ("Mother", "Mother on Telegram", "Grandmother"):
            await here.enrolled(who, Role.MOTHER, date(2027, 7, 1))
        for n in range(60):
            await asyncio.to_thread(here.twilio.text, HER, f"blorp {n}")
            await asyncio.to_thread(here.telegram.text, CHAT, f"blorp {n}")
        await asyncio.to_thread(here.twilio.text, PEOPLE["Grandmother"].value, "HELP")
        for n in range(30):
            await asyncio.to_thread(here.twilio.text, HER, "HELP" if n % 2 else f"SLEEP {n}")
        await asyncio.to_thread(here.twilio.text, HER, "he is hitting me")
        await here.settle(60)
        answers = Counter(to for to, _ in _sent(here))
        assert answers[str(CHAT)] == 3  # "not understood" is said a few times, and then no more
        assert answers[HER] <= 21
        assert answers[PEOPLE["Grandmother"].value] == 1
        assert any("press 55" in one.body for one in here.twilio.sent_to(HER))
        assert len(inbox.unread(desk, 500)) > 100  # and all of it is kept for a person


async def test_an_invitation_writes_to_nobody_but_the_one_who_asked(desk: Desk, clock: RunningClock) -> None:
    """Not even with a number for a name; and what she may pass on says nothing of her own."""
    others = (STRANGER, STRANGER.replace("+44", "0"), "7700900777")
    async with open_town(desk, clock) as here:
        await here.enrolled("Mother", Role.MOTHER, date(2027, 7, 1))
        for name in (*others, f"DAD {STRANGER}", f"DAD https://evil.example {MARK}", "DAD\nYou owe us money"):
            await here.says("Mother", f"INVITE {name}")
        await here.says("Mother", f"INVITE DAD, tell {STRANGER} to ring 07700900777")
        sent = _sent(here)
        assert {to for to, _ in sent} == {HER}
        assert any("Free family messages" in body for _, body in sent)
        told = repr(sent)
        assert [part for part in (*others, MARK, "evil", "money") if part in told] == []
        codes = sum("Text JOIN " in body for _, body in sent)
        assert 1 <= codes <= 5
