"""The papers, and the parts of them that are made from the code; WRITE_PAPERS=1 writes those anew."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator
from enum import Enum
from functools import cache
from pathlib import Path

from pydantic import SecretStr

from bot.settings import Settings
from tests.policy.house import ROOT, sources

REWRITE = "WRITE_PAPERS"
SETTINGS_BEGIN, SETTINGS_END = "<!-- settings: made from bot/settings.py -->", "<!-- settings end -->"
JOURNEY = re.compile(r"<!-- journey: (\w+), (\d+) -->")
JOURNEY_END = "<!-- journey end -->"
_TEST = re.compile(r"`(tests/[a-z_0-9/]+\.py)::(test_\w+)`")


def papers() -> list[Path]:
    """What people read: every Markdown file of the house, and .env.example."""
    found = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "campaigns").glob("*.md")]
    return [*sorted(found), ROOT / ".env.example"]


def settings_table() -> str:
    """Every setting with its default and its meaning, as a Markdown table."""
    lines = ["| Variable | Default | What it is |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        lines.append(f"| `{name.upper()}` | {_shown(field.default)} | {field.description or ''} |")
    return "\n".join(lines)


def _shown(default: object) -> str:
    if default is None or default == "" or isinstance(default, SecretStr):
        return "-"
    return f"`{default.value if isinstance(default, Enum) else default}`"


def transcript(journey: str, turns: int) -> str:
    """The first so many turns of a golden journey, as a block of Markdown."""
    text = (ROOT / "tests" / "journeys" / f"{journey}.txt").read_text(encoding="utf-8")
    said = [part for part in text.strip().split("\n\n") if not part.startswith("[")]
    return "\n".join(["```", "\n\n".join(said[:turns]), "```"])


def in_step(path: Path, begin: str, end: str, made: str) -> tuple[str, str]:
    """What stands between the two marks of a paper, and what ought to; written anew when asked for."""
    text = path.read_text(encoding="utf-8")
    head, _, rest = text.partition(begin)
    stands, _, tail = rest.partition(end)
    if os.environ.get(REWRITE) and rest and tail:
        path.write_text(f"{head}{begin}\n{made}\n{end}{tail}", encoding="utf-8")
        stands = made
    return stands.strip("\n"), made


def whole(path: Path, made: str) -> tuple[str, str]:
    """What a paper is that is made whole, and what it ought to be; written anew when asked for."""
    if os.environ.get(REWRITE):
        path.write_text(made, encoding="utf-8")
    return path.read_text(encoding="utf-8") if path.is_file() else "", made


@cache
def tests_of(path: str) -> frozenset[str]:
    """The names of the test functions in a file; empty when there is no such file."""
    file = ROOT / path
    if not file.is_file():
        return frozenset()
    tree = ast.parse(file.read_text(encoding="utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    return frozenset(node.name for node in functions if node.name.startswith("test_"))


def named_tests(text: str) -> list[tuple[str, str]]:
    """Every `tests/...py::test_...` that a text names."""
    return _TEST.findall(text)


def rows(path: Path) -> Iterator[list[str]]:
    """The cells of each table row of a paper, heads and rules left out."""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("|") and not set(line) <= set("|-: "):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def domain_words() -> set[str]:
    """The public classes of bot/domain; the effects of a conversation say by their names what they do."""
    found = set()
    for source in sources("bot/domain"):
        if source.name.endswith("/effects.py"):
            continue
        for node in source.tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                found.add(node.name)
    return found
