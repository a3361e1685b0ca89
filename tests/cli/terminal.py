"""A terminal to type commands at: the real main(), in a folder and an environment of its own."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from bot.bootstrap import App
from bot.cli import opening
from bot.cli.main import main
from tests.services import shelves

NUMBER = "07700900123"
SEALED = "+447700900123"  # how the number is kept, and would be printed


@dataclass(frozen=True)
class Result:
    """What a command said, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def ids(self) -> list[int]:
        """The row ids in what was said, in order; a number that long is nothing else."""
        words = self.out.replace(".", " ").split()
        return [int(word) for word in words if word.isdecimal() and len(word) > 15]


class Terminal:
    """`terminal("check", "--table")` runs a command, as if typed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, *arguments: object, typed: str = "") -> Result:
        out, err = io.StringIO(), io.StringIO()
        stdin, code = sys.stdin, 0
        sys.stdin = io.StringIO(typed)
        try:
            with redirect_stdout(out), redirect_stderr(err):
                main([str(argument) for argument in arguments])
        except SystemExit as end:
            code = int(end.code or 0)
        finally:
            sys.stdin = stdin
        return Result(code, out.getvalue(), err.getvalue())

    def done(self, *arguments: object, typed: str = "") -> Result:
        """The same, and it must have gone well and complained of nothing."""
        result = self(*arguments, typed=typed)
        assert (result.code, result.err) == (0, ""), result
        return result

    def refused(self, *arguments: object) -> str:
        """The same, and it must have failed with one sentence on stderr and no traceback."""
        result = self(*arguments)
        assert (result.code, result.out) == (1, ""), result
        assert "Traceback" not in result.err
        return result.err

    def misused(self, *arguments: object) -> str:
        """The same, and it must have been misuse, with a usage line."""
        result = self(*arguments)
        assert (result.code, result.out) == (2, ""), result
        assert result.err.startswith("Usage: thinkfamily")
        return result.err

    def enrolled(self, *options: object) -> tuple[int, int]:
        """A mother who agreed; gives her family and her id."""
        family, member = self.done(
            "enrol", NUMBER, "--role", "mother", "--words", "form-1", *options
        ).ids  # fmt: skip
        return family, member

    @contextmanager
    def app(self) -> Iterator[App]:
        """The App that the commands see, to prepare rows for them."""
        with redirect_stderr(io.StringIO()), opening.opened() as app:
            yield app


def write_content(folder: Path) -> None:
    """The small content as files."""
    for name, text in shelves.FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
