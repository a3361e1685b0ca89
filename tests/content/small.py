"""A small whole content that is right in everything, for tests to spoil one thing at a time."""

from __future__ import annotations

from collections.abc import Mapping

from bot.content.kept import Published
from bot.content.load import load
from bot.content.replies import REPLY_VALUES
from bot.errors import ContentError

CAMPAIGN = """\
campaign: flu
title: Flu vaccine
objective: "1.3 Flu"
topic: flu
purpose: pregnancy_and_baby
review: {owner: Team, sources: [A], review_by: 2027-07-01}
steps:
  - id: offer
    to: [mother, father]
    when: {pregnancy: 16w}
    until: {pregnancy: 32w}
    replies: {DONE: done}
  - id: nudge
    to: [mother]
    when: {after: {step: offer, days: 21}}
    until: {pregnancy: 37w}
    unless: [done]
"""

DEFAULT = """\
organisation: {name: City, short_name: City, privacy_link: null, sms_number: null, telegram_bot: null}
quiet: {from: "09:00", until: "19:45"}
cap: {per_day: 1, per_7_days: 2, first_days_of_life: 10}
languages:
  - {code: en, name: English, reviewed: false}
  - {code: ur, name: Urdu, reviewed: false}
duty: {role: null, hours: null, contact: null, may_see_numbers: null, when_to_refer: null}
retention:
  {texts_days: 90, dates_after_end_days: 30, signup_days: 7, stopped_numbers_days: 30, reply_minutes: 30}
check_in: {after_due_days: 10, silence_days: 4}
twilio_keywords_off_confirmed: null
"""

DIRECTORY = """\
services:
  - {id: line, name: Line, phone: 0800 448 0737, topics: [flu], source: A, verified: 2026-11-22}
  - {id: unseen, name: Not read, phone: 0800 448 0738, topics: [flu, loss], source: A, verified: null}
  - {id: ways, name: Ways, text: GO to 85258, web: nhs.uk, ask: ask a nurse, topics: [other], source: B,
     verified: 2026-11-23}
"""

FILES: Mapping[str, str] = {
    "campaigns/flu.yaml": CAMPAIGN,
    "config/approvers.yaml": "approvers: []\nauthors: []\n",
    "config/calendar.yaml": "days:\n  kept: {verified: 2026-11-22, dates: {2027: 2027-03-10}}\n"
    "  unkept: {verified: null, dates: {2027: 2027-03-10}}\nsoft_days: []\n",
    "config/crisis.yaml": "en:\n  abuse: [he hits me]\n",
    "config/default.yaml": DEFAULT,
    "config/directory.yaml": DIRECTORY,
    "config/neighbourhoods.yaml": "neighbourhoods:\n"
    "  - {id: east, name: East, part: north, districts: [m1, m2], source: A, verified: 2026-11-22}\n",
    "config/personas.yaml": "personas:\n  - id: early\n    title: Early\n    about: Read it.\n"
    "    due: 2027-07-01\n    born: 2027-07-03\n"
    "    people: [{role: mother, joined: 2027-01-04}, {role: father, joined: 2027-01-04}]\n",
    "config/phrases.yaml": "groups:\n  - {about: cheer, phrases: [hooray], instead: No cheer.}\nknown: []\n",
    "config/sources.yaml": "seen:\n  A: {organisation: Us, title: Flu, where: nhs.uk, date: undated}\n"
    "not_seen:\n  B: {organisation: Us, title: Ways, where: nhs.uk, date: undated}\n",
    "config/strategy.yaml": "themes:\n  - {title: Health, objectives: [{number: '1.3', heading: Flu}]}\n"
    "programmes: []\n",
    "config/keywords.yaml": "en:\n  reviewed: false\n  stop: [stop]\n  done: [done]\n  book: [book]\n"
    "  topics: {flu: [flu]}\n",
    "templates/en/flu/offer.j2": "Flu: ring {{ line_phone }}.\n",
    "templates/en/flu/offer.father.j2": "Flu: ring together.\n",
    "templates/en/flu/nudge.j2": "Now: ask.\n",
    **{f"templates/en/replies/{key}.j2": f"Answer: {key}.\n" for key in REPLY_VALUES},
}


def changed(path: str, old: str, new: str) -> dict[str, str]:
    """The small content with one passage of one file replaced; it must be there."""
    assert old in FILES[path], f"{old!r} is not in {path}"
    return {**FILES, path: FILES[path].replace(old, new)}


def without(path: str) -> dict[str, str]:
    """The small content without one file."""
    return {name: text for name, text in FILES.items() if name != path}


def faults(files: Mapping[str, str], published: Published | None = None) -> list[str]:
    """What loading says, each as `path:line:column: message`; empty when all is right."""
    try:
        load(files, published)
    except ContentError as error:
        return [str(fault) for fault in error.faults]
    return []
