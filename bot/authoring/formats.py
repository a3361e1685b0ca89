"""Formats: a check's report for other programs: JSON, annotations on GitHub, SARIF 2.1.0."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from bot.authoring.check import Report
from bot.authoring.findings import RULES, Finding, Level
from bot.authoring.trial import Line
from bot.domain.address import ChannelName

_SARIF = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_SARIF_LEVELS = {
    Level.ERROR: "error",
    Level.WARNING: "warning",
    Level.PENDING: "warning",
    Level.ADVICE: "note",
}
_GITHUB_LEVELS = {**_SARIF_LEVELS, Level.ADVICE: "notice"}


def as_json(report: Report, *, strict: bool) -> str:
    """Everything that was found, how many of each level, and what each message costs."""
    pence = None if report.content is None else report.content.config.pence_a_part
    said = {
        "failed": report.fails(strict=strict),
        "counts": dict(Counter(one.level.value for one in report.findings)),
        "findings": [_plain(one) for one in report.findings],
        "messages": [_priced(line, pence) for line in report.table],
    }
    return json.dumps(said, indent=2, ensure_ascii=False)


def as_github(report: Report) -> str:
    """A workflow command for each finding: it is shown beside its line in a pull request."""
    return "\n".join(map(_command, report.findings))


def as_sarif(report: Report) -> str:
    """A SARIF 2.1.0 log with one run; columns count characters."""
    used = sorted({one.rule for one in report.findings})
    driver = {
        "name": "thinkfamily",
        "rules": [{"id": rule, "shortDescription": {"text": RULES[rule]}} for rule in used],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(one, used.index(one.rule)) for one in report.findings],
    }
    log = {"$schema": _SARIF, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=False)


def pence(line: Line, a_part: float | None) -> float | None:
    """What one message costs by SMS; None where that is not known, or it is no SMS."""
    if a_part is None or line.channel is not ChannelName.SMS:
        return None
    return round(line.parts * a_part, 2)


def _plain(one: Finding) -> dict[str, Any]:
    fault = one.fault
    return {
        "level": one.level.value,
        "rule": one.rule,
        "path": fault.path,
        "line": fault.line,
        "column": fault.column,
        "message": fault.message,
    }


def _priced(line: Line, a_part: float | None) -> dict[str, Any]:
    return {
        "message": f"{line.campaign}/{line.step}",
        "role": None if line.role is None else line.role.value,
        "channel": line.channel.value,
        "language": line.language,
        "characters": line.characters,
        "alphabet": line.encoding.value,
        "parts": line.parts,
        "pence": pence(line, a_part),
    }


def _command(one: Finding) -> str:
    fault = one.fault
    place = f"file={_property(fault.path)},line={fault.line},col={fault.column},title={_property(one.rule)}"
    return f"::{_GITHUB_LEVELS[one.level]} {place}::{_data(fault.message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _result(one: Finding, index: int) -> dict[str, Any]:
    fault = one.fault
    return {
        "ruleId": one.rule,
        "ruleIndex": index,
        "level": _SARIF_LEVELS[one.level],
        "message": {"text": fault.message},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": fault.path},
                    "region": {"startLine": fault.line, "startColumn": fault.column},
                }
            }
        ],
        "properties": {"level": one.level.value},
    }
