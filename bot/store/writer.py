"""One writer thread for SQLite: what matters most goes next, and nobody waits on a lock for long."""

from __future__ import annotations

import itertools
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from enum import IntEnum
from typing import Any, TypeVar

T = TypeVar("T")
Waiting = queue.PriorityQueue[tuple[int, int, Callable[[], None] | None]]


class Priority(IntEnum):
    """Who goes first when several wait: an inbound STOP before everything, planning last.

    What comes in is stored one batch at a time, so answering has its turn between two of them.
    """

    INBOUND = 0
    ANSWER = 1
    RECORD = 2
    CLAIM = 3
    STAFF = 4
    PLAN = 5


class Writer:
    """Runs pieces of work one at a time, in order of priority, then of arrival; started on first use."""

    def __init__(self) -> None:
        self._waiting: Waiting = queue.PriorityQueue()
        self._order = itertools.count()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def run(self, priority: Priority, work: Callable[[], T]) -> T:
        """Run `work` on the writer thread and give back what it returns or raises."""
        if threading.current_thread() is self._thread:
            raise RuntimeError("a transaction was started inside a transaction")
        future: Future[Any] = Future()

        def task() -> None:
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(work())
                except BaseException as cause:
                    future.set_exception(cause)

        with self._lock:
            self._waiting.put((priority, next(self._order), task))
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._serve, args=(self._waiting,), name="writer", daemon=True
                )
                self._thread.start()
        return future.result()  # type: ignore[no-any-return]

    def close(self) -> None:
        """Finish what waits, then end the thread."""
        with self._lock:
            thread, self._thread = self._thread, None
            if thread is not None:
                self._waiting.put((len(Priority), next(self._order), None))
                self._waiting = queue.PriorityQueue()  # whoever comes now has a thread of its own
        if thread is not None:
            thread.join()

    @staticmethod
    def _serve(waiting: Waiting) -> None:
        while (task := waiting.get()[2]) is not None:
            task()
