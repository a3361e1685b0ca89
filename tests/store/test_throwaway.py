"""The tests' own PostgreSQL is swept away, also after a run that was killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests import postgres

RUN = """
import os, signal, sys, time
from tests import postgres
signal.signal(signal.SIGINT, signal.default_int_handler)  # who was started in the background ignores it
with postgres.server(os.getpid()) as url:
    print(url, flush=True)
    time.sleep(60)
"""


def _started() -> tuple[subprocess.Popen[str], Path, int]:
    run = subprocess.Popen([sys.executable, "-c", RUN], stdout=subprocess.PIPE, text=True, cwd=Path.cwd())
    assert run.stdout is not None
    assert run.stdout.readline().startswith("postgresql+psycopg:")
    run.stdout.close()
    folder = Path(tempfile.gettempdir()) / f"{postgres.PREFIX}{run.pid}"
    return run, folder, int((folder / "postmaster.pid").read_text().splitlines()[0])


def _runs(pid: int, folder: Path) -> bool:
    try:
        return str(folder) in Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return False


def test_the_server_of_a_killed_run_is_ended_by_the_next_and_a_live_ones_is_left() -> None:
    run, folder, server = _started()
    postgres.sweep()
    assert _runs(server, folder)  # its run goes on
    run.kill()
    run.wait()
    assert _runs(server, folder)  # nobody told it to stop
    postgres.sweep()
    assert not _runs(server, folder)
    assert not folder.exists()


def test_a_run_that_is_asked_to_end_takes_its_server_along() -> None:
    run, folder, server = _started()
    os.kill(run.pid, signal.SIGINT)
    run.wait()
    for _ in range(50):
        if not folder.exists():
            break
        time.sleep(0.1)
    assert not _runs(server, folder)
    assert not folder.exists()
