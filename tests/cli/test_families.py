"""What staff do for a family: each command works, refuses kindly, and reveals nothing unasked."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from bot.cli import show
from bot.store import audit
from tests.cli.terminal import NUMBER, SEALED, Terminal


def due() -> str:
    return (show.today() + timedelta(days=100)).isoformat()


def test_enrol_prints_ids_and_no_number(terminal: Terminal) -> None:
    said = terminal.done("enrol", NUMBER, "--role", "mother", "--due", due(), "--words", "form-1").out
    assert said.split()[::2] == ["family", "member"]
    assert "900123" not in said


def test_enrolling_again_says_that_they_were_there(terminal: Terminal) -> None:
    ids = terminal.enrolled()
    again = terminal.done("enrol", NUMBER, "--role", "mother", "--words", "form-1")
    assert (again.ids[0], again.ids[1]) == ids
    assert "They were there already" in again.out


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("0161 496 0000", "--role", "mother", "--words", "f"), "landline"),
        ((NUMBER, "--role", "mother", "--words", "f", "--family", "5"), "There is no family 5."),
        ((NUMBER, "--role", "mother", "--words", "f", "--born", "2001-01-01"), "too long ago"),
    ],
)
def test_enrol_refuses_what_cannot_be(terminal: Terminal, options: tuple[str, ...], sentence: str) -> None:
    said = terminal.refused("enrol", *options)
    assert sentence in said
    assert "900123" not in said
    assert "4960000" not in said


def test_nobody_is_enrolled_without_saying_what_they_agreed_to(terminal: Terminal) -> None:
    assert "--words" in terminal.misused("enrol", NUMBER, "--role", "mother")


def test_p2_stop_stops_a_number_and_it_cannot_be_enrolled_again(terminal: Terminal) -> None:
    terminal.enrolled("--due", due())
    assert terminal.done("stop", NUMBER).out == "Stopped.\n"
    assert "said STOP" in terminal.refused("enrol", NUMBER, "--role", "mother", "--words", "form-2")
    assert "not a phone number" in terminal.refused("stop", "12")


def test_pause_takes_a_day(terminal: Terminal) -> None:
    family, member = terminal.enrolled("--due", due())
    until = (show.today() + timedelta(days=9)).isoformat()
    assert (
        terminal.done("pause", family, "--member", member, "--until", until).out == f"Paused until {until}.\n"
    )
    assert "write the day" in terminal.misused("pause", family, "--member", member, "--until", "soon")
    assert "no member 5" in terminal.refused("pause", family, "--member", 5, "--until", until)


def test_p3_a_loss_makes_the_family_quiet_and_undo_takes_it_back(terminal: Terminal) -> None:
    family, member = terminal.enrolled("--due", due())
    assert terminal.done("loss", family, "--member", member).out == "The family is quiet.\n"
    assert terminal.done("undo", family).out == "Taken back: 1 report.\n"
    assert "There is no family 5." in terminal.refused("loss", 5)
    assert "There is no family 5." in terminal.refused("undo", 5)


def test_support_records_a_choice_of_the_menu(terminal: Terminal) -> None:
    family, member = terminal.enrolled("--due", due())
    terminal.done("loss", family)
    assert terminal.done("support", family, "--member", member, "--choice", "nothing").out == "Noted.\n"
    assert "choose support" in terminal.misused("support", family, "--member", member, "--choice", "x")


def test_p11_export_shows_nothing_without_reveal_and_writes_down_who_looked(terminal: Terminal) -> None:
    family, _ = terminal.enrolled("--due", due())
    assert "--reveal" in terminal.misused("export", family)
    told = json.loads(terminal.done("export", family, "--reveal").out)
    assert SEALED in json.dumps(told)
    with terminal.app() as app:
        acts = app.desk.database.read(audit.listed)
    assert ("reveal export", f"family {family}") in {(act.what, act.subject) for act in acts}


def test_erase_asks_first_and_leaves_nothing(terminal: Terminal) -> None:
    family, _ = terminal.enrolled("--due", due())
    asked = terminal("erase", family, typed="n\n")
    assert (asked.code, "Erased" in asked.out) == (1, False)
    assert "Erased." in terminal.done("erase", family, typed="y\n").out
    assert f"There is no family {family}." in terminal.refused("erase", family, "--yes")


def test_a_family_is_a_number(terminal: Terminal) -> None:
    assert "FAMILY" in terminal.misused("loss", "abc")
