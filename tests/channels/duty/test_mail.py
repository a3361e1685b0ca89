"""The duty's e-mail, against a real SMTP server: what is sent, over what, and what each answer means."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.channels.duty.mail import DutyMail, Mailbox
from bot.domain.duty import Call, Security
from tests.wire.mail_server import MailServer
from tests.wire.server import closed_port

CALL = Call("crisis:self_harm", datetime(2027, 2, 2, 10, 0, tzinfo=UTC), (17, 18), 7)
TO = ("duty@council.example", "lead@council.example")


def box(server: MailServer, **changes: Any) -> Mailbox:
    given = {"host": "localhost", "port": server.port, "sender": "bot@council.example", "to": TO}
    return Mailbox(**(given | changes))


@contextlib.asynccontextmanager
async def opened(server: MailServer, trust: bool = True, **changes: Any) -> AsyncIterator[DutyMail]:
    context = server.trusted() if trust else None
    bell = DutyMail(box(server, **changes), context, timeout=0.5, whole=1.0)
    await bell.open()
    try:
        yield bell
    finally:
        await bell.close()


async def test_it_says_what_when_which_family_and_how_to_look(tmp_path: Path) -> None:
    with MailServer(tmp_path) as server:
        async with opened(server) as bell:
            assert await bell.ring(CALL) is None
    [mail] = server.mails
    assert mail.to == TO
    assert mail.message["Subject"] == "Think Family alert: crisis:self_harm"
    assert mail.message["Auto-Submitted"] == "auto-generated"
    assert "About: family 7\r\n" in mail.message.get_content()
    assert CALL.id in mail.message.get_content()


async def test_a_double_has_the_same_message_id(tmp_path: Path) -> None:
    with MailServer(tmp_path) as server:
        async with opened(server) as bell:
            await bell.ring(CALL)
            await bell.ring(CALL)
    assert {mail.message["Message-ID"] for mail in server.mails} == {f"<{CALL.id}@council.example>"}


@pytest.mark.parametrize("tls", [False, True], ids=["starttls", "tls"])
async def test_it_is_encrypted_and_signed_in(tmp_path: Path, tls: bool) -> None:
    with MailServer(tmp_path, tls=tls, password="pass") as server:
        how = Security.TLS if tls else Security.STARTTLS
        async with opened(server, security=how, user="bot", password="pass") as bell:
            assert await bell.ring(CALL) is None
    assert [(mail.encrypted, mail.user) for mail in server.mails] == [(True, "bot")]


async def test_a_server_on_this_machine_may_do_without(tmp_path: Path) -> None:
    with MailServer(tmp_path, offers_starttls=False) as server:
        async with opened(server, security=Security.NONE) as bell:
            assert await bell.ring(CALL) is None
    assert [mail.encrypted for mail in server.mails] == [False]


async def test_nothing_is_sent_in_the_clear_or_to_whom_nobody_vouches_for(tmp_path: Path) -> None:
    (tmp_path / "bare").mkdir()
    with MailServer(tmp_path) as server, MailServer(tmp_path / "bare", offers_starttls=False) as bare:
        async with opened(server, trust=False) as stranger, opened(bare) as clear:
            assert (await stranger.ring(CALL), await clear.ring(CALL)) == ("no_trust", "no_tls")
        async with opened(server, host="127.0.0.1") as other:  # a name that the certificate has not
            assert await other.ring(CALL) == "no_trust"
    assert server.mails == bare.mails == []


@pytest.mark.parametrize(
    ("command", "line", "code"),
    [
        ("MAIL", "550 no", "550"), ("RCPT", "550 unknown", "no_recipient"),
        ("DATA", "451 later", "451"), (".", "552 full", "552"), ("AUTH", "535 wrong", "535"),
    ],
)  # fmt: skip
async def test_a_refusal_at_any_point_is_a_code(tmp_path: Path, command: str, line: str, code: str) -> None:
    with MailServer(tmp_path, password="pass") as server:
        server.refuse[command] = line
        async with opened(server, user="bot", password="pass") as bell:
            assert await bell.ring(CALL) == code
            server.refuse.clear()
            assert await bell.ring(CALL) is None


async def test_a_connection_that_ends_after_the_words_is_not_a_yes(tmp_path: Path) -> None:
    """It is told again, under the same id: twice is better than never."""
    with MailServer(tmp_path) as server:
        server.drops_after_data = True
        async with opened(server) as bell:
            assert await bell.ring(CALL) == "unanswered"
    assert len(server.mails) == 1


@pytest.mark.parametrize("fault", ["silent", "dripping"])
async def test_a_server_that_does_not_answer_is_left_in_time_and_holds_no_thread(
    tmp_path: Path, fault: str
) -> None:
    with MailServer(tmp_path) as server:
        setattr(server, fault, True)
        async with opened(server) as bell:
            assert await asyncio.wait_for(bell.ring(CALL), 5) == "unanswered"
            setattr(server, fault, False)
            assert await bell.ring(CALL) is None
    for thread in threading.enumerate():
        if thread.name.startswith("duty-mail"):
            thread.join(5)
            assert not thread.is_alive()


async def test_nobody_there_is_a_code(tmp_path: Path) -> None:
    with MailServer(tmp_path) as server:
        async with opened(server, port=closed_port()) as bell:
            assert (await bell.ring(CALL), await bell.reach()) == ("never_connected", "never_connected")
        assert await DutyMail(box(server)).ring(CALL) == "never_connected"  # never opened


async def test_reaching_it_signs_in_and_sends_nothing(tmp_path: Path) -> None:
    with MailServer(tmp_path, password="pass") as server:
        async with opened(server, user="bot", password="pass") as bell:
            assert await bell.reach() is None
        async with opened(server, user="bot", password="wrong") as bell:
            assert await bell.reach() == "535"
    assert server.mails == []


def test_p11_a_password_is_never_shown(tmp_path: Path) -> None:
    with MailServer(tmp_path) as server:
        assert "hush" not in repr(box(server, user="hush", password="hush"))
