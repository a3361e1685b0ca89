"""A server that plays a mail server: SMTP with STARTTLS or TLS, sign-in, memory, and faults."""

from __future__ import annotations

import asyncio
import base64
import datetime
import ssl
import threading
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Mail:
    """One that was taken, and whether it came in the clear, and from whom."""

    message: EmailMessage
    to: tuple[str, ...]
    encrypted: bool
    user: str | None


class MailServer:
    """On loopback, in a thread with its own loop. `silent`, `dripping` and `refuse` are its faults.

    `refuse` maps a command ("RCPT", "DATA", "AUTH", ".") to the line that answers it instead.
    """

    def __init__(
        self, folder: Path, *, tls: bool = False, offers_starttls: bool = True, password: str | None = None
    ) -> None:
        self.mails: list[Mail] = []
        self.refuse: dict[str, str] = {}
        self.silent = self.dripping = self.drops_after_data = False
        self.connections = 0
        self.port = 0
        self.certificate = folder / "mail.pem"
        self._tls, self._offers, self._password = tls, offers_starttls, password
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        _make(self.certificate)
        self._context.load_cert_chain(self.certificate)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="mail", daemon=True)
        self._server: asyncio.Server | None = None

    def trusted(self) -> ssl.SSLContext:
        """What trusts this server, and nobody else."""
        return ssl.create_default_context(cafile=str(self.certificate))

    def __enter__(self) -> Self:
        self._thread.start()
        self._do(self._listen())
        return self

    def __exit__(self, *error: object) -> None:
        self._do(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def _do(self, work: object) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)  # type: ignore[arg-type]

    async def _listen(self) -> None:
        context = self._context if self._tls else None
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, ssl=context)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        assert self._server is not None
        self._server.close()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            if self.silent:
                await asyncio.sleep(3600)
            while self.dripping:  # a line that never ends, a byte at a time
                writer.write(b"2")
                await writer.drain()
                await asyncio.sleep(0.02)
            await _Visit(self, reader, writer, self._tls).go()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


class _Visit:
    """One client's conversation."""

    def __init__(
        self, server: MailServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, encrypted: bool
    ) -> None:
        self.server, self.reader, self.writer, self.encrypted = server, reader, writer, encrypted
        self.user: str | None = None
        self.to: list[str] = []

    async def go(self) -> None:
        await self.say("220 mail.test ESMTP")
        while line := (await self.reader.readline()).decode("ascii").strip():
            command = line.split()[0].upper()
            if command in self.server.refuse:
                await self.say(self.server.refuse[command])
            elif command == "QUIT":
                return await self.say("221 bye")
            elif not await self.act(command, line):
                return None
        return None

    async def act(self, command: str, line: str) -> bool:
        """Do it; False where the connection is dropped."""
        if command == "EHLO":
            offered = ["mail.test", "AUTH PLAIN", *(["STARTTLS"] if self.starts else [])]
            *first, last = offered
            await self.say(*(f"250-{one}" for one in first), f"250 {last}")
        elif command == "STARTTLS":
            await self.say("220 go ahead")
            await self.writer.start_tls(self.server._context)
            self.encrypted = True
        elif command == "AUTH":
            await self.auth(line)
        elif command == "DATA":
            return await self.data()
        else:
            if command == "RCPT":
                self.to.append(line.partition("<")[2].partition(">")[0])
            await self.say("250 ok")
        return True

    @property
    def starts(self) -> bool:
        return self.server._offers and not self.encrypted

    async def auth(self, line: str) -> None:
        _, user, password = base64.b64decode(line.split()[2]).decode().split("\0")
        right = password == self.server._password
        self.user = user if right else None
        await self.say("235 welcome" if right else "535 no")

    async def data(self) -> bool:
        await self.say("354 go on")
        raw = await self.reader.readuntil(b"\r\n.\r\n")
        if "." in self.server.refuse:
            await self.say(self.server.refuse["."])
            return True
        message = message_from_bytes(raw[:-3], policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.server.mails.append(Mail(message, tuple(self.to), self.encrypted, self.user))
        if self.server.drops_after_data:
            return False
        await self.say("250 taken")
        return True

    async def say(self, *lines: str) -> None:
        self.writer.write("".join(f"{line}\r\n" for line in lines).encode())
        await self.writer.drain()


def _make(path: Path) -> None:
    """A certificate for loopback that is good for a day, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
