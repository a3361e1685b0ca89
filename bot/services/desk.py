"""The desk that every use case works at: what bootstrap built, passed as one value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from bot.domain.address import Address, ChannelName
from bot.domain.revision import Mode
from bot.services.planning import RulesBook
from bot.services.stride import Stride

if TYPE_CHECKING:
    from bot.content.config import Config
    from bot.content.load import Content
    from bot.services.guests import Door
    from bot.services.shelf import Shelf
    from bot.store.database import Database
    from bot.store.sealed import Seal
    from bot.words.lexicon import Lexicon


@dataclass(frozen=True, slots=True)
class Desk:
    """What the use cases need, and nothing that opens a socket.

    `senders` names the sender of each channel (a number, a messaging service or a bot's name; never a
    token). `guests` is the trial list, `guest_door` its other way in. `holder` names this process in
    leases and claims.
    """

    database: Database
    seal: Seal
    mode: Mode
    config: Config
    content: Content
    lexicon: Lexicon
    shelf: Shelf
    senders: Mapping[ChannelName, str]
    guests: frozenset[Address]
    holder: str
    drama_numbers: bool = False
    guest_door: Door | None = None
    restored_at: datetime | None = None  # texts from before may have been answered already
    rules: RulesBook = field(default_factory=RulesBook)
    stride: Stride = field(default_factory=Stride)
