"""Plan and dispatch, once: what is due leaves through the real channels, and nothing stays half sent."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.cli import show
from bot.domain.address import Address, ChannelName, telegram_chat
from bot.domain.inbound import Inbound, InboundKind
from bot.domain.outbox import Kind
from bot.services import receive
from bot.store import pace
from bot.store.tables import outbox
from tests import rows
from tests.cli.terminal import Terminal
from tests.policy.house import ROOT
from tests.wire.server import accepted_never_answered, slow
from tests.wire.telegram_http import BLOCKED, UNAUTHORIZED
from tests.wire.telegram_server import TOKEN, TelegramServer

CHAT = 1001


@pytest.fixture
def telegram(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> Iterator[TelegramServer]:
    """A trial whose one guest is a Telegram chat, and a server that plays Telegram."""
    with TelegramServer() as server:
        monkeypatch.setenv("THINKFAMILY_MODE", "trial")
        monkeypatch.setenv("THINKFAMILY_GUESTS", f"telegram:{CHAT}")
        monkeypatch.setenv("TELEGRAM_BOT_TOKEN", TOKEN)
        monkeypatch.setenv("TELEGRAM_API_BASE_URL", server.base_url)
        terminal.done("db", "upgrade")
        yield server


def written_to(terminal: Terminal, address: Address, number: int = 1) -> None:
    """Somebody stops by text: their answer is due at any hour."""
    with terminal.app() as app:
        now = app.clock()
        said = Inbound(address.channel, f"in-{number}", InboundKind.TEXT, address, "stop", now)
        assert receive.receive(app.desk, said, now).answers == 1


def states(terminal: Terminal) -> list[str]:
    with terminal.app() as app:
        return app.desk.database.read(
            lambda conn: list(conn.execute(sa.select(outbox.c.state).order_by(outbox.c.outbox_id)).scalars())
        )


def test_plan_says_that_nothing_is_published(terminal: Terminal) -> None:
    assert "Nothing is published yet" in terminal.done("plan").out


def test_plan_says_what_came_of_it(terminal: Terminal) -> None:
    terminal.done("publish")
    terminal.enrolled("--due", (show.today() + timedelta(days=130)).isoformat())
    assert terminal.done("plan").out.startswith("1 family looked at; 1 ")
    assert terminal.done("plan").out == "0 families looked at; nothing changed.\n"


def test_dispatch_says_that_nothing_was_due(terminal: Terminal) -> None:
    assert terminal.done("dispatch").out == "Nothing was due.\n"


def test_dispatch_in_rehearsal_sends_what_is_due_and_nothing_leaves(terminal: Terminal) -> None:
    written_to(terminal, Address(ChannelName.SMS, "+447700900123"))
    said = terminal.done("dispatch").out
    assert said == "1 sent\nThis is a rehearsal: nothing left this machine.\n"
    assert states(terminal) == ["sent"]


def test_dispatch_really_sends_and_leaves_nothing_in_sending(
    terminal: Terminal, telegram: TelegramServer
) -> None:
    written_to(terminal, telegram_chat(CHAT))
    assert terminal.done("dispatch").out == "1 sent\n"
    assert [(said.chat_id, said.text) for said in telegram.sent] == [(CHAT, "Answer: stopped.")]
    assert states(terminal) == ["sent"]


def test_p4_dispatch_again_sends_nothing_again(terminal: Terminal, telegram: TelegramServer) -> None:
    written_to(terminal, telegram_chat(CHAT))
    terminal.done("dispatch")
    assert terminal.done("dispatch").out == "Nothing was due.\n"
    assert len(telegram.sent) == 1


def test_dispatch_says_that_it_was_refused(terminal: Terminal, telegram: TelegramServer) -> None:
    telegram.next(BLOCKED)
    written_to(terminal, telegram_chat(CHAT))
    assert terminal.done("dispatch").out == "1 refused for good\n"
    assert states(terminal) == ["failed"]


def test_dispatch_calls_uncertain_what_nobody_answered(terminal: Terminal, telegram: TelegramServer) -> None:
    telegram.next(accepted_never_answered())
    written_to(terminal, telegram_chat(CHAT))
    assert "1 uncertain" in terminal.done("dispatch").out
    assert states(terminal) == ["uncertain"]


def test_dispatch_fails_when_our_own_token_is_refused(terminal: Terminal, telegram: TelegramServer) -> None:
    telegram.always(UNAUTHORIZED)
    written_to(terminal, telegram_chat(CHAT))
    result = terminal("dispatch")
    assert result.code == 1
    assert "refused our own key" in result.err
    assert TOKEN not in result.out + result.err
    assert states(terminal) == ["queued"]


def test_p9_dispatch_in_live_mode_refuses_before_everything_is_approved(
    terminal: Terminal, telegram: TelegramServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THINKFAMILY_MODE", "live")
    monkeypatch.setenv("THINKFAMILY_KEYS", terminal.done("db", "new-key").out.strip().partition("=")[2])
    monkeypatch.setenv("THINKFAMILY_DATABASE_URL", "sqlite:///live.db")
    terminal.done("db", "upgrade")
    said = terminal.refused("dispatch")
    assert "Live mode may not start:" in said
    assert "The replies are not published and approved in English" in said


def test_run_knows_its_parts(terminal: Terminal) -> None:
    assert "choose of plan, dispatch and inbound" in terminal.misused("run", "--only", "sleep")


def test_what_goes_wrong_while_a_bar_is_shown_leaves_the_terminal_whole(terminal: Terminal) -> None:
    """On a real terminal: the cursor is shown again, and there is one sentence and no traceback."""
    written_to(terminal, Address(ChannelName.SMS, "+447700900123"))
    with terminal.app() as app:
        app.desk.database.write(lambda conn: conn.exec_driver_sql("DROP TABLE approvals"))
    end, tty = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "PYTHONPATH": str(ROOT)}
    program = subprocess.Popen(
        [sys.executable, "-m", "bot.cli.main", "dispatch"], stdin=tty, stdout=tty, stderr=tty, env=environment
    )
    os.close(tty)
    said = _all(end)
    assert program.wait(30) == 1
    assert "\x1b[?25l" in said  # it was hidden for the bar
    assert said.rindex("\x1b[?25h") > said.rindex("\x1b[?25l")
    assert said.rstrip().endswith("Run `thinkfamily db upgrade`.")
    assert "Traceback" not in said


def _all(end: int) -> str:
    """Everything that is written to a terminal until its program ends."""
    said = b""
    while True:
        try:
            part = os.read(end, 4096)
        except OSError:  # Linux says so at the end
            part = b""
        if not part:
            os.close(end)
            return said.decode()
        said += part


def test_p13_sigterm_ends_a_dispatch_early_and_nothing_is_left_half_sent(
    terminal: Terminal, telegram: TelegramServer
) -> None:
    queued = 120
    _answers_due(terminal, queued)
    telegram.always(slow(0.3))
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    program = subprocess.Popen(
        [sys.executable, "-m", "bot.cli.main", "dispatch"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
    )  # fmt: skip
    telegram.wait_for(lambda: len(telegram.sent) > 3, 20)
    program.send_signal(signal.SIGTERM)
    out, err = program.communicate(timeout=30)
    found = states(terminal)
    assert (program.returncode, err) == (0, "")
    assert set(found) == {"sent", "queued"}
    assert found.count("sent") == len(telegram.sent) < queued
    assert out == f"{len(telegram.sent)} sent\n"


def _answers_due(terminal: Terminal, count: int) -> None:
    """Answers to so many chats, which may go at any hour."""
    with terminal.app() as app:
        now, seal = app.clock(), app.desk.seal

        def work(conn: sa.Connection) -> None:
            sender = pace.sender_id(conn, ChannelName.TELEGRAM, "telegram", now)
            for number in range(count):
                who = rows.someone(conn, seal, now, number, channel=ChannelName.TELEGRAM)
                body = seal.seal("outbox.body", "Text STOP to end.")
                rows.row(conn, who, now, Kind.REPLY, sealed=body, sender_id=sender, closes_on=None)

        app.desk.database.write(work)
