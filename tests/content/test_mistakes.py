"""Each mistake an author can make has its own sentence, at its own line (mistakes.yaml)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.content import small

MISTAKES: list[dict[str, Any]] = YAML(typ="safe").load(Path(__file__).with_name("mistakes.yaml"))


@pytest.mark.parametrize("mistake", MISTAKES, ids=[mistake["name"] for mistake in MISTAKES])
def test_a_mistake_is_told_at_its_line(mistake: dict[str, Any]) -> None:
    files = small.changed(mistake["file"], mistake["passage"], mistake["instead"])
    assert small.faults(files) == mistake["said"]
