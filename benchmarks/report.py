"""The results on paper: one table that reads as text and as markdown, and the same as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from benchmarks.harness import Bound, Result, figured

_HEAD = ("", "measure", "ours", "baseline", "", "ratio", "must", "aim", "")


def table(results: Sequence[Result]) -> str:
    """A markdown table whose columns stand under each other; the notes follow it."""
    rows = [_HEAD, *(_cells(one) for one in results)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    lines = ["| " + " | ".join(_placed(row, widths)) + " |" for row in rows]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join([*lines, *_notes(results)])


def _cells(one: Result) -> tuple[str, ...]:
    return (
        one.key,
        one.what,
        figured(one.ours),
        "" if one.baseline is None else figured(one.baseline),
        one.unit,
        "" if one.ratio is None else f"{figured(one.ratio)}x",
        _bound(one.must),
        _bound(one.aim),
        _verdict(one),
    )


def _placed(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    """Numbers to the right, words to the left."""
    right = {2, 3, 5}
    return [
        cell.rjust(width) if column in right else cell.ljust(width)
        for column, (cell, width) in enumerate(zip(row, widths, strict=True))
    ]


def _bound(bound: Bound | None) -> str:
    return "" if bound is None else str(bound)


def _verdict(one: Result) -> str:
    if not one.holds:
        return "MISSED"
    if one.must is None and one.aim is None:
        return ""
    return "held" if not one.aimed else "aim reached"


def _notes(results: Sequence[Result]) -> list[str]:
    said = [f"- {one.key} {one.what}: {one.note}" for one in results if one.note]
    return ["", *said] if said else []


def machine(found: Mapping[str, str]) -> str:
    """The machine in two lines."""
    named = ", ".join(f"{name} {value}" for name, value in found.items())
    return f"Measured on: {named}."


def as_json(found: Mapping[str, str], quick: bool, rounds: int, results: Sequence[Result]) -> str:
    """Everything that was measured, for other programs."""
    rows = [
        asdict(one) | {"must": _bound(one.must), "aim": _bound(one.aim), "aimed": one.aimed}
        for one in results
    ]
    return json.dumps({"machine": dict(found), "quick": quick, "rounds": rounds, "results": rows}, indent=2)
