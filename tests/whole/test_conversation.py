"""The whole process in a trial, by a real wire: a guest joins in five texts, is in danger, and stops."""

from __future__ import annotations

import sqlalchemy as sa

from bot.store.tables import addresses, families, inbox, members
from tests.whole.house import CHAT, CODE, ON_SQLITE, PHONE, House
from tests.whole.started import PATIENCE, Started
from tests.wire.telegram_server import TelegramServer
from tests.wire.twilio_server import TwilioServer

STRANGER = 777


def _told(telegram: TelegramServer, chat: int, number: int) -> str:
    """The number-th thing that a chat was told."""
    telegram.wait_for(lambda: len(telegram.sent_to(chat)) >= number, PATIENCE)
    return telegram.sent_to(chat)[number - 1].text


def _dialogue(telegram: TelegramServer, chat: int, *turns: tuple[str, str]) -> None:
    """Each text is answered by one that holds these words; nothing else comes."""
    for number, (text, words) in enumerate(turns, len(telegram.sent_to(chat)) + 1):
        telegram.text(chat, text)
        assert words in _told(telegram, chat, number)


@ON_SQLITE
def test_a_guest_joins_is_in_danger_and_stops(house: House, telegram: TelegramServer) -> None:
    with Started(house.folder, house.settings, "run", cold=True) as process:
        process.ready()
        telegram.start_chat(STRANGER)
        _dialogue(
            telegram, CHAT,
            (f"guest {CODE}", "Which language?"), ("1", "If you agree"), ("1", "Who are you?"),
            ("1", "When is your baby due"), ("24 weeks", "Saved"),
            ("my baby is not moving", "maternity unit"), ("STOP", "stopped"),
        )  # fmt: skip
        status, body = process.health()
        assert (status, body["mode"], body["wrong"]) == (200, "trial", [])
        assert process.terminate() == 0
    assert telegram.sent_to(STRANGER) == []
    assert len(telegram.sent) == 7
    assert house.rows(sa.select(addresses.c.guest, addresses.c.stopped_at.is_not(None))) == [(True, True)]
    assert house.states() == {"sent": 7}
    assert CODE not in process.said + process.logged


@ON_SQLITE
def test_a_stranger_leaves_no_row_and_is_answered_in_a_crisis_only(
    house: House, telegram: TelegramServer
) -> None:
    with Started(house.folder, house.settings, "run") as process:
        process.ready()
        for text in ("hello", "JOIN", "GUEST 000000", "24 weeks", "LOSS"):
            telegram.text(STRANGER, text)
        telegram.text(CHAT, f"GUEST {CODE}")
        _told(telegram, CHAT, 1)
        assert len(house.rows(sa.select(addresses))) == len(house.rows(sa.select(inbox))) == 1
        telegram.text(STRANGER, "i want to die")
        assert "999" in _told(telegram, STRANGER, 1)
    assert house.rows(sa.select(members)) == house.rows(sa.select(families)) == []


@ON_SQLITE
def test_a_code_that_was_made_is_shown_on_a_terminal_only(house: House, telegram: TelegramServer) -> None:
    del house.settings["THINKFAMILY_GUEST_CODE"]
    with Started(house.folder, house.settings, "run") as process:
        process.ready().terminate()
    assert "GUEST" not in process.said + process.logged
    with Started(house.folder, house.settings, "run", terminal=True) as process:
        process.ready()
        process.wait_for_words("GUEST ")
        code = process.said.partition("GUEST ")[2].split()[0]
        _dialogue(telegram, CHAT, (f"GUEST {code}", "Which language?"))
    assert len(code) == 8
    assert process.said.count(code) == 1
    assert code not in process.logged


@ON_SQLITE
def test_telegram_calls_us_where_a_webhook_is_set(house: House, telegram: TelegramServer) -> None:
    """Behind a proxy: Telegram knows the public URL, the process listens inside."""
    webhook = {
        "TELEGRAM_INBOUND": "webhook",
        "TELEGRAM_WEBHOOK_SECRET": "s3cret",
        "THINKFAMILY_PUBLIC_URL": "https://bot.example.org",
    }
    telegram.public_url = webhook["THINKFAMILY_PUBLIC_URL"]
    with Started(house.folder, house.settings | webhook, "run") as process:
        telegram.reach = process.ready().url
        telegram.wait_for(lambda: telegram.webhook)
        _dialogue(telegram, CHAT, (f"GUEST {CODE}", "Which language?"), ("1", "If you agree"))
    assert {status for status, _ in telegram.webhook_answers} == {200}


@ON_SQLITE
def test_a_webhook_that_telegram_could_not_be_told_of_is_told_again(
    house: House, telegram: TelegramServer
) -> None:
    webhook = {
        "TELEGRAM_INBOUND": "webhook",
        "TELEGRAM_WEBHOOK_SECRET": "s3cret",
        "THINKFAMILY_PUBLIC_URL": "https://bot.example.org",
    }
    telegram.stop()
    with Started(house.folder, house.settings | webhook, "run") as process:
        process.ready()
        process.wait_for_log("webhook_not_set")
        telegram.start()
        telegram.wait_for(lambda: telegram.webhook)


@ON_SQLITE
def test_a_text_is_answered_and_its_receipt_is_taken(
    house: House, twilio: TwilioServer, with_twilio: dict[str, str]
) -> None:
    """The signature is over the public URL, whatever the proxy makes of the request on its way."""
    settings = house.settings | with_twilio | {"THINKFAMILY_GUESTS": PHONE}
    twilio.receipts = ("sent", "delivered", "sent")
    with Started(house.folder, settings, "run") as process:
        twilio.reach = process.ready().url
        assert twilio.text(PHONE, "JOIN")[0] == 200
        twilio.wait_for(lambda: twilio.sent_to(PHONE))
        assert "Which language?" in twilio.sent_to(PHONE)[0].body
        twilio.wait_for(lambda: house.states() == {"delivered": 1})
        twilio.auth_token = "somebody else's"
        assert twilio.text(PHONE, "STOP")[0] == 403
        assert process.terminate() == 0
    assert house.rows(sa.select(addresses.c.stopped_at)) == [(None,)]
