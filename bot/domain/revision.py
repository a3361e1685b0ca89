"""What was published, and what of it may be sent (P9)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from bot.domain.campaign import Campaign, Step

LABEL = "menu"  # the template of a campaign that is its line in the list of topics; no step is called so
REVIEW_NEAR = timedelta(days=60)  # how long before a review date staff are told (P9)


class Mode(StrEnum):
    """How much is real. Rehearsal: nothing leaves. Trial: guests only. Live: approved words only."""

    REHEARSAL = "rehearsal"
    TRIAL = "trial"
    LIVE = "live"


@dataclass(frozen=True, slots=True)
class Approval:
    """One append-only entry: `approver` stands by these words in this language."""

    words_hash: str
    language: str
    approver: str
    role: str
    registration: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Revision:
    """An immutable published campaign. `words` maps (step id, language) to the words' hash."""

    id: int
    campaign: Campaign
    words: Mapping[tuple[str, str], str]
    published_at: datetime
    published_by: str


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A campaign, or one step of it, that must not be sent; open until lifted."""

    campaign: str
    step: str | None


FALLBACK = "en"


@dataclass(frozen=True, slots=True)
class LiveStep:
    """A step as it may be planned today: which revision, and which languages' words may go."""

    step: Step
    revision_id: int
    words: Mapping[str, str] = field(default_factory=dict)  # language -> words hash
    labels: Mapping[str, str] = field(default_factory=dict)  # the same of its line in the list of topics

    def language_for(self, wanted: str, fallback: str = FALLBACK) -> str | None:
        """The language the whole message goes in: the wanted one, else the fallback, else None."""
        return next((language for language in (wanted, fallback) if language in self.words), None)


def approved(words_hash: str, language: str, approvals: Sequence[Approval], authors: frozenset[str]) -> bool:
    """Whether someone who is not (only) the author approved exactly these words in this language."""
    return any(
        entry.words_hash == words_hash and entry.language == language and entry.approver not in authors
        for entry in approvals
    )


def live_steps(
    revisions: Sequence[Revision],
    approvals: Sequence[Approval],
    withdrawals: Sequence[Withdrawal],
    mode: Mode,
    authors: frozenset[str],
    today: date,
) -> tuple[LiveStep, ...]:
    """What may be planned and sent today, of all revisions of all campaigns.

    Of each campaign the newest revision rules; in live mode the newest one whose every step has approved
    words in some language, and a campaign past its review date sends nothing. Withdrawn steps are left
    out, and so are those the newest revision retires, even while its other words wait for approval and
    whatever name the step has in each.
    """
    newest: dict[str, Revision] = {}
    for revision in sorted(revisions, key=lambda item: item.id):
        newest[revision.campaign.id] = revision
    entries: list[LiveStep] = []
    for revision in newest.values():
        older = [item for item in revisions if item.campaign.id == revision.campaign.id]
        source = _newest_usable(older, approvals, mode, authors)
        if source is None or (mode is Mode.LIVE and source.campaign.review_by < today):
            continue
        entries += [
            entry
            for entry in _entries(source, approvals, mode, authors)
            if not _ended(entry.step, revision.campaign, withdrawals)
        ]
    return tuple(entries)


def _newest_usable(
    revisions: Sequence[Revision], approvals: Sequence[Approval], mode: Mode, authors: frozenset[str]
) -> Revision | None:
    """The newest revision whose every step has words that may be sent in at least one language."""
    for revision in sorted(revisions, key=lambda item: item.id, reverse=True):
        entries = _entries(revision, approvals, mode, authors)
        if all(entry.words for entry in entries):
            return revision
    return None


def _entries(
    revision: Revision, approvals: Sequence[Approval], mode: Mode, authors: frozenset[str]
) -> list[LiveStep]:
    entries = []
    for step in revision.campaign.steps:
        if step.retired:
            continue
        words = _usable(revision, step.id, approvals, mode, authors)
        labels = _usable(revision, LABEL, approvals, mode, authors) if step.menu else {}
        entries.append(LiveStep(step, revision.id, words, labels))
    return entries


def _usable(
    revision: Revision, key: str, approvals: Sequence[Approval], mode: Mode, authors: frozenset[str]
) -> dict[str, str]:
    """Language -> words hash of what may be sent of one template of this revision."""
    return {
        language: words_hash
        for (step_id, language), words_hash in revision.words.items()
        if step_id == key and (mode is not Mode.LIVE or approved(words_hash, language, approvals, authors))
    }


def _ended(step: Step, newest: Campaign, withdrawals: Sequence[Withdrawal]) -> bool:
    """Whether the newest revision retires this step, or staff withdrew it, under any of its names."""
    today = newest.step(step.id) or step
    names = {None, step.id, *step.formerly, today.id, *today.formerly}
    return today.retired or any(item.campaign == step.campaign and item.step in names for item in withdrawals)
