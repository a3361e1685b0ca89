"""Content that is wrong on purpose: one run says everything, each at its place, in exactly these words."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from bot.authoring.check import Report, check
from tests import ours
from tests.authoring.test_check import TODAY
from tests.content import small

CASES: list[dict[str, Any]] = YAML(typ="safe").load(Path(__file__).with_name("wrong.yaml"))


def spoilt(case: Mapping[str, Any]) -> dict[str, str]:
    """The small content with what is wrong in it; `ours` takes the project's own list of phrases."""
    files = dict(small.FILES)
    if case.get("ours"):
        files["config/phrases.yaml"] = ours.content().files["config/phrases.yaml"]
    for path, changes in case["files"].items():
        text = files.get(path, "")
        for passage, instead in changes.items() if isinstance(changes, dict) else ():
            assert passage in text, f"{passage!r} is not in {path}"
            text = text.replace(passage, instead)
        files[path] = changes if isinstance(changes, str) else text
        if changes is None:
            del files[path]
    return files


def said(report: Report) -> list[str]:
    return [f"{one.level} {one.rule} {one.fault}" for one in report.findings]


RIGHT = frozenset(said(check(small.FILES, TODAY)))


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_what_is_wrong_is_said_at_its_place(case: dict[str, Any]) -> None:
    brought = [line for line in said(check(spoilt(case), TODAY)) if line not in RIGHT]
    assert brought == case["said"]
