"""Telegram's error table and requests, through PTB over real HTTP."""

from __future__ import annotations

import asyncio
import logging
import time
from datetime import timedelta

import pytest
from telegram.error import TimedOut

from bot.channels.base import Outgoing
from bot.channels.telegram.send import (
    BAD_REQUEST,
    FORBIDDEN,
    TelegramBot,
    TelegramChannel,
    meaning_of,
)
from bot.domain.address import ChannelName, telegram_chat
from bot.domain.outbox import Accepted, Answer, Later, MovedTo, Ours, Refused, Uncertain
from tests.channels.telegram.outgoing import CHAT, message
from tests.wire import server as wire
from tests.wire import telegram_http as wire_telegram
from tests.wire.server import Fault, closed_port
from tests.wire.telegram_http import telegram_error, too_many
from tests.wire.telegram_server import TOKEN


async def test_an_accepted_message_carries_telegrams_own_id(telegram, telegram_server):
    assert await telegram.send(message()) == Accepted("1")
    assert await telegram.send(message()) == Accepted("2")
    assert [said.text for said in telegram_server.sent_to(4242)] == ["Hello", "Hello"]


async def test_words_arrive_as_written_in_every_script(telegram, telegram_server):
    words = "<b>a&b</b> *x* _y_ 1+1 £ پیغام ১ 👶🏽\nline two"
    await telegram.send(message(words))
    assert telegram_server.sent[0].text == words
    assert "parse_mode" not in telegram_server.calls[0].fields


async def test_links_are_not_previewed(telegram, telegram_server):
    await telegram.send(message("https://www.nhs.uk"))
    assert telegram_server.calls[0].fields["link_preview_options"] == {"is_disabled": True}


async def test_care_22_a_removal_takes_the_message_away_and_says_nothing(telegram, telegram_server):
    sent = await telegram.send(message("Read me"))
    assert isinstance(sent, Accepted)
    assert isinstance(await telegram.send(message("", removes=sent.provider_id)), Accepted)
    assert telegram_server.deleted == [(4242, int(sent.provider_id))]
    assert len(telegram_server.sent) == 1


async def test_care_22_one_that_is_gone_already_is_just_as_well_and_one_that_stays_is_not(
    telegram, telegram_server
):
    assert await telegram.send(message("", removes="77")) == Accepted("77")
    telegram_server.always(telegram_error(400, "Bad Request: message can't be deleted"), "deleteMessage")
    assert await telegram.send(message("", removes="77")) == Refused("stays")


async def test_buttons_send_back_the_text_they_stand_for(telegram, telegram_server):
    await telegram.send(message(buttons=[[("Yes please", "1"), ("No", "2")], [("Help", "HELP")]]))
    assert telegram_server.sent[0].buttons == ((("Yes please", "1"), ("No", "2")), (("Help", "HELP"),))


async def test_a_button_is_cut_to_what_telegram_carries_without_splitting_a_letter(telegram, telegram_server):
    assert isinstance(await telegram.send(message(buttons=[[("long", "ش" * 40)]])), Accepted)
    assert telegram_server.sent[0].buttons == ((("long", "ش" * 32),),)


FORBIDDEN_WORDS = {
    "blocked by the user": "Forbidden: bot was blocked by the user",
    "user is deactivated": "Forbidden: user is deactivated",
    "can't initiate conversation": "Forbidden: bot can't initiate conversation with a user",
    "was kicked": "Forbidden: bot was kicked from the supergroup chat",
    "is not a member": "Forbidden: bot is not a member of the channel chat",
    "can't send messages to bots": "Forbidden: bot can't send messages to bots",
}
BAD_REQUEST_WORDS = {
    "chat not found": "Bad Request: chat not found",
    "user not found": "Bad Request: user not found",
    "wrong file identifier": "Bad Request: wrong file identifier/HTTP URL specified",
    "wrong remote file": "Bad Request: wrong remote file identifier specified: Wrong string length",
    "photo_invalid_dimensions": "Bad Request: PHOTO_INVALID_DIMENSIONS",
    "photo_ext_invalid": "Bad Request: PHOTO_EXT_INVALID",
    "image_process_failed": "Bad Request: IMAGE_PROCESS_FAILED",
    "caption is too long": "Bad Request: message caption is too long",
    "peer_id_invalid": "Bad Request: PEER_ID_INVALID",
    "message is too long": "Bad Request: message is too long",
    "text is empty": "Bad Request: message text is empty",
    "button_data_invalid": "Bad Request: BUTTON_DATA_INVALID",
    "message to delete not found": "Bad Request: message to delete not found",
    "message can't be deleted": "Bad Request: message can't be deleted",
}


NOT_MEMBER, UNKNOWN = Refused("not_member", suspend=True), Refused("unknown", suspend=True)
MEANINGS: dict[str, Refused] = {  # written out a second time, by what Telegram says
    "blocked by the user": Refused("blocked", suspend=True, stop=True),
    "user is deactivated": Refused("deactivated", suspend=True),
    "can't initiate conversation": Refused("never_started", suspend=True),
    "was kicked": NOT_MEMBER,
    "is not a member": NOT_MEMBER,
    "can't send messages to bots": Refused("is_bot", suspend=True),
    "chat not found": UNKNOWN,
    "user not found": UNKNOWN,
    "peer_id_invalid": UNKNOWN,
    "message is too long": Refused("too_long"),
    "text is empty": Refused("empty"),
    "button_data_invalid": Refused("button"),
    "message to delete not found": Refused("gone"),
    "message can't be deleted": Refused("stays"),
    "wrong file identifier": Refused("picture"),
    "wrong remote file": Refused("picture"),
    "photo_invalid_dimensions": Refused("picture"),
    "photo_ext_invalid": Refused("picture"),
    "image_process_failed": Refused("picture"),
    "caption is too long": Refused("picture"),
}


@pytest.mark.parametrize("part", MEANINGS)
async def test_a_refusal_means_what_is_written_here_once_more(telegram, telegram_server, part):
    code = 403 if part in FORBIDDEN_WORDS else 400
    telegram_server.next(telegram_error(code, (FORBIDDEN_WORDS | BAD_REQUEST_WORDS)[part]))
    assert await telegram.send(message()) == MEANINGS[part]


def test_no_refusal_is_in_the_table_that_is_not_written_here():
    assert {**FORBIDDEN, **BAD_REQUEST}.keys() == MEANINGS.keys()


@pytest.mark.parametrize("part", FORBIDDEN)
async def test_each_forbidden_row_suspends_the_address(telegram, telegram_server, part):
    telegram_server.next(telegram_error(403, FORBIDDEN_WORDS[part]))
    answer = await telegram.send(message())
    assert answer == FORBIDDEN[part]
    assert answer.suspend


async def test_a_block_is_a_stop_and_a_deactivated_account_is_not(telegram, telegram_server):
    telegram_server.next(wire_telegram.BLOCKED, wire_telegram.DEACTIVATED)
    assert await telegram.send(message()) == Refused("blocked", suspend=True, stop=True)
    assert await telegram.send(message()) == Refused("deactivated", suspend=True, stop=False)


async def test_an_unknown_403_does_not_suspend(telegram, telegram_server):
    telegram_server.next(telegram_error(403, "Forbidden: something new"))
    assert await telegram.send(message()) == Refused("forbidden", suspend=False, stop=False)


@pytest.mark.parametrize("part", BAD_REQUEST)
async def test_each_bad_request_row_is_answered_from_the_table(telegram, telegram_server, part):
    telegram_server.next(telegram_error(400, BAD_REQUEST_WORDS[part]))
    assert await telegram.send(message()) == BAD_REQUEST[part]


async def test_chat_not_found_suspends_and_an_odd_400_does_not(telegram, telegram_server):
    telegram_server.next(wire_telegram.CHAT_NOT_FOUND, telegram_error(400, "Bad Request: odd"))
    assert await telegram.send(message()) == Refused("unknown", suspend=True)
    assert await telegram.send(message()) == Refused("bad_request", suspend=False)


NOT_TELEGRAM = Later("not_telegram", timedelta(seconds=30), all=True)
OTHER_ROWS: list[tuple[str, Fault, Answer]] = [
    ("429 says how long", too_many(7), Later("429", timedelta(seconds=7), all=True)),
    ("429 without a time", too_many(None), Later("429", timedelta(seconds=5), all=True)),
    ("429 of no seconds", too_many(0), Later("429", timedelta(0), all=True)),
    (
        "429 for one chat",
        too_many(3, "Too Many Requests: slow down in this chat"),
        Later("429", timedelta(seconds=3), all=False),
    ),
    ("429 as a web page", wire.web_page(429), Later("429", timedelta(seconds=5), all=True)),
    ("migrated", wire_telegram.migrated(-100123), MovedTo(-100123)),
    ("401", wire_telegram.UNAUTHORIZED, Ours("token")),
    ("404", wire_telegram.NOT_FOUND, Ours("token")),
    ("404 as a web page", wire.web_page(404), Ours("token")),
    ("500 of Telegram's own", wire_telegram.INTERNAL, Later("500", timedelta(seconds=30))),
    ("502 as a web page", wire.web_page(502), Uncertain("unanswered")),
    ("500 as a web page", wire.web_page(500), Uncertain("unanswered")),
    ("403 as a web page", wire.web_page(403), NOT_TELEGRAM),
    ("302 as a web page", wire.web_page(302), NOT_TELEGRAM),
    ("408 as a web page", wire.web_page(408), Uncertain("unanswered")),
    ("garbled answer", wire.garbled(), Uncertain("unanswered")),
    ("a list for an answer", Fault("list", 200, b"[1, 2]"), Uncertain("unanswered")),
    (
        "a list for an error",
        Fault("list", 400, b"[1, 2]"),
        Later("not_telegram", timedelta(seconds=30), all=True),
    ),
    ("a result of another kind", Fault("true", 200, b'{"ok": true, "result": true}'), Uncertain("garbled")),
    ("deep nonsense", Fault("deep", 200, b"[" * 50_000), Uncertain("unanswered")),
    ("connection cut", wire.reset(), Uncertain("unanswered")),
    ("accepted, never answered", wire.accepted_never_answered(), Uncertain("unanswered")),
]


@pytest.mark.parametrize(
    ("fault", "answer"), [row[1:] for row in OTHER_ROWS], ids=[row[0] for row in OTHER_ROWS]
)
async def test_every_other_failure_has_its_meaning(telegram, telegram_server, fault, answer):
    telegram_server.next(fault)
    assert await telegram.send(message()) == answer


@pytest.mark.parametrize("opted_in", ["1", "true"])
async def test_the_wait_is_read_whatever_ptb_makes_of_seconds(
    telegram, telegram_server, monkeypatch, opted_in
):
    monkeypatch.setenv("PTB_TIMEDELTA", opted_in)
    telegram_server.next(too_many(7))
    assert await telegram.send(message()) == Later("429", timedelta(seconds=7), all=True)


def test_a_time_out_of_the_sdks_own_may_have_left():
    assert meaning_of(TimedOut()) == Uncertain("timed_out")


async def test_after_a_fault_the_next_message_goes(telegram, telegram_server):
    telegram_server.next(wire.reset(), wire.web_page(502))
    await telegram.send(message())
    await telegram.send(message())
    assert isinstance(await telegram.send(message()), Accepted)


async def test_an_unanswered_message_may_well_have_been_sent(telegram, telegram_server):
    telegram_server.next(wire.accepted_never_answered())
    assert isinstance(await telegram.send(message()), Uncertain)
    assert len(telegram_server.sent) == 1


async def test_a_hang_is_uncertain_within_the_timeout(telegram, telegram_server):
    telegram_server.next(wire.hang(5))
    before = time.monotonic()
    assert await telegram.send(message()) == Uncertain("unanswered")
    assert time.monotonic() - before < 1


async def test_a_late_answer_within_the_timeout_counts(telegram, telegram_server):
    telegram_server.next(wire.slow(0.1))
    assert isinstance(await telegram.send(message()), Accepted)


async def test_a_refused_connection_is_later_because_nothing_left():
    bot = TelegramBot(TOKEN, f"http://127.0.0.1:{closed_port()}/bot")
    await bot.open()
    try:
        assert await bot.say(CHAT, "Hello") == Later("unreached", timedelta(seconds=15))
    finally:
        await bot.close()


async def test_a_name_that_does_not_resolve_is_later():
    bot = TelegramBot(TOKEN, "http://nowhere.invalid/bot", timeout=10, connect_timeout=4)
    await bot.open()
    try:
        assert await bot.say(CHAT, "Hello") == Later("unreached", timedelta(seconds=15))
    finally:
        await bot.close()


async def test_waiting_for_a_free_connection_in_vain_is_later(telegram_server):
    bot = TelegramBot(
        TOKEN, telegram_server.base_url, slots=1, timeout=2, connect_timeout=0.1
    )  # 3 connections
    telegram_server.always(wire.slow(0.5))
    await bot.open()
    try:
        answers = await asyncio.gather(*(bot.say(CHAT, str(n)) for n in range(4)))
    finally:
        await bot.close()
    assert sum(isinstance(one, Accepted) for one in answers) == 3  # the slot's and two more
    assert answers.count(Later("unreached", timedelta(seconds=15))) == 1


async def test_a_channel_that_is_not_open_answers_later_and_sends_nothing(telegram_server):
    channel = TelegramChannel(TelegramBot(TOKEN, telegram_server.base_url))
    assert isinstance(await channel.send(message()), Later)
    assert telegram_server.calls == []


async def test_nothing_goes_once_its_time_is_over(telegram, telegram_server):
    late = Outgoing("00ff", CHAT, "Hello", timedelta(0))
    assert await telegram.send(late) == Later("too_late", timedelta(0))
    assert telegram_server.calls == []


async def test_half_a_surrogate_pair_is_refused_before_it_leaves(telegram, telegram_server):
    assert await telegram.send(message("\ud83d")) == Refused("not_text")
    assert telegram_server.calls == []


async def test_opening_sends_nothing(telegram, telegram_server):
    assert telegram_server.calls == []


async def test_proxies_in_the_environment_are_not_used(telegram, telegram_server, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{closed_port()}")
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{closed_port()}")
    assert isinstance(await telegram.send(message()), Accepted)


async def test_connections_are_kept(telegram, telegram_server):
    await asyncio.gather(*(telegram.send(message()) for _ in range(20)))
    wire_runner = telegram_server._runner
    assert len(wire_runner.server.connections) <= 6


async def test_token_chat_and_words_are_never_logged(telegram, telegram_server, caplog):
    caplog.set_level(logging.DEBUG)
    telegram_server.next(wire.garbled(), wire.web_page(502), wire_telegram.UNAUTHORIZED, wire.reset())
    for _ in range(5):
        await telegram.send(message("a very private matter", telegram_chat(987654321)))
    bot = TelegramBot(TOKEN, f"http://127.0.0.1:{closed_port()}/bot")
    await bot.open()
    await bot.say(CHAT, "a very private matter")
    await bot.close()
    told = caplog.text + "".join(str(record.__dict__) for record in caplog.records)
    for secret in (TOKEN, TOKEN.split(":")[1], "private matter", "987654321"):
        assert secret not in told


def test_nothing_of_value_shows_in_a_repr():
    bot = TelegramBot(TOKEN, "http://127.0.0.1:1/bot")
    assert TOKEN not in repr(bot) + str(bot)
    assert "4242" not in repr(message())


async def test_telegram_cannot_look_up(telegram, now):
    assert await telegram.look_up(CHAT, now) is None


def test_the_channel_is_named_telegram():
    assert TelegramChannel(TelegramBot(TOKEN, "http://127.0.0.1:1/bot")).name is ChannelName.TELEGRAM
