"""`export-translations` and `import-translations`, typed."""

from __future__ import annotations

import csv
from pathlib import Path

from tests.cli.terminal import Terminal

URDU = "فلو: {{ line_phone }}"


def filled(terminal: Terminal, translation: str) -> Path:
    """The small content's sheet, with one text translated."""
    file = terminal.folder / "ur.csv"
    terminal.done("export-translations", file, "--language", "ur")
    with file.open(encoding="utf-8-sig", newline="") as opened:
        heads, *lines = list(csv.reader(opened))
    for line in lines:
        line[3] = translation if line[0] == "flu/offer" else line[3]
    with file.open("w", encoding="utf-8", newline="") as opened:
        csv.writer(opened).writerows([heads, *lines])
    return file


def test_what_came_back_is_written_and_stays_a_draft(terminal: Terminal) -> None:
    content = terminal.folder / "content"
    file = filled(terminal, URDU)
    config = (content / "config" / "default.yaml").read_bytes()
    said = terminal.done("import-translations", file, "--language", "ur", "--folder", content).out
    assert said.startswith("1 text written, 0 unchanged, ")
    assert "They are drafts." in said
    assert (content / "templates" / "ur" / "flu" / "offer.j2").read_text("utf-8") == f"{URDU}\n"
    assert (content / "config" / "default.yaml").read_bytes() == config
    again = terminal.done("import-translations", file, "--language", "ur", "--folder", content).out
    assert again.startswith("0 texts written, 1 unchanged, ")


def test_one_wrong_row_and_nothing_is_written(terminal: Terminal) -> None:
    content = terminal.folder / "content"
    said = terminal.refused(
        "import-translations", filled(terminal, "فلو"), "--language", "ur", "--folder", content
    )
    assert "row 4: flu/offer: {{ line_phone }} is lost." in said
    assert "1 problem: nothing was taken." in said
    assert not (content / "templates" / "ur").exists()
