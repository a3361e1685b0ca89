"""The commands' help is in the docs, word for word, and every reason and state has its plain words."""

from __future__ import annotations

from bot.cli import manual, saying
from bot.cli.main import COMMANDS
from bot.domain.outbox import Reason, State
from bot.domain.retry import BY_STATE
from tests.policy.house import ROOT

PAGE = ROOT / "docs" / "commands.md"


def test_the_docs_say_what_the_help_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == manual.text(), "python -m bot.cli.manual > docs/commands.md"


def test_every_command_is_in_the_docs_and_in_the_readme() -> None:
    page = PAGE.read_text(encoding="utf-8")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for name in COMMANDS:
        assert f"\n## thinkfamily {name}\n" in page
        assert f"`{name}`" in readme, f"README.md says nothing of {name}"


def test_every_command_shows_an_example() -> None:
    groups = {
        f"thinkfamily{name}"
        for name in (
            "",
            " outbox",
            " alerts",
            " inbox",
            " db",
            " keys",
            " directory",
            " professionals",
            " new",
        )
    }
    without = [path for path, said in manual.helps() if "Example: thinkfamily " not in said]
    assert set(without) == groups


def test_every_reason_and_state_can_be_said() -> None:
    assert set(saying.REASONS) == set(Reason)
    assert set(saying.NEXT) == set(State)
    assert set(BY_STATE) == set(State) - {State.UNCERTAIN}
