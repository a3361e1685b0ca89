"""Captions: a message beneath a picture is shorter than one alone; what is longer would go without it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from bot.authoring.longest import cases
from bot.content.load import Content
from bot.domain.address import ChannelName
from bot.domain.family import Role
from bot.errors import ContentError, Fault
from bot.words import picture
from bot.words.template import Template


def too_long(content: Content) -> Iterator[Fault]:
    """Each message of a step with a picture that Telegram would not take beneath it."""
    steps = [step for one in content.campaigns.values() for step in one.steps if step.picture is not None]
    for step, language in product(steps, content.config.language_codes):
        theirs = (
            content.words.find(step.key, role, ChannelName.TELEGRAM, language)
            for role in Role
            if role in step.to
        )
        for template in dict.fromkeys(filter(None, theirs)):
            longest = max(_lengths(content, template, language), default=0)
            if longest > picture.LONGEST_CAPTION:
                message = (
                    f"This comes to {longest} characters; beneath a picture {picture.LONGEST_CAPTION} fit."
                )
                yield Fault(template.path, 1, 1, f"{message} Shorten it, or take the picture away.")


def _lengths(content: Content, template: Template, language: str) -> Iterator[int]:
    """How long it is in each case; a message that cannot be made is told elsewhere."""
    for values in cases(content, content.words, template, language):
        try:
            said = content.words.message(template, ChannelName.TELEGRAM, language, values)
        except ContentError:
            return
        yield picture.units(said.body)
