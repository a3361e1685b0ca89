"""`preview`: a persona by its name, in the terminal or as a page."""

from __future__ import annotations

from tests.cli.terminal import Terminal


def test_a_persona_is_shown_by_its_name(terminal: Terminal) -> None:
    said = terminal.done("preview", "early").out
    assert (
        "Thu 14 Jan 2027 10:00  16w+0     father      flu/offer (1 part)\n    Flu: ring together.\n" in said
    )
    assert said.endswith("3 messages in 3 SMS parts, 0 not sent.\n")


def test_a_name_that_nobody_has_is_told_with_all_there_are(terminal: Terminal) -> None:
    said = " ".join(terminal.misused("preview", "nobody").split())
    assert "'nobody' is no persona: early (Early)" in said


def test_a_persona_keeps_its_facts(terminal: Terminal) -> None:
    assert "config/personas.yaml" in terminal.misused("preview", "early", "--due", "2027-01-01")
    assert "at most six years" in terminal.misused("preview", "early", "--until", "2026-01-01")


def test_a_page_is_written_for_a_persona_and_for_what_the_options_say(terminal: Terminal) -> None:
    for index, family in enumerate([("early",), ("--due", "2027-07-01", "--joined", "2027-01-04")]):
        file = terminal.folder / f"{index}.html"
        said = terminal.done("preview", *family, "--html", file).out
        assert said.endswith(f"in {file}: open it in a browser, or print it.\n")
        assert file.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert not (terminal.folder / "var").exists()
