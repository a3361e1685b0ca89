"""The papers say what is true: commands, settings, files, tests and words that exist."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from bot.authoring import papers as pages
from bot.cli.main import COMMANDS
from bot.settings import Settings
from bot.store.tables import metadata
from tests import ours
from tests.policy import papers
from tests.policy.house import ROOT, Source, sources

DOCS = ROOT / "docs"
PAPERS = papers.papers()
MAKE = re.compile(r"^([a-z-]+):", re.MULTILINE)
WRITTEN = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "docs", "campaigns", "templates/en")


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", PAPERS, ids=named)
def test_every_command_that_is_named_exists(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    asked = set(re.findall(r"(?:bin/|[`(\s])thinkfamily ([a-z][a-z-]+)", text))
    targets = set(MAKE.findall((ROOT / "Makefile").read_text(encoding="utf-8")))
    made = set(re.findall(r"(?:^|`)make ([a-z-]+)", text, re.MULTILINE))
    unknown = (asked - set(COMMANDS)) | (made - targets)
    assert not unknown, f"{named(path)} names {sorted(unknown)}"


@pytest.mark.parametrize("source", sources("bot", "scheduler.py"), ids=lambda source: source.name)
def test_every_remedy_names_a_command_that_exists(source: Source) -> None:
    asked = set(re.findall(r"thinkfamily ([a-z][a-z-]+)[`, ]", source.text))
    assert asked <= set(COMMANDS), f"{source.name} names {sorted(asked - set(COMMANDS))}"


@pytest.mark.parametrize("source", sources("bot", "scheduler.py"), ids=lambda source: source.name)
def test_every_paper_that_an_error_names_has_that_heading(source: Source) -> None:
    wrong = []
    for paper, heading in re.findall(r"(README|docs/[a-z-]+\.md)(?:, ([A-Z][a-z ]+))?", source.text):
        path = ROOT / (paper if paper.endswith(".md") else f"{paper}.md")
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        if not text or (heading and not re.search(rf"^#+ {heading}\b", text, re.MULTILINE)):
            wrong.append(f"{paper}, {heading}")
    assert not wrong, f"{source.name} sends people to {wrong}"


@pytest.mark.parametrize("path", PAPERS, ids=named)
def test_every_file_that_is_linked_or_named_exists(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)#\s]+)", text) if "://" not in link]
    gone = [link for link in links if not (path.parent / link).exists()]
    rooms = r"`((?:bot|tests|docs|config|campaigns|templates)/[\w./-]*\w)(?:::\w+)?`"
    gone += [name for name in re.findall(rooms, text) if not (ROOT / name).exists()]
    assert not gone, f"{named(path)} names {gone}"


@pytest.mark.parametrize("path", PAPERS, ids=named)
def test_every_test_that_is_named_exists(path: Path) -> None:
    tests = papers.named_tests(path.read_text(encoding="utf-8"))
    gone = [f"{file}::{test}" for file, test in tests if test not in papers.tests_of(file)]
    assert not gone, "\n".join(gone)


def test_the_table_of_settings_is_in_step() -> None:
    stands, made = papers.in_step(
        DOCS / "operating.md", papers.SETTINGS_BEGIN, papers.SETTINGS_END, papers.settings_table()
    )
    assert stands == made, f"{papers.REWRITE}=1 writes docs/operating.md anew"


def test_every_setting_says_what_it_is() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_the_example_of_settings_names_each_once_and_nothing_else() -> None:
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    names = re.findall(r"^# ?([A-Z][A-Z_]+)=", text, re.MULTILINE)
    assert sorted(names) == sorted(name.upper() for name in Settings.model_fields)


def test_every_word_of_the_domain_is_in_the_glossary() -> None:
    """A class of bot/domain is a word that people use; a new one goes into the glossary first."""
    known = set(re.findall(r"`(\w+)`", (DOCS / "glossary.md").read_text(encoding="utf-8")))
    assert papers.domain_words() - known == set()


def test_the_glossary_names_each_word_in_the_file_that_has_it() -> None:
    wrong = []
    for cells in papers.rows(DOCS / "glossary.md"):
        for file in re.findall(r"`(bot/[\w/]+\.py)`", cells[-1]):
            words = re.findall(r"`(\w+)`", cells[0])
            text = (ROOT / file).read_text(encoding="utf-8")
            wrong += [f"{word} in {file}" for word in words if not re.search(rf"\b{word}\b", text)]
    assert not wrong, "\n".join(wrong)


def test_every_promise_and_every_line_of_care_is_accounted_for() -> None:
    """P1-P14 and CARE 1-30: each row names tests that exist, or says plainly which issue will."""
    found: dict[str, list[str]] = {}
    for cells in papers.rows(DOCS / "promises.md"):
        if re.fullmatch(r"(?:P\d+|CARE \d+)[a-z]?", cells[0]):
            found.setdefault(cells[0].rstrip("abcdefghijklmnop"), []).append(cells[-1])
    wanted = [f"P{n}" for n in range(1, 15)] + [f"CARE {n}" for n in range(1, 31)]
    assert sorted(found) == sorted(wanted)
    bare = [
        f"{name}: {cell}"
        for name, cells in found.items()
        for cell in cells
        if not papers.named_tests(cell) and not re.search(r"[Nn]ot yet: issue \d", cell)
    ]
    assert not bare, "\n".join(bare)


def test_every_hazard_has_a_cause_a_control_and_a_test() -> None:
    rows = [cells for cells in papers.rows(DOCS / "hazards.md") if re.fullmatch(r"H\d+", cells[0])]
    assert len(rows) >= 20
    assert [cells[0] for cells in rows] == [f"H{n}" for n in range(1, len(rows) + 1)]
    assert [cells[0] for cells in rows if not all(cells)] == []
    bare = [cells[0] for cells in rows if not papers.named_tests(cells[-1]) and "by people" not in cells[-1]]
    assert bare == []


def test_data_protection_names_every_table_and_what_of_it_is_sealed() -> None:
    named_tables: dict[str, str] = {}
    for cells in papers.rows(DOCS / "data-protection.md"):
        if len(cells) == 4:
            named_tables |= dict.fromkeys(re.findall(r"`(\w+)`", cells[0]), cells[2])
    assert set(named_tables) == set(metadata.tables)
    sealed = {name for name, said in named_tables.items() if said not in ("no", "Sealed")}
    assert sealed == {name for name, table in metadata.tables.items() if "sealed" in table.c}


def test_data_protection_gives_the_days_that_the_config_keeps_things() -> None:
    said = {cells[2].strip("`"): cells[1] for cells in papers.rows(DOCS / "data-protection.md") if cells[2:]}
    keep = ours.content().config.retention
    for name in ("texts_days", "signup_days", "dates_after_end_days", "stopped_numbers_days"):
        assert said[name].split()[0] == str(getattr(keep, name))


def test_safeguarding_names_every_duty_that_live_asks_for() -> None:
    cells = [row[0] for row in papers.rows(DOCS / "safeguarding.md")]
    assert {f"`{name}`" for name in ours.content().config.duty.__slots__} <= set(cells)


def test_the_transcripts_of_the_readme_are_the_journeys_word_for_word() -> None:
    readme = ROOT / "README.md"
    shown = list(papers.JOURNEY.finditer(readme.read_text(encoding="utf-8")))
    assert len(shown) == 2
    for mark in shown:
        made = papers.transcript(mark[1], int(mark[2]))
        stands, _ = papers.in_step(readme, mark[0], papers.JOURNEY_END, made)
        assert stands == made, f"{papers.REWRITE}=1 writes README.md anew"


@pytest.mark.parametrize("name", ["strategy-coverage.md", "load.md"])
def test_the_pages_that_are_made_from_the_content_are_in_step(name: str) -> None:
    page = {"strategy-coverage.md": pages.strategy_coverage, "load.md": pages.load}[name]
    stands, made = papers.whole(DOCS / name, page(ours.content()))
    assert stands == made, f"{papers.REWRITE}=1 writes docs/{name} anew"


def test_papers_and_texts_are_spelled_right() -> None:
    done = speller(*(str(ROOT / name) for name in WRITTEN))
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_speller_is_awake(tmp_path: Path) -> None:
    (tmp_path / "x.j2").write_text("Your bookng apointment is tomorow.\n", encoding="utf-8")
    assert speller(str(tmp_path / "x.j2")).returncode != 0


def speller(*paths: str) -> subprocess.CompletedProcess[str]:
    """codespell, as pyproject.toml sets it up."""
    command = [sys.executable, "-m", "codespell_lib", *paths]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
