"""`thinkfamily`: the commands, each group in its own file, loaded only when asked for."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

from bot.errors import ContentError, ThinkFamilyError

OK, FAILED, MISUSE = 0, 1, 2

# command -> (module, what the help says). A module is imported when its command runs, so that help is quick.
COMMANDS: dict[str, tuple[str, str]] = {
    "check": ("content", "Check campaigns, templates and config: every mistake with its line."),
    "rehearse": ("play", "Two years of the campaigns reach synthetic families; nothing leaves."),
    "publish": ("content", "Keep a revision of what changed; says what changed and for whom."),
    "approve": ("content", "Stand by a campaign's newest words in one language."),
    "withdraw": ("content", "Send nothing more of a campaign, or of one step of it."),
    "halt": ("content", "Stop all planned sending at once; answers still go."),
    "resume": ("content", "Let sending go on after a halt."),
    "enrol": ("families", "Enrol someone who agreed."),
    "stop": ("families", "Stop every message to a number or chat."),
    "pause": ("families", "Pause a member's messages until a day."),
    "loss": ("families", "Record a loss: the whole family goes quiet."),
    "undo": ("families", "Take back every report of a loss in a family."),
    "support": ("families", "Record what a member chose after a loss."),
    "export": ("families", "Everything kept about a family, as JSON."),
    "erase": ("families", "Erase a family, or one member, to the last row."),
    "plan": ("run", "Plan what is due now, once."),
    "run": ("run", "Run the bot: clock, sending, doors. --only splits it."),
    "db": ("operate", "The database: upgrade, new-key, state."),
}


class Commands(TyperGroup):
    """Commands that are imported when they are needed."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, name: str) -> Any:
        if name not in COMMANDS:
            return None
        module = import_module(f"bot.cli.{COMMANDS[name][0]}")
        command = typer.main.get_command(module.app)
        commands: dict[str, Any] = getattr(command, "commands", {})
        return commands.get(name)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, said) for name, (_, said) in COMMANDS.items()])


app = typer.Typer(
    cls=Commands,
    help="Think Family: the right words to a family at the right week. Start with `thinkfamily check`.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
)


@app.callback()
def _root() -> None:
    """Nothing happens before a command is chosen."""


def main() -> None:
    """Run a command; 0 done, 1 failed (said why on stderr), 2 misuse."""
    try:
        app(prog_name="thinkfamily")
    except ContentError as wrong:
        for fault in wrong.faults:
            print(fault, file=sys.stderr)  # noqa: T201
        count = len(wrong.faults)
        print(f"{count} {'mistake' if count == 1 else 'mistakes'}.", file=sys.stderr)  # noqa: T201
        sys.exit(FAILED)
    except ThinkFamilyError as wrong:
        print(f"{wrong.sentence} {wrong.remedy}".strip(), file=sys.stderr)  # noqa: T201
        sys.exit(FAILED)


if __name__ == "__main__":
    main()
