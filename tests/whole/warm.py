"""A warm start: a process that has imported everything becomes `thinkfamily` by a fork, in its own folder.

What starts so is a process like any other: its settings are its environment, its words are its command line,
signals reach it, and it ends as the interpreter ends. Only what every start does alike was done before.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Self

from bot import process
from bot.cli.main import COMMANDS, main
from bot.content.files import locate
from bot.content.load import load
from bot.store import schema

ROOT = Path(__file__).resolve().parents[2]
_LATER = (  # what `thinkfamily` imports only once it runs
    "alembic.script", "psycopg", "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.dialects.sqlite.pysqlite", "uvicorn.lifespan.off", "uvicorn.loops.auto",
    "uvicorn.protocols.http.auto", "uvicorn.protocols.websockets.auto",
)  # fmt: skip


class Warm:
    """The near end. `with Warm() as warm:`; whoever it started ends by itself, or by who asked for it."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.whole.warm"], cwd=ROOT, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        return self

    def __exit__(self, *_error: object) -> None:
        self._process.stdin.close()  # type: ignore[union-attr]
        self._process.wait(10)
        self._process.stdout.close()  # type: ignore[union-attr]

    def start(
        self, arguments: Sequence[str], folder: Path, environment: Mapping[str, str], out: str, log: str
    ) -> Child:
        """`thinkfamily` with these arguments; `out` and `log` are files or terminals that it writes to."""
        asked = {"arguments": arguments, "folder": str(folder), "environment": dict(environment)}
        return Child(self, int(self.ask(asked | {"out": out, "log": log})))

    def ask(self, question: dict[str, Any]) -> Any:
        """One question to the far end."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the process that starts others ended"
        return json.loads(line)


class Child:
    """A process that was started warm; as `subprocess.Popen` has it."""

    def __init__(self, warm: Warm, pid: int) -> None:
        self.pid, self.returncode = pid, None
        self._warm = warm

    returncode: int | None

    def poll(self) -> int | None:
        """How it ended, None while it runs."""
        if self.returncode is None:
            self.returncode = self._warm.ask({"ended": self.pid})
        return self.returncode

    def wait(self, timeout: float) -> int:
        """How it ended; subprocess.TimeoutExpired when it does not within so many seconds."""
        end = time.monotonic() + timeout
        while (code := self.poll()) is None:
            if time.monotonic() > end:
                raise subprocess.TimeoutExpired("thinkfamily", timeout)
            time.sleep(0.01)
        return code

    def send_signal(self, number: int) -> None:
        """A signal, unless it ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """kill -9."""
        self.send_signal(signal.SIGKILL)


def serve() -> None:
    """The far end: start whoever is asked for, until the near one goes away."""
    for name in (*_LATER, *{f"bot.cli.{module}" for module, _ in COMMANDS.values()}):
        import_module(name)
    schema.head()
    load(locate(None))
    process.settle_memory()
    for line in sys.stdin:
        asked = json.loads(line)
        if "ended" in asked:
            print(json.dumps(_ended(asked["ended"])), flush=True)  # noqa: T201
        elif pid := os.fork():
            print(pid, flush=True)  # noqa: T201
        else:
            _become(**asked)


def _ended(pid: int) -> int | None:
    found, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if found else None


def _become(arguments: list[str], folder: str, environment: dict[str, str], out: str, log: str) -> None:
    """The child: whatever `thinkfamily` ends with goes up to the interpreter, and ends it."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    for number, name in enumerate((os.devnull, out, log)):
        opened = os.open(name, os.O_RDWR | os.O_NOCTTY | (os.O_APPEND if number else 0))
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", buffering=1, closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", buffering=1, closefd=False)  # noqa: SIM115
    sys.argv = ["thinkfamily", *arguments]
    sys.exit(main())  # type: ignore[func-returns-value]


if __name__ == "__main__":
    serve()
