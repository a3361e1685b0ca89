"""Duty: which alerts ring whoever is on duty, what they are told of them, and how long that is tried."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256

RINGING = frozenset({
    "loss_by_relative",  # CARE 6
    "loss_of_twin",  # CARE 17: one may live
    "urgent_failed",  # a text in which nobody looked for danger
    "message_failed",
    "sender_halted",  # nothing leaves by this channel, crisis answers neither
})  # fmt: skip
CRISIS = "crisis:"
TEST = "test"  # a call that staff make, to see whether it arrives; no alert
GIVE_UP = timedelta(days=1)  # after the alert; then /healthz and `alerts list` say so
TOO_OLD = timedelta(days=7)  # for a first call: of the time before anybody could be rung
APART = timedelta(minutes=5)  # between two calls of the same kind about the same family
STRANGERS_APART = timedelta(minutes=1)  # ... about phones of no family: they may be of different people
_FIRST, _LONGEST = timedelta(seconds=10), timedelta(minutes=10)


class Way(StrEnum):
    """A way to whoever is on duty."""

    WEBHOOK = "webhook"
    EMAIL = "email"


class Security(StrEnum):
    """How mail to the duty is kept from being read on its way to the mail server."""

    STARTTLS = "starttls"
    TLS = "tls"  # from the first byte: port 465
    NONE = "none"  # a server on this machine


@dataclass(frozen=True, slots=True)
class Call:
    """One or several alerts of a kind about a family, as the duty is told of them: codes and ids only."""

    kind: str
    at: datetime  # of the newest
    alert_ids: tuple[int, ...]
    family_id: int | None = None
    told: frozenset[Way] = frozenset()  # these ways have taken it already
    tries: int = 1  # this one included

    @property
    def id(self) -> str:
        """The same for the same alerts, however often they are told, so that a receiver can drop doubles."""
        told = (
            [f"{self.kind} {self.at.isoformat()}"] if self.kind == TEST else map(str, sorted(self.alert_ids))
        )
        return sha256(",".join(told).encode()).hexdigest()[:32]


def rings(kind: str) -> bool:
    """Whether an alert of this kind needs a person now; the others are for whoever reads `alerts list`."""
    return kind.startswith(CRISIS) or kind in RINGING


def wait(tries: int) -> timedelta:
    """How long to wait after so many tries: from ten seconds, doubling, to ten minutes."""
    return min(_FIRST * (1 << min(tries - 1, 10)), _LONGEST)


def lines(call: Call) -> Sequence[str]:
    """What is said of it, for people; no name, number or word of anybody's."""
    if call.kind == TEST:
        return ("This is a test. Nothing has happened, and nothing is to be done.",)
    about = "no family that we know" if call.family_id is None else f"family {call.family_id}"
    number = len(call.alert_ids)
    return (
        f"What: {call.kind}" + (f" ({number} alerts)" if number > 1 else ""),
        f"When: {call.at:%Y-%m-%d %H:%M} UTC",
        f"About: {about}",
        "Look: thinkfamily alerts list, and thinkfamily inbox list",
        "Close it when somebody has seen to it: thinkfamily alerts close ID",
        *(("Never text or ring back on an alert of abuse.",) if call.kind.startswith(CRISIS) else ()),
    )
