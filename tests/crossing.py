"""Another process at the worst moment: it acts just before a statement of ours, and we go on."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from threading import Thread
from typing import Any

from sqlalchemy import event

from bot.store.database import Database

_PATIENCE = 0.7  # seconds: by then the other is done, or it waits for us


@contextlib.contextmanager
def crossing(ours: Database, before: str, meanwhile: Callable[[], object]) -> Iterator[None]:
    """The first time that `ours` is about to run a statement which begins so, `meanwhile` runs first.

    It runs on a thread, with a Database of its own, and is waited for only for a moment: where it has to
    wait for our transaction, that goes on. What it raises is raised here, at the end.
    """
    raised: list[Exception] = []
    other: list[Thread] = []

    def run() -> None:
        try:
            meanwhile()
        except Exception as error:
            raised.append(error)

    def about_to(_conn: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if not other and statement.lstrip().startswith(before):
            other.append(Thread(target=run))
            other[0].start()
            other[0].join(_PATIENCE)

    event.listen(ours.engine, "before_cursor_execute", about_to)
    try:
        yield
    finally:
        event.remove(ours.engine, "before_cursor_execute", about_to)
        for thread in other:
            thread.join()
    assert other, f"no statement began with {before!r}"
    if raised:
        raise raised[0]
