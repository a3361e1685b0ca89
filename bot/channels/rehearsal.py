"""The channel of a rehearsal: it accepts everything, and nothing leaves this machine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from bot.channels.base import Outgoing
from bot.domain.address import Address, ChannelName
from bot.domain.inbound import Listed
from bot.domain.outbox import Accepted, Answer


class RehearsalChannel:
    """Stands behind a channel's name. `deliver` is told of each message (a chat's screen, a transcript)."""

    def __init__(self, name: ChannelName, deliver: Callable[[Outgoing], None] | None = None) -> None:
        self.name = name
        self._deliver = deliver

    async def open(self) -> None:
        """Nothing to open."""

    async def close(self) -> None:
        """Nothing to close."""

    async def send(self, message: Outgoing) -> Answer:
        """Accept, under an id that follows from ours: the same message twice is the same id."""
        if self._deliver is not None:
            self._deliver(message)
        return Accepted(f"rehearsal-{message.public_id}")

    async def look_up(self, to: Address, since: datetime) -> Sequence[Listed] | None:
        """None: nothing is kept here, so nothing can be told."""
        return None
