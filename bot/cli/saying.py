"""Codes in plain words, for whoever reads a preview, a report or a message's story."""

from __future__ import annotations

from collections.abc import Mapping

from bot.domain.outbox import Reason, State

REASONS: Mapping[Reason, str] = {
    Reason.CAP: "one a day and two in any seven days is the most",
    Reason.NOT_YET: "not open yet",
    Reason.CLOSED: "its time is over",
    Reason.OUTAGE: "the bot was not running while it was open",
    Reason.MOVED: "a date or its timing changed",
    Reason.HOLD: "the family is held",
    Reason.STOP: "the address said STOP",
    Reason.NO_CONSENT: "no consent for this kind of message",
    Reason.PAUSED: "they paused their messages",
    Reason.ANSWERED: "they already answered DONE",
    Reason.TOPIC_OFF: "they want nothing on this topic",
    Reason.LESS: "they asked for essential messages only",
    Reason.BORN: "the baby is born",
    Reason.ENDED: "the pregnancy ended",
    Reason.APART: "the baby is not with the family",
    Reason.NEONATAL: "the baby is in hospital",
    Reason.LOSS_DAY: "not on the day of a loss or the next",
    Reason.NO_ADDRESS: "there is no address",
    Reason.SUSPENDED: "the address cannot be reached",
    Reason.NOT_AUDIENCE: "not for this person",
    Reason.NO_WORDS: "no words that could be made",
    Reason.NOT_APPROVED: "its words are not approved",
    Reason.WITHDRAWN: "it was withdrawn",
    Reason.RETIRED: "its authors retired it",
    Reason.NOT_GUEST: "a trial, and not a guest",
    Reason.LEFT: "the member has left",
    Reason.ERASED: "the member was erased",
    Reason.ADDRESS_BUSY: "somebody on the same phone has today's message",
    Reason.SOFT_DAY: "a day for essential messages only",
    Reason.TOO_LATE: "that day's sending hours were over",
    Reason.PUT_BACK: "the provider asked to wait, or was not reached",
    Reason.LEASE: "the program that was sending it went away",
    Reason.REPLY_EXPIRED: "an answer this late is of no use",
    Reason.OVERTAKEN: "something newer made it wrong",
    Reason.STAFF: "at the wish of staff",
    Reason.REFUSED: "the provider refused it for good",
    Reason.UNANSWERED: "it may have left; no clear answer came",
    Reason.RESTORED: "it may have left after the backup that the database was restored from",
}

NEXT: Mapping[State, str] = {
    State.WAITING: "The planner looks at it again by itself.",
    State.QUEUED: "It goes by itself at its time, if everything still lets it.",
    State.SENDING: "It is on its way to the provider now.",
    State.SENT: "The provider took it; a receipt says whether it arrived.",
    State.DELIVERED: "It arrived. Nothing more happens to it.",
    State.FAILED: "It did not arrive, and is not sent again.",
    State.UNCERTAIN: "A receipt or the provider's list may settle it. `outbox retry` may double it.",
    State.EXPIRED: "It was not sent. Only a new date or a new timing brings it back.",
    State.CANCELLED: "It was not sent. Only a new date or a new timing brings it back.",
    State.SKIPPED: "It was not sent. Only a new date or a new timing brings it back.",
}


def why(reason: str | None) -> str:
    """A reason's sentence; empty for none."""
    return "" if reason is None else REASONS[Reason(reason)]


def said(reason: Reason | None) -> str:
    """The same for a reason itself."""
    return "" if reason is None else REASONS[reason]
