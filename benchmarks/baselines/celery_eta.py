"""Celery's ETA: a task a message, held by a worker until it is due. Only where Celery is installed.

Its broker is the one in memory, so what a Redis would cost on top is not in the figure; a restart forgets it.
"""

from __future__ import annotations

import importlib
import importlib.util
import threading
from datetime import UTC, datetime


def installed() -> bool:
    """Whether there is a Celery here: it is no dependency of ours."""
    return importlib.util.find_spec("celery") is not None


def eta(messages: int) -> None:
    """`apply_async(eta=...)` for each message, and wait until a worker has run all."""
    celery = importlib.import_module("celery")
    worker = importlib.import_module("celery.contrib.testing.worker")
    app = celery.Celery("bench", broker="memory://", set_as_current=False)
    app.conf.task_ignore_result = True
    left, done = [messages], threading.Event()

    @app.task(name="send")  # type: ignore[untyped-decorator]
    def send(_message: int) -> None:
        left[0] -= 1
        if left[0] == 0:
            done.set()

    due = datetime.now(UTC)
    for number in range(messages):
        send.apply_async((number,), eta=due)
    with worker.start_worker(app, pool="solo", perform_ping_check=False, loglevel="CRITICAL"):
        if not done.wait(600):
            raise RuntimeError(f"{left[0]} of {messages} tasks did not run")
