"""However late calls are, no second holds more of them than the provider takes."""

import math
from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from bot.running.spacing import Spacing

TELEGRAM = 29.3  # a second; 30 are taken


def begun(per_second: float, stalls: list[float]) -> list[float]:
    """When calls begin whose slots are even, where the process stands still so long before each."""
    spacing, slot = Spacing(per_second), 1 / per_second
    now, times = 0.0, []
    for number, stall in enumerate(stalls):
        now = max(now + stall, spacing.earliest(number * slot))
        spacing.began(now, slot)
        times.append(now)
    return times


@given(st.lists(st.one_of(st.just(0.0), st.floats(0, 0.5)), min_size=31, max_size=90))
@example([0.05] + [0.0] * 60)  # fifty milliseconds, made up for within a few calls, met a 429
@example([0.0] * 30 + [0.4] + [0.0] * 60)
def test_any_thirty_one_calls_take_more_than_a_second(stalls: list[float]) -> None:
    """P13: with 30 a second allowed, the thirty-first begins after it."""
    times = begun(TELEGRAM, stalls)
    assert all(last - first > 1.017 for first, last in zip(times, times[30:], strict=False))


def test_lost_time_is_made_up_for_slowly() -> None:
    """What a stall cost is had back within seconds, or a campaign of a busy day would end later and later."""
    times = begun(TELEGRAM, [0.3] + [0.0] * 2000)
    late = [at - number / TELEGRAM for number, at in enumerate(times)]
    assert late[0] > 0.29
    assert late[-1] < 1e-6
    assert min(late) > -1e-6  # and never before its slot
    assert min(after - before for before, after in pairwise(times)) > 0.02  # and never in a burst


def test_calls_that_are_in_time_wait_for_nothing() -> None:
    """The slots themselves are never delayed, whatever the pace."""
    for per_second in (0.5, 1.0, 3.7, TELEGRAM, 1e9):
        times = begun(per_second, [0.0] * 200)
        assert math.isclose(times[-1], 199 / per_second, abs_tol=1e-6)


def test_only_the_last_second_is_kept() -> None:
    """A drain without a pace remembers no more than a second of its calls."""
    spacing = Spacing(1e9)
    for number in range(5000):
        spacing.began(number / 1000, 1e-9)
    assert len(spacing._begun) < 1100
