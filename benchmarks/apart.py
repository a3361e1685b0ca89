"""Each measure in a process of its own: what it holds and what it used is nobody else's."""

from __future__ import annotations

import importlib
import multiprocessing
import tempfile
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

from benchmarks.harness import Measure, Result, Run
from bot import logs


def _child(pipe: Connection, name: str, quick: bool, rounds: int) -> None:
    """The measure's own process: what it holds and what it used is its own."""
    logs.configure("WARNING")
    measure: Measure = importlib.import_module(f"benchmarks.{name}").MEASURE
    with tempfile.TemporaryDirectory(prefix="thinkfamily-bench-") as folder:
        run = Run(quick, rounds, Path(folder), lambda text: pipe.send(("progress", text)))
        try:
            pipe.send(("results", measure.run(run)))
        except Exception:
            pipe.send(("broke", traceback.format_exc()))


def measured(name: str, quick: bool, rounds: int, progress: Callable[[str], None]) -> list[Result] | str:
    """The rows of one measure, or what it broke with."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    child = spawn.Process(target=_child, args=(theirs, name, quick, rounds))
    child.start()
    theirs.close()
    said: list[Result] | str = "its process ended without a word"
    try:
        while True:
            kind, value = ours.recv()
            if kind == "progress":
                progress(value)
            else:
                said = value
    except EOFError:
        pass
    child.join()
    return said
