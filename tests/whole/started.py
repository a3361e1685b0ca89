"""`thinkfamily` as an operator starts it: a process of its own, its settings in the environment.

Most are started warm (`warm.py`), which spares each a second and a half; `cold`: by the command itself.
"""

from __future__ import annotations

import contextlib
import json
import os
import pty
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

from tests import nothing_personal
from tests.whole.warm import Child, Warm

COMMAND = Path(sys.executable).with_name("thinkfamily")


PATIENCE = 60.0  # seconds; a busy machine starts several processes slowly


class Started:
    """One process. `with Started(folder, settings, "run") as process:`; whatever still runs is ended.

    With `terminal` it prints to a terminal, as when a person starts it; else to a file.
    """

    warm: ClassVar[Warm | None] = None

    def __init__(
        self,
        folder: Path,
        settings: Mapping[str, str],
        *arguments: str,
        terminal: bool = False,
        cold: bool = False,
    ) -> None:
        self._out = folder / f"{time.monotonic_ns()}.out"
        self._log = self._out.with_suffix(".log")
        self._out.touch()
        self._log.touch()
        self._ours, self._theirs = pty.openpty() if terminal else (-1, -1)
        if terminal:
            os.set_blocking(self._ours, False)
        place = os.ttyname(self._theirs) if terminal else str(self._out)
        start = _cold if cold or self.warm is None else self.warm.start
        self.process: subprocess.Popen[bytes] | Child = start(
            arguments, folder, environment(settings), place, str(self._log)
        )
        self.url = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)
        if self._ours >= 0:
            self._read_terminal()
            os.close(self._ours)
            os.close(self._theirs)
            self._ours = -1
        assert nothing_personal.found_in(self.logged) == []  # P11

    @property
    def said(self) -> str:
        """What it printed."""
        if self._ours >= 0:
            self._read_terminal()
        return self._out.read_text()

    def _read_terminal(self) -> None:
        """Keep what the terminal shows by now."""
        with contextlib.suppress(OSError), self._out.open("ab") as out:  # nothing there, or it was closed
            while shown := os.read(self._ours, 4096):
                out.write(shown)

    @property
    def logged(self) -> str:
        """What it logged, or said of a fault."""
        return self._log.read_text()

    def ready(self, seconds: float = PATIENCE) -> Self:
        """Wait until its web door answers."""
        self._until(lambda: "Health: " in self.said, seconds)
        self.url = self.said.partition("Health: ")[2].split()[0].removesuffix("/healthz")
        self._until(lambda: self.health()[0] in (200, 503), seconds)
        return self

    def health(self) -> tuple[int, dict[str, Any]]:
        """Status and body of /healthz; (0, {}) while nobody answers."""
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=15) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as refused:
            return refused.code, json.load(refused)
        except (OSError, ValueError):
            return 0, {}

    def wait_for_words(self, words: str, seconds: float = PATIENCE) -> None:
        """Wait until it printed these words, to the end of their line."""
        self._until(lambda: "\n" in self.said.partition(words)[2], seconds)

    def wait_for_log(self, words: str, seconds: float = PATIENCE) -> None:
        """Wait until it logged these words."""
        self._until(lambda: words in self.logged, seconds)

    def terminate(self, seconds: float = PATIENCE) -> int:
        """SIGTERM; gives the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)

    def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        self.process.wait(10)

    def ended(self, seconds: float = PATIENCE) -> int:
        """Wait for it to end by itself; gives the exit code."""
        return self.process.wait(seconds)

    def _until(self, done: Callable[[], object], seconds: float) -> None:
        end = time.monotonic() + seconds
        while not done():
            assert self.process.poll() is None, f"it ended: {self.logged}"
            assert time.monotonic() < end, f"it did not happen in time: {self.logged}"
            time.sleep(0.02)


def _cold(
    arguments: Sequence[str], folder: Path, given: Mapping[str, str], out: str, log: str
) -> subprocess.Popen[bytes]:
    """By the command that was installed."""
    with open(out, "ab", buffering=0) as printed, open(log, "ab") as logged:  # noqa: PTH123
        return subprocess.Popen(
            [COMMAND, *arguments], cwd=folder, env=dict(given), stdout=printed, stderr=logged
        )


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """These settings and nothing else of ours from the outside."""
    ours = ("THINKFAMILY_", "TELEGRAM_", "TWILIO_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return kept | dict(settings)


def run(folder: Path, settings: Mapping[str, str], *arguments: str) -> Started:
    """Start a command and wait for its end."""
    with Started(folder, settings, *arguments) as process:
        process.ended()
    return process
