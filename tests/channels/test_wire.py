"""The wire under both SDKs: what can have left, and what cannot."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import logging
import socket
import ssl
import time
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bot.channels.wire import NeverConnected, Unanswered, Wire
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


@pytest.mark.parametrize("data", [None, b"x"])
async def test_errors_never_tell_the_url(data):
    wire = Wire(connections=1, timeout=1, connect_timeout=1)
    await wire.open()
    with pytest.raises(NeverConnected) as caught:
        await wire.exchange("POST", f"http://127.0.0.1:{wire_server.closed_port()}/botSECRET/x", data=data)
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


Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def served(serve: Serve, context: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """The URL of a server that does this with each connection."""
    ends: list[asyncio.StreamWriter] = []

    async def each(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ends.append(writer)
        await serve(reader, writer)

    server = await asyncio.start_server(each, "127.0.0.1", 0, ssl=context)
    scheme = "http" if context is None else "https"
    yield f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    server.close()
    for end in ends:
        end.close()
        with contextlib.suppress(ConnectionError):
            await end.wait_closed()
    await server.wait_closed()


@contextlib.asynccontextmanager
async def a_wire(seconds: float = 1.0) -> AsyncIterator[Wire]:
    wire = Wire(connections=1, timeout=seconds, connect_timeout=0.5)
    await wire.open()
    yield wire
    await wire.close()


def answering(*answers: bytes, then: float | None = None, heard: list[bytes] | None = None) -> Serve:
    """Each request of a connection is answered with the next of these, piece by piece."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            for answer in answers:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().split(b"content-length:")[1].split()[0])
                body = await reader.readexactly(length)
                if heard is not None:
                    heard.append(head + body)
                for piece in answer.split(b"|"):
                    writer.write(piece)
                    await writer.drain()
                    await asyncio.sleep(then or 0)
        writer.close()

    return serve


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@pytest.mark.parametrize(
    "answer",
    [
        OK,
        b"HTTP/1.1 200 |OK\r\nContent-|Length: 2\r\n\r\no|k",
        b"HTTP/1.1 100 Continue\r\n\r\n|" + OK,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n|1\r\nk\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\nContent-Length: 10\r\n\r\n" + zlib.compress(b"ok"),
        b"HTTP/1.1 200 OK\r\n\r\no|k",  # and the connection ends
    ],
)
async def test_an_answer_is_read_whole_however_it_comes(answer):
    async with served(answering(answer, then=0.01)) as url, a_wire() as wire:
        status, body, _ = await wire.exchange("POST", url, data=b"x")
    assert (status, body) == (200, b"ok")


async def test_what_is_sent_is_the_head_and_the_body_and_its_length():
    heard: list[bytes] = []
    async with served(answering(OK, OK, heard=heard)) as url, a_wire() as wire:
        for words in ("a", "پیغام"):
            await wire.exchange("POST", f"{url}a b?c=d", data=words.encode(), headers={"X-One": "1"})
    head, body = heard[1].split(b"\r\n\r\n")
    assert head.startswith(b"POST /a%20b?c=d HTTP/1.1\r\nHost: 127.0.0.1:")
    assert {b"X-One: 1", b"Content-Length: 10"} < set(head.split(b"\r\n"))
    assert body.decode() == "پیغام"


async def test_a_connection_is_kept_for_the_next_request():
    connections = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(writer)
        await answering(OK, OK)(reader, writer)

    async with served(serve) as url, a_wire() as wire:
        for _ in range(2):
            await wire.exchange("POST", url, data=b"x")
    assert len(connections) == 1


async def test_a_request_that_was_broken_off_leaves_no_answer_to_the_next():
    """Its connection is not kept: what still comes on it would be taken for another's answer."""
    reached, connections = asyncio.Event(), []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(writer)
        late = len(connections) == 1
        reached.set()
        await answering(b"|" + OK.replace(b"ok", b"no") if late else OK, then=0.1 if late else None)(
            reader, writer
        )

    async with served(serve) as url, a_wire() as wire:
        asked = asyncio.create_task(wire.exchange("POST", url, data=b"x"))
        await reached.wait()
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked
        _, body, _ = await wire.exchange("POST", url, data=b"x")
    assert (body, len(connections)) == (b"ok", 2)


@pytest.mark.parametrize(
    "answer",
    [
        b"not HTTP at all\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nok",  # and the connection ends
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Encoding: gzip\r\n\r\nok",
    ],
)
async def test_half_an_answer_or_none_that_can_be_read_is_no_answer(answer):
    async with served(answering(answer)) as url, a_wire() as wire:
        with pytest.raises(Unanswered):
            await wire.exchange("POST", url, data=b"x")


async def test_a_wire_that_is_closed_leaves_whoever_waits_on_it_unanswered():
    heard: list[bytes] = []
    async with served(answering(b"H|TTP", then=5, heard=heard)) as url, a_wire() as wire:
        asked = asyncio.create_task(wire.exchange("POST", url, data=b"x"))
        async with asyncio.timeout(1):
            while not heard:  # noqa: ASYNC110  # the server is one of the test's own lines
                await asyncio.sleep(0.01)
        await wire.close()
        with pytest.raises(Unanswered):
            await asked


@pytest.mark.parametrize(
    "head", [b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\n\r\n"], ids=["its head", "its body"]
)
async def test_an_answer_that_trickles_is_given_up_when_the_whole_time_is_over(head):
    answer = b"|".join([head, *([b"x"] * 100)])
    async with served(answering(answer, then=0.05)) as url, a_wire(0.3) as wire:
        before = time.monotonic()
        with pytest.raises(Unanswered):
            await wire.exchange("POST", url, data=b"x")
    assert time.monotonic() - before < 1


@pytest.mark.parametrize("header", ["1\r\nX-Two: 2", "1\nX-Two: 2", "1\0"])
async def test_a_header_that_would_be_two_is_never_sent(header):
    heard: list[bytes] = []
    async with served(answering(OK, heard=heard)) as url, a_wire() as wire:
        with pytest.raises(NeverConnected):
            await wire.exchange("POST", url, data=b"x", headers={"X-One": header})
    assert heard == []


@pytest.mark.parametrize("url", ["http://", "ftp://127.0.0.1/", "127.0.0.1", ""])
async def test_words_for_a_url_that_is_none_were_never_connected(url):
    async with a_wire() as wire:
        with pytest.raises(NeverConnected):
            await wire.exchange("POST", url, data=b"x")


@pytest.fixture
def nobodys_certificate(tmp_path: Path) -> ssl.SSLContext:
    """A server's side of TLS with a certificate that no authority knows."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    day = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(day).not_valid_after(day + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    (tmp_path / "both.pem").write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + made.public_bytes(Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "both.pem")
    return context


async def test_nothing_is_said_to_whoever_cannot_prove_who_it_is(nobodys_certificate):
    heard: list[bytes] = []
    async with served(answering(OK, heard=heard), nobodys_certificate) as url, a_wire() as wire:
        with pytest.raises(NeverConnected):
            await wire.exchange("POST", url, data=b"x")
    assert heard == []
