"""Whether staff may answer a text by hand: once, only what no bot answered, and never where it could harm."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.domain.family import Purpose

NEVER_AFTER = frozenset({"crisis:abuse", "crisis:child_harm"})
"""Alerts after which nobody writes to that phone: somebody else may hold it (CARE 21)."""


class Against(StrEnum):
    """Why a text is not answered by hand; the first that holds is said."""

    ABUSE = "abuse"
    NOT_YET = "not_yet"  # the bot is about to answer it
    BY_STAFF = "by_staff"
    BY_BOT = "by_bot"
    NOT_WRITTEN = "not_written"  # an edit, a block: nobody asked anything
    NO_ADDRESS = "no_address"
    STOPPED = "stopped"
    SUSPENDED = "suspended"
    NO_CONSENT = "no_consent"
    HELD = "held"
    NOT_GUEST = "not_guest"


@dataclass(frozen=True, slots=True)
class Facts:
    """What the question needs of a text and its writer; `purpose` is one they agreed to on its channel."""

    abuse: bool = False
    processed: bool = True
    by_staff: bool = False
    by_bot: bool = False
    written: bool = True
    known: bool = True
    stopped: bool = False
    suspended: bool = False
    purpose: Purpose | None = Purpose.PREGNANCY_AND_BABY
    held: bool = False
    guest: bool = True


def against(facts: Facts) -> Against | None:
    """Why this text may not be answered by hand; None when it may. What the claim checks again is here too,
    so that staff are told before they write."""
    said = (
        (Against.ABUSE, facts.abuse),
        (Against.NOT_YET, not facts.processed),
        (Against.BY_STAFF, facts.by_staff),
        (Against.BY_BOT, facts.by_bot),
        (Against.NOT_WRITTEN, not facts.written),
        (Against.NO_ADDRESS, not facts.known),
        (Against.STOPPED, facts.stopped),
        (Against.SUSPENDED, facts.suspended),
        (Against.NO_CONSENT, facts.purpose is None),
        (Against.HELD, facts.held),
        (Against.NOT_GUEST, not facts.guest),
    )
    return next((why for why, holds in said if holds), None)
