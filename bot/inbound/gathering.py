"""Gathering: what comes while earlier ones are being done is done together next, in the order it came."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

In = TypeVar("In")
Out = TypeVar("Out")


class Gathering(Generic[In, Out]):
    """One alone is begun at once. While several come at a time, each batch waits `linger` seconds for more:
    those that were just answered come again one after the other, and a batch costs little more than one.

    `work` runs in a thread, for at most `most` at a time; for each it gives a result or an error.
    """

    def __init__(
        self, work: Callable[[Sequence[In]], Sequence[Out | Exception]], most: int, linger: float
    ) -> None:
        self._work, self._most, self._linger = work, most, linger
        self._last = 1
        self._waiting: list[tuple[In, asyncio.Future[Out]]] = []
        self._working: asyncio.Task[None] | None = None

    async def __call__(self, one: In) -> Out:
        """The result for this one; raises what went wrong with it."""
        result: asyncio.Future[Out] = asyncio.get_running_loop().create_future()
        self._waiting.append((one, result))
        if self._working is None:
            self._working = asyncio.create_task(self._work_off())
        return await result

    async def _work_off(self) -> None:
        while self._waiting:
            if self._last > 1:
                await asyncio.sleep(self._linger)
            some, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
            self._last = len(some)
            for (_, result), came in zip(some, await self._done([one for one, _ in some]), strict=True):
                if result.done():  # whoever asked is gone
                    continue
                if isinstance(came, Exception):
                    result.set_exception(came)
                else:
                    result.set_result(came)
        self._working = None

    async def _done(self, some: Sequence[In]) -> Sequence[Out | Exception]:
        try:
            return await asyncio.to_thread(self._work, some)
        except Exception as error:
            return [error] * len(some)
