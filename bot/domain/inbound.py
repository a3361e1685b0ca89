"""What providers hand over, translated: a text or a tap, a receipt, a block, or something else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.address import Address, ChannelName
from bot.domain.outbox import Refused, State

LONGEST_TEXT = 4_096  # Telegram's longest, and more than any SMS: nothing that a person can send is cut
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # no database takes these


class InboundKind(StrEnum):
    """What came in. Everything is stored, whatever it is."""

    TEXT = "text"
    START = "start"  # Telegram /start, with or without a payload
    TAP = "tap"  # a button; `text` is what it stands for
    MEDIA = "media"  # a voice note, photo, sticker, location ... or forwarded: nobody typed it to us
    EDIT = "edit"  # an edited message: kept; only a crisis in it is answered
    BLOCK = "block"  # Telegram: the person blocked the bot
    UNBLOCK = "unblock"
    GROUP = "group"  # added to a group or channel: leave, say nothing
    OPT_OUT = "opt_out"  # the provider itself recognised STOP (Twilio OptOutType)
    OPT_IN = "opt_in"
    OPT_HELP = "opt_help"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Inbound:
    """One thing that came in. `provider_id` is unique per channel (update_id, MessageSid).

    `address` is None where nobody can be answered (a group, junk). `text` is what was written, at most
    `LONGEST_TEXT` characters; `repr` hides both.
    """

    channel: ChannelName
    provider_id: str
    kind: InboundKind
    address: Address | None
    text: str
    at: datetime
    callback_id: str | None = None  # Telegram: to answer a tap
    leave: int | None = None  # Telegram: the group or channel to leave at once; never stored

    def __repr__(self) -> str:
        return f"Inbound({self.channel.value}, {self.kind.value}, ...)"


@dataclass(frozen=True, slots=True)
class Receipt:
    """A provider's word on one of our messages: by our id (in the callback URL), by theirs, or both."""

    channel: ChannelName
    public_id: str | None
    provider_id: str | None
    state: State  # sent | delivered | failed
    code: str | None = None  # the provider's error code, for the table
    refused: Refused | None = None  # what the code means for the address, when it means anything


@dataclass(frozen=True, slots=True)
class Listed:
    """A message as the provider lists it: by look-up after an uncertain send, or inbound missed."""

    provider_id: str
    to: str
    body: str
    at: datetime | None
    state: State | None
    code: str | None = None

    def __repr__(self) -> str:
        return f"Listed({self.provider_id}, ...)"


def clean_text(text: str) -> str:
    """What was written, fit to be stored: no NUL, no half surrogate pair, no more than `LONGEST_TEXT`."""
    return _UNSTORABLE.sub("", text)[:LONGEST_TEXT]
