"""Consent: an append-only ledger entry, never a boolean; the one-row state is the last entry's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bot.domain.address import ChannelName
from bot.domain.family import Purpose

Key = tuple[int, int, Purpose, ChannelName]


@dataclass(frozen=True, slots=True)
class Consent:
    """One entry: who agreed to, or withdrew, what, when, how, and which version of the words."""

    family_id: int
    member_id: int
    purpose: Purpose
    channel: ChannelName
    given: bool
    at: datetime
    how: str  # reply | telegram | staff | import | stop | block | silence | start | erase
    words_version: str  # the hash of the words agreed to; "" for a withdrawal

    @property
    def key(self) -> Key:
        """What the one-row state is kept for."""
        return (self.family_id, self.member_id, self.purpose, self.channel)


def state(entries: Iterable[Consent]) -> dict[Key, bool]:
    """The live state that a ledger amounts to: the last entry of each key, in the order written."""
    return {entry.key: entry.given for entry in entries}
