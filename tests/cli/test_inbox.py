"""What whoever is on duty sees: ids and kinds; words and numbers only by --reveal; what is done is done."""

from __future__ import annotations

import unicodedata
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.domain.address import Address, ChannelName
from bot.domain.duty import Way
from bot.domain.inbound import Inbound, InboundKind
from bot.store import addresses, alerts, audit, inbox, rings
from tests.cli.terminal import SEALED, Terminal
from tests.wire.duty_server import DutyServer
from tests.wire.server import web_page
from tests.wire.telegram_server import TOKEN, TelegramServer

WORDS = "the purple giraffe sang"


@pytest.fixture
def text(terminal: Terminal) -> int:
    """A text that nobody understood."""
    where = Address(ChannelName.SMS, SEALED)
    with terminal.app() as app:
        now, seal = app.clock(), app.desk.seal

        def work(conn: sa.Connection) -> int:
            address = addresses.find_or_add(conn, seal, where, now)
            said = Inbound(ChannelName.SMS, "SM1", InboundKind.TEXT, where, WORDS, now)
            inbound_id, _ = inbox.store(conn, seal, said, address.id, "unread")
            return inbound_id

        return app.desk.database.write(work)


def acts(terminal: Terminal) -> set[tuple[str, str]]:
    with terminal.app() as app:
        return {(act.what, act.subject) for act in app.desk.database.read(audit.listed)}


def test_open_alerts_are_listed_by_kind_and_ids_and_closed(terminal: Terminal, text: int) -> None:
    with terminal.app() as app:
        now = app.clock()
        alert = app.desk.database.write(
            lambda conn: alerts.raise_alert(conn, "crisis:self_harm", now, inbound_id=text)
        )
    said = terminal.done("alerts", "list").out
    (row,) = [line.split() for line in said.splitlines() if str(alert) in line]
    assert (row[1], row[-2:]) == ("crisis:self_harm", ["inbound", str(text)])
    assert terminal.done("alerts", "close", alert).out == "Closed.\n"
    assert terminal.done("alerts", "list").out == "No alert is open.\n"
    assert f"No alert {alert} is open." in terminal.refused("alerts", "close", alert)
    assert ("close alert", f"alert {alert}") in acts(terminal)


def test_the_list_says_whether_the_duty_was_told(terminal: Terminal) -> None:
    with terminal.app() as app:
        now = app.clock()

        def work(conn: sa.Connection) -> None:
            for kind in ("crisis:abuse", "loss_of_twin", "sender_halted", "put_aside"):
                alerts.raise_alert(conn, kind, now)
            due = {one.kind: one.alert_id for one in rings.due(conn, now, now - timedelta(days=1), 9)}
            given_up, rung = ([due[kind]] for kind in ("crisis:abuse", "loss_of_twin"))
            rings.claim(conn, given_up, now, now)
            rings.not_rung(conn, given_up, [], until=now, later=now, long_ago=now, now=now)
            rings.rung(conn, rings.claim(conn, rung, now, now), [Way.EMAIL], now)

        app.desk.database.write(work)
    said = terminal.done("alerts", "list").out
    told = {line.split()[1]: line for line in said.splitlines() if "_" in line or ":" in line}
    assert "could not be told" in told["crisis:abuse"]
    assert " told " in told["loss_of_twin"]
    assert "not told yet" in told["sender_halted"]
    assert "told" not in told["put_aside"]


def test_a_test_of_the_duty_says_what_each_way_answered(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "rings nobody" in terminal.refused("alerts", "test")
    with DutyServer() as duty, TelegramServer() as telegram:
        for name, value in {
            "THINKFAMILY_MODE": "trial", "THINKFAMILY_DUTY_WEBHOOK": duty.url, "TELEGRAM_BOT_TOKEN": TOKEN,
            "TELEGRAM_API_BASE_URL": telegram.base_url,
        }.items():  # fmt: skip
            monkeypatch.setenv(name, value)
        terminal.done("db", "upgrade")
        assert terminal.done("alerts", "test").out == "webhook: taken.\n"
        duty.next(web_page(503))
        said = terminal("alerts", "test")
        assert (said.code, said.out.splitlines()[-1]) == (1, "webhook: not taken, 503.")
    assert "This is a test." in duty.told[0]["text"]


def test_p11_unread_texts_are_listed_without_words_or_numbers(terminal: Terminal, text: int) -> None:
    said = terminal.done("inbox", "list").out
    assert str(text) in said
    assert "not understood" in said
    assert WORDS not in said
    assert SEALED not in said
    assert acts(terminal) == set()


def test_p11_reveal_shows_both_and_is_written_down(terminal: Terminal, text: int) -> None:
    said = terminal.done("inbox", "list", "--reveal").out
    assert WORDS in said
    assert SEALED in said
    assert acts(terminal) == {("reveal text", f"inbound {text}")}


def test_a_text_that_was_read_is_off_the_list(terminal: Terminal, text: int) -> None:
    assert terminal.done("inbox", "close", text).out == "Closed.\n"
    assert terminal.done("inbox", "list").out == "No text waits to be read.\n"
    assert f"No text {text} waits" in terminal.refused("inbox", "close", text)
    assert ("read text", f"inbound {text}") in acts(terminal)


def test_p11_one_text_is_shown_in_ids_and_codes_and_its_words_only_by_reveal(
    terminal: Terminal, text: int
) -> None:
    said = terminal.done("inbox", "show", text).out
    assert "not understood, and waits for a person" in said
    assert "nobody we know" in said
    assert WORDS not in said
    assert acts(terminal) == set()
    said = terminal.done("inbox", "show", text, "--reveal").out
    assert WORDS in said
    assert SEALED in said
    assert acts(terminal) == {("reveal text", f"inbound {text}")}


def test_a_text_is_answered_once_by_hand_and_then_read(terminal: Terminal, text: int) -> None:
    terminal.enrolled()
    assert f"thinkfamily inbox reply {text}" in terminal.done("inbox", "show", text).out
    said = terminal.done("inbox", "reply", text, typed="Ring your midwife.\n").out
    assert "1 part, goes from" in said
    assert terminal.done("inbox", "list").out == "No text waits to be read.\n"
    assert "answered by hand already" in terminal.refused("inbox", "reply", text)
    shown = terminal.done("inbox", "show", text).out
    assert "by staff: by_hand, queued" in shown
    assert "answered by hand already" in shown
    assert ("answer text", f"inbound {text}") in acts(terminal)


def test_a_text_that_may_not_be_answered_is_refused_before_anything_is_typed(
    terminal: Terminal, text: int
) -> None:
    assert "agreed to no messages" in terminal.refused("inbox", "reply", text)


def test_a_text_cannot_steer_a_terminal(terminal: Terminal) -> None:
    """Colours, titles, cursor moves and letters that turn the line round come out as plain text."""
    evil = "\x1b]0;owned\x07\x1b[2Jhi\x9b31m\u202egnp.exe\u2066\r\x08over"
    terminal.enrolled()
    with terminal.app() as app:
        where = Address(ChannelName.SMS, SEALED)
        said = Inbound(ChannelName.SMS, "SM9", InboundKind.TEXT, where, evil, app.clock())

        def work(conn: sa.Connection) -> int:
            address = addresses.find_or_add(conn, app.desk.seal, where, app.clock())
            return inbox.store(conn, app.desk.seal, said, address.id, "unread")[0]

        text = app.desk.database.write(work)
    for command in (("list",), ("show", text)):
        out = terminal.done("inbox", *command, "--reveal").out
        assert "gnp.exe" in out
        assert [char for char in out if char not in "\n" and unicodedata.category(char)[0] == "C"] == []


def test_a_list_that_may_go_on_says_so(terminal: Terminal, text: int) -> None:
    assert "--limit shows them." in terminal.done("inbox", "list", "--limit", 1).out
