"""What is decided of one row."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from bot.domain.outbox import State
from bot.store.occurrences import Stored


@dataclass(frozen=True, slots=True)
class Planned:
    """What is decided of one row: its values, and the stored row they change (None: a new one)."""

    stored: Stored | None
    values: dict[str, Any] = field(default_factory=dict)

    @property
    def queues(self) -> bool:
        """Whether it takes its address's day."""
        return bool(self.values["state"] == State.QUEUED.value)
