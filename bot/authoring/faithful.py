"""Faithful: what a translation must keep of its English: values, numbers, words that families text back."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.words.template import Template

_CODE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\?start=", re.DOTALL)
_KEYWORD = re.compile(r"\b[A-Z][A-Z0-9]+(?![A-Za-z])")
_NUMBER = re.compile(r"\d+")
_PRINTED = re.compile(r"\{\{\s*(\w+)")
_READ_NOT_TYPED = frozenset(  # the digit beside it is typed, or it is a name
    ("AGREE", "NO", "GP", "GPS", "UK", "NSPCC", "NHS", "RSV", "ICON", "CO", "A", "E", "BCG", "MMR", "HIV")
)  # fmt: skip


def unfaithful(english: Template, theirs: Template) -> Iterator[str]:
    """Everything that was lost or put in, a sentence each; none when the translation keeps all.

    It may ask about more cases than the English does, such as each role, to say them in its own words.
    """
    yield from _values(english, theirs)
    if lost := sorted((english.constants - {"en"}) - theirs.constants, key=str):
        yield f"The case {', '.join(map(str, lost))} is not asked about. Keep each {{% if %}} of the English."
    for what, ours, said in (
        ("The word to text back", keywords(english.text), keywords(theirs.text)),
        ("The number", numbers(english.text), numbers(theirs.text)),
    ):
        if lost := sorted(ours - said):
            yield f"{what} {', '.join(lost)} is lost. Write it as in the English."
        if strange := sorted(said - ours):
            yield f"{what} {', '.join(strange)} is not in the English. Take it out."
    if not western_digits(theirs.text):
        yield "A number is not in the digits 0 to 9. Write it in these, so that it can be dialled."


def _values(english: Template, theirs: Template) -> Iterator[str]:
    ours, said = printed(english), printed(theirs)
    if lost := sorted(ours - said):
        yield f"{_braces(lost)} is lost. Copy it from the English, with its braces."
    if strange := sorted(said - ours):
        yield f"{_braces(strange)} is not in the English. Take it out."
    if ours == said and (strange := sorted(theirs.placeholders ^ english.placeholders)):
        yield f"The English and this do not ask about the same values: {', '.join(strange)}."


def _braces(names: list[str]) -> str:
    return ", ".join(f"{{{{ {name} }}}}" for name in names)


def printed(template: Template) -> set[str]:
    """The values that are themselves printed, not only asked about."""
    return set(_PRINTED.findall(template.text))


def keywords(text: str) -> set[str]:
    """The words in capitals that a family texts back; not our own "OK, thank you"."""
    return set(_KEYWORD.findall(_CODE.sub(" ", text.replace("Family: OK", "")))) - _READ_NOT_TYPED


def numbers(text: str) -> set[str]:
    """The numbers that are said; those of names such as M14 too."""
    return set(_NUMBER.findall(_CODE.sub(" ", text)))


def western_digits(text: str) -> bool:
    """Whether every digit is one that a phone dials."""
    return all(found.isascii() for found in re.findall(r"\d", text))
