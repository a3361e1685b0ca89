"""How every command ends: 0, 1 with one sentence, or 2; never a traceback, never a secret."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bot.cli.main import COMMANDS
from tests.cli.terminal import Terminal

GROUPS = frozenset({"outbox", "alerts", "inbox", "db", "keys", "directory", "professionals", "new"})


def test_every_command_teaches_with_an_example(terminal: Terminal) -> None:
    for name in COMMANDS:
        said = terminal.done(name, "--help").out
        assert f"Usage: thinkfamily {name}" in said
        if name not in GROUPS:  # their own commands do
            assert f"Example: thinkfamily {name}" in said


def test_the_help_lists_every_command_and_imports_none() -> None:
    """Help is quick because no command is imported for it."""
    look = (
        "import sys; from bot.cli.main import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "print(sorted(name for name in sys.modules if name.startswith('bot.')))"
    )
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert all(f"\n  {name} " in done.stdout for name in COMMANDS)
    assert done.stdout.splitlines()[-1] == "['bot.cli', 'bot.cli.main', 'bot.errors']"


def test_the_program_itself_ends_with_the_exit_code(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bot.cli.main", "check", "--folder", str(tmp_path / "nowhere")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (1, "")
    assert "Name the folder that holds campaigns, templates, config." in done.stderr


def test_an_unknown_command_is_misuse(terminal: Terminal) -> None:
    assert "No such command 'nosuch'" in terminal.misused("nosuch")


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("THINKFAMILY_DATABASE_URL", "secret-nonsense", "THINKFAMILY_DATABASE_URL is not an address"),
        ("THINKFAMILY_DATABASE_URL", "oracle://secret@h/x", "THINKFAMILY_DATABASE_URL is not an address"),
        (
            "THINKFAMILY_DATABASE_URL",
            "sqlite:////proc/secret/x.db",
            "The folder of the database cannot be made",
        ),
        ("THINKFAMILY_MODE", "secret", "THINKFAMILY_MODE: Input should be"),
        ("THINKFAMILY_KEYS", "secret", "THINKFAMILY_KEYS is not a list"),
        ("THINKFAMILY_MODE", "live", "THINKFAMILY_KEYS is not set."),
        ("THINKFAMILY_MODE", "trial", "trial mode has no way to send"),
    ],
)
def test_a_wrong_setting_is_one_sentence(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, name: str, value: str, sentence: str
) -> None:
    monkeypatch.setenv(name, value)
    said = terminal.refused("plan")
    assert sentence in said
    if name != "THINKFAMILY_MODE" and "proc" not in value:
        assert "secret" not in said


def test_a_database_that_does_not_answer_is_one_sentence_without_the_password(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THINKFAMILY_KEYS", terminal.done("db", "new-key").out.strip().partition("=")[2])
    monkeypatch.setenv("THINKFAMILY_DATABASE_URL", "postgresql+psycopg://u:secret@127.0.0.1:1/x")
    said = terminal.refused("plan")
    assert said.startswith("The database")
    assert "secret" not in said


def test_a_file_that_is_no_database_is_one_sentence(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    (terminal.folder / "bad.db").write_text("garbage that is long enough to be looked at" * 50)
    monkeypatch.setenv("THINKFAMILY_KEYS", terminal.done("db", "new-key").out.strip().partition("=")[2])
    monkeypatch.setenv("THINKFAMILY_DATABASE_URL", "sqlite:///bad.db")
    assert terminal.refused("plan").startswith("The file that THINKFAMILY_DATABASE_URL names")


def test_content_that_is_wrong_is_listed_with_its_lines(terminal: Terminal) -> None:
    path = terminal.folder / "content" / "campaigns" / "flu.yaml"
    path.write_text(path.read_text() + "steps: []\n")
    said = terminal.refused("plan")
    assert "campaigns/flu.yaml:" in said
    assert said.rstrip().endswith("mistake.") or said.rstrip().endswith("mistakes.")


def test_a_real_database_needs_its_tables_made_on_purpose(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THINKFAMILY_MODE", "trial")
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "12:token")
    assert "Run `thinkfamily db upgrade`." in terminal.refused("db", "state")
    assert "Run `thinkfamily db upgrade`." in terminal.refused("plan")
    terminal.done("db", "upgrade")
    assert terminal.done("db", "state").out == "current; trial mode\n"


def test_only_the_owner_can_read_the_database_whatever_command_came_first(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THINKFAMILY_MODE", "trial")
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "12:token")
    terminal.refused("db", "state")
    made = list((terminal.folder / "var").iterdir())
    assert {path.stat().st_mode & 0o077 for path in made} == {0}


def test_a_real_database_is_not_for_rehearsal(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal.done("plan")
    monkeypatch.setenv("THINKFAMILY_MODE", "trial")
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "12:token")
    monkeypatch.setenv("THINKFAMILY_DATABASE_URL", "sqlite:///var/rehearsal.db")
    assert "This is a rehearsal database, and stays one" in terminal.refused("plan")
