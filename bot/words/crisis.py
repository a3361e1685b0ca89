"""Finding a crisis in a text: robust towards answering, blind only to the listed false alarms."""

from __future__ import annotations

from bot.domain.meaning import Crisis
from bot.words.lexicon import Lexicon
from bot.words.match import Text


def crises(text: Text, lexicon: Lexicon) -> tuple[Crisis, ...]:
    """Every kind found, most urgent first. `text` must know the lexicon's vocabulary, so that slips count."""
    rest = text.without(lexicon.crises.never)
    return tuple(kind for kind, phrases in lexicon.crises.kinds if rest.has(phrases))
