"""What a channel, a reader and a bell promise: the seams to providers, and to whoever is on duty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.address import Address, ChannelName
from bot.domain.duty import Call, Way
from bot.domain.inbound import Inbound, Listed, Receipt
from bot.domain.outbox import Answer


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message about to leave. `public_id` is ours, random, fit for a callback URL."""

    public_id: str
    address: Address
    body: str
    valid_for: timedelta  # the provider must not deliver later than this
    buttons: Sequence[Sequence[tuple[str, str]]] = ()  # rows of (label, text it stands for); Telegram only
    menu: Sequence[
        tuple[str, str]
    ] = ()  # from now on this chat's commands: (name, what it does); Telegram only
    removes: str | None = None  # no message, but one of ours (the provider's id) to be removed; Telegram only
    picture: bytes | None = None  # a PNG that goes with the words; Telegram only
    begin_by: float | None = None  # monotonic: no call for it begins later, for a STOP may have come (P2)

    def __repr__(self) -> str:
        return f"Outgoing({self.public_id})"


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where a provider says that it calls us ('': nowhere), when that last failed, and what waits there."""

    url: str
    failed_at: datetime | None = None
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class Account:
    """What a provider says of our account; `inbound_url` None where it does not tell."""

    status: str
    inbound_url: str | None


class Channel(Protocol):
    """A way out. Makes its connections in `open`, never at construction; answers, never raises."""

    name: ChannelName

    async def open(self) -> None:
        """Make the HTTP session; no request is sent."""

    async def close(self) -> None:
        """Let go of every connection."""

    async def send(self, message: Outgoing) -> Answer:
        """Hand one message to the provider and translate what came back, by the error table."""

    async def look_up(self, to: Address, since: datetime) -> Sequence[Listed] | None:
        """What the provider lists as sent to this address since then; None where it cannot tell."""


class Bell(Protocol):
    """A way to whoever is on duty. Makes its connections in `open`; answers with a code, never raises."""

    way: Way

    async def open(self) -> None:
        """Make ready; nothing is sent."""

    async def close(self) -> None:
        """Let go of everything."""

    async def ring(self, call: Call) -> str | None:
        """Tell it; None when it was taken, else a code."""

    async def reach(self) -> str | None:
        """Whether it could be told, telling nothing; None when it could, else a code."""


@dataclass(frozen=True, slots=True)
class Request:
    """An inbound HTTP request, as the door saw it."""

    url: str  # the public URL, as the provider called it
    headers: Mapping[str, str]  # names in lower case
    form: Sequence[tuple[str, str]]  # raw pairs of a form body, in order
    body: bytes

    def __repr__(self) -> str:
        return "Request(...)"


class Reader(Protocol):
    """A way in: says whether a request is genuine, and translates it. Pure; never raises on junk."""

    name: ChannelName

    def genuine(self, request: Request) -> bool:
        """Whether the provider made this request: signature or secret, compared in constant time."""

    def read(self, request: Request, now: datetime) -> Inbound | Receipt:
        """What the request says; junk comes back as an Inbound of kind UNKNOWN with a derived id."""
