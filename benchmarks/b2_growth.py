"""B2: what a plan costs as contacts grow, and what a tick costs when nothing is due."""

from __future__ import annotations

from pathlib import Path

from benchmarks import town
from benchmarks.b1_plan import opened
from benchmarks.harness import Measure, Result, Run, at_most, compared, counted, median, spending
from benchmarks.population import NOW
from bot.services import plan

_TICKS = 15
_Each = tuple[float, float, int]  # seconds a plan, seconds an idle tick, rows written


def run(run: Run) -> list[Result]:
    """CPU of a plan at three sizes, and of an idle tick at the smallest and the largest."""
    sizes = (3_000, 10_000, 30_000) if run.quick else (10_000, 100_000, 1_000_000)
    taken = {size: _measured(run, size) for size in sizes}
    rows = [
        counted("B2", f"plan of one day, {size:,} contacts, {written:,} rows", seconds, "s CPU")
        for size, (seconds, _, written) in taken.items()
    ]
    small, middle, large = (taken[size] for size in sizes)
    growth = compared(
        "B2", f"CPU a row, {sizes[2]:,} contacts against {sizes[1]:,}", large[0] / large[2] * 1e6,
        middle[0] / middle[2] * 1e6, "us CPU", at_most(1.6),
    )  # fmt: skip
    idle = compared(
        "B2", f"idle tick, {sizes[2]:,} contacts against {sizes[0]:,}", large[1] * 1e3, small[1] * 1e3,
        "ms CPU", at_most(1.5),
    )  # fmt: skip
    return [*rows, growth, idle]


def _measured(run: Run, contacts: int) -> _Each:
    file = town.made(contacts, run.progress)
    taken = []
    for number in range(run.rounds):
        run.progress(f"{contacts:,} contacts, round {number + 1} of {run.rounds}")
        taken.append(_one(file, run.folder / "ours.db"))
    return median([one[0] for one in taken]), median([one[1] for one in taken]), taken[0][2]


def _one(file: Path, copy: Path) -> _Each:
    desk = opened(town.copied(file, copy))
    with spending() as planning:
        report = plan.plan(desk, NOW)
    ticks = []
    for _ in range(_TICKS):
        with spending() as spent:
            plan.plan(desk, NOW)
        ticks.append(spent().cpu)
    desk.database.close()
    return planning().cpu, median(ticks), sum(report.states.values())


MEASURE = Measure("B2", "growth", run)
