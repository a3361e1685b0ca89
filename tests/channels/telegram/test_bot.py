"""What is asked of the Bot API besides sending: polls, the webhook, menus, small duties."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from bot.channels.telegram.send import (
    TelegramBot,
    Updates,
)
from bot.domain.outbox import Accepted, Later, Ours
from tests.channels.telegram.outgoing import message
from tests.wire.telegram_http import telegram_error


async def test_a_poll_brings_updates_and_its_offset_passes_them(telegram, telegram_server, now):
    await asyncio.to_thread(telegram_server.text, 4242, "hello")
    last = await asyncio.to_thread(telegram_server.text, 4242, "again")
    got = await telegram.bot.get_updates(0, wait=0)
    assert isinstance(got, Updates)
    assert [one.text for one in got.read(now)] == ["hello", "again"]
    assert got.next_offset == last["update_id"] + 1
    assert (await telegram.bot.get_updates(got.next_offset, wait=0)).raw == []


async def test_a_poll_not_confirmed_brings_the_same_again(telegram, telegram_server):
    await asyncio.to_thread(telegram_server.text, 4242, "hello")
    first = await telegram.bot.get_updates(0, wait=0)
    assert (await telegram.bot.get_updates(0, wait=0)).raw == first.raw


async def test_a_poll_waits_longer_than_the_timeout_of_a_send(telegram, telegram_server):
    async def write_later() -> None:
        await asyncio.sleep(0.6)
        await asyncio.to_thread(telegram_server.text, 4242, "late")

    writing = asyncio.create_task(write_later())
    got = await telegram.bot.get_updates(0, wait=5)
    await writing
    assert len(got.raw) == 1


async def test_a_poll_asks_for_blocks_too(telegram, telegram_server):
    await telegram.bot.get_updates(0, wait=0)
    assert "my_chat_member" in telegram_server.calls[0].fields["allowed_updates"]


async def test_a_poll_beside_a_webhook_is_a_conflict_for_later(telegram, telegram_server):
    await telegram.bot.set_webhook("https://think.example/webhooks/telegram", "s3cret")
    assert await telegram.bot.get_updates(0, wait=0) == Later("conflict", timedelta(seconds=30))
    await telegram.bot.delete_webhook()
    assert isinstance(await telegram.bot.get_updates(0, wait=0), Updates)


async def test_a_poll_with_a_wrong_token_is_ours(telegram_server):
    bot = TelegramBot("1:wrong", telegram_server.base_url)
    await bot.open()
    try:
        assert await bot.get_updates(0, wait=0) == Ours("token")
        assert await bot.get_me() == Ours("token")
    finally:
        await bot.close()


async def test_the_small_duties_of_a_bot(telegram, telegram_server):
    bot = telegram.bot
    assert await bot.get_me() == "ThinkFamilyWireBot"
    assert await bot.answer_tap("tap-1") is None
    assert await bot.leave(-100123) is None
    assert await bot.set_commands([("stop", "Stop the messages")]) is None
    assert telegram_server.answered_taps == ["tap-1"]
    assert telegram_server.left == [-100123]
    assert telegram_server.commands == [{"command": "stop", "description": "Stop the messages"}]


async def test_the_webhook_is_set_with_its_secret(telegram, telegram_server):
    assert await telegram.bot.set_webhook("https://think.example/webhooks/telegram", "s3cret") is None
    assert telegram_server.webhook == {
        "url": "https://think.example/webhooks/telegram",
        "secret_token": "s3cret",
    }


async def test_care_05_a_chats_own_menu_is_set_beside_the_answer_that_changes_it(telegram, telegram_server):
    menu = [("support", "If you ever want support"), ("stop", "End everything")]
    assert await telegram.send(message("We are so sorry.", menu=menu)) == Accepted("1")
    await telegram.close()
    assert [one["command"] for one in telegram_server.menus[4242]] == ["support", "stop"]
    assert telegram_server.commands == []


async def test_care_05_a_menu_that_cannot_be_set_keeps_no_answer_back(telegram, telegram_server):
    telegram_server.always(telegram_error(400, "Bad Request: chat not found"), "setMyCommands")
    assert await telegram.send(message(menu=[("stop", "End everything")])) == Accepted("1")
    await telegram.close()
    assert telegram_server.menus == {}


async def test_care_05_what_did_not_arrive_changes_no_menu(telegram, telegram_server):
    telegram_server.always(telegram_error(403, "Forbidden: bot was blocked by the user"))
    await telegram.send(message(menu=[("stop", "End everything")]))
    await telegram.close()
    assert telegram_server.menus == {}
