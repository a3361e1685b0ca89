"""`thinkfamily`: the commands, each group in its own file, loaded only when asked for."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

from bot.errors import ContentError, ThinkFamilyError

OK, FAILED, MISUSE = 0, 1, 2

# command -> (module, what the help says). A module is imported when its command runs, so that help is quick.
COMMANDS: dict[str, tuple[str, str]] = {
    "check": ("checking", "Check campaigns, templates and config."),
    "new": ("new", "Something new to begin with: campaign."),
    "preview": ("preview", "The whole life of one family: every message, in the terminal or as a page."),
    "review-pack": ("reviewing", "A page for a midwife to read and sign."),
    "export-translations": ("translating", "A spreadsheet that a translator fills in."),
    "import-translations": ("translating", "Take what a translator filled in, once it is all right."),
    "calendar": ("year", "The year's campaigns by date; for staff's calendars too."),
    "diff": ("difference", "What two versions of the content differ in, and for whom."),
    "coverage": ("coverage", "What each objective of the strategy has, for whom and when."),
    "directory": ("replies", "Where people can turn: find, list."),
    "understand": ("replies", "What each line of a file of texts is taken for."),
    "recall": ("replies", "Of labelled texts, how many are taken for what they say."),
    "chat": ("play", "Play a family in the terminal; nothing leaves."),
    "rehearse": ("play", "Two years of the campaigns, with made-up families."),
    "publish": ("content", "Keep a revision of what changed, and say for whom."),
    "approve": ("content", "Stand by a campaign's newest words in one language."),
    "test-send": ("trying", "One step's words to a guest's phone, to see it there."),
    "withdraw": ("content", "Send nothing more of a campaign or a step."),
    "restore": ("content", "Let what was withdrawn be sent again."),
    "halt": ("content", "Stop all planned sending at once; answers still go."),
    "resume": ("content", "Let sending go on after a halt."),
    "enrol": ("families", "Enrol someone who agreed."),
    "stop": ("families", "Stop every message to a number or chat."),
    "pause": ("families", "Pause a member's messages until a day."),
    "loss": ("families", "Record a loss: the whole family goes quiet."),
    "undo": ("families", "Take back every report of a loss in a family."),
    "support": ("families", "Record what a member chose after a loss."),
    "move": ("families", "Help a member to another number or chat."),
    "export": ("families", "Everything kept about a family, as JSON."),
    "erase": ("families", "Erase a family, or one member, to the last row."),
    "professionals": ("professionals", "Codes by which professionals join: invite, list, end."),
    "outbox": ("outbox", "Messages: list, show, retry."),
    "alerts": ("inbox", "What staff must see to: list, close, test."),
    "inbox": ("inbox", "Texts that a person should read: list, show, reply, close."),
    "why": ("reports", "Why somebody got a message, or did not."),
    "report": ("reports", "What was planned and what became of it, in sums."),
    "plan": ("run", "Plan what is due now, once."),
    "dispatch": ("run", "Send what is due now, once."),
    "run": ("run", "Run the bot: clock, sending, doors."),
    "doctor": ("operate", "Look at everything, and say what to mend."),
    "db": ("operate", "The database: upgrade, state, restore, new-key."),
    "backup": ("backups", "Copy the database while the bot runs; prove a copy."),
    "keys": ("keys", "Encryption keys: check, rotate, retire."),
}


class Commands(TyperGroup):
    """Commands that are imported when they are needed."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, name: str) -> Any:
        if name not in COMMANDS:
            return None
        module = import_module(f"bot.cli.{COMMANDS[name][0]}")
        found = typer.main.get_command(module.app)
        commands: dict[str, Any] = getattr(found, "commands", {name: found})  # one alone is no group
        return commands.get(name)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, said) for name, (_, said) in COMMANDS.items()])


app = typer.Typer(
    cls=Commands,
    help="Think Family: the right words to a family at the right week.",
    epilog="Start with `thinkfamily check`, then `thinkfamily chat`. COMMAND --help shows an example.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
)


@app.callback()
def _root() -> None:
    """Nothing happens before a command is chosen."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command; 0 done, 1 failed (said why on stderr), 2 misuse. None: the process's own arguments."""
    try:
        app(args=arguments, prog_name="thinkfamily")
    except ContentError as wrong:
        for fault in wrong.faults:
            _complain(str(fault))
        _complain("1 mistake." if len(wrong.faults) == 1 else f"{len(wrong.faults)} mistakes.")
    except ThinkFamilyError as wrong:
        _complain(
            wrong.sentence if not wrong.remedy else f"{wrong.sentence} {wrong.remedy}".replace("\n ", "\n")
        )
    except OSError as wrong:  # a file, a folder or a port that this process may not have
        where = f" ({wrong.filename})" if wrong.filename else ""
        _complain(f"The operating system said no: {wrong.strerror or type(wrong).__name__}{where}.")
    else:
        return
    sys.exit(FAILED)


def _complain(sentence: str) -> None:
    print(sentence, file=sys.stderr)  # noqa: T201


if __name__ == "__main__":
    main()
