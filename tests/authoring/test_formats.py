"""What other programs read of a check: whole, valid, and nothing lost."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.authoring import formats
from bot.authoring.check import Report, check
from bot.authoring.findings import RULES, Level
from tests.authoring.test_check import OFFER, TODAY
from tests.content import small


@pytest.fixture(scope="module")
def report() -> Report:
    """One of each level: a phrase, a locked phone, a review that is near, and advice."""
    files = small.changed("campaigns/flu.yaml", "2027-07-01", "2027-01-01")
    priced = small.DEFAULT + "pence_a_part: 3.9\n"
    words = "Flu, 100%: your baby.\nHooray, ask.\n"
    return check({**files, "config/default.yaml": priced, OFFER: words}, TODAY)


def test_every_level_is_there(report: Report) -> None:
    assert {one.level for one in report.findings} == set(Level)
    assert {one.rule for one in report.findings} <= RULES.keys()


def test_json_has_every_finding_and_every_message_with_its_price(report: Report) -> None:
    said = json.loads(formats.as_json(report, strict=False))
    assert said["failed"] is True
    assert sum(said["counts"].values()) == len(said["findings"]) == len(report.findings)
    assert {"level": "error", "rule": "phrase", "path": OFFER, "line": 2, "column": 1}.items() <= next(
        one for one in said["findings"] if one["rule"] == "phrase"
    ).items()
    nudge = next(one for one in said["messages"] if (one["message"], one["channel"]) == ("flu/nudge", "sms"))
    assert (nudge["parts"], nudge["pence"], nudge["role"]) == (1, 3.9, "mother")


def test_a_command_for_github_escapes_what_would_end_it(report: Report) -> None:
    lines = formats.as_github(report).splitlines()
    assert len(lines) == len(report.findings)
    assert f'::error file={OFFER},line=2,col=1,title=phrase::"Hooray" may not stand here. No cheer.' in lines
    assert formats._data("100%\nof: a, b") == "100%25%0Aof: a, b"
    assert formats._property("a:b,c") == "a%3Ab%2Cc"


def test_sarif_is_a_log_of_version_2_1_0(report: Report) -> None:
    log = json.loads(formats.as_sarif(report))
    assert (log["version"], log["$schema"].endswith("sarif-schema-2.1.0.json")) == ("2.1.0", True)
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    assert all(rule["shortDescription"]["text"] for rule in rules)
    assert len(run["results"]) == len(report.findings)
    for result in run["results"]:
        _is_a_result(result, rules)


def _is_a_result(result: dict[str, Any], rules: list[dict[str, Any]]) -> None:
    """What SARIF 2.1.0 (3.27, 3.29, 3.30) asks of a result."""
    assert result["level"] in {"none", "note", "warning", "error"}
    assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    assert result["message"]["text"]
    (location,) = result["locations"]
    place = location["physicalLocation"]
    assert not place["artifactLocation"]["uri"].startswith("/")
    assert place["region"]["startLine"] >= 1
    assert place["region"]["startColumn"] >= 1


def test_strict_fails_for_warnings_and_not_for_what_waits_for_a_person() -> None:
    near = check(small.changed("campaigns/flu.yaml", "2027-07-01", "2027-01-01"), TODAY)
    passed = check(small.changed("campaigns/flu.yaml", "2027-07-01", "2026-11-01"), TODAY)
    assert [one.of(Level.PENDING, Level.WARNING) == () for one in (near, passed)] == [False, False]
    assert [one.fails(strict=False) for one in (near, passed)] == [False, False]
    assert [one.fails(strict=True) for one in (near, passed)] == [False, True]
