"""What every measure is made of: a Run to work in, Results to hand back, CPU and wall taken together."""

from __future__ import annotations

import resource
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Run:
    """One run: `quick` asks for small sizes, `rounds` (5 or more) how often to measure, `folder` is
    empty, the measure's own, and removed afterwards; `progress` is told what goes on."""

    quick: bool
    rounds: int
    folder: Path
    progress: Progress

    def sized(self, full: int, quick: int) -> int:
        """The one size or the other."""
        return quick if self.quick else full


@dataclass(frozen=True)
class Bound:
    """What a figure must keep to: `at_least(0.5)`, `at_most(20)`."""

    sign: Literal[">=", "<="]
    value: float
    unit: str = ""

    def holds(self, figure: float) -> bool:
        return figure >= self.value if self.sign == ">=" else figure <= self.value

    def __str__(self) -> str:
        return f"{self.sign} {figured(self.value)}{self.unit}"


@dataclass(frozen=True)
class Result:
    """One row of the table. `ratio` is what the bounds are about where there is a baseline, else `ours`
    is; a row without a bound only informs."""

    key: str
    what: str
    ours: float
    baseline: float | None
    unit: str
    ratio: float | None
    must: Bound | None
    aim: Bound | None
    holds: bool
    note: str = ""

    @property
    def figure(self) -> float:
        """What the bounds are about."""
        return self.ours if self.ratio is None else self.ratio

    @property
    def aimed(self) -> bool | None:
        """Whether the aim is reached; None where there is none."""
        return None if self.aim is None else self.aim.holds(self.figure)


@dataclass(frozen=True)
class Measure:
    """One file of benchmarks/: `run` measures and hands back its rows."""

    key: str
    title: str
    run: Callable[[Run], list[Result]]


@dataclass(frozen=True)
class Spent:
    """Seconds of this process's CPU (all threads) and of the clock on the wall."""

    cpu: float
    wall: float


def at_least(value: float, unit: str = "x") -> Bound:
    """The figure may not be smaller."""
    return Bound(">=", value, unit)


def at_most(value: float, unit: str = "x") -> Bound:
    """The figure may not be larger."""
    return Bound("<=", value, unit)


def compared(
    key: str, what: str, ours: float, baseline: float, unit: str,
    must: Bound | None = None, aim: Bound | None = None, note: str = "",
) -> Result:  # fmt: skip
    """A row whose figure is ours divided by the baseline's, both taken in this run."""
    ratio = ours / baseline
    return Result(key, what, ours, baseline, unit, ratio, must, aim, must is None or must.holds(ratio), note)


def counted(
    key: str, what: str, ours: float, unit: str,
    must: Bound | None = None, aim: Bound | None = None, note: str = "",
) -> Result:  # fmt: skip
    """A row whose figure stands by itself: a count, or seconds that a promise names."""
    return Result(key, what, ours, None, unit, None, must, aim, must is None or must.holds(ours), note)


@contextmanager
def spending() -> Iterator[Callable[[], Spent]]:
    """`with spending() as spent: ...; spent()` gives what was used since, also after the block."""
    began, used, ended = time.perf_counter(), cpu_seconds(), list[Spent]()

    def so_far() -> Spent:
        return ended[0] if ended else Spent(cpu_seconds() - used, time.perf_counter() - began)

    yield so_far
    ended.append(so_far())


def spent_by(work: Callable[[], object]) -> Spent:
    """What one call used."""
    with spending() as spent:
        work()
    return spent()


def cpu_seconds() -> float:
    """What this process used until now, user and system, all threads."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def peak_memory() -> int:
    """The most bytes this process ever held. Each measure has a process of its own."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def median(values: Sequence[float]) -> float:
    """The middle one."""
    return statistics.median(values)


def median_of(spent: Sequence[Spent]) -> Spent:
    """The middle CPU and the middle wall, each by itself."""
    return Spent(median([one.cpu for one in spent]), median([one.wall for one in spent]))


def in_turn(run: Run, *works: Callable[[], Spent]) -> list[Spent]:
    """The medians of several works, taken in turn `rounds` times, so that a noisy minute meets them all."""
    taken: list[list[Spent]] = [[] for _ in works]
    for number in range(run.rounds):
        run.progress(f"round {number + 1} of {run.rounds}")
        for work, spent in zip(works, taken, strict=True):
            spent.append(work())
    return [median_of(spent) for spent in taken]


def figured(value: float) -> str:
    """A number as people read it."""
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2 if abs(value) >= 0.1 else 4
    return f"{value:,.{digits}f}"
