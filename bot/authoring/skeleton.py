"""Skeleton: a new campaign to begin with: a file that explains itself and passes the check, and its words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from bot.content.load import CRISIS, REPLIES, Content
from bot.content.sources import sources
from bot.content.strategy import strategy
from bot.errors import BadInput, NotAllowed

_SOURCE = "STRATEGY"  # to begin with
_NAME = re.compile(r"[a-z][a-z0-9_]{2,39}")


def skeleton(content: Content, name: str, objective: str, topic: str, today: date) -> Mapping[str, str]:
    """Path -> text of a new campaign. Raises BadInput for a name, objective or topic that cannot be, and
    NotAllowed for a name that is taken."""
    if not _NAME.fullmatch(name):
        raise BadInput(
            f"{name:.40} is no name of a campaign.", "Use small letters, digits and _: warm_rooms."
        )
    taken = any(path.startswith((f"campaigns/{name}.", f"templates/en/{name}/")) for path in content.files)
    if taken or name in (REPLIES, CRISIS):
        raise NotAllowed(f"{name} is there already.", "Choose another name, or edit what is there.")
    headings = strategy(content.files).objectives
    if objective not in headings:
        raise BadInput(f"{objective:.20} is no objective.", f"Use one of: {', '.join(headings)}.")
    if topic not in content.config.directory.topics:
        known = ", ".join(sorted(content.config.directory.topics))
        raise BadInput(f"No service has the topic {topic:.40}.", f"Use one of: {known}.")
    review = date(today.year + (today.month > 3), 7, 1)  # three months off at least
    known_sources = sources(content.files)
    values = {
        "name": name,
        "title": name.replace("_", " ").capitalize(),
        "heading": str(headings[objective]).replace('"', '\\"'),
        "topic": topic,
        "review": review.isoformat(),
        "source": _SOURCE if _SOURCE in known_sources else next(iter(known_sources), _SOURCE),
    }
    return {
        f"campaigns/{name}.yaml": _fill(_CAMPAIGN, values),
        f"templates/en/{name}/first.j2": _FIRST,
        f"templates/en/{name}/first.father.j2": _FATHER,
        f"templates/en/{name}/reminder.j2": _REMINDER,
    }


def _fill(text: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        text = text.replace(f"<<{name}>>", value)
    return text


_CAMPAIGN = """\
# yaml-language-server: $schema=campaign.schema.json
campaign: <<name>>
title: <<title>>  # what staff call it
objective: "<<heading>>"
topic: <<topic>>  # what a reply points to: a topic of config/directory.yaml
purpose: pregnancy_and_baby  # which consent it needs
review:
  owner: Population Health and Wellbeing Team
  sources: [<<source>>]  # codes of config/sources.yaml: every page that a fact is from
  review_by: <<review>>  # after this day nothing is sent until it was read again

steps:
  # One message each. `id` is for ever. Look at `thinkfamily preview --campaign <<name>>` after each change.
  - id: first
    to: [mother, father]  # mother, father, partner, grandparent, sibling, carer
    when: {pregnancy: 16w}  # opens; or {age: 8w}, {day: 3}, {date: 9 October}
    until: {pregnancy: 24w}  # closes; the longer it is open, the surer everybody gets it
    importance: helpful  # essential, helpful or extra: what goes first when there is much
    replies: {DONE: done}  # a word they may text back
    sources: [<<source>>]
  - id: reminder
    to: [mother]
    when: {after: {step: first, days: 21}}
    until: {pregnancy: 30w}
    unless: [done]  # not to those who answered DONE
    importance: extra
    replies: {DONE: done}
    sources: [<<source>>]
"""

_FIRST = (
    "{# Who it is from, then one thing to do: at most 306 plain characters. The first 40 tell nothing. #}\n"
    "Think Family: one thing to do this week. Write here what she can do, in one short sentence. "
    "Reply DONE when you have done it. STOP to end.\n"
)
_FATHER = (
    "{# His own part, not hers with another name. Without this file he gets what is in first.j2. #}\n"
    "Think Family: one thing to do this week. Write here what he can do, in one short sentence. "
    "Reply DONE when you have done it. STOP to end.\n"
)
_REMINDER = (
    "Think Family: a short reminder. Write here the same one thing in other words. Have you done it? "
    "Reply DONE. STOP to end.\n"
)
