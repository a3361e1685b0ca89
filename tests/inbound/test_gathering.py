"""What comes while earlier ones are being done is done together next, and everybody gets their own result."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

import pytest

from bot.inbound.gathering import Gathering


class Work:
    """Doubles numbers, one batch at a time, each when it is let."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.let = threading.Semaphore(0)

    def __call__(self, numbers: Sequence[int]) -> list[int | Exception]:
        self.batches.append(list(numbers))
        assert self.let.acquire(timeout=20)
        if 13 in numbers and len(numbers) > 3:
            raise RuntimeError("all of it")
        return [ValueError(str(number)) if number == 13 else 2 * number for number in numbers]


@pytest.fixture
def work() -> Work:
    return Work()


async def _asked(gathering: Gathering[int, int], *numbers: int) -> list[asyncio.Task[int]]:
    tasks = [asyncio.create_task(gathering(number)) for number in numbers]
    await asyncio.sleep(0.05)
    return tasks


async def test_the_first_goes_at_once_and_the_others_together_in_order(work: Work) -> None:
    gathering = Gathering(work, 3, 0.0)
    tasks = [*await _asked(gathering, 1), *await _asked(gathering, 2, 3, 4, 5)]
    work.let.release(3)
    assert await asyncio.gather(*tasks) == [2, 4, 6, 8, 10]
    assert work.batches == [[1], [2, 3, 4], [5]]


async def test_what_goes_wrong_with_one_is_told_to_that_one(work: Work) -> None:
    gathering = Gathering(work, 3, 0.0)
    tasks = await _asked(gathering, 1, 13, 2)
    work.let.release(2)
    one, wrong, two = await asyncio.gather(*tasks, return_exceptions=True)
    assert (one, str(wrong), two) == (2, "13", 4)


async def test_what_goes_wrong_with_all_is_told_to_each_and_the_next_go_on(work: Work) -> None:
    gathering = Gathering(work, 5, 0.0)
    first, *rest = [*await _asked(gathering, 1), *await _asked(gathering, 2, 3, 13, 4)]
    work.let.release(3)
    told = await asyncio.gather(*rest, return_exceptions=True)
    assert [type(one) for one in told] == [RuntimeError] * 4
    assert (await first, await gathering(6)) == (2, 12)


async def test_whoever_is_gone_leaves_the_others_their_results(work: Work) -> None:
    gathering = Gathering(work, 5, 0.0)
    first, gone, last = [*await _asked(gathering, 1), *await _asked(gathering, 2, 3)]
    gone.cancel()
    work.let.release(2)
    assert (await first, await last) == (2, 6)
    assert work.batches == [[1], [2, 3]]
