"""Content with topics to choose, made up for the tests: three for families, two after a loss, two of work."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from bot.content.files import locate
from bot.content.load import Content, load
from bot.services.desk import Desk
from bot.services.shelf import Shelf

_HEAD = """\
campaign: {name}
title: {name}
objective: "1.2 Maximise opportunities to deliver key communications"
topic: {name}
purpose: {purpose}
{menu}review: {{owner: Team, sources: [A], review_by: 2030-07-01}}
steps:
"""
_PUMP = """\
  - {id: first, to: [mother], when: {joined: 0d}, until: {joined: 24mo}}
  - {id: second, to: [mother], when: {after: {step: first, days: 3}}, until: {joined: 24mo}}
"""
_BUMP = "  - {id: first, to: [mother, father], when: {pregnancy: 10w}, until: {pregnancy: 39w}}\n"
_OTHER = "  - {id: first, to: [mother, father, grandparent], when: {joined: 0d}, until: {joined: 24mo}}\n"
_KIND = "  - {id: first, to: [mother, father], when: {loss: 2d}, until: {loss: 12mo}}\n"
_WORK = """\
  - {id: first, to: [professional], when: {joined: 1d}, until: {joined: 60mo}}
  - {id: yearly, to: [professional], when: {date: 1 March}, until: {date: 20 March}}
"""
_SERVICE = "  - {{id: made_up_{0}, name: X, ask: somebody, topics: [{0}], source: A, verified: null}}\n"
_LABELS = {"pump": "Borrow a pump", "bump": "More on the weeks", "trips": "Travelling families",
           "kindness": "A few kind texts", "again": "Extra care", "extra": "Training dates"}  # fmt: skip
_CAMPAIGNS = {
    "pump": ("pregnancy_and_baby", "chosen: true\nmenu: PUMP\n", _PUMP),
    "bump": ("pregnancy_and_baby", "chosen: true\nmenu: WEEKS\n", _BUMP),
    "trips": ("pregnancy_and_baby", "chosen: true\nmenu: TRAVEL\n", _OTHER),
    "kindness": ("support_after_loss", "chosen: true\nmenu: KIND\n", _KIND),
    "again": ("next_pregnancy", "chosen: true\nmenu: EXTRA\n", _BUMP),
    "work": ("professional", "", _WORK),
    "extra": ("professional", "chosen: true\nmenu: TRAINING\n", _WORK.replace("1 March", "5 March")),
}


@cache
def content() -> Content:
    """The project's own config and replies, with these campaigns alone."""
    files = {path: text for path, text in locate(None).items() if not _of_a_campaign(path)}
    for name, (purpose, menu, steps) in _CAMPAIGNS.items():
        topic = "next_pregnancy" if purpose == "next_pregnancy" else name
        made = _HEAD.format(name=name, purpose=purpose, menu=menu).replace(
            f"topic: {name}\n", f"topic: {topic}\n"
        )
        files[f"campaigns/{name}.yaml"] = made + steps
        for step in ("first", "second", "yearly"):
            if f"id: {step}" in steps:
                files[f"templates/en/{name}/{step}.j2"] = f"Think Family: {name} {step}. STOP to end."
        if name in _LABELS:
            files[f"templates/en/{name}/menu.j2"] = _LABELS[name]
    services = "".join(_SERVICE.format(name) for name in _CAMPAIGNS)
    path = "config/directory.yaml"
    files[path] = files[path].replace("services:\n", f"services:\n{services}", 1)
    return load(files)


def offering(desk: Desk) -> Desk:
    """The desk, with this content."""
    made = content()
    config = replace(made.config, languages=made.config.languages[:1])
    return replace(desk, config=config, content=made, shelf=Shelf(made.words))


def _of_a_campaign(path: str) -> bool:
    return path.startswith("campaigns/") or (path.startswith("templates/") and "/replies/" not in path)
