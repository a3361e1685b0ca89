"""Changes: what two versions of a campaign, or of the answers, differ in, step by step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.domain.campaign import Campaign

Words = Mapping[tuple[str, str], str]  # (step id or reply key, language) -> hash


@dataclass(frozen=True, slots=True)
class Version:
    """One version: each step's timing hash, its words' hashes, and the campaign itself where it is one."""

    timing: Mapping[str, str] = field(default_factory=dict)
    words: Words = field(default_factory=dict)
    campaign: Campaign | None = None


@dataclass(frozen=True, slots=True)
class Changes:
    """Step ids (or reply keys) by what became of them. `renamed`: old -> new; `reworded`: -> languages.

    A renamed step is retimed or reworded under its new id if it is so too. What is retired is in
    `retired` alone; what is gone without a trace is `removed`, and publishing refuses it.
    """

    added: tuple[str, ...] = ()
    retimed: tuple[str, ...] = ()
    reworded: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    renamed: Mapping[str, str] = field(default_factory=dict)
    retired: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(
            self.added or self.retimed or self.reworded or self.renamed or self.retired or self.removed
        )


def changes(old: Version | None, new: Version) -> Changes:
    """Everything that differs; against None everything is added and nothing else."""
    before = old or Version()
    renamed = _renamed(before, new)
    called = {now: was for was, now in renamed.items()}  # what it was called
    retired = _retired(new) - _retired(before)
    kept = [step for step in new.timing if called.get(step, step) in before.timing and step not in retired]
    gone = before.timing.keys() - new.timing.keys() - renamed.keys()
    return Changes(
        added=tuple(sorted(new.timing.keys() - before.timing.keys() - called.keys() - retired)),
        retimed=tuple(sorted(s for s in kept if before.timing[called.get(s, s)] != new.timing[s])),
        reworded=_reworded(before.words, new.words, called, retired),
        renamed=renamed,
        retired=tuple(sorted(retired)),
        removed=tuple(sorted(gone)),
    )


def _renamed(before: Version, new: Version) -> dict[str, str]:
    """Old id -> new id, of steps that say what they were formerly called."""
    if new.campaign is None:
        return {}
    return {
        old: step.id
        for step in new.campaign.steps
        for old in step.formerly
        if old in before.timing and old not in new.timing and step.id not in before.timing
    }


def _retired(version: Version) -> set[str]:
    return set() if version.campaign is None else {s.id for s in version.campaign.steps if s.retired}


def _reworded(
    before: Words, now: Words, called: Mapping[str, str], retired: set[str]
) -> dict[str, tuple[str, ...]]:
    """Words of what was there before: other ones, or the first or no more in a language."""
    was = {(key, language): said for (key, language), said in before.items()}
    known = {key for key, _ in was}
    found: dict[str, set[str]] = {}
    for (key, language), said in now.items():
        old = called.get(key, key)
        if old in known and was.get((old, language)) != said and key not in retired:
            found.setdefault(key, set()).add(language)
    present = {key for key, _ in now}
    names = {old: new for new, old in called.items()}
    for key, language in was:
        name = names.get(key, key)
        if name in present and (name, language) not in now and name not in retired:
            found.setdefault(name, set()).add(language)
    return {key: tuple(sorted(languages)) for key, languages in sorted(found.items())}
