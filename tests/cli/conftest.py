"""A fresh folder, the small content, and logs put back as they were."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from bot.logs import TALKATIVE
from tests.cli.terminal import Terminal, write_content


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    """A new user's terminal: nothing set but the content."""
    write_content(tmp_path / "content")
    for name in ("THINKFAMILY_MODE", "THINKFAMILY_DATABASE_URL", "THINKFAMILY_KEYS", "THINKFAMILY_LOG_LEVEL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("THINKFAMILY_CONTENT", str(tmp_path / "content"))
    monkeypatch.chdir(tmp_path)
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in TALKATIVE}
    yield Terminal(tmp_path)
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)
    structlog.reset_defaults()
