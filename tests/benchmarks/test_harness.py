"""The bench says no when a figure misses what it must reach, and a broken measure is no figure."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import __main__ as bench
from benchmarks import report
from benchmarks.harness import (
    Bound,
    Measure,
    Result,
    Run,
    Spent,
    at_least,
    at_most,
    compared,
    counted,
    in_turn,
    spending,
)


@pytest.mark.parametrize(
    ("bound", "figure", "holds"),
    [
        (at_least(0.5), 0.5, True),
        (at_least(0.5), 0.49, False),
        (at_most(3), 3.0, True),
        (at_most(3), 3.1, False),
    ],
)
def test_a_bound_holds_up_to_its_value(bound: Bound, figure: float, holds: bool) -> None:
    assert bound.holds(figure) is holds


def test_a_ratio_is_ours_by_the_baselines() -> None:
    row = compared("B0", "a", 30.0, 60.0, "messages/s", at_least(0.5), at_least(0.6))
    assert (row.ratio, row.holds, row.aimed) == (0.5, True, False)


def test_a_figure_that_stands_by_itself_is_held_by_itself() -> None:
    assert not counted("B0", "a", 2, "messages", at_most(0, "")).holds


def test_what_is_only_told_never_misses() -> None:
    assert compared("B0", "a", 1.0, 9.0, "s").holds


def test_the_table_names_what_was_missed_and_says_why() -> None:
    rows = [
        compared("B0", "slow", 1.0, 10.0, "messages/s", at_least(0.5), note="a note"),
        counted("B0", "none", 0, "messages", at_most(0, "")),
    ]
    lines = report.table(rows).splitlines()
    assert [line.count("|") for line in lines[:4]] == [10] * 4
    assert "MISSED" in lines[2] and "held" in lines[3]  # noqa: PT018
    assert lines[-1] == "- B0 slow: a note"


def test_the_json_holds_every_row() -> None:
    row = compared("B0", "a", 30.0, 60.0, "messages/s", at_least(0.5))
    said = json.loads(report.as_json({"cores": "2"}, True, 5, [row]))
    assert (said["machine"], said["results"][0]["ratio"]) == ({"cores": "2"}, 0.5)


def test_works_are_taken_in_turn_and_the_middle_one_counts(tmp_path: Path) -> None:
    order: list[str] = []

    def work(name: str, *seconds: float) -> Spent:
        order.append(name)
        return Spent(seconds[order.count(name) - 1], 0.0)

    run = Run(True, 3, tmp_path, lambda _text: None)
    first, second = in_turn(run, lambda: work("a", 1, 9, 2), lambda: work("b", 5, 5, 5))
    assert (first.cpu, second.cpu, "".join(order)) == (2, 5, "ababab")


def test_cpu_is_counted_and_waiting_is_not() -> None:
    with spending() as spent:
        sum(range(2_000_000))
    assert 0 < spent().cpu <= spent().wall * 2
    assert spent() == spent()  # it stands still after the block


def test_every_measure_is_named_by_its_key() -> None:
    found = bench.measures(None)
    assert [measure.key.lower() for _, measure in found] == [name.partition("_")[0] for name, _ in found]
    assert [measure.key for _, measure in bench.measures("b6")] == ["B6"]
    with pytest.raises(SystemExit, match="no measure B99"):
        bench.measures("B99")


def test_fewer_rounds_than_five_are_refused() -> None:
    with pytest.raises(SystemExit):
        bench.main(["--rounds", "3"])


def test_a_measure_is_a_title_and_what_it_does(tmp_path: Path) -> None:
    measure = Measure("B0", "nothing", lambda _run: [])
    assert measure.run(Run(True, 5, tmp_path, print)) == list[Result]()
