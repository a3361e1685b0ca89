"""What authors see: every mistake, the price of every message, and one family's whole timeline."""

from __future__ import annotations

import json

import pytest

from tests.cli.terminal import Terminal

FAMILY = ("--due", "2027-07-01", "--joined", "2027-01-04", "--until", "2027-07-01")


def test_check_says_that_all_is_well_in_a_line_and_needs_no_database(terminal: Terminal) -> None:
    said = terminal.done("check").out
    assert said.splitlines()[-1].startswith("1 campaign, 2 steps, ")
    assert "no mistakes" in said
    assert not (terminal.folder / "var").exists()


def test_check_says_what_live_mode_would_still_refuse(terminal: Terminal) -> None:
    assert "\n- config/default.yaml:7:1: duty is not filled in" in terminal.done("check").out


def test_check_lists_every_mistake_with_its_place_and_fails(terminal: Terminal) -> None:
    folder = terminal.folder / "content"
    path = folder / "campaigns" / "flu.yaml"
    path.write_text(path.read_text().replace("to: [mother]", "to: [queen]"))
    (folder / "templates" / "en" / "flu" / "offer.father.j2").write_text("{{ nobody }}\n")
    said = terminal.refused("check", "--folder", folder)
    assert "campaigns/flu.yaml:14:" in said
    assert "templates/en/flu/offer.father.j2:1:" in said
    assert said.rstrip().endswith("2 mistakes.")


def test_check_has_a_table_of_what_each_message_costs(terminal: Terminal) -> None:
    said = terminal.done("check", "--table").out
    assert "flu/offer" in said
    row = next(line for line in said.splitlines() if "flu/nudge" in line)
    assert row.split() == ["flu/nudge", "en", "9", "GSM-7", "1", "mother"]


def test_preview_has_days_times_weeks_words_and_parts_for_each_role(terminal: Terminal) -> None:
    said = terminal.done("preview", *FAMILY, "--role", "mother", "--role", "father").out
    assert "Thu 14 Jan 2027 10:00  16w+0     mother      flu/offer (1 part)\n    Flu: ring 0800" in said
    assert (
        "Thu 14 Jan 2027 10:00  16w+0     father      flu/offer (1 part)\n    Flu: ring together.\n" in said
    )
    assert "Thu 04 Feb 2027 10:00  19w+0     mother      flu/nudge (1 part)\n" in said
    assert said.endswith("3 messages in 3 SMS parts, 0 not sent.\n")
    assert not (terminal.folder / "var").exists()


def test_preview_says_why_something_would_not_be_sent(terminal: Terminal) -> None:
    """Three steps open for one week, of which two may go."""
    folder = terminal.folder / "content"
    steps = "".join(
        f"  - {{id: {name}, to: [mother], when: {{pregnancy: 16w}}, until: {{pregnancy: {until}}}}}\n"
        for name, until in (("offer", "16w+5"), ("nudge", "16w+6"), ("third", "17w"))
    )
    path = folder / "campaigns" / "flu.yaml"
    path.write_text(path.read_text().partition("steps:")[0] + f"steps:\n{steps}")
    (folder / "templates" / "en" / "flu" / "third.j2").write_text("Flu: ask.\n")
    (folder / "templates" / "en" / "flu" / "offer.father.j2").unlink()
    said = terminal.done("preview", *FAMILY).out
    assert "flu/third\n    not sent, expired: one a day and two in any seven days is the most\n" in said
    assert said.endswith("2 messages in 2 SMS parts, 1 not sent.\n")


def test_preview_says_nothing_of_weeks_from_a_loss_on(terminal: Terminal) -> None:
    said = terminal.done("preview", *FAMILY, "--loss-on", "2027-02-01").out
    line = next(line for line in said.splitlines() if "replies/loss" in line)
    assert "w+" not in line


def test_preview_by_telegram_counts_no_parts(terminal: Terminal) -> None:
    said = terminal.done("preview", *FAMILY, "--channel", "telegram").out
    assert "part" not in said
    assert "2 messages, 0 not sent." in said


def test_preview_shows_one_campaign_or_leaves_a_topic_out(terminal: Terminal) -> None:
    assert "flu/offer" in terminal.done("preview", *FAMILY, "--campaign", "flu").out
    assert "0 messages" in terminal.done("preview", *FAMILY, "--without", "flu").out


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--due", "12/5/2027"), "write the day as 2027-05-12"),
        (("--due", "2029-01-01", "--joined", "2027-01-01"), "more than 42 weeks after joining"),
        (("--joined", "2027-01-04", "--until", "2027-01-04"), "a day after --joined"),
        (("--joined", "2027-01-04", "--until", "2040-01-04"), "at most six years"),
        (("--loss-on", "2027-01-04"), "say --due or --born too"),
        ((*FAMILY, "--loss-on", "2026-12-01"), "before they joined"),
        (("--role", "king"), "'king' is not one of"),
        (("--language", "xx_nobody"), "is no language"),
        (("--campaign", "nope"), "'nope' is none of flu"),
        (("--topic", "nope"), "'nope' is none of flu"),
    ],
)
def test_facts_that_cannot_be_are_misuse(terminal: Terminal, options: tuple[str, ...], sentence: str) -> None:
    said = " ".join(terminal.misused("preview", *options).split())
    assert sentence in said


def test_check_for_programs_prints_only_that_and_fails_by_its_code(terminal: Terminal) -> None:
    said = json.loads(terminal.done("check", "--format", "json").out)
    assert (said["failed"], said["counts"].keys()) == (False, {"advice"})
    assert json.loads(terminal.done("check", "--format", "sarif").out)["version"] == "2.1.0"
    assert terminal.done("check", "--format", "github").out.startswith("::notice file=")
    offer = terminal.folder / "content" / "templates" / "en" / "flu" / "offer.j2"
    offer.write_text("Flu: hooray.\n")
    assert json.loads(_failed(terminal, "check", "--format", "json"))["failed"] is True


def test_check_is_strict_when_asked_and_then_fails_for_warnings(terminal: Terminal) -> None:
    offer = terminal.folder / "content" / "templates" / "en" / "flu" / "offer.j2"
    offer.write_text("Flu: your baby.\n")
    assert "Warnings:\n- templates/en/flu/offer.j2:1:1: The first 40" in terminal.done("check").out
    strictly = terminal("check", "--strict")
    assert (strictly.code, "Warnings:" in strictly.out) == (1, False)
    assert strictly.err.endswith("1 mistake.\n")
    assert "The first 40 characters show 'baby'" in strictly.err


def _failed(terminal: Terminal, *arguments: str) -> str:
    """What a command said before it failed, with nothing on stderr."""
    said = terminal(*arguments)
    assert (said.code, said.err) == (1, "")
    return said.out
