"""Wording: what a message may not say, cost or begin with, whoever it goes to."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.content.menu import LONGEST_LABEL
from bot.content.phrases import Group
from bot.errors import Fault
from bot.words import sms
from bot.words.characters import not_gsm
from bot.words.sms import Encoding
from bot.words.template import Template

FIRST_SEEN = 40
"""Characters of a message that a locked phone shows."""

_TELLING = (
    "baby", "babies", "pregnan", "birth", "scan", "breast",  # CARE 22
    "midwi", "matern", "labour", "movement", "folic", "crying", "infant", "grandchild",
    "died", "grief", "griev", "sorry", "miscarr",
)  # fmt: skip
_OWNED = re.compile(r"\b(YES|QUIT|END|CANCEL|REVOKE|UNSUBSCRIBE|STOPALL|OPTOUT|INFO)\b")
_OTHER_WORD = "Invite a digit, OK, or a word such as DONE."
_CODE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_DIGITS = re.compile(r"\+?\d(?:[ \u00a0().-]?\d)*")
_RING = re.compile(r"(?i)\b(?:call|ring|phone|dial)\s+(\d{1,4})(?![ ()-]*\d)")
_OPEN_TO_ALL = frozenset({"999", "111", "55"})
_SURELY = 5
_UNWRITTEN = re.compile(r"\bWrite here\b")
_NOTE = re.compile(r"\[[^\]\n]*\]|<[^>\n]*>|\b(?:TODO|TBC|TBD|XXX?|VERIFY|INSERT|LOREM)\b")
_LINK = re.compile(
    r"(?i)https?://\S+|\bwww\.\S+|\b[a-z0-9-]+(?:\.[a-z0-9-]+)+/\S+"
    r"|\b[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:uk|org|com|net|info|io|me|co)\b|\S+@\S+"
)
_MAY_BE_A_LINK = re.compile(r"[.@/]\S")  # quick: what follows looks at every word


def forbidden(template: Template) -> Iterator[Fault]:
    """Words that Twilio takes for itself, numbers and links that belong in the directory."""
    words = said(template)
    for found in _OWNED.finditer(words):
        yield at(template, found.start(), f"{found.group()} never reaches us: Twilio keeps it. {_OTHER_WORD}")
    for found in (*_DIGITS.finditer(words), *_RING.finditer(words)):
        if _is_number(found):
            where = "Put it in config/directory.yaml and write {{ <id>_phone }}."
            yield at(template, found.start(), f"A phone number stands in the words. {where}")
    for found in _NOTE.finditer(words):
        message = (
            f"{found.group():.20} is a note to a writer or a mark of a web page: families would read it."
        )
        yield at(template, found.start(), f"{message} Write the words, or take it out.")
    for found in _LINK.finditer(words) if _MAY_BE_A_LINK.search(words) else ():
        where = "Put it in config/directory.yaml and write {{ <id>_web }}. (Or is a space missing?)"
        yield at(template, found.start(), f"A link or address stands in the words. {where}")


def _is_number(found: re.Match[str]) -> bool:
    """Five digits or more are a number wherever they stand, fewer where people are told to ring them."""
    if found.re is _RING:
        return found.group(1) not in _OPEN_TO_ALL
    return sum(char.isdigit() for char in found.group()) >= _SURELY


def too_long(template: Template, body: str, language: str) -> Iterator[Fault]:
    """An SMS of more parts than its language may have."""
    cost = sms.count(body)
    most = sms.most_parts(language, cost.encoding)
    if cost.parts > most:
        room = most * (153 if cost.encoding is Encoding.GSM_7 else 67)
        over = cost.units - room
        message = (
            f"This comes to {cost.parts} SMS parts; {most} are allowed. Take out about {over} characters."
        )
        yield Fault(template.path, 1, 1, message)


def dear(template: Template, body: str) -> Iterator[Fault]:
    """Characters that more than double the price of an SMS in English, at the first place of each."""
    for char in dict.fromkeys(char for _, char in not_gsm(body)):
        place = template.text.find(char)
        message = f"{char!r} (U+{ord(char):04X}) is not in the plain SMS alphabet and doubles the price."
        if place >= 0:
            yield at(template, place, f"{message} Write it another way.")
        else:
            yield Fault(template.path, 1, 1, f"{message} It comes with a value: see config/.")


def telling(template: Template, body: str) -> Iterator[Fault]:
    """What a locked phone would show to whoever looks at it (CARE 22)."""
    seen = body[:FIRST_SEEN].casefold()
    for word in _TELLING:
        if word in seen:
            message = f"The first {FIRST_SEEN} characters show {word!r} on a locked phone."
            yield Fault(template.path, 1, 1, f"{message} Begin with something that tells less.")


def refused(template: Template, group: Group) -> Iterator[Fault]:
    """Phrases that config/phrases.yaml refuses here, each at its place."""
    for found in group.pattern.finditer(said(template)):
        phrase = " ".join(found.group().split())
        yield at(template, found.start(), f'"{phrase:.40}" may not stand here. {group.instead}')


def unwritten(template: Template) -> Iterator[Fault]:
    """What `new campaign` left for the author to write."""
    for found in _UNWRITTEN.finditer(said(template)):
        yield at(template, found.start(), "Nobody has written these words yet. Write your own.")


def said(template: Template) -> str:
    """The words of a template, every character at its place, and blanks for what is code."""
    text = template.text
    return _CODE.sub(lambda code: re.sub(r"[^\n]", " ", code.group()), text) if "{" in text else text


def label(template: Template, body: str) -> Iterator[Fault]:
    """A line of the list of topics that is more than a short line."""
    if "\n" in body.strip() or len(body.strip()) > LONGEST_LABEL:
        message = f"{len(body.strip())} characters; a line of the list of topics has {LONGEST_LABEL} at most."
        yield Fault(template.path, 1, 1, f"{message} Write it shorter, in one line.")


def on_the_list(template: Template, body: str) -> Iterator[Fault]:
    """What others may read who see the list (CARE 22)."""
    for word in _TELLING:
        if word in body.casefold():
            message = f"Whoever sees the list of topics reads {word!r}."
            yield Fault(template.path, 1, 1, f"{message} Say it with a word that tells less.")


def at(template: Template, index: int, message: str) -> Fault:
    """A fault at one character of a template's source."""
    before = template.text[:index]
    return Fault(template.path, before.count("\n") + 1, index - before.rfind("\n"), message)
