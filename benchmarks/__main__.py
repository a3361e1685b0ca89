"""`make bench`: run the measures one after the other, each in a process of its own; print, and say no.

    python -m benchmarks [--quick] [--only B5,B6] [--rounds 5] [--json FILE]

The exit code is 1 when a figure misses what it must reach, or a measure broke.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from benchmarks import machine, report
from benchmarks.apart import measured
from benchmarks.harness import Measure, Result

MEASURES = (
    "b1_plan",
    "b2_growth",
    "b3_messages",
    "b4_changes",
    "b5_whole_path",
    "b6_pace",
    "b7_inbound",
    "b8_silence",
    "b9_memory",
    "b10_processes",
)
"""The files, in the order of the table; each holds `MEASURE`."""

ROUNDS = 5


def measures(only: str | None) -> list[tuple[str, Measure]]:
    """(module, measure) of those asked for; SystemExit names what is not there."""
    found = [(name, importlib.import_module(f"benchmarks.{name}").MEASURE) for name in MEASURES]
    if only is None:
        return found
    wanted = {key.strip().upper() for key in only.split(",")}
    if unknown := wanted - {measure.key for _, measure in found}:
        raise SystemExit(f"There is no measure {', '.join(sorted(unknown))}.")
    return [(name, measure) for name, measure in found if measure.key in wanted]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for; 1 when something was missed."""
    asked = _asked(arguments)
    chosen = measures(asked.only)
    results: list[Result] = []
    broken: list[str] = []
    screen = Console(stderr=True)
    with _bar(screen) as bar:
        task = bar.add_task("", total=len(chosen))
        for name, measure in chosen:
            bar.update(task, description=f"{measure.key} {measure.title}")
            told = _teller(bar, task, f"{measure.key} {measure.title}", screen)
            said = measured(name, asked.quick, asked.rounds, told)
            if isinstance(said, str):
                broken.append(f"{measure.key} broke:\n{said}")
            else:
                results += said
            bar.advance(task)
    found = machine.described()
    sys.stdout.write(f"{report.machine(found)}\n{_size(asked)}\n\n{report.table(results)}\n")
    if asked.json is not None:
        asked.json.write_text(report.as_json(found, asked.quick, asked.rounds, results) + "\n")
    for text in broken:
        sys.stdout.write(f"\n{text}\n")
    return 1 if broken or not all(one.holds for one in results) else 0


def _asked(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description="Every figure of docs/performance.md.")
    parser.add_argument("--quick", action="store_true", help="small sizes: about a minute in all")
    parser.add_argument("--only", help="measures, with commas: B5,B6")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"medians of so many (at least {ROUNDS})")
    parser.add_argument("--json", type=Path, default=Path("var/bench.json"), help="where the JSON goes")
    asked = parser.parse_args(arguments)
    if asked.rounds < ROUNDS:
        parser.error(f"a median of fewer than {ROUNDS} says little")
    asked.json.parent.mkdir(parents=True, exist_ok=True)
    return asked


def _size(asked: argparse.Namespace) -> str:
    size = "Quick run: small sizes." if asked.quick else "Full run."
    return f"{size} Medians of {asked.rounds}; CPU is of the measuring process, all its threads."


def _bar(screen: Console) -> Progress:
    return Progress(
        SpinnerColumn(),
        BarColumn(bar_width=20),
        TextColumn("{task.completed}/{task.total}"),
        TimeElapsedColumn(),
        TextColumn("{task.description}", markup=False),
        console=screen,
    )


def _teller(bar: Progress, task: object, title: str, screen: Console) -> Callable[[str], None]:
    """Beside the bar on a terminal; a line each where there is none."""

    def tell(text: str) -> None:
        bar.update(task, description=f"{title}: {text}")  # type: ignore[arg-type]
        if not screen.is_terminal:
            screen.print(f"{title}: {text}", markup=False, highlight=False)

    return tell


if __name__ == "__main__":
    raise SystemExit(main())
