"""The outbox: kinds, the table of gates by kind, the legal moves, and what a provider answered.

The two tables here are the only place where gates and moves are written down; SQL is made from them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Kind(StrEnum):
    """What a row is, which decides the gates it must pass."""

    STAGED = "staged"
    CHOSEN = "chosen"  # bereavement: asked for
    CHECK_IN = "check_in"
    REMINDER = "reminder"  # one later message on a day that was chosen
    REPLY = "reply"
    CRISIS = "crisis"
    STAFF = "staff"
    REMOVAL = "removal"  # a shown message is taken from a chat again (CARE 22); it says nothing to anybody


class State(StrEnum):
    """Where a row is. From `sending` on it is spent: never planned again."""

    WAITING = "waiting"
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"


class Gate(StrEnum):
    """A condition checked again in the UPDATE that claims a row."""

    CONSENT = "consent"
    STOP = "stop"
    OVERTAKEN = "overtaken"  # a STOP came after it was written: its own answer goes, earlier ones do not
    HOLD = "hold"
    QUIET = "quiet"
    WINDOW = "window"
    PAUSE = "pause"
    APPROVED = "approved"  # not withdrawn, words approved, not past review
    GUEST = "guest"  # trial mode: only the guest list


_NO_STOP = frozenset({Gate.STOP, Gate.OVERTAKEN})
GATES: Mapping[Kind, frozenset[Gate]] = {
    Kind.STAGED: frozenset(Gate),
    Kind.CHOSEN: frozenset(Gate) - {Gate.HOLD, Gate.PAUSE},
    Kind.CHECK_IN: frozenset({Gate.CONSENT, *_NO_STOP, Gate.QUIET, Gate.WINDOW, Gate.GUEST}),
    # The hold too: what somebody asked to be reminded of before a loss must not come after it (CARE 19).
    Kind.REMINDER: frozenset(Gate),
    Kind.REPLY: frozenset({Gate.OVERTAKEN, Gate.WINDOW}),
    Kind.CRISIS: frozenset(),
    Kind.REMOVAL: frozenset(),
    Kind.STAFF: frozenset({Gate.CONSENT, *_NO_STOP, Gate.HOLD, Gate.QUIET, Gate.GUEST}),
}

CLAIM_ORDER: tuple[Kind, ...] = (
    Kind.CRISIS, Kind.REMOVAL, Kind.REPLY, Kind.STAFF, Kind.CHECK_IN, Kind.REMINDER, Kind.CHOSEN, Kind.STAGED,
)  # fmt: skip

OPEN = frozenset({State.WAITING, State.QUEUED})
CLOSED_UNSENT = frozenset({State.SKIPPED, State.EXPIRED, State.CANCELLED})
SPENT = frozenset({State.SENDING, State.SENT, State.DELIVERED, State.FAILED, State.UNCERTAIN})

MOVES: Mapping[State, frozenset[State]] = {
    State.WAITING: frozenset({State.QUEUED}) | CLOSED_UNSENT,
    State.QUEUED: frozenset({State.WAITING, State.SENDING}) | CLOSED_UNSENT,
    State.SENDING: frozenset({State.SENT, State.FAILED, State.UNCERTAIN, State.QUEUED, State.DELIVERED}),
    State.SENT: frozenset({State.DELIVERED, State.FAILED}),
    # Back to queued only when the provider's list shows that nothing was taken, when the process that had
    # claimed it says that its call never began, or once where the step says `resend_if_uncertain`.
    State.UNCERTAIN: frozenset({State.SENT, State.DELIVERED, State.FAILED, State.QUEUED}),
    State.DELIVERED: frozenset(),
    State.FAILED: frozenset(),
    # These three go back only in a new epoch or revision, the same row; a withdrawal taken back is one:
    State.SKIPPED: frozenset({State.WAITING}),
    State.EXPIRED: frozenset({State.WAITING}),
    State.CANCELLED: frozenset({State.WAITING}),
}

# What a restore alone may do: nobody knows what left after the backup, until the provider's list says that
# nothing did; then the planner decides again.
RESTORED_MOVES: Mapping[State, frozenset[State]] = {
    State.WAITING: frozenset({State.UNCERTAIN}),
    State.QUEUED: frozenset({State.UNCERTAIN}),
    State.SENDING: frozenset({State.UNCERTAIN}),
    State.UNCERTAIN: frozenset({State.WAITING}),
}

RANK: Mapping[State, int] = {
    State.SENDING: 0,
    State.UNCERTAIN: 1,
    State.SENT: 2,
    State.FAILED: 3,
    State.DELIVERED: 4,
}


def may_move(before: State, after: State, *, new_round: bool = False) -> bool:
    """Whether a row may go from one state to another; `new_round`: a new epoch or revision."""
    if before in CLOSED_UNSENT and after is State.WAITING:
        return new_round
    return after in MOVES[before]


def may_receipt_move(before: State, after: State) -> bool:
    """Whether a provider's receipt may move a spent row: forward by rank only, `delivered` is last."""
    return before in RANK and after in RANK and after in MOVES[before] and RANK[after] > RANK[before]


def before_states(after: State) -> frozenset[State]:
    """The states from which `after` may be reached without a new epoch or revision."""
    return frozenset(before for before in State if may_move(before, after))


class Reason(StrEnum):
    """Why a row ended, waits or was put back. Every outcome names one."""

    CAP = "cap"
    NOT_YET = "not_yet"
    CLOSED = "closed"
    OUTAGE = "outage"
    MOVED = "moved"  # a date or the timing changed, and the window is not (or no longer) here
    HOLD = "hold"
    STOP = "stop"
    NO_CONSENT = "no_consent"
    PAUSED = "paused"
    ANSWERED = "answered"  # `unless`: the member already replied DONE
    TOPIC_OFF = "topic_off"
    LESS = "less"
    BORN = "born"
    ENDED = "ended"
    APART = "apart"
    NEONATAL = "neonatal"
    LOSS_DAY = "loss_day"
    NO_ADDRESS = "no_address"
    SUSPENDED = "suspended"
    NOT_AUDIENCE = "not_audience"
    NO_WORDS = "no_words"  # no language whose words may be sent
    NOT_APPROVED = "not_approved"
    WITHDRAWN = "withdrawn"
    RETIRED = "retired"
    NOT_GUEST = "not_guest"
    LEFT = "left"
    ERASED = "erased"
    ADDRESS_BUSY = "address_busy"  # somebody else on the same phone has today's message
    SOFT_DAY = "soft_day"
    TOO_LATE = "too_late"  # begin_by passed, or today's quiet hours began
    PUT_BACK = "put_back"  # the provider asked to wait, or was never reached
    LEASE = "lease"  # the process that held it went away
    REPLY_EXPIRED = "reply_expired"
    OVERTAKEN = "overtaken"  # a STOP or a newer state made this reply wrong
    STAFF = "staff"
    REFUSED = "refused"
    UNANSWERED = "unanswered"  # bytes may have left and no clear answer came
    RESTORED = "restored"  # it may have left after the backup that the database was restored from


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider took it and named it."""

    provider_id: str


@dataclass(frozen=True, slots=True)
class Refused:
    """For good. `suspend` says the address itself is bad (`blocked`, `opted_out`, `not_mobile`, `unknown`).

    `stop` means the person refused (a Telegram block, Twilio 21610): it counts as a STOP.
    """

    code: str
    suspend: bool = False
    stop: bool = False


@dataclass(frozen=True, slots=True)
class Later:
    """Certainly not accepted; `after` is how long the provider asked to wait. `all`: for the whole sender."""

    code: str
    after: timedelta
    all: bool = False


@dataclass(frozen=True, slots=True)
class Uncertain:
    """Bytes may have left and no clear answer came."""

    code: str


@dataclass(frozen=True, slots=True)
class Ours:
    """Our token, account or request is wrong: stop the channel and alert; never blame the address."""

    code: str


@dataclass(frozen=True, slots=True)
class MovedTo:
    """Telegram says the chat has a new id; certainly not accepted under the old one."""

    chat_id: int


Answer = Accepted | Refused | Later | Uncertain | Ours | MovedTo
