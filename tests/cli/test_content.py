"""Publishing, approving, withdrawing and halting, as staff type them."""

from __future__ import annotations

import getpass
import re

from bot.store import audit
from tests.cli.terminal import Terminal


def acts(terminal: Terminal) -> list[tuple[str, str, str]]:
    with terminal.app() as app:
        return [(one.who, one.what, one.subject) for one in app.desk.database.read(audit.listed)]


def test_publish_says_what_is_new_and_then_that_nothing_changed(terminal: Terminal) -> None:
    said = terminal.done("publish", "--by", "officer").out
    row = next(line for line in said.splitlines() if line.split()[:1] == ["flu"])
    assert row.split() == ["flu", "nudge,", "offer", "-", "-", "-", "-", "0"]
    assert terminal.done("publish").out == "Unchanged: flu, crisis, replies.\n"


def test_publish_refuses_a_published_step_that_vanished(terminal: Terminal) -> None:
    terminal.done("publish")
    path = terminal.folder / "content" / "campaigns" / "flu.yaml"
    path.write_text(path.read_text().partition("  - id: nudge")[0])
    (terminal.folder / "content" / "templates" / "en" / "flu" / "nudge.j2").unlink()
    assert "nudge" in terminal.refused("publish")


def test_approve_names_the_approver_and_refuses_the_author(terminal: Terminal) -> None:
    terminal.done("publish", "--by", "officer")
    said = terminal.done("approve", "flu", "--language", "en", "--by", "midwife").out
    assert said == "Approved: 2 texts of flu in en, by midwife.\n"
    assert "An author may not" in terminal.refused("approve", "flu", "--language", "en", "--by", "officer")
    assert "No approver 'me'" in terminal.refused("approve", "flu", "--language", "en", "--by", "me")
    assert "--by" in terminal.misused("approve", "flu", "--language", "en")


def test_what_is_withdrawn_can_be_restored_and_both_are_written_down(terminal: Terminal) -> None:
    terminal.done("publish", "--by", "officer")
    assert "thinkfamily restore flu/offer" in terminal.done("withdraw", "flu/offer").out
    assert "Withdrawn are: flu/offer." in terminal.refused("restore", "flu")
    assert terminal.done("restore", "flu/offer").out.startswith("Restored: flu/offer.")
    assert "Nothing is." in terminal.refused("restore", "flu/offer")
    me = getpass.getuser()
    assert {(me, "withdraw", "flu/offer"), (me, "restore", "flu/offer")} <= set(acts(terminal))


def test_withdraw_says_which_steps_there_are(terminal: Terminal) -> None:
    terminal.done("publish")
    assert "Its steps are: nudge, offer." in terminal.refused("withdraw", "flu/nope")
    assert "was never published" in terminal.refused("withdraw", "nope")


def test_halt_stops_senders_that_have_sent_nothing_yet(terminal: Terminal) -> None:
    assert terminal.done("halt").out == "Halted: 2 senders. To go on: thinkfamily resume\n"
    assert terminal.done("resume").out == "Resumed: 2 senders.\n"
    assert terminal.done("resume").out == "Resumed: 0 senders.\n"


def test_what_was_signed_on_paper_is_approved_and_nothing_else(terminal: Terminal) -> None:
    file = terminal.folder / "flu.html"
    terminal.done("review-pack", "flu", file)
    (code,) = set(re.findall(r"--signed ([0-9a-f-]{19})", file.read_text(encoding="utf-8")))
    asked = ("approve", "flu", "--language", "en", "--by", "midwife", "--signed", code)
    words = terminal.folder / "content" / "templates" / "en" / "flu" / "nudge.j2"
    signed = words.read_text()
    words.write_text("Now: ask a nurse.\n")
    terminal.done("publish", "--by", "officer")
    assert "What is published of flu is not what was signed." in terminal.refused(*asked)
    words.write_text(signed)
    terminal.done("publish", "--by", "officer")
    assert terminal.done(*asked).out == "Approved: 2 texts of flu in en, by midwife.\n"


def test_a_test_send_in_rehearsal_says_that_nothing_leaves(terminal: Terminal) -> None:
    terminal.done("publish")
    said = terminal.refused("test-send", "flu/offer", "--to", "07700900123")
    assert said.startswith("In rehearsal nothing leaves, so a test would not arrive. Use `preview`")
