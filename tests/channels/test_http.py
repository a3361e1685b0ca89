"""The wire under both SDKs: what can have left, and what cannot."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import time
from collections.abc import Iterator

import pytest
from twilio.http.response import Response

from bot.channels.http import AioTwilio, NeverConnected, Unanswered, Wire, _seconds
from tests.wire import server as wire_server
from tests.wire.telegram_server import TelegramServer


@contextlib.contextmanager
def deaf_port() -> Iterator[int]:
    """A port whose queue of connections is full: connecting hangs, as to a host behind a dead firewall."""
    with contextlib.ExitStack() as sockets:
        listening = sockets.enter_context(socket.socket())
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        port = listening.getsockname()[1]
        for _ in range(3):
            waiting = sockets.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(("127.0.0.1", port))
        yield port


async def test_a_connection_that_is_never_made_is_given_up_in_time_and_nothing_left():
    wire = Wire(connections=1, timeout=10, connect_timeout=0.2)
    await wire.open()
    before = time.monotonic()
    with deaf_port() as port, pytest.raises(NeverConnected):
        await wire.exchange("POST", f"http://127.0.0.1:{port}/", data=b"x")
    await wire.close()
    assert time.monotonic() - before < 1


async def test_connecting_gives_up_before_the_whole_time_is_over_so_that_it_can_be_told_apart():
    wire = Wire(connections=1, timeout=0.4, connect_timeout=60)
    await wire.open()
    with deaf_port() as port, pytest.raises(NeverConnected):
        await wire.exchange("POST", f"http://127.0.0.1:{port}/", data=b"x")
    await wire.close()


async def test_a_server_that_takes_the_connection_and_goes_away_may_have_read_the_request():
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    wire = Wire(connections=1, timeout=2, connect_timeout=1)
    await wire.open()
    with pytest.raises(Unanswered):
        await wire.exchange("POST", f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", data=b"x")
    await wire.close()
    server.close()
    await server.wait_closed()


async def test_a_post_is_never_sent_twice_by_the_wire():
    with TelegramServer() as server:
        wire = Wire(connections=1, timeout=1, connect_timeout=1)
        await wire.open()
        url = f"{server.base_url}{server.token}/sendMessage"
        await wire.exchange("POST", url, data=b"chat_id=1&text=a")  # a kept connection, then dropped
        server.next(wire_server.reset())
        with pytest.raises(Unanswered):
            await wire.exchange("POST", url, data=b"chat_id=1&text=b")
        await wire.close()
    assert len(server.calls) == 2


async def test_a_text_for_a_url_that_is_none_was_never_connected():
    wire = Wire(connections=1, timeout=1, connect_timeout=1)
    await wire.open()
    with pytest.raises(NeverConnected):
        await wire.exchange("POST", "http://")
    await wire.close()


async def test_errors_never_tell_the_url():
    wire = Wire(connections=1, timeout=1, connect_timeout=1)
    await wire.open()
    with pytest.raises(NeverConnected) as caught:
        await wire.exchange("POST", f"http://127.0.0.1:{wire_server.closed_port()}/botSECRET/x")
    await wire.close()
    assert "SECRET" not in str(caught.value) + repr(caught.value)


async def test_a_wire_can_be_closed_twice_and_opened_again():
    with TelegramServer() as server:
        wire = Wire(connections=1, timeout=1, connect_timeout=1)
        await wire.close()
        await wire.open()
        await wire.open()
        await wire.close()
        await wire.close()
        await wire.open()
        status, _, _ = await wire.exchange("POST", f"{server.base_url}{server.token}/getMe")
        await wire.close()
    assert status == 200


@pytest.mark.parametrize("name", ["telegram", "twilio", "httpx", "httpcore"])
def test_loggers_that_would_tell_are_quiet_once_there_is_a_wire(name):
    Wire(connections=1, timeout=1, connect_timeout=1)
    assert not logging.getLogger(name).isEnabledFor(logging.INFO)


async def test_twilios_redirects_are_not_followed():
    with TelegramServer() as server:  # any server will do
        server.always(wire_server.Fault("302", 302, b'{"message": "moved"}', headers={"Location": "/x"}))
        wire = Wire(connections=1, timeout=1, connect_timeout=1)
        await wire.open()
        url = f"{server.base_url}{server.token}/sendMessage"
        answer = await AioTwilio(wire).request("POST", url, data={"chat_id": "1"})
        await wire.close()
    assert isinstance(answer, Response)
    assert answer.status_code == 302
    assert len(server.calls) == 1


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        (3, 3.0),
        ("3", 3.0),
        (2.5, 2.5),
        (0, 0.0),
        (10**9, 86_400.0),
        (10**400, None),
        (-1, None),
        (True, None),
        (None, None),
        ("soon", None),
        ("nan", None),
        ([3], None),
    ],
)
def test_a_wait_is_a_number_of_seconds_up_to_a_day_or_nothing(asked, seconds):
    assert _seconds(asked) == seconds
