"""Playing in the terminal: a chat from a pipe, and a short rehearsal."""

from __future__ import annotations

import pytest

from tests.cli.terminal import Terminal

BEGINS = ("chat", "--at", "2027-03-01T10:00")


@pytest.fixture
def real(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """A terminal with the project's own content."""
    monkeypatch.delenv("THINKFAMILY_CONTENT")
    return terminal


def test_a_chat_from_a_pipe_reads_as_a_transcript(real: Terminal) -> None:
    said = real.done(*BEGINS, typed="JOIN\n1\n1\n/quit\nJOIN\n").out
    assert "Mon 01 Mar 2027 10:00 mother> JOIN\n" in said
    assert "Reply 1 AGREE, 2 NO" in " ".join(said.split())
    assert said.endswith("mother> /quit\n")


def test_a_chat_leaves_nothing_behind(real: Terminal) -> None:
    before = sorted(real.folder.iterdir())
    real.done(*BEGINS, typed="JOIN\n")
    assert sorted(real.folder.iterdir()) == before


def test_a_chat_may_begin_with_a_mother_who_joined(real: Terminal) -> None:
    said = real.done(*BEGINS, "--due", "2027-09-01", typed="/at +2d\n").out
    assert "The mother has joined; she agreed on paper." in said
    assert "to mother, 2 parts\n    Think Family: " in said


def test_a_chat_by_telegram_begins_with_start(real: Terminal) -> None:
    said = real.done(*BEGINS, "--channel", "telegram", typed="/start\n1\n1\n/stop\n").out
    assert "Reply 1 AGREE, 2 NO" in " ".join(said.split())
    assert "Who are you?" in said
    assert "stopped" in said


def test_what_cannot_be_is_said_and_the_chat_goes_on(real: Terminal) -> None:
    said = real.done(*BEGINS, typed="/at soon\n/as king\n/nope\n/at 2020-01-01\n\nhelp\n").out
    for sentence in (
        "That is no moment.",
        "Nobody is called so.",
        "That is no command.",
        "Time goes forward",
    ):
        assert sentence in said
    assert said.splitlines()[-1].startswith("    ")


def test_a_chat_needs_a_moment_it_understands(real: Terminal) -> None:
    assert "That is no moment." in real.misused("chat", "--at", "soon")


def test_a_rehearsal_says_what_was_planned_why_and_one_familys_words(real: Terminal) -> None:
    said = real.done("rehearse", "--families", 4, "--days", 150, "--story", "plain").out
    assert "Planned = sum of outcomes" in said
    assert "One family (plain), as they would read it:" in said
    assert "  mother writes\n    JOIN\n\n" in said
    assert "4 families, " in said
    assert "Nothing left this machine." in said
    assert said.endswith("on your own phone\n")


def test_a_rehearsal_knows_its_stories(real: Terminal) -> None:
    said = real.misused("rehearse", "--families", 4, "--story", "dragon")
    assert "no family lived that story; these were: corrected, plain, stops" in " ".join(said.split())


def test_a_transcript_fits_an_old_terminal(real: Terminal) -> None:
    said = real.done("rehearse", "--families", 2, "--days", 60, "--story", "plain").out
    _, _, story = said.partition("as they would read it:")
    assert max(len(line) for line in story.splitlines()) <= 80
