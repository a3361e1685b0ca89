"""Hazards: which rows of docs/hazards.md a reader of one message should have in mind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.domain.campaign import Anchor, Importance, Step
from bot.domain.family import Purpose, Role

HAZARDS: Mapping[str, str] = {
    "H1": "Baby content after a loss",
    "H5": "Messages go on after a loss by accident",
    "H7": "A crisis is missed",
    "H10": "The bot is taken for a clinician",
    "H11": "Wrong clinical words",
    "H12": "A message in the wrong week",
    "H13": "A premature baby is treated as a term baby",
    "H14": "An essential message never comes",
    "H15": "The same message twice",
    "H19": "Someone unsafe reads her phone",
    "H33": "Sent to a wrong or shut door",
}
"""As docs/hazards.md calls them."""

_OF_A_BABY = (Anchor.BIRTH, Anchor.CORRECTED)


def of_step(step: Step, *, points: bool) -> list[str]:
    """The ids for one step, in order. `points`: it prints a number or link, or a reply names services."""
    return [one for one in HAZARDS if one in set(_of_step(step, points))]


def of_reply(*, crisis: bool, points: bool) -> list[str]:
    """The ids for an answer."""
    return [*(["H7"] if crisis else []), "H10", "H11", *(["H33"] if points else [])]


def _of_step(step: Step, points: bool) -> Iterator[str]:
    anchors = {moment.anchor for moment in (step.when, step.until) if moment is not None}
    yield "H11"
    if step.purpose is Purpose.SUPPORT_AFTER_LOSS:
        yield "H5"
    else:
        yield "H1"
    if anchors & {Anchor.DUE, *_OF_A_BABY}:
        yield "H12"
    if anchors & set(_OF_A_BABY):
        yield "H13"
    if step.importance is Importance.ESSENTIAL:
        yield "H14"
    if step.resend_if_uncertain:
        yield "H15"
    if Role.MOTHER in step.to:
        yield "H19"
    if points or "signpost" in step.replies.values():
        yield "H33"
