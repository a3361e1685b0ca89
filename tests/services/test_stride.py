"""A batch of the plan is as large as takes some 20 ms: nobody waits long for the planner."""

from __future__ import annotations

from bot.services.stride import Stride


def after(*batches: float) -> int:
    """How many families the next batch has, when each of these took so many seconds a family."""
    stride = Stride()
    for each in batches:
        stride.took(stride.families, stride.families * each)
    return stride.families


def test_slow_families_go_in_small_batches() -> None:
    assert after(*[0.001] * 12) == 14


def test_quick_families_go_in_large_batches_up_to_a_bound() -> None:
    assert after(*[0.0001] * 12) > 130
    assert after(*[0.000001] * 12) in (299, 300)


def test_however_slow_some_go() -> None:
    assert after(*[10.0] * 12) == 10


def test_one_slow_batch_does_not_halve_the_next_for_good() -> None:
    assert after(0.01, *[0.0002] * 8) > 60


def test_a_batch_of_a_few_says_nothing() -> None:
    stride = Stride()
    stride.took(3, 5.0)
    assert stride.families == 60


def test_no_time_at_all_is_no_fault() -> None:
    stride = Stride()
    stride.took(60, 0.0)
    assert stride.families == 180
