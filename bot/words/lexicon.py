"""The lexicon: every word and phrase that people are understood by, made ready once and passed around."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.domain.family import Role
from bot.domain.hours import PartOfDay
from bot.domain.meaning import Crisis, Word
from bot.errors import BadInput
from bot.words.match import STEM, Phrase, Phrases, Vocabulary, fold, phrase, whole_messages

_LOSS = ("loss", "loss_ended", "loss_words", "loss_not", "loss_hedges")
_STOP = ("stop", "wrong_number", "stop_words", "stop_not")
_WHOLES = ("loss_whole", "polite")
_REST = (
    "topics", "digits", "roles", "parts", "dates", "several", "called", "messages", "spellings", "numbered",
    "ordinary", "reviewed", "sets",
)  # fmt: skip
_NAMES = frozenset([*_LOSS, *_STOP, *_WHOLES, *_REST, *(word.value for word in Word)])
_ROLES = frozenset(role.value for role in Role)
_PARTS = frozenset(part.value for part in PartOfDay)
_DATES = frozenset([
    "days", "weeks", "months", "today", "yesterday", "tomorrow", "january", "february", "march", "april",
    "may", "june", "july", "august", "september", "october", "november", "december",
])  # fmt: skip
_BLOTTED = ("not", "loss_not", "stop_not")
_SET = re.compile(r"<([a-z_]+)>")
ALONE = "="  # before a phrase of a topic that is meant only where it is the whole message: "=safe"
_CRISIS_NAMES = frozenset(["reviewed", "sets", "not", "ordinary", *(kind.value for kind in Crisis)])

# These may stand within a sentence when they are more than one word; START and the answers never may.
# The first that is found counts: "no longer in nicu" is HOME before it is NEONATAL.
_WITHIN = (
    Word.PAUSE, Word.BORN, Word.DUE, Word.SUPPORT, Word.HOME, Word.NEONATAL, Word.APART, Word.MY_DATA,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Losses:
    """Words of death or of a pregnancy that ended."""

    whole: frozenset[str]
    plain: Phrases
    ended: Phrases
    unclear: Phrases
    never: Phrases
    hedges: Phrases


@dataclass(frozen=True, slots=True)
class Stops:
    """Wishes to end: `whole` and `wrong_number` are closed lists of whole messages (P2)."""

    whole: frozenset[str]
    wrong_number: frozenset[str]
    polite: frozenset[str]
    words: Phrases
    never: Phrases


@dataclass(frozen=True, slots=True)
class Crises:
    """Phrases of each kind of crisis, most urgent kind first, and the false alarms."""

    kinds: tuple[tuple[Crisis, Phrases], ...]
    never: Phrases
    ordinary: frozenset[str]


@dataclass(frozen=True, slots=True)
class Language:
    """One language's words for what people ask and answer."""

    whole: Mapping[str, Word]
    within: tuple[tuple[Word, Phrases], ...]
    topics: Mapping[str, str]  # a whole message -> the topic
    topics_within: Phrases  # in the order of their topics
    topic_of: Mapping[Phrase, str] = field(repr=False)
    digits: Mapping[str, int]
    roles: Mapping[str, Role]  # a whole message -> who somebody is
    parts: Mapping[str, PartOfDay]  # a whole message, or what follows TIME -> the part of the day
    dates: Mapping[str, str]  # "tygodnie" -> "weeks", by which dates are read
    messages: frozenset[str]  # "texts", "messages": what "STOP FLU MESSAGES" may end in
    polite: frozenset[str]
    numbered: frozenset[str]  # "option", "number": what may stand before a digit
    near: Mapping[str, str] = field(repr=False)
    near_topics: Mapping[str, str] = field(repr=False)  # a topic's words that may be misspelled in a sentence
    ordinary: frozenset[str] = field(repr=False)  # everyday words that are no slip in any of these


@dataclass(frozen=True, slots=True)
class Tongue:
    """What cannot wait, and HELP, in one language: whoever says it there writes that language."""

    code: str
    phrases: Phrases
    whole: frozenset[str]
    help: frozenset[str]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Crisis, loss and stop words count in every language from the first day; the rest by language."""

    crises: Crises
    losses: Losses
    stops: Stops
    several: Phrases  # words for twins and more
    tongues: Sequence[Tongue]  # English first
    languages: Mapping[str, Language]
    called: Mapping[str, str]  # what a language is called -> its code
    spellings: Mapping[str, str]  # a short or wrong spelling -> the word in full
    vocabulary: Vocabulary = field(repr=False)  # whose misspellings still count in a crisis or a loss


def build(keywords: Mapping[str, Any], crisis: Mapping[str, Any]) -> Lexicon:
    """The lexicon of config/keywords.yaml and config/crisis.yaml, as read.

    Raises BadInput, naming language and entry, for an unknown name or anything but lists of phrases.
    """
    _check("keywords.yaml", keywords, _NAMES)
    _check("crisis.yaml", crisis, _CRISIS_NAMES)
    words, crises, losses = keywords.values(), _crises(crisis), _losses(keywords)
    safety = [*(found for _, kind in crises.kinds for found in kind), *losses.plain, *losses.ended]
    others = [crises.never, losses.unclear, losses.never, losses.hedges]
    return Lexicon(
        crises=crises,
        losses=losses,
        stops=Stops(
            _wholes(words, "stop"), _wholes(words, "wrong_number"), _wholes(words, "polite"),
            _phrases(words, "stop_words"), _phrases(words, "stop_not"),
        ),
        several=_phrases(words, "several"),
        tongues=[_tongue(code, keywords.get(code, {}), crisis.get(code, {})) for code in keywords],
        languages={code: _language(block) for code, block in keywords.items()},
        called={fold(name): code for code, block in keywords.items() for name in block.get("called", ())},
        spellings=_spellings(words),
        vocabulary=Vocabulary(
            (*_words(safety), *(word for one in others for word in _words(one) if word.endswith(STEM))),
            crises.ordinary,
        ),
    )  # fmt: skip


def _tongue(code: str, keywords: Mapping[str, Any], crisis: Mapping[str, Any]) -> Tongue:
    found = [*(_phrases([crisis], kind.value) for kind in Crisis)]
    found += [_phrases([keywords], name) for name in ("loss", "loss_ended", "loss_words")]
    whole = (_wholes([keywords], name) for name in ("stop", "wrong_number", "loss_whole"))
    return Tongue(
        code, Phrases(one for some in found for one in some), frozenset[str]().union(*whole),
        _wholes([keywords], Word.HELP.value),
    )  # fmt: skip


def _words(phrases: Iterable[Phrase]) -> Iterable[str]:
    """Every word that stands in a phrase, and the beginnings of those that may not stand right after it."""
    for one in phrases:
        yield from (word for slot in one.slots if slot for word in slot)
        yield from (word for word in one.not_before if word.endswith(STEM))


def _crises(crisis: Mapping[str, Any]) -> Crises:
    blocks = crisis.values()
    kinds = tuple((kind, _phrases(blocks, kind.value)) for kind in Crisis)
    return Crises(kinds, _phrases(blocks, "not"), _wholes(blocks, "ordinary"))


def _losses(keywords: Mapping[str, Any]) -> Losses:
    blocks = keywords.values()
    lists = [_phrases(blocks, name) for name in _LOSS]
    return Losses(_wholes(blocks, "loss_whole"), *lists)


def _language(block: Mapping[str, Any]) -> Language:
    whole = {form: word for word in Word for one in block.get(word.value, ()) for form in whole_messages(one)}
    topics = block.get("topics", {})
    wholes = {fold(one): topic for topic, listed in topics.items() for one in listed}
    within = {topic: [one for one in listed if not one.startswith(ALONE)] for topic, listed in topics.items()}
    meant: dict[Phrase, str] = {}
    for topic, listed in within.items():
        for one in listed:
            meant.setdefault(phrase(one), topic)  # what comes first counts
    near = {name: word.value for name, word in whole.items() if word is not Word.START}
    near |= {name: topic for name, topic in wholes.items() if name not in near}
    near |= {one: "stop" for one in _wholes([block], "stop") if " " not in one}
    near |= {one: "loss" for one in _wholes([block], "loss_whole") if " " not in one}
    return Language(
        whole=whole,
        within=tuple((word, _long(block.get(word.value, ()))) for word in _WITHIN),
        topics=wholes,
        topics_within=Phrases(meant),
        topic_of=meant,
        digits={fold(one): int(digit) for digit, listed in block.get("digits", {}).items() for one in listed},
        roles={fold(one): Role(role) for role, listed in block.get("roles", {}).items() for one in listed},
        parts={
            fold(one): PartOfDay(part) for part, listed in block.get("parts", {}).items() for one in listed
        },
        dates={fold(one): word for word, listed in block.get("dates", {}).items() for one in listed},
        messages=frozenset(map(fold, block.get("messages", ()))),
        polite=_wholes([block], "polite"),
        numbered=_wholes([block], "numbered"),
        near=near,
        near_topics={name: topic for topic, listed in within.items() for name in _single(listed)},
        ordinary=_wholes([block], "ordinary"),
    )


def _single(phrases: Iterable[str]) -> Iterable[str]:
    return [one for one in map(fold, phrases) if one.isalpha()]


def _long(phrases: Iterable[str]) -> Phrases:
    """Those of more than one word: only they may stand within a sentence."""
    return Phrases(phrase(one) for one in phrases if len(fold(one).split()) > 1)


def _phrases(blocks: Iterable[Mapping[str, Any]], name: str) -> Phrases:
    listed = [_in_full(one, block.get("sets", {})) for block in blocks for one in block.get(name, ())]
    if name in _BLOTTED and (wide := next((one for one in listed if " & " in one), None)) is not None:
        raise _wrong("", f"{name}: {wide}", "has &, which would blot out what stands between")
    return Phrases(map(phrase, listed))


def _in_full(words: str, sets: Mapping[str, Sequence[str]]) -> str:
    """A phrase with every word of a set where it names one: "<baby> * cries" is "bacha/bachi * cries"."""

    def _members(found: re.Match[str]) -> str:
        if found[1] not in sets:
            raise _wrong("", words, f"names <{found[1]}>, of which the language's sets say nothing")
        return "/".join(sets[found[1]])

    return _SET.sub(_members, words)


def _spellings(blocks: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    listed = [entry for block in blocks for entry in block.get("spellings", {}).items()]
    return {fold(short): fold(word) for word, shorts in listed for short in shorts}


def _wholes(blocks: Iterable[Mapping[str, Any]], name: str) -> frozenset[str]:
    listed = [one for block in blocks for one in block.get(name, ())]
    return frozenset[str]().union(*map(whole_messages, listed))


def _check(path: str, mapping: Mapping[str, Any], names: frozenset[str]) -> None:
    for language, block in mapping.items():
        if not isinstance(block, Mapping):
            raise _wrong(path, language, "is not a list of names")
        for name, value in block.items():
            if name not in names:
                raise _wrong(path, f"{language}: {name}", "is not a name that is understood")
            lists = value.values() if isinstance(value, Mapping) else [value]
            if name == "roles" and not (isinstance(value, Mapping) and all(one in _ROLES for one in value)):
                raise _wrong(path, f"{language}: {name}", "is not a mapping of known roles")
            if name == "dates" and not (isinstance(value, Mapping) and all(one in _DATES for one in value)):
                raise _wrong(path, f"{language}: {name}", "is not a mapping of words in dates")
            if name == "parts" and not (isinstance(value, Mapping) and all(one in _PARTS for one in value)):
                raise _wrong(path, f"{language}: {name}", "is not a mapping of parts of the day")
            if name != "reviewed" and not all(map(_is_phrases, lists)):
                raise _wrong(path, f"{language}: {name}", "is not a list of phrases")


def _is_phrases(value: object) -> bool:
    """Whether it is a list of phrases that still say something when compared."""
    if not isinstance(value, Sequence) or isinstance(value, str):
        return False
    return all(isinstance(one, str) and fold(one) for one in value)


def _wrong(path: str, entry: str, what: str) -> BadInput:
    return BadInput(
        f"config/{path or 'keywords.yaml or crisis.yaml'}: {entry} {what}.",
        'Each name holds a list of phrases; put "no", "yes", "on" and numbers in quotes.',
        code="lexicon",
    )
