"""Reading age: about how old a reader must be, by Flesch-Kincaid. English only; a hint, never a judge.

The grade is 0.39 x words a sentence + 11.8 x syllables a word - 15.59, and a child of grade 6 is 11 years
old. A sentence ends at . ! ? or at the end of a line. "Think Family:" and whatever holds a digit are not
counted. Syllables are groups of vowels, less those that are silent, more those that are said apart;
words that break the rules are listed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from bot.errors import Fault
from bot.words.template import Template

OLDEST = 11
"""The NHS writes for readers of 9 to 11."""

OLDEST_PROFESSIONAL = 18
"""What goes to staff alone may be as hard as their trade; past this it is only badly written."""

MOST_WORDS = 20
"""Of a sentence, as the NHS advises."""

_FEWEST = 10
"""Words below which one long word decides, so nothing can be said."""

_SENDER = "Think Family:"
_SENTENCE = re.compile(r"[.!?]+(?=\s|$)|\n+")
_TOKEN = re.compile(r"[^\s/-]+")
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")
_VOWELS = re.compile(r"[aeiouy]+")
_SILENT = re.compile(
    r"[^aeiouyl]e$|[aeiouy]le$|(?<![tdi])ed$|(?<![sxzcgi])(?<!ch)(?<!sh)es$|(?<=[^aeiouy])ely$"
)
_APART = re.compile(r"i(?:a|o(?!n|us)|u)|eo(?!p)|ua(?!r)|[aeoy]ing|ism$|(?<=..)ier$")
_EXCEPTIONS: Mapping[str, int] = {
    "area": 3, "being": 2, "create": 2, "cried": 1, "cries": 1, "diabetes": 4, "died": 1, "diet": 2,
    "every": 2, "everybody": 4, "everyone": 3, "everything": 3, "forehead": 2, "idea": 3, "interested": 4,
    "layer": 2, "lonely": 2, "maybe": 2, "medicines": 3, "patient": 2, "people": 2, "poem": 2, "quiet": 2,
    "recipe": 3, "safely": 2, "science": 2, "social": 2, "someone": 2, "something": 2, "sometimes": 2,
    "somewhere": 2, "special": 2, "syndromes": 2, "theatre": 3, "there's": 1, "therefore": 2, "tongue": 1,
    "tried": 1, "tries": 1, "usual": 3, "usually": 4, "vehicle": 3, "whole": 1,
}  # fmt: skip


def age(text: str) -> float:
    """The reading age of a message, in years; 5 is the least, for what every schoolchild reads."""
    sentences = [words for words in map(_words, _sentences(text)) if words]
    words = [word for sentence in sentences for word in sentence]
    if not words:
        return 5.0
    grade = 0.39 * len(words) / len(sentences) + 11.8 * sum(map(syllables, words)) / len(words) - 15.59
    return max(5.0, round(grade + 5, 1))


def syllables(word: str) -> int:
    """How many syllables an English word has, by the rules above; at least one."""
    known = _EXCEPTIONS.get(word)
    if known is not None:
        return known
    groups = len(_VOWELS.findall(word)) + len(_APART.findall(word)) - len(_SILENT.findall(word))
    return max(1, groups)


def hard(template: Template, body: str, *, professional: bool = False) -> Iterator[Fault]:
    """A message that asks for an older reader than we write for."""
    found, oldest = age(body), OLDEST_PROFESSIONAL if professional else OLDEST
    if found > oldest and len(_words(body)) >= _FEWEST:
        message = f"This reads as for age {found:.0f}; we write for 9 to {oldest}."
        yield Fault(template.path, 1, 1, f"{message} Use shorter sentences and shorter words.")


def long_sentences(template: Template, body: str) -> Iterator[Fault]:
    """Sentences of more words than a tired reader holds together."""
    for sentence in _sentences(body):
        words = _words(sentence)
        if len(words) > MOST_WORDS:
            begins = " ".join(sentence.split()[:3])
            message = f'The sentence "{begins} ..." has {len(words)} words. Make two of it.'
            yield Fault(template.path, *_place(template, begins), message)


def _place(template: Template, begins: str) -> tuple[int, int]:
    """Where a sentence begins, as far as it stands so in the file."""
    index = max(template.text.find(begins), 0)
    before = template.text[:index]
    return before.count("\n") + 1, index - before.rfind("\n")


def _sentences(text: str) -> list[str]:
    return _SENTENCE.split(text.removeprefix(_SENDER))


def _words(sentence: str) -> list[str]:
    tokens = _TOKEN.findall(sentence.casefold())
    return [word for token in tokens if not re.search(r"\d", token) for word in _WORD.findall(token)]
