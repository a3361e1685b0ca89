"""What staff see of the directory and of how texts are understood."""

from __future__ import annotations

from tests.cli.terminal import Terminal


def test_directory_find_shows_what_a_family_would_get_and_needs_no_database(terminal: Terminal) -> None:
    said = terminal.done("directory", "find", "flu", "--area", "M1 1AE", "--at", "2026-12-25T03:00").out
    assert said.startswith("Topic flu, M1 (east), 2026-12-25 03:00:\n")
    assert "Answer: signpost." in said
    assert said.endswith("Never sent, because nobody verified them: unseen.\n")
    assert not (terminal.folder / "var").exists()


def test_directory_find_says_when_the_words_are_not_in_that_language(terminal: Terminal) -> None:
    said = terminal.done("directory", "find", "flu", "--language", "ur").out
    assert "1 SMS part, in en: nothing is written in ur" in said


def test_directory_find_refuses_what_is_no_question_and_says_what_it_was_taken_for(
    terminal: Terminal,
) -> None:
    said = terminal.refused("directory", "find", "he hits me")
    assert "That is no question on a topic (it was taken for: crisis: abuse). Ask about one of: flu." in said


def test_directory_find_says_what_a_postcode_and_a_language_are(terminal: Terminal) -> None:
    assert "'LS6' is no postcode of M, OL or SK" in terminal.misused(
        "directory", "find", "flu", "--area", "LS6"
    )
    assert "'xx' is no language" in terminal.misused("directory", "find", "flu", "--language", "xx")


def test_directory_list_shows_each_service_and_what_must_still_be_checked(terminal: Terminal) -> None:
    every, unseen = (
        terminal.done("directory", "list").out,
        terminal.done("directory", "list", "--unverified").out,
    )
    assert "3 services." in every
    assert "0800 448 0737" in every
    assert "line " not in unseen
    assert "never sent" in unseen
    assert unseen.endswith("1 service.\n")


def test_understand_shows_each_line_and_counts(terminal: Terminal) -> None:
    path = terminal.folder / "texts.txt"
    path.write_bytes(b"flu\n\nhe hits me\nSTOP\nflu\n\xff\xfe\n")
    said = terminal.done("understand", path).out
    lines = [line.split() for line in said.splitlines()[:5]]
    assert lines[0] == ["1", "topic:", "flu", "flu"]
    assert lines[1] == ["3", "crisis:", "abuse", "he", "hits", "me"]
    assert lines[2] == ["4", "stop:", "total", "STOP"]
    assert ["topic:", "flu", "2", "40%"] in [line.split() for line in said.splitlines()]


def test_understand_reads_what_is_piped_in_and_gives_counts_without_a_text(terminal: Terminal) -> None:
    said = terminal.done("understand", "-", "--counts", typed="flu\nmy name is Zebedee\n").out
    assert "Zebedee" not in said
    assert "topic: flu" in said


def test_understand_says_that_a_file_is_not_there(terminal: Terminal) -> None:
    assert "No such file" in terminal.misused("understand", terminal.folder / "nowhere.txt")


def test_recall_counts_what_is_taken_for_what_it_says(terminal: Terminal) -> None:
    path = terminal.folder / "en_mine.txt"
    path.write_text("# mine\nstop | stop\nordinary | lost my phone\nloss | zebra\n")
    said = terminal.done("recall", path, "--wrong").out
    [row] = [line.split("  ") for line in said.splitlines() if "1 of 1" in line]
    assert list(filter(None, map(str.strip, row))) == [
        "en_mine", "-", "-", "0 of 1 (0%)", "1 of 1 (100%)", "0 of 1 (0%)",
    ]  # fmt: skip
    assert "en_mine:4  loss" in said


def test_p11_recall_says_which_line_it_cannot_read_and_none_of_its_words(terminal: Terminal) -> None:
    path = terminal.folder / "mine.txt"
    path.write_text("Zebedee was here\n")
    said = terminal.refused("recall", path)
    assert "Line 1" in said
    assert "Zebedee" not in said
