"""Long polling over real HTTP: nothing lost, nothing twice, one process at a time."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
import pytest_asyncio
import sqlalchemy as sa

from bot.channels.telegram.send import TelegramBot
from bot.inbound.polling import RENEW_EVERY, poll
from bot.services import receive
from tests.inbound.knocks import CHAT, kept
from tests.wire.telegram_server import TOKEN, TelegramServer


@pytest.fixture
def server() -> Iterator[TelegramServer]:
    with TelegramServer() as made:
        yield made


@pytest_asyncio.fixture
async def polled(app: SimpleNamespace, server: TelegramServer) -> AsyncIterator[SimpleNamespace]:
    """The app, with a bot at the server."""
    app.bot = TelegramBot(TOKEN, server.base_url, timeout=2, connect_timeout=1)
    await app.bot.open()
    yield app
    await app.bot.close()


@contextlib.asynccontextmanager
async def polling(app: SimpleNamespace, **more: Any) -> AsyncIterator[None]:
    stop = asyncio.Event()
    task = asyncio.create_task(poll(app, stop, **more))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(task, 3)


async def until(condition: Callable[[], Any], seconds: float = 8.0) -> None:
    end = time.monotonic() + seconds
    while not await asyncio.to_thread(condition):
        assert time.monotonic() < end, "it did not happen in time"
        await asyncio.sleep(0.02)


def words(app: SimpleNamespace) -> list[str]:
    return [row.text for row in kept(app.desk)]


async def test_updates_are_stored_in_order_and_the_offset_passes_them(polled, server):
    async with polling(polled):
        await asyncio.to_thread(server.text, CHAT, "one")
        last = await asyncio.to_thread(server.text, CHAT, "two")
        await until(lambda: words(polled) == ["one", "two"])
        await until(lambda: receive.poll_offset(polled.desk) == last["update_id"] + 1)


async def test_what_was_stored_is_not_fetched_again_after_a_restart(polled, server):
    async with polling(polled):
        await asyncio.to_thread(server.text, CHAT, "one")
        await until(lambda: words(polled) == ["one"])
    async with polling(polled):
        await asyncio.to_thread(server.text, CHAT, "two")
        await until(lambda: words(polled) == ["one", "two"])


async def test_p13_what_cannot_be_stored_is_kept_by_telegram_and_stored_once_later(polled, server, locked):
    first = receive.poll_lease(polled.desk, polled.desk.holder, polled.clock())
    assert first
    async with polling(polled):
        await until(lambda: any(call.method == "getUpdates" for call in server.calls))
        with locked():
            await asyncio.to_thread(server.text, CHAT, "keep me")
            await asyncio.sleep(0.6)
            assert words(polled) == []
        await until(lambda: words(polled) == ["keep me"])


async def test_p10_a_crisis_that_cannot_be_stored_is_answered_once_and_stored_later(polled, server, locked):
    async with polling(polled):
        await until(lambda: any(call.method == "getUpdates" for call in server.calls))
        with locked():
            await asyncio.to_thread(server.text, CHAT, "baby not breathing")
            await until(lambda: server.sent_to(CHAT))
            await asyncio.sleep(2)  # time for a second try
        await until(lambda: words(polled) == ["baby not breathing"])
    assert [said.text[:12] for said in server.sent_to(CHAT)] == ["Call 999 now"]


async def test_care_5_groups_are_left_at_once_and_nothing_is_said(polled, server):
    async with polling(polled):
        await asyncio.to_thread(server.add_to_group, -100123)
        await until(lambda: server.left == [-100123])
    assert server.sent == []


async def test_taps_are_answered_after_they_are_stored(polled, server):
    async with polling(polled):
        made = await asyncio.to_thread(server.tap, CHAT, "HELP")
        await until(lambda: server.answered_taps == [made["callback_query"]["id"]])
        assert words(polled) == ["HELP"]


async def test_one_process_polls_and_another_waits_for_its_lease(polled, server):
    assert receive.poll_lease(polled.desk, "another process", polled.clock())
    async with polling(polled):
        await asyncio.sleep(0.5)
    assert server.calls == []


async def test_the_lease_is_given_up_at_the_end_so_that_another_can_go_on(polled, server):
    async with polling(polled):
        await until(lambda: server.calls)
    assert receive.poll_lease(polled.desk, "another process", polled.clock())


async def test_an_update_fetched_as_the_lease_was_lost_is_left_to_the_other(polled, server):
    async with polling(polled):
        await until(lambda: any(call.method == "getUpdates" for call in server.calls))
        polled.clock.pass_(minutes=2)  # this process was frozen, and the lease ended
        assert receive.poll_lease(polled.desk, "another process", polled.clock())
        await asyncio.to_thread(server.tap, CHAT, "HELP")
        await asyncio.sleep(0.5)
    assert words(polled) == []
    assert server.answered_taps == []


async def test_after_a_killed_process_another_polls_within_a_quarter_of_a_minute(polled, server):
    assert receive.poll_lease(polled.desk, "killed", polled.clock())
    polled.clock.pass_(seconds=15)
    async with polling(polled):
        await until(lambda: any(call.method == "getUpdates" for call in server.calls))


async def test_the_lease_is_renewed_while_a_poll_waits_so_that_no_other_begins(polled, server):
    async with polling(polled):
        await until(lambda: any(call.method == "getUpdates" for call in server.calls))
        polled.clock.pass_(seconds=14)
        await asyncio.sleep(RENEW_EVERY + 1)
        polled.clock.pass_(seconds=14)
        assert not receive.poll_lease(polled.desk, "another process", polled.clock())
    assert [call.method for call in server.calls].count("getUpdates") == 1


async def test_a_poll_whose_lease_is_another_s_is_broken_off(polled, server):
    """It asks from the beginning once the other is gone, long before its own poll would have ended."""
    async with polling(polled):
        await until(lambda: any(call.method == "getUpdates" for call in server.calls))
        polled.clock.pass_(minutes=2)  # frozen
        assert receive.poll_lease(polled.desk, "another process", polled.clock())
        await asyncio.sleep(RENEW_EVERY + 1)
        receive.let_poll(polled.desk, "another process")
        methods = ["deleteWebhook", "getUpdates"] * 2
        await until(lambda: [call.method for call in server.calls] == methods)


async def test_a_webhook_set_before_is_taken_away(polled, server):
    server.webhook = {"url": "https://elsewhere.example"}
    async with polling(polled):
        await until(lambda: server.webhook is None)
        await asyncio.to_thread(server.text, CHAT, "one")
        await until(lambda: words(polled) == ["one"])


async def test_polling_outlives_an_outage_of_telegram(polled, server):
    async with polling(polled):
        await until(lambda: any(call.method == "getUpdates" for call in server.calls))
        await asyncio.to_thread(server.stop)
        await asyncio.to_thread(server.start)
        await asyncio.to_thread(server.text, CHAT, "still there")
        await until(lambda: words(polled) == ["still there"], 15)


async def test_stopping_does_not_wait_for_the_long_poll(polled, server):
    async with polling(polled):
        await until(lambda: any(call.method == "getUpdates" for call in server.calls))
        before = time.monotonic()
    assert time.monotonic() - before < 1


async def test_whoever_waits_is_told_that_something_was_stored(polled, server):
    told = asyncio.Event()
    async with polling(polled, stored=told.set):
        await asyncio.to_thread(server.text, CHAT, "one")
        await asyncio.wait_for(told.wait(), 5)
    assert words(polled) == ["one"]


async def test_without_a_bot_there_is_nothing_to_poll(app):
    await asyncio.wait_for(poll(app, asyncio.Event()), 1)


async def test_one_update_that_can_never_be_stored_as_it_is_does_not_hold_up_the_next(polled, server):
    def refuse_one_text(conn: sa.Connection) -> None:
        """A fault that strikes one row each time, as a bug of ours would."""
        conn.exec_driver_sql(
            "CREATE TRIGGER odd BEFORE INSERT ON inbox WHEN NEW.kind = 'text' AND NEW.provider_id = '1002' "
            "BEGIN SELECT RAISE(ABORT, 'odd'); END"
        )

    polled.desk.database.write(refuse_one_text)
    for text in ("one", "odd", "three"):
        await asyncio.to_thread(server.text, CHAT, text)
    async with polling(polled):
        await until(lambda: len(kept(polled.desk)) == 3, 20)
    assert [(row.kind, row.text) for row in kept(polled.desk)] == [
        ("text", "one"),
        ("unknown", ""),
        ("text", "three"),
    ]


async def test_p10_a_crisis_that_can_never_be_stored_is_answered_once_in_all_tries(polled, server):
    """Each try fails for a fault of ours, not for a database that is gone: the batch is fetched anew."""
    odd = "CREATE TRIGGER odd BEFORE INSERT ON inbox WHEN NEW.kind = 'text' "
    odd += "BEGIN SELECT RAISE(ABORT, 'odd'); END"
    polled.desk.database.write(lambda conn: conn.exec_driver_sql(odd))
    await asyncio.to_thread(server.text, CHAT, "baby not breathing")
    async with polling(polled):
        await until(lambda: [row.kind for row in kept(polled.desk)] == ["unknown"], 20)
    asked = [call.method for call in server.calls].count("getUpdates")
    assert asked >= 3
    assert [said.text[:12] for said in server.sent_to(CHAT)] == ["Call 999 now"]


async def test_two_apps_on_one_database_store_each_update_once(polled, server):
    other = SimpleNamespace(**vars(polled))
    other.desk = replace(polled.desk, holder="there")
    async with polling(polled), polling(other):
        for n in range(20):
            await asyncio.to_thread(server.text, CHAT, str(n))
        await until(lambda: len(words(polled)) == 20)
    assert words(polled) == [str(n) for n in range(20)]
