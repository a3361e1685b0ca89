"""The duty's e-mail: one message for each call, by SMTP with TLS, from a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import smtplib
import socket
import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import format_datetime

import structlog

from bot.domain.duty import Call, Security, Way, lines


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Where mail is handed in, from whom and to whom; `repr` hides who signs in."""

    host: str
    port: int
    sender: str
    to: tuple[str, ...]
    security: Security = Security.STARTTLS
    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)


@dataclass(slots=True)
class _Talk:
    """One conversation with the server, which can be cut from another thread."""

    smtp: smtplib.SMTP | None = None

    def cut(self) -> None:
        """Whatever is waited for ends now."""
        sock = None if self.smtp is None else self.smtp.sock
        if sock is not None:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)


class DutyMail:
    """One thread, so that a server that does not answer holds up nothing but other mail."""

    way = Way.EMAIL

    def __init__(
        self,
        box: Mailbox,
        context: ssl.SSLContext | None = None,
        *,
        timeout: float = 15.0,
        whole: float = 45.0,
    ) -> None:
        """`timeout` is for each answer of the server, `whole` for all of it, in seconds."""
        self._box = box
        self._context = context
        self._timeout = timeout
        self._whole = whole
        self._thread: ThreadPoolExecutor | None = None

    async def open(self) -> None:
        """Make ready for the thread; no connection is made yet."""
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, "duty-mail")

    async def close(self) -> None:
        """End the thread; it may be opened again."""
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.shutdown(wait=False, cancel_futures=True)

    async def ring(self, call: Call) -> str | None:
        """Hand it in; None when the server took it, else a code. Never raises on what the server does."""
        message = _message(call, self._box)
        return await self._done(lambda smtp: self._sent(smtp, message))

    async def reach(self) -> str | None:
        """Sign in and send nothing; None when that went well, else a code."""
        return await self._done(lambda smtp: None)

    async def _done(self, work: Callable[[smtplib.SMTP], None]) -> str | None:
        if self._thread is None:
            return "never_connected"
        talk = _Talk()
        doing = asyncio.get_running_loop().run_in_executor(self._thread, self._talked, talk, work)
        try:
            return await asyncio.wait_for(doing, self._whole)  # one that has not begun does not begin
        except TimeoutError:
            return "unanswered"
        finally:
            talk.cut()

    def _talked(self, talk: _Talk, work: Callable[[smtplib.SMTP], None]) -> str | None:
        """On the thread. What the server says is not passed on: it may quote us."""
        try:
            talk.smtp = self._connected()
            with contextlib.closing(talk.smtp):
                self._signed_in(talk.smtp)
                work(talk.smtp)
                with contextlib.suppress(smtplib.SMTPException, OSError):
                    talk.smtp.quit()
        except smtplib.SMTPException as wrong:
            return _code(wrong)
        except ssl.SSLError:
            return "no_trust"
        except TimeoutError:
            return "unanswered"
        except OSError:
            return "never_connected"
        return None

    def _connected(self) -> smtplib.SMTP:
        box = self._box
        ours = box.sender.rpartition("@")[2]
        if box.security is Security.TLS:
            context = self._context or ssl.create_default_context()
            return smtplib.SMTP_SSL(box.host, box.port, ours, timeout=self._timeout, context=context)
        return smtplib.SMTP(box.host, box.port, ours, timeout=self._timeout)

    def _signed_in(self, smtp: smtplib.SMTP) -> None:
        if self._box.security is Security.STARTTLS:
            smtp.starttls(context=self._context or ssl.create_default_context())
        if self._box.user is not None:
            smtp.login(self._box.user, self._box.password or "")

    def _sent(self, smtp: smtplib.SMTP, message: EmailMessage) -> None:
        refused = smtp.send_message(message, self._box.sender, list(self._box.to))
        if refused:  # others took it
            structlog.get_logger().warning("duty_mail_refused", addresses=len(refused))


def _code(wrong: smtplib.SMTPException) -> str:
    if isinstance(wrong, smtplib.SMTPResponseException):
        return str(wrong.smtp_code)
    if isinstance(wrong, smtplib.SMTPRecipientsRefused):
        return "no_recipient"
    if isinstance(wrong, smtplib.SMTPNotSupportedError):
        return "no_tls"
    return "unanswered"


def _message(call: Call, box: Mailbox) -> EmailMessage:
    """The same Message-ID for the same call: most mail servers show it once."""
    message = EmailMessage()
    message["Subject"] = f"Think Family alert: {call.kind}"
    message["From"] = box.sender
    message["To"] = ", ".join(box.to)
    message["Date"] = format_datetime(call.at)
    message["Message-ID"] = f"<{call.id}@{box.sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Priority"] = "1"
    message.set_content("\n".join((*lines(call), "", f"Id, the same when this comes twice: {call.id}", "")))
    return message
