"""Whether staff may have a message sent again (P4): only what may never have left, and never by accident."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from bot.domain import hours
from bot.domain.address import ChannelName
from bot.domain.family import Purpose
from bot.domain.outbox import State

ASKED_FOR = timedelta(minutes=10)  # so long a text in doubt is looked up at the provider, by itself


class Refusal(StrEnum):
    """Why a message is not sent again."""

    BY_ITSELF = "by_itself"  # it has not left yet, and will
    UNDER_WAY = "under_way"
    LEFT = "left"
    REFUSED = "refused"  # `failed` moves nowhere
    ENDED = "ended"  # only a new epoch or revision brings it back
    BEREAVEMENT = "bereavement"  # never twice, whoever asks
    BEING_ASKED = "being_asked"
    OVER = "over"  # its window or its use is over
    MAY_DOUBLE = "may_double"  # and whoever asks has not said that it may


BY_STATE: Mapping[State, Refusal] = {
    State.WAITING: Refusal.BY_ITSELF,
    State.QUEUED: Refusal.BY_ITSELF,
    State.SENDING: Refusal.UNDER_WAY,
    State.SENT: Refusal.LEFT,
    State.DELIVERED: Refusal.LEFT,
    State.FAILED: Refusal.REFUSED,
    State.SKIPPED: Refusal.ENDED,
    State.EXPIRED: Refusal.ENDED,
    State.CANCELLED: Refusal.ENDED,
}
"""Every state but `uncertain`, the one from which MOVES lets a tried message go back to `queued`."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What the question needs of a message."""

    state: State
    purpose: Purpose | None
    channel: ChannelName
    attempted_at: datetime | None
    closes_on: date | None
    not_after: datetime | None  # of an answer: when it becomes useless; of a step: that day's end


def refusal(row: Tried, now: datetime, *, may_double: bool) -> Refusal | None:
    """Why this message may not be sent again at `now`, the most final reason first; None when it may."""
    if row.state in BY_STATE:
        return BY_STATE[row.state]
    if row.purpose is Purpose.SUPPORT_AFTER_LOSS:
        return Refusal.BEREAVEMENT
    if _over(row, now):
        return Refusal.OVER
    by_sms = row.channel is ChannelName.SMS
    if by_sms and row.attempted_at is not None and now - row.attempted_at < ASKED_FOR:
        return Refusal.BEING_ASKED
    return None if may_double else Refusal.MAY_DOUBLE


def _over(row: Tried, now: datetime) -> bool:
    if row.closes_on is not None:  # a step: another day of its window will do
        return row.closes_on <= hours.local_day(now)
    return row.not_after is not None and row.not_after <= now
