"""Phrases and texts in the form in which they are compared, and the ways one is found in the other."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from types import MappingProxyType
from typing import overload

from rapidfuzz import process
from rapidfuzz.distance import OSA

from bot.words.characters import normalise

GAP = 3
"""How many words a `*` in a phrase may stand for, none included."""
NEAR = 8
"""Within how many words of a text the parts of a phrase with `&` must stand."""
STEM = "~"
"""After the beginning of a word in a phrase: every word that begins so. "oddych~" is each of its endings."""

_FUZZY_FROM = 5  # shorter words have too many neighbours: "shop" and "step" beside "stop"
_SENTENCE_FROM, _TWO_SLIPS_FROM, _MOST_WORDS = 7, 11, 30
_NO_SPELLINGS: Mapping[str, str] = MappingProxyType({})
_STRETCHED = re.compile(r"([^\W\d])\1\1+")
_SIGNS = {code: " " for code in range(128) if not chr(code).isalnum()}  # as `_plain` says of them, in one go
_VARIATION = frozenset([*map(chr, range(0xFE00, 0xFE10)), "\u20e3"])


@lru_cache(maxsize=4096)
def _plain(char: str) -> str:
    """A letter without its accent if it is Latin (people text without them); a space for what is no word."""
    if char in _VARIATION or unicodedata.category(char)[0] not in "LMN":
        return " "
    if char == "ł":
        return "l"
    base = unicodedata.normalize("NFD", char)
    return base[0] if len(base) > 1 and base[0].isascii() else char


def fold(text: str) -> str:
    """The words of a text and nothing else: normalised, apostrophes closed up, accents and signs gone,
    a letter held down ("stoppp") once."""
    said = normalise(text).replace("'", "")
    plain = said.translate(_SIGNS) if said.isascii() else "".join(map(_plain, said))
    return " ".join(_STRETCHED.sub(r"\1", plain).split())


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase to be found in a text. A slot is the words that may stand there; None is a gap.

    With one of `not_before` right after it, it does not stand there. `anyhow`: its slots may stand in any
    order, with other words between them.
    """

    slots: tuple[frozenset[str] | None, ...]
    not_before: frozenset[str] = frozenset()
    anyhow: bool = False


class Phrases(Sequence[Phrase]):
    """Phrases in the order they were written, each filed under the words of one slot it cannot do without,
    so that of a thousand only those are looked for that may stand in a text."""

    def __init__(self, listed: Iterable[Phrase] = ()) -> None:
        self._listed = tuple(listed)
        self._filed: dict[str, list[int]] = {}
        for place, one in enumerate(self._listed):
            for word in _rarest(one):
                self._filed.setdefault(word, []).append(place)

    @overload
    def __getitem__(self, place: int) -> Phrase: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Phrase]: ...
    def __getitem__(self, place: int | slice) -> Phrase | Sequence[Phrase]:
        return self._listed[place]

    def __len__(self) -> int:
        return len(self._listed)

    def none_in(self, words: Iterable[str]) -> bool:
        """Whether none of them can stand in a text of these words: so it is with most."""
        return self._filed.keys().isdisjoint(words)

    def possible(self, words: Collection[str]) -> Sequence[Phrase]:
        """Those that may stand in a text of these words, in order."""
        if self.none_in(words):
            return ()
        places = {place for word in words for place in self._filed.get(word, ())}
        return [self._listed[place] for place in sorted(places)]


def _rarest(one: Phrase) -> frozenset[str]:
    """The slot with the fewest words in it, of these the longest; none of a phrase that is only a gap."""
    slots = [slot for slot in one.slots if slot is not None]
    return min(slots, key=lambda slot: (len(slot), -max(map(len, slot))), default=frozenset())


def phrase(words: str) -> Phrase:
    """A phrase as staff write it: `*` stands for up to three words, `a/b` for either of two, `a~` for every
    word that begins so, a last `!a/b` for neither of two right after it, and `a & b` for both, near each
    other and in any order."""
    if " & " in words:
        near = (_parts(part.strip().split("/")) for part in words.split(" & "))
        return Phrase(tuple(map(frozenset, near)), anyhow=True)
    slots: list[frozenset[str] | None] = []
    *before, last = words.split() or [""]
    not_before = frozenset(_parts(last[1:].split("/"))) if last.startswith("!") else frozenset[str]()
    for slot in before if not_before else [*before, last]:
        if slot == "*":
            slots.append(None)
            continue
        choices = [list(_parts([choice])) for choice in slot.split("/")]
        if all(len(choice) == 1 for choice in choices):
            slots.append(frozenset(choice[0] for choice in choices))
        else:  # a word that is written with a sign within: "follow-up" is two words
            slots.extend(frozenset([part]) for choice in choices for part in choice)
    return Phrase(tuple(slots), not_before)


def _parts(choices: Iterable[str]) -> Iterable[str]:
    """The words of some choices, each folded; the beginning of one keeps its sign."""
    for choice in choices:
        yield from [fold(choice[:-1]) + STEM] if choice.endswith(STEM) else fold(choice).split()


def whole_messages(words: str) -> frozenset[str]:
    """Every whole message that staff wrote down as one: `a/b` is either, `(a/b)` either or neither, and
    `_` within them joins words: "stop (sending/texting_me)". It stays a closed list (P2)."""
    choices = []
    for slot in words.split():
        optional = slot.startswith("(") and slot.endswith(")")
        options = slot.strip("()").split("/")
        choices.append([fold(one.replace("_", " ")) for one in options] + [""] * optional)
    return frozenset(" ".join(filter(None, one)) for one in product(*choices)) - {""}


class Vocabulary:
    """The words whose misspellings count: one slip, the first letter right; none for an `ordinary` word.
    And the beginnings of words (`STEM`) that count with every ending, as they are written.

    Filed by what a slip leaves as it is, so that a word is compared with some dozens of them, not with all.
    """

    def __init__(self, words: Iterable[str] = (), ordinary: frozenset[str] = frozenset()) -> None:
        listed = frozenset(words)
        self.words = frozenset(word for word in listed if not word.endswith(STEM))
        self._stems = {word[:-1]: word for word in listed - self.words}
        self._lengths = sorted({*map(len, self._stems)})
        self._ordinary = ordinary
        self._filed: dict[tuple[str, int], list[str]] = {}
        for word in sorted(word for word in self.words if len(word) >= _FUZZY_FROM):
            for length in (len(word) - 1, len(word), len(word) + 1):
                self._filed.setdefault((word[0], length), []).append(word)

    def meant(self, word: str) -> frozenset[str]:
        """The word, those it may be a misspelling of, and the beginnings it has."""
        return self._slips(word).union(
            self._stems[word[:length]] for length in self._lengths if word[:length] in self._stems
        )

    def _slips(self, word: str) -> frozenset[str]:
        if len(word) < _FUZZY_FROM or word in self.words or word in self._ordinary or not word.isalpha():
            return frozenset([word])
        others = self._filed.get((word[0], len(word)), ())
        near = process.extract(word, others, scorer=OSA.distance, score_cutoff=1, limit=None)
        return frozenset([word, *(other for other, _, _ in near)])


class Text:
    """The words of one text, each with the words of the lexicon it may be a misspelling of.

    `wholes` are the whole message as it was written, and with every short spelling ("msgs", "u") in full.
    """

    def __init__(
        self,
        text: str,
        vocabulary: Vocabulary | None = None,
        spellings: Mapping[str, str] = _NO_SPELLINGS,
    ) -> None:
        self.whole = fold(text)
        written = self.whole.split()
        full = [spellings.get(word, word) for word in written]
        self.wholes: tuple[str, ...] = tuple(dict.fromkeys((self.whole, " ".join(full))))
        meant = {
            word: frozenset([word]) if vocabulary is None else vocabulary.meant(word)
            for word in {*written, *full}
        }
        self._words: list[frozenset[str]] = [
            meant[short] | meant[long] for short, long in zip(written, full, strict=True)
        ]
        self._all: frozenset[str] = frozenset().union(*self._words)

    def __bool__(self) -> bool:
        return bool(self.whole)

    def has(self, wanted: Phrases) -> bool:
        """Whether any of the phrases stands in the text."""
        return self.first(wanted) is not None

    def count(self, wanted: Phrases) -> int:
        """How many of the phrases stand in the text."""
        return sum(self._find(one) is not None for one in wanted.possible(self._all))

    def first(self, wanted: Phrases) -> Phrase | None:
        """The first of the phrases, in their order, that stands in the text."""
        if wanted.none_in(self._all):
            return None
        possible = wanted.possible(self._all)
        return next((one for one in possible if self._find(one) is not None), None)

    def without(self, unwanted: Phrases) -> Text:
        """The text with these phrases blotted out: no phrase is found in or across them."""
        if unwanted.none_in(self._all):
            return self
        possible = [one for one in unwanted.possible(self._all) if self._find(one) is not None]
        if not possible:
            return self
        rest = Text("")
        rest.whole, rest.wholes = self.whole, self.wholes
        rest._words, rest._all = list(self._words), self._all
        for one in possible:
            while (found := rest._find(one)) is not None:
                for place in range(*found):
                    rest._words[place] = frozenset()
        rest._all = frozenset().union(*rest._words)
        return rest

    def _find(self, wanted: Phrase) -> tuple[int, int] | None:
        for slot in wanted.slots:  # ends most phrases of most texts before any place is looked at
            if slot is not None and slot.isdisjoint(self._all):
                return None
        if wanted.anyhow:
            return self._together([slot for slot in wanted.slots if slot is not None])
        for start in range(len(self._words)):
            end = self._ends(wanted.slots, start, wanted.not_before)
            if end is not None and end > start:
                return start, end
        return None

    def _together(self, slots: Sequence[frozenset[str]]) -> tuple[int, int] | None:
        """The first few words in which each slot has a word of its own, in whatever order."""
        for start in range(len(self._words)):
            near = self._words[start : start + NEAR]
            if near[0] and _each_has_its_own(slots, near):
                return start, start + len(near)
        return None

    def _ends(
        self, slots: Sequence[frozenset[str] | None], place: int, not_before: frozenset[str]
    ) -> int | None:
        """Where the rest of a phrase ends if it stands here."""
        for number, slot in enumerate(slots):
            if slot is None:
                return self._after_gap(slots[number + 1 :], place, not_before)
            if place >= len(self._words) or self._words[place].isdisjoint(slot):
                return None
            place += 1
        follows = self._words[place] if place < len(self._words) else frozenset[str]()
        return place if follows.isdisjoint(not_before) else None

    def _after_gap(
        self, slots: Sequence[frozenset[str] | None], place: int, not_before: frozenset[str]
    ) -> int | None:
        for skipped in range(GAP + 1):
            if any(not word for word in self._words[place : place + skipped]):
                return None
            end = self._ends(slots, place + skipped, not_before)
            if end is not None:
                return end
        return None


def _each_has_its_own(slots: Sequence[frozenset[str]], words: Sequence[frozenset[str]]) -> bool:
    """Whether every slot has a word of its own among these; of two or three slots all ways are tried."""
    if not slots:
        return True
    return any(
        not word.isdisjoint(slots[0]) and _each_has_its_own(slots[1:], [*words[:place], *words[place + 1 :]])
        for place, word in enumerate(words)
    )


def nearest(text: str, names: Mapping[str, str]) -> str | None:
    """What a short text is probably a misspelling of, by name; None if nothing is near, or two are."""
    words = text.replace(" ", "")
    if text.count(" ") > 1 or not 3 < len(words) <= 20 or not words.isalpha():
        return None
    slips = 1 if len(words) < 8 else 2
    found = process.extract(text, list(names), scorer=OSA.distance, score_cutoff=slips, limit=5)
    if not found:
        return None
    best = min(distance for _, distance, _ in found)
    meant = {names[near] for near, distance, _ in found if distance == best and len(near) > 2}
    return meant.pop() if len(meant) == 1 else None


def nearest_within(text: str, names: Mapping[str, str], ordinary: Collection[str] = ()) -> str | None:
    """What a word in a sentence is probably a misspelling of, by name; None if none is, or of two things.

    Only longer words count, for shorter ones are too near to others, and none that is `ordinary`.
    """
    words = [word for word in text.split() if len(word) >= _SENTENCE_FROM - 1 and word not in ordinary]
    long = [name for name in names if len(name) >= _SENTENCE_FROM]
    meant = {
        names[near]
        for word in words[:_MOST_WORDS]
        for near, distance, _ in process.extract(word, long, scorer=OSA.distance, score_cutoff=2, limit=5)
        if distance <= (1 if len(near) < _TWO_SLIPS_FROM else 2) and near[0] == word[0]
    }
    return meant.pop() if len(meant) == 1 else None
