"""Commands for who runs it, as they are typed: the doctor, keys, a backup and what comes after a restore."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.store import audit, restored
from bot.store.sealed import new_key
from tests.cli.terminal import NUMBER, SEALED, Terminal

OLD, NEW = new_key("old"), new_key("new")


@pytest.fixture
def keyed(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """A rehearsal written with the old key, by a process that now holds the new one first."""
    monkeypatch.setenv("THINKFAMILY_KEYS", OLD)
    terminal.enrolled()
    monkeypatch.setenv("THINKFAMILY_KEYS", f"{NEW},{OLD}")
    return terminal


def acts(terminal: Terminal) -> list[str]:
    with terminal.app() as app:
        return [entry.what for entry in app.desk.database.read(audit.listed)]


def test_keys_are_checked_rotated_and_retired_each_saying_what_comes_next(
    keyed: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "old is needed: thinkfamily keys rotate" in keyed.done("keys", "check").out
    assert "'old' is still needed" in keyed.refused("keys", "retire", "old")
    assert "sealed anew with new" in keyed.done("keys", "rotate").out
    assert "0 values sealed anew" in keyed.done("keys", "rotate").out
    assert "Nothing needs old: thinkfamily keys retire old" in keyed.done("keys", "check").out
    assert "take it out of THINKFAMILY_KEYS" in keyed.done("keys", "retire", "old").out
    assert acts(keyed)[:3] == ["keys retire", "keys rotate", "keys rotate"]
    monkeypatch.setenv("THINKFAMILY_KEYS", NEW)
    shown = keyed.done("keys", "check").out
    assert "new is the newest" in shown
    assert "old" not in shown


def test_no_key_and_no_number_is_printed(keyed: Terminal) -> None:
    said = "".join(keyed.done("keys", word).out for word in ("check", "rotate", "check"))
    secrets = (OLD.partition(":")[2], NEW.partition(":")[2], NUMBER, SEALED)
    assert [one for one in secrets if one in said] == []


def test_the_doctor_ends_with_1_while_something_is_wrong(terminal: Terminal) -> None:
    ill = terminal("doctor")
    assert (ill.code, ill.err) == (1, "")
    assert "WRONG   database: The database has no tables yet." in ill.out
    assert "1 thing to mend." in ill.out
    terminal.done("db", "upgrade")
    well = terminal.done("doctor").out
    assert "Nothing is wrong." in well
    assert "SOON    backup: No backup was ever made" in well


def test_a_backup_is_made_proved_and_restored_and_the_next_steps_are_said(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THINKFAMILY_KEYS", OLD)
    terminal.enrolled()
    file = tmp_path / "one.tar"
    made = terminal.done("backup", file).out
    assert "1 family, 0 messages, 0 received." in made
    assert "It holds no key. Without old" in made
    assert "its keys are held" in terminal.done("backup", "--verify", file).out
    assert "left alone" in terminal.refused("backup", file)
    assert "No backup was ever made" not in terminal.done("doctor").out
    monkeypatch.setenv("THINKFAMILY_DATABASE_URL", f"sqlite:///{tmp_path}/new.db")
    assert "Planned sending is halted." in terminal.done("db", "restore", file).out
    assert "left alone" in terminal.refused("db", "restore", file)
    assert "--after-restore" in terminal.refused("resume")
    with terminal.app() as app:
        found = app.desk.database.read(restored.gap)
        assert found is not None
        assert app.desk.restored_at == found.restored_at
    assert "Resumed: 2 senders." in terminal.done("resume", "--after-restore").out
    terminal.done("halt")
    assert "Resumed: 2 senders." in terminal.done("resume").out
    assert acts(terminal)[:4] == ["resume", "halt", "resume after restore", "restore backup"]


def test_a_backup_of_something_else_is_refused_in_a_sentence(terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "x.tar").write_text("nothing")
    assert "no whole backup of Think Family" in terminal.refused("backup", "--verify", tmp_path / "x.tar")
    assert "no whole backup of Think Family" in terminal.refused("db", "restore", tmp_path / "x.tar")
    assert "said no" in terminal.refused("backup", "--verify", tmp_path / "none.tar")
