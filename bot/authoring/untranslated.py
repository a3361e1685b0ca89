"""Untranslated: essential messages that go in English to people who chose another language."""

from __future__ import annotations

from collections.abc import Iterator

from bot.authoring.coverage import has_words
from bot.content.document import read
from bot.content.load import Content
from bot.domain.campaign import Importance
from bot.domain.family import Purpose, Role
from bot.errors import Fault
from bot.words.render import FALLBACK

_DEFAULT = "config/default.yaml"
_NAMED = 3


def untranslated(content: Content) -> Iterator[Fault]:
    """One for each language that is offered and lacks some of them."""
    must = [
        step
        for campaign in content.campaigns.values()
        for step in campaign.steps
        if not step.retired and step.to != {Role.PROFESSIONAL}
        if step.importance is Importance.ESSENTIAL or step.purpose is Purpose.SUPPORT_AFTER_LOSS
    ]
    document = read(_DEFAULT, content.files[_DEFAULT])
    for number, language in enumerate(content.config.languages):
        lacking = [step for step in must if not has_words(content, step, language.code)]
        if language.code != FALLBACK and lacking:
            names = ", ".join("/".join(step.key) for step in lacking[:_NAMED])
            more = f" and {len(lacking) - _NAMED} more" if len(lacking) > _NAMED else ""
            message = f"{len(lacking)} of {len(must)} essential messages are not written in {language.code}"
            yield document.fault(
                ("languages", number, "code"), f"{message}: {names}{more}. They go in English."
            )
