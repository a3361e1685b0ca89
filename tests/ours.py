"""The project's own content, and the words that people are understood by: read once by each test process.

Neither ever changes while it is used.
"""

from __future__ import annotations

from functools import cache

from bot.content.files import locate
from bot.content.load import Content, load
from bot.words.lexicon import Lexicon, build


@cache
def content() -> Content:
    """The campaigns, words and config as they are."""
    return load(locate(None))


@cache
def lexicon() -> Lexicon:
    """The real words that people are understood by, from config/."""
    return build(content().config.keywords, content().config.crisis)
