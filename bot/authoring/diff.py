"""Diff: two versions of the content side by side: what was added, re-timed, re-worded, renamed and ended."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from bot.content import hashes
from bot.content.changes import Changes, Version, changes
from bot.content.load import Content
from bot.domain.campaign import Step

_TIMING = ("to", "when", "until", "season", "at", "importance", "for", "unless", "body")
_OF_THE_CAMPAIGN = ("purpose", "topic", "chosen")


@dataclass(frozen=True, slots=True)
class Moved:
    """One key of a step whose value changed, as authors write it."""

    key: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Difference:
    """What became of one campaign, or of the replies or crisis answers.

    `moved`: step id -> what changed of its timing. `old` and `new` are the steps by their new ids, for
    whoever counts whom they reach.
    """

    name: str
    changes: Changes
    gone: bool  # the whole campaign is
    moved: Mapping[str, tuple[Moved, ...]]
    old: Mapping[str, Step]
    new: Mapping[str, Step]


def diff(old: Content, new: Content) -> list[Difference]:
    """Every campaign, and the answers, that differ; in the order of their names, the answers last."""
    names = [
        *sorted({*old.campaigns, *new.campaigns}),
        *(name for name in new.packs if name not in new.campaigns),
    ]
    found = (_difference(old, new, name) for name in names)
    return [one for one in found if one.changes or one.gone]


def texts(content: Content, campaign: str, step: str, language: str) -> Mapping[str, str]:
    """Variant ("" for everybody, "father", "telegram") -> the words of a step, as they are written."""
    found = {}
    for path, text in content.pack(campaign).items():
        if path.endswith(".j2"):
            spoken, key, variant = hashes.split(path)
            if (spoken, key) == (language, step):
                found[variant] = text.strip()
    return found


def _difference(old: Content, new: Content, name: str) -> Difference:
    before, now = _version(old, name), _version(new, name)
    found = _with_answers(changes(before, now or Version()), before, now)
    called = {new_id: old_id for old_id, new_id in found.renamed.items()}
    moved = {step: tuple(_moved(old, new, name, called.get(step, step), step)) for step in found.retimed}
    names = {was: now_called for now_called, was in called.items()}
    was = {} if before is None or before.campaign is None else {s.id: s for s in before.campaign.steps}
    return Difference(
        name,
        found,
        gone=now is None,
        moved=moved,
        old={names.get(step_id, step_id): step for step_id, step in was.items()},
        new={} if now is None or now.campaign is None else {s.id: s for s in now.campaign.steps},
    )


def _with_answers(found: Changes, before: Version | None, now: Version | None) -> Changes:
    """Answers are no steps: which of them came and went stands in their words."""
    if any(one is not None and one.campaign is not None for one in (before, now)):
        return found
    was, are = ({key for key, _ in one.words} if one is not None else set() for one in (before, now))
    return replace(found, added=tuple(sorted(are - was)), removed=tuple(sorted(was - are)))


def _version(content: Content, name: str) -> Version | None:
    if name not in content.packs:
        return None
    campaign = content.campaigns.get(name)
    timing = {} if campaign is None else {step.id: step.timing_hash for step in campaign.steps}
    return Version(timing, hashes.words(content.pack(name)), campaign)


def _moved(old: Content, new: Content, name: str, old_id: str, new_id: str) -> Iterator[Moved]:
    """The keys whose values differ, those of the whole campaign first."""
    for key in _OF_THE_CAMPAIGN:
        before, after = (_raw(content, name).get(key) for content in (old, new))
        if before != after:
            yield Moved(key, _said(before), _said(after))
    was, now = _step(old, name, old_id), _step(new, name, new_id)
    for key in _TIMING:
        if was.get(key) != now.get(key):
            yield Moved(key, _said(was.get(key)), _said(now.get(key)))


def _raw(content: Content, name: str) -> Mapping[str, object]:
    values = content.written[name].document.values
    return values if isinstance(values, dict) else {}


def _step(content: Content, name: str, step_id: str) -> Mapping[str, object]:
    steps = _raw(content, name).get("steps")
    found = [step for step in steps if isinstance(step, dict)] if isinstance(steps, list) else []
    return next((step for step in found if step.get("id") == step_id), {})


def _said(value: object) -> str:
    """A value as YAML on one line, without its quotes."""
    if value is None:
        return "nothing"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False).replace('"', "")
