"""Guests: in a trial, whoever sends GUEST and the code becomes one; guessing comes to an end soon."""

from __future__ import annotations

import hmac
import re
import secrets
import threading
from dataclasses import replace

import sqlalchemy as sa
import structlog

from bot.domain.address import Address
from bot.domain.inbound import Inbound, InboundKind
from bot.domain.revision import Mode
from bot.services.desk import Desk
from bot.store import addresses, families

TRIES_EACH = 5  # wrong codes from one address; after that the right one is not looked at either
TRIES_ALL = 50  # wrong codes in all; then the door is closed until the process starts again
THEN = "JOIN"  # a new guest's text is taken for this, and kept as this: the code is never stored
_TRY = re.compile(r"guest[\s:,.#-]+(?P<code>\S.{0,80})", re.IGNORECASE)


def new_code() -> str:
    """A fresh code of eight digits, which is shown on the terminal and nowhere else."""
    return f"{secrets.randbelow(10**8):08}"


class Door:
    """The code of this trial, and how often it was guessed wrong; in memory only, and never shown."""

    def __init__(self, code: str | None = None) -> None:
        """`code` None: one is made, which somebody must be told (`made`)."""
        self.made = None if code is not None else new_code()
        self._code = code or self.made or ""
        self._wrong: dict[tuple[str, str], Address] = {}  # the message, for one may come in again
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return "Door(...)"

    def opens(self, address: Address, code: str, message: str) -> bool:
        """Whether this code, from this address, makes a guest; compared in constant time.

        A wrong one counts once, however often its `message` (the provider's id) is looked at: a transaction
        is run again, a webhook comes twice, and Twilio's list has it too.
        """
        right = hmac.compare_digest(_plain(code), _plain(self._code))
        with self._lock:
            theirs = sum(1 for known in self._wrong.values() if known == address)
            if theirs >= TRIES_EACH or len(self._wrong) >= TRIES_ALL:
                return False
            if right:
                return True
            self._wrong[address.channel.value, message] = address
            closed = len(self._wrong) >= TRIES_ALL
        if closed:
            structlog.get_logger().warning("guest_door_closed", wrong_codes=TRIES_ALL)
        return False


def at_the_door(desk: Desk, inbound: Inbound) -> str | None:
    """The code that was tried, when this is somebody who knocks as a guest; None when it is anything else."""
    if desk.guest_door is None or inbound.address is None or inbound.kind is not InboundKind.TEXT:
        return None
    tried = _TRY.fullmatch(inbound.text.strip())
    return None if tried is None else tried["code"]


def let_in(conn: sa.Connection, desk: Desk, inbound: Inbound, code: str) -> Inbound | None:
    """What to go on with: a text that joins, from a guest by now; None for a wrong code, soon forgotten."""
    assert inbound.address is not None
    assert desk.guest_door is not None
    if _is_guest(conn, desk, inbound.address):
        return replace(inbound, text=THEN)
    opened = desk.guest_door.opens(inbound.address, code, inbound.provider_id)
    return replace(inbound, text=THEN) if opened else None


def stranger(conn: sa.Connection, desk: Desk, address: Address) -> bool:
    """In a trial: neither a guest nor in any family, so that nothing of theirs is kept without need."""
    if desk.mode is not Mode.TRIAL or _is_guest(conn, desk, address):
        return False
    row = addresses.find(conn, desk.seal, address)
    return row is None or not families.members_at(conn, row.id)


def _is_guest(conn: sa.Connection, desk: Desk, address: Address) -> bool:
    if address in desk.guests:
        return True
    row = addresses.find(conn, desk.seal, address)
    return row is not None and row.guest


def _plain(code: str) -> bytes:
    """As it is compared: people type gaps, and capitals as they come."""
    return "".join(code.split()).casefold().encode()
