"""The nursery: a process that has imported everything and read the content once, and forks lives.

Each life is a process of its own, which the kernel kills like any other; only its start is cheap: what all of
them would do alike at their start is done before the fork.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import traceback
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Any, Self

from bot import bootstrap, process, settings
from bot.bootstrap import App
from bot.store import schema
from tests.chaos import written
from tests.chaos.life import Life, live

ROOT = Path(__file__).resolve().parents[2]


class Nursery:
    """The near end. `with Nursery() as nursery:`; whatever still lives is killed at the end."""

    def __init__(self) -> None:
        self._alive: set[int] = set()
        self._how: dict[int, int] = {}

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.nursery"], cwd=ROOT, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        return self

    def __exit__(self, *_error: object) -> None:
        for pid in list(self._alive):
            if self.ended(pid) is None:
                os.kill(pid, 9)
        self._process.stdin.close()  # type: ignore[union-attr]
        self._process.wait(10)
        self._process.stdout.close()  # type: ignore[union-attr]

    def bear(self, life: Life, given: dict[str, Any]) -> int:
        """A new process, from the App of these settings; gives its id."""
        pid = int(self._ask({"life": asdict(life), "settings": given}))
        self._alive.add(pid)
        return pid

    def ended(self, pid: int) -> int | None:
        """How it ended (as waitpid says it), None while it lives."""
        if pid in self._alive and (status := self._ask({"ended": pid})) is not None:
            self._alive.discard(pid)
            self._how[pid] = status
        return self._how.get(pid)

    def wait(self, pid: int, seconds: float = 30.0) -> int:
        """How it ended; waits for it."""
        until = time.monotonic() + seconds
        while (status := self.ended(pid)) is None:
            assert time.monotonic() < until, f"the process {pid} did not end"
            time.sleep(0.005)
        return status

    def _ask(self, question: dict[str, Any]) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the nursery ended"
        return json.loads(line)


_LATER = (  # what a process imports only once it runs; here before it is forked
    "alembic.script", "psycopg", "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.dialects.sqlite.pysqlite",
    "uvicorn.lifespan.off", "uvicorn.loops.auto", "uvicorn.protocols.http.auto",
    "uvicorn.protocols.websockets.auto",
)  # fmt: skip


def serve() -> None:
    """The far end: answer until the near one goes away."""
    for name in _LATER:
        import_module(name)
    schema.head()
    built: dict[str, App] = {}
    for line in sys.stdin:
        asked = json.loads(line)
        if "ended" in asked:
            print(json.dumps(_ended(asked["ended"])), flush=True)  # noqa: T201
            continue
        given = asked["settings"]
        key = json.dumps(given, sort_keys=True)
        if key not in built:
            built = {key: bootstrap.build(settings.read(None, **given), written.content())}
            process.settle_memory()
        life = Life(**(asked["life"] | {"parts": tuple(asked["life"]["parts"])}))
        if asked["life"]["die"] is not None:
            life = Life(**(asdict(life) | {"die": tuple(asked["life"]["die"])}))
        pid = os.fork()
        if pid == 0:
            _be(built[key], life)
        print(pid, flush=True)  # noqa: T201


def _ended(pid: int) -> int | None:
    found, status = os.waitpid(pid, os.WNOHANG)
    return status if found else None


def _be(app: App, life: Life) -> None:
    """The child: its own log, and never back to the nursery's loop."""
    code = 1
    try:
        log = os.open(life.path("log"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(log, 1)
        os.dup2(log, 2)
        live(app, life)
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


if __name__ == "__main__":
    serve()
