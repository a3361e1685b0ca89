"""Kept: what was published under an id stays what it was: the record of what was sent hangs on it (P4)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.content.campaigns import FOLDER, Written
from bot.domain.campaign import Anchor, Campaign
from bot.domain.timeline import LETTERS
from bot.errors import Fault

Published = Mapping[str, Mapping[str, Anchor | None]]
"""Campaign -> every step id ever published -> what the newest revision counts it from (`Campaign.root`)."""

_AS_WRITTEN = {Anchor.DUE: "pregnancy", Anchor.BIRTH: "age", Anchor.CORRECTED: "age", Anchor.MOVED: "event"}


def faults(campaigns: Mapping[str, Written], published: Published) -> Iterator[Fault]:
    """Everything by which what was sent could be sent again."""
    for name, steps in published.items():
        written = campaigns.get(name)
        if written is None:
            message = f"The published campaign {name} is gone. Put it back, and retire its steps."
            yield Fault(f"{FOLDER}{name}.yaml", 1, 1, message)
            continue
        yield from _vanished(written, steps)
        yield from _recounted(written, steps)


def _vanished(written: Written, published: Mapping[str, Anchor | None]) -> Iterator[Fault]:
    for step_id in sorted(published):
        if written.campaign.step(step_id) is None:
            message = f"The published step {step_id} is gone. Add formerly: [{step_id}] to the step"
            yield written.document.fault(
                ("steps",), f"{message} that took its place, or put it back with retired: true.", key=True
            )


def _recounted(written: Written, published: Mapping[str, Anchor | None]) -> Iterator[Fault]:
    """Steps that are counted from something of another kind now: their deliveries would have other names.

    What only hangs on such a step is not told beside it.
    """
    campaign = written.campaign
    moved = {
        step.id: (was, now)
        for step in campaign.steps
        if (was := _before(campaign, step.id, published)) is not None
        if (now := campaign.root(step.id)) is not None and LETTERS[was] != LETTERS[now]
    }
    for step_id, anchors in moved.items():
        step = campaign.step(step_id)
        parent = None if step is None or step.when.step is None else campaign.step(step.when.step)
        if parent is None or parent.id not in moved:
            before, after = (_AS_WRITTEN.get(one, one.value) for one in anchors)
            message = (
                f"The published step {step_id} was counted from {before}. Counted from {after}, it would go "
                "again to those who had it. Put `when` back. If it shall go again, retire this step as it "
                "was, and write one with a new id."
            )
            yield written.fault(step_id, message, "when")


def _before(campaign: Campaign, step_id: str, published: Mapping[str, Anchor | None]) -> Anchor | None:
    """What a step was counted from, under its own name or a former one."""
    names = [step_id, *sorted(campaign.names(step_id) - {step_id})]
    return next((was for name in names if (was := published.get(name)) is not None), None)
