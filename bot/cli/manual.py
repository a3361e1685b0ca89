"""docs/commands.md: what every command's --help says. `python -m bot.cli.manual > docs/commands.md`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer

from bot.cli.main import app

WIDTH = 100
HEAD = """\
# Commands

What each command's `--help` says. Made by `python -m bot.cli.manual > docs/commands.md`; a test fails when
this page and the program differ.

Exit codes: 0 done, 1 failed (one sentence on stderr says why and what to do), 2 misuse. No command prints a
name, a number, a date of birth or the words of a message without `--reveal`, and that is written down. (What
`understand` and `recall --wrong` print are the lines of the file that you give it.)
"""


def text() -> str:
    """The whole page."""
    return HEAD + "".join(_section(path, said) for path, said in helps())


def helps() -> Iterator[tuple[str, str]]:
    """(the command as it is typed, its help), the program itself first."""
    yield from _helps(typer.main.get_command(app), "thinkfamily", None)


def _helps(command: Any, path: str, parent: Any) -> Iterator[tuple[str, str]]:
    context = command.make_context(
        path.rsplit(" ", 1)[-1], [], parent=parent, resilient_parsing=True, max_content_width=WIDTH,
        terminal_width=WIDTH,
    )  # fmt: skip
    yield path, command.get_help(context)
    if hasattr(command, "list_commands"):
        for name in command.list_commands(context):
            yield from _helps(command.get_command(context, name), f"{path} {name}", context)


def _section(path: str, said: str) -> str:
    lines = "\n".join(line.rstrip() for line in said.rstrip().splitlines())
    return f"\n## {path}\n\n```\n{lines}\n```\n"


if __name__ == "__main__":
    typer.echo(text(), nl=False)
