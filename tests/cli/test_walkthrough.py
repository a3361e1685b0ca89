"""docs/writing-campaigns.md, typed along: from nothing to an approved campaign, as it says."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest

from tests.cli.terminal import Result, Terminal
from tests.policy.house import ROOT

PAGE = (ROOT / "docs" / "writing-campaigns.md").read_text(encoding="utf-8")
_SECTION = re.compile(r"## From nothing to approved.*?(?=\n## )", re.DOTALL)
_STEP = re.compile(
    r"```(?P<kind>sh|yaml|text)\n(?P<said>.*?)```|\*\*(?P<path>(?:campaigns|templates|config)/[\w./]+\.(?:yaml|j2))\*\*",
    re.DOTALL,
)


def typed_along(terminal: Terminal, content: Path) -> list[tuple[str, Result]]:
    """Every command of the section with what it said; files are written and deleted as the page says.

    A block of YAML or text goes into the file that was named last before it; files named in the sentence
    that says to delete them are deleted.
    """
    said: list[tuple[str, Result]] = []
    last = ""
    (section,) = _SECTION.findall(PAGE)
    for found in _STEP.finditer(section):
        if found["path"]:
            last = found["path"]
            if "Delete" in section[section.rfind("\n\n", 0, found.start()) : found.start()]:
                (content / last).unlink()
        elif found["kind"] == "sh":
            for line in found["said"].strip().splitlines():
                said.append((line, terminal(*shlex.split(line)[1:])))
        else:
            (content / last).write_text(found["said"], encoding="utf-8")
    return said


@pytest.fixture
def content(terminal: Terminal) -> Path:
    """The project's own content, with one campaign and English answers: enough, and quick."""
    folder = terminal.folder / "content"
    shutil.rmtree(folder)
    shutil.copytree(ROOT / "config", folder / "config")
    (folder / "campaigns").mkdir()
    shutil.copy(ROOT / "campaigns" / "icon.yaml", folder / "campaigns")
    for name in ("en/replies", "en/icon", "_pictures"):
        shutil.copytree(ROOT / "templates" / name, folder / "templates" / name)
    return folder


def test_a_campaign_is_approved_by_typing_along(terminal: Terminal, content: Path) -> None:
    said = typed_along(terminal, content)
    assert [line.split()[1] for line, _ in said] == ["new", "check", "preview", "publish", "approve", "check"]
    assert [(line, result.code, result.err) for line, result in said if result.code or result.err] == []
    out = {line.split()[1]: result.out for line, result in said}
    assert out["preview"].count("room_warmth/measure (2 parts)") == 2
    assert "room_warmth" in out["publish"]
    assert out["approve"] == "Approved: 1 text of room_warmth in en, by midwife_lead.\n"
    waiting = said[-1][1].out.partition("Waiting for a person:")[2]
    assert "templates/en/icon:1:1: " in waiting
    assert "templates/en/room_warmth" not in waiting
    checked = said[1][1].out
    assert "Warnings:" not in checked
