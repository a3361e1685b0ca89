"""The real words that people are understood by, read once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from bot.domain.meaning import Meaning
from bot.words.lexicon import Lexicon, build
from bot.words.understand import understand

CONFIG = Path(__file__).resolve().parents[2] / "config"
TODAY = date(2026, 11, 23)


@pytest.fixture(scope="session")
def files() -> dict[str, Any]:
    """config/keywords.yaml and config/crisis.yaml as read."""
    yaml = YAML(typ="safe")
    return {name: yaml.load(CONFIG / f"{name}.yaml") for name in ("keywords", "crisis")}


@pytest.fixture(scope="session")
def lexicon(files: dict[str, Any]) -> Lexicon:
    return build(files["keywords"], files["crisis"])


@pytest.fixture(scope="session")
def says(lexicon: Lexicon) -> Callable[[str], Meaning]:
    """What a text means to us on Monday 23 November 2026, from someone who reads English."""
    return lambda text: understand(text, lexicon, ("en",), TODAY)
