"""What staff type around a campaign: new, coverage, calendar."""

from __future__ import annotations

import shutil

from tests.cli.terminal import Terminal

NEW = ("new", "campaign", "warm_rooms", "--objective", "1.3", "--topic", "flu")


def test_a_new_campaign_is_written_and_checked_and_never_written_over(terminal: Terminal) -> None:
    said = terminal.done(*NEW).out
    path = terminal.folder / "content" / "campaigns" / "warm_rooms.yaml"
    assert str(path) in said
    assert "Nobody has written these words yet" in terminal.done("check").out
    path.write_text(path.read_text() + "# mine\n")
    assert "warm_rooms is there already" in terminal.refused(*NEW)
    assert path.read_text().endswith("# mine\n")


def test_coverage_names_whom_an_objective_does_not_reach(terminal: Terminal) -> None:
    said = terminal.done("coverage").out
    assert "1.3 Flu" in said
    assert "Nobody is reached" not in said
    assert "Nobody is reached" not in terminal.done("coverage", "--role", "carer").out
    assert "flu/offer" in terminal.done("coverage", "--objective", "1.3", "--role", "father").out
    assert "flu/nudge" not in terminal.done("coverage", "--objective", "1.3", "--role", "father").out
    assert "is none of 1.3" in " ".join(terminal.misused("coverage", "--objective", "9.9").split())


def test_the_calendar_is_printed_or_written_to_a_file(terminal: Terminal) -> None:
    assert "flu: review by today" in terminal.done("calendar", "--year", "2027").out
    file = terminal.folder / "year.ics"
    assert "1 entry of 2027" in terminal.done("calendar", "--year", "2027", "--to", file).out
    assert file.read_bytes().startswith(b"BEGIN:VCALENDAR\r\n")


def test_diff_says_what_changed_and_for_how_many(terminal: Terminal) -> None:
    folder = terminal.folder / "content"
    shutil.copytree(folder, terminal.folder / "before")
    assert terminal.done("diff", terminal.folder / "before").out == "Nothing differs.\n"
    path = folder / "campaigns" / "flu.yaml"
    path.write_text(path.read_text().replace("days: 21", "days: 28"))
    (folder / "templates" / "en" / "flu" / "offer.j2").write_text("Flu: call {{ line_phone }}.\n")
    said = terminal.done("diff", terminal.folder / "before", "--words", "--live").out
    assert "  re-timed  nudge: still to come for 0 members, sent to 0\n            when: " in said
    assert "    - Flu: ring {{ line_phone }}.\n    + Flu: call {{ line_phone }}.\n" in said
    assert said.endswith(
        "1 re-timed, 1 re-worded, in 1 campaign.\nNobody would get anything twice: 0 deliveries looked at.\n"
    )
    assert "neither a folder" in terminal.refused("diff", "nowhere")
