"""The moment at which the channel tests happen."""

from __future__ import annotations

from datetime import UTC, datetime

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
