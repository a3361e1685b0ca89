"""The real words that people are understood by, read once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from bot.domain.meaning import Meaning
from bot.words.lexicon import Lexicon
from bot.words.understand import understand
from tests import ours

TODAY = date(2026, 11, 23)


@pytest.fixture(scope="session")
def files() -> dict[str, Any]:
    """config/keywords.yaml and config/crisis.yaml as read."""
    config = ours.content().config
    return {"keywords": config.keywords, "crisis": config.crisis}


@pytest.fixture(scope="session")
def lexicon() -> Lexicon:
    return ours.lexicon()


@pytest.fixture(scope="session")
def says(lexicon: Lexicon) -> Callable[[str], Meaning]:
    """What a text means to us on Monday 23 November 2026, from someone who reads English."""
    return lambda text: understand(text, lexicon, ("en",), TODAY)
