"""What is published in a world of chaos: the project's own replies, and two campaigns of plain steps."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache

from bot.content.files import ROOMS, locate
from bot.content.load import Content, load

APPROVERS = """\
approvers:
  - {id: midwife, name: A. Person, role: Midwife, registration: X1, languages: [en]}
  - {id: officer, name: B. Person, role: Officer, registration: X2, languages: [en]}
authors: [officer]
"""
HEAD = """\
campaign: {name}
title: Chaos
objective: "1.2 Maximise opportunities to deliver key communications"
topic: flu
purpose: pregnancy_and_baby
review: {{owner: Team, sources: [A], review_by: 2099-01-01}}
steps:
"""
STEP = """\
  - id: {step}
    to: [mother, father]
    when: {{joined: {day}d}}
    until: {{joined: {until}d}}
    at: "10:00"
"""
DAYS = (
    1,
    5,
    9,
    13,
    17,
    21,
    25,
    29,
)  # after joining: each has one step; P8 lets all go, no number is forgotten yet
TWICE = frozenset({9, 25})  # days whose step may go once more when in doubt
OPEN = 3  # days for which a step is open
WEEKLY, AGAIN = "weekly", "again"


def campaign_of(day: int) -> str:
    """The campaign that a day's step is in."""
    return AGAIN if day in TWICE else WEEKLY


def words(day: int, edition: int = 1) -> str:
    """What leaves on that day."""
    return f"Step {day}, edition {edition}."


def files(edition: int = 1, retired: Collection[int] = ()) -> dict[str, str]:
    """The content: path -> text; every edition says something else. Steps of some days may be retired."""
    made = dict(_own())
    for name in (WEEKLY, AGAIN):
        steps = [day for day in DAYS if campaign_of(day) == name]
        made[f"campaigns/{name}.yaml"] = HEAD.format(name=name) + "".join(
            _step(day, name, day in retired) for day in steps
        )
        for day in steps:
            made[f"templates/en/{name}/day{day}.j2"] = words(day, edition) + "\n"
    return made


@cache
def content() -> Content:
    """The first edition, read: every world of a process begins with it."""
    return load(files())


def _step(day: int, name: str, retired: bool) -> str:
    more = "    resend_if_uncertain: true\n" if name == AGAIN else ""
    more += "    retired: true\n" if retired else ""
    return STEP.format(step=f"day{day}", day=day, until=day + OPEN) + more


@cache
def _own() -> dict[str, str]:
    """The project's config and replies, with approvers named."""
    kept = {
        path: text
        for path, text in locate(None).items()
        if path.startswith(("config/", "templates/en/replies/", "templates/en/_"))
    }
    assert set(ROOMS) == {"campaigns", "templates", "config"}
    return kept | {"config/approvers.yaml": APPROVERS}
