"""P1: the state is the last entry of each key, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.domain.address import ChannelName
from bot.domain.consent import Consent, state
from bot.domain.family import Purpose

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def entry(given: bool, purpose: Purpose = Purpose.PREGNANCY_AND_BABY, member_id: int = 1) -> Consent:
    return Consent(1, member_id, purpose, ChannelName.SMS, given, NOW, "reply", "v1" if given else "")


def test_the_last_entry_rules() -> None:
    ledger = [entry(True), entry(False), entry(True), entry(False)]
    assert state(ledger) == {entry(False).key: False}


def test_one_purpose_or_person_says_nothing_of_another() -> None:
    ledger = [entry(True), entry(False, Purpose.REMINDERS), entry(False, member_id=2)]
    assert state(ledger)[entry(True).key] is True


def test_no_entry_is_no_consent() -> None:
    assert state([]) == {}
