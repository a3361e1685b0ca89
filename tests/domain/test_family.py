"""What is known of a family, and nothing inferred."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from bot.domain.address import ChannelName
from bot.domain.family import Baby, BabyStatus, Hold, HoldKind, Pregnancy, Purpose, corrected_day
from tests.domain.someone import family, member

DUE = date(2026, 10, 8)
NOW = datetime(2026, 6, 1, tzinfo=UTC)


def babies(*statuses: BabyStatus) -> Pregnancy:
    return Pregnancy(1, babies=tuple(Baby(n, status) for n, status in enumerate(statuses)))


@pytest.mark.parametrize(("early", "counted_from"), [(22, DUE), (21, DUE - timedelta(days=21))])
def test_development_counts_from_the_due_date_for_a_birth_before_37_weeks(
    early: int, counted_from: date
) -> None:
    assert corrected_day(DUE, DUE - timedelta(days=early)) == counted_from


def test_without_a_due_date_development_counts_from_the_birth() -> None:
    assert corrected_day(None, DUE) == DUE


def test_one_twin_at_home_means_not_apart() -> None:
    assert babies(BabyStatus.APART, BabyStatus.APART).apart
    assert not babies(BabyStatus.APART, BabyStatus.BORN).apart
    assert not Pregnancy(1).apart


def test_a_pregnancy_is_living_while_one_baby_is() -> None:
    assert babies(BabyStatus.DIED, BabyStatus.BORN).living
    assert not babies(BabyStatus.DIED, BabyStatus.APART).living


def test_a_lifted_hold_holds_nothing() -> None:
    open_hold = Hold(1, HoldKind.LOSS, 1, NOW)
    lifted = Hold(2, HoldKind.LOSS, 1, NOW, lifted_at=NOW)
    assert family(member(), holds=(lifted, open_hold)).held
    assert not family(member(), holds=(lifted,)).held


def test_a_consent_counts_for_its_purpose_and_channel_alone() -> None:
    sms = member(consents=frozenset({(Purpose.REMINDERS, ChannelName.SMS)}))
    other = member(consents=frozenset({(Purpose.REMINDERS, ChannelName.TELEGRAM)}))
    assert sms.consented(Purpose.REMINDERS)
    assert not sms.consented(Purpose.PREGNANCY_AND_BABY)
    assert not other.consented(Purpose.REMINDERS)
