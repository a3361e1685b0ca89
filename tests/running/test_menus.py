"""After a LOSS a Telegram chat's commands are /support and /stop, and nobody else's change (CARE 5, 8)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.channels.telegram.send import TelegramChannel
from bot.domain.address import Address, ChannelName, telegram_chat
from bot.domain.family import Role
from bot.domain.inbound import Inbound, InboundKind
from bot.domain.revision import Mode
from bot.running.sending import send_forever
from bot.services import converse, enrol, leaving, receive
from bot.services.desk import Desk
from bot.services.dispatch import Pace
from bot.services.shelf import Shelf
from tests import line, ours
from tests.wire.telegram_server import TelegramServer

Clock = Callable[[], datetime]
HER, HIM = telegram_chat(41), telegram_chat(42)
QUIET = ["support", "stop"]
FAST = Pace(1000.0, chat_seconds=0.0)


@pytest.fixture
def whole(desk: Desk) -> Desk:
    """The desk with the project's own words."""
    content = ours.content()
    return replace(
        desk, mode=Mode.REHEARSAL, config=content.config, content=content, lexicon=ours.lexicon(),
        shelf=Shelf(content.words), drama_numbers=True,
    )  # fmt: skip


def _joined(desk: Desk, now: datetime) -> None:
    """A mother and a father, each with a chat."""
    made: dict[str, Any] = {"language": "en", "how": "staff", "consented_words": "seen", "now": now}
    due_on = now.date() + timedelta(days=70)
    her = enrol.enrol(desk, address=HER, role=Role.MOTHER, family=None, due_on=due_on, **made)
    enrol.enrol(desk, address=HIM, role=Role.FATHER, family=her.family_id, **made)


async def _say(app: Any, server: TelegramServer, who: Address, *texts: str) -> None:
    """They write, and each answer arrives before the next text."""
    stop = asyncio.Event()
    sending = asyncio.create_task(send_forever(app, ChannelName.TELEGRAM, stop, rate=FAST))
    for number, text in enumerate(texts):
        answered = len(server.sent)
        name = f"{number}:{app.clock().timestamp()}"
        inbound = Inbound(ChannelName.TELEGRAM, name, InboundKind.TEXT, who, text, app.clock())
        await asyncio.to_thread(receive.receive, app.desk, inbound, app.clock())
        await asyncio.to_thread(converse.converse, app.desk, app.clock())
        await _until(lambda answered=answered: len(server.sent) > answered)  # type: ignore[misc]
    stop.set()
    await asyncio.wait_for(sending, 30)


async def _until(done: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "it did not happen in time"
        await asyncio.sleep(0.02)


def _menu(server: TelegramServer, who: Address) -> list[str]:
    return [one["command"] for one in server.menus.get(int(who.value), [])]


@pytest.mark.parametrize("words", ["LOSS", "I had an abortion"])
async def test_care_05_after_a_loss_her_chats_menu_is_support_and_stop_until_it_is_undone(
    whole: Desk, ticking: Clock, telegram: TelegramChannel, telegram_server: TelegramServer, words: str
) -> None:
    _joined(whole, ticking())
    app = line.app(whole, ticking, telegram)
    await _say(app, telegram_server, HER, words)
    await _until(lambda: _menu(telegram_server, HER) == QUIET)
    await _say(app, telegram_server, HER, "UNDO")
    first = [name for name, _ in leaving.first_menu(whole, ticking())]
    await _until(lambda: _menu(telegram_server, HER) == first)


async def test_care_08_a_loss_that_he_tells_changes_his_menu_and_not_hers(
    whole: Desk, ticking: Clock, telegram: TelegramChannel, telegram_server: TelegramServer
) -> None:
    _joined(whole, ticking())
    await _say(line.app(whole, ticking, telegram), telegram_server, HIM, "LOSS")
    await _until(lambda: _menu(telegram_server, HIM) == QUIET)
    assert _menu(telegram_server, HER) == []


async def test_care_05_after_her_loss_no_command_and_no_old_button_gives_baby_content(
    whole: Desk, ticking: Clock, telegram: TelegramChannel, telegram_server: TelegramServer
) -> None:
    _joined(whole, ticking())
    app = line.app(whole, ticking, telegram)
    await _say(app, telegram_server, HER, "LOSS", "SLEEP", "BORN", "PAUSE", "FEEDING")
    said = [one.text.lower() for one in telegram_server.sent_to(int(HER.value))]
    assert len(said) == 5
    assert not any(word in text for text in said[1:] for word in ("sleep", "feeding", "born", "due"))


def test_care_05_everybodys_menu_names_only_words_that_are_understood(whole: Desk, ticking: Clock) -> None:
    names = [name for name, _ in leaving.first_menu(whole, ticking())]
    assert names[-1] == "stop"
    for name in names:
        meaning = receive.meant(whole, name.upper(), "en", ticking())
        assert meaning.word or meaning.stop or meaning.loss


@pytest.mark.parametrize("key", ["menu", "menu_after_loss"])
def test_a_menu_in_another_language_has_the_same_commands(whole: Desk, ticking: Clock, key: str) -> None:
    """Telegram takes small Latin letters alone: no mark of direction may cling to them."""
    today = ticking().date()
    words = whole.database.read(lambda conn: whole.shelf.at(conn, whole.mode, whole.config.authors, today))
    commands = [name for name, _ in leaving.menu(words, key, "en")]
    for language in whole.config.language_codes:
        assert [name for name, _ in leaving.menu(words, key, language)] == commands
