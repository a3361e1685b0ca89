"""P9: what of all that was published may be sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from bot.domain.campaign import Campaign
from bot.domain.family import Purpose
from bot.domain.revision import Approval, LiveStep, Mode, Revision, Withdrawal, live_steps
from tests.domain.someone import renamed, step, weeks

TODAY = date(2026, 6, 15)
NOW = datetime(2026, 6, 15, tzinfo=UTC)
ONE = step(weeks(20))
TWO = renamed(ONE, "two")
CAMPAIGN = Campaign(
    id="sleep", title="", objective="", topic="sleep", purpose=Purpose.PREGNANCY_AND_BABY, owner="",
    sources=(), review_by=TODAY, steps=(ONE, TWO),
)  # fmt: skip
OLD = Revision(1, CAMPAIGN, {("one", "en"): "a1", ("two", "en"): "a2"}, NOW, "author")
NEW = replace(OLD, id=2, words={("one", "en"): "b1", ("two", "en"): "a2", ("one", "ur"): "u1"})


def by(approver: str, *hashes: str, language: str = "en") -> list[Approval]:
    return [Approval(words, language, approver, "midwife", "NMC", NOW) for words in hashes]


def live(approvals: list[Approval], *revisions: Revision, **more: Any) -> list[LiveStep]:
    facts: dict[str, Any] = {"withdrawals": [], "mode": Mode.LIVE, "today": TODAY} | more
    return list(
        live_steps(
            revisions or (OLD, NEW), approvals, facts["withdrawals"], facts["mode"], frozenset({"author"}),
            facts["today"],
        )
    )  # fmt: skip


def words(found: list[LiveStep]) -> dict[str, dict[str, str]]:
    return {one.step.id: dict(one.words) for one in found}


def test_nothing_unapproved_is_live() -> None:
    assert live([]) == []


def test_the_author_alone_approves_nothing() -> None:
    assert live(by("author", "a1", "a2", "b1")) == []


def test_the_last_approved_revision_keeps_sending_while_a_new_one_waits() -> None:
    found = live(by("midwife", "a1", "a2"))
    assert {one.revision_id for one in found} == {1}


def test_a_new_revision_rules_once_its_words_are_approved() -> None:
    found = live(by("midwife", "a1", "a2", "b1"))
    assert {one.revision_id for one in found} == {2}
    assert words(found) == {"one": {"en": "b1"}, "two": {"en": "a2"}}


def test_an_approval_is_for_one_language() -> None:
    approvals = by("midwife", "a2", "b1") + by("midwife", "u1", language="ur")
    assert words(live(approvals))["one"] == {"en": "b1", "ur": "u1"}


def test_the_same_words_in_two_languages_are_approved_one_by_one() -> None:
    """The hash of words that are alike is one; who reads English has not read the Urdu."""
    alike = replace(OLD, words={("one", "en"): "a1", ("two", "en"): "a2", ("one", "ur"): "a1"})
    assert words(live(by("midwife", "a1", "a2"), alike))["one"] == {"en": "a1"}


def test_a_trial_needs_no_approval_either() -> None:
    assert {one.revision_id for one in live([], mode=Mode.TRIAL)} == {2}


def test_past_its_review_date_a_campaign_sends_nothing() -> None:
    approvals = by("midwife", "a1", "a2")
    assert live(approvals, OLD, today=TODAY)
    assert live(approvals, OLD, today=date(2026, 6, 16)) == []


def test_a_rehearsal_needs_no_approval() -> None:
    assert {one.revision_id for one in live([], mode=Mode.REHEARSAL)} == {2}


def test_a_withdrawn_step_or_campaign_is_left_out() -> None:
    approvals = by("midwife", "a1", "a2")
    one_step, whole = Withdrawal("sleep", "one"), Withdrawal("sleep", None)
    assert list(words(live(approvals, withdrawals=[one_step]))) == ["two"]
    assert live(approvals, withdrawals=[whole]) == []


def test_withdrawing_a_step_leaves_another_campaigns_step_of_that_name() -> None:
    found = live(by("midwife", "a1", "a2"), withdrawals=[Withdrawal("flu", "one")])
    assert list(words(found)) == ["one", "two"]


def test_a_step_is_retired_at_once_even_while_other_new_words_wait() -> None:
    fewer = replace(CAMPAIGN, steps=(ONE, replace(TWO, retired=True)))
    found = live(by("midwife", "a1", "a2"), OLD, replace(NEW, campaign=fewer))
    assert [(one.step.id, one.revision_id) for one in found] == [("one", 1)]


RENAMED = replace(CAMPAIGN, steps=(ONE, renamed(TWO, "three", formerly=("two",))))


def test_a_withdrawn_step_stays_withdrawn_under_its_new_name() -> None:
    newer = replace(NEW, campaign=RENAMED, words={("one", "en"): "a1", ("three", "en"): "a2"})
    found = live(by("midwife", "a1", "a2"), OLD, newer, withdrawals=[Withdrawal("sleep", "two")])
    assert [(one.step.id, one.revision_id) for one in found] == [("one", 2)]


def test_withdrawing_by_the_new_name_stops_the_old_words_that_still_go() -> None:
    newer = replace(NEW, campaign=RENAMED, words={("one", "en"): "b1", ("three", "en"): "b2"})
    found = live(by("midwife", "a1", "a2"), OLD, newer, withdrawals=[Withdrawal("sleep", "three")])
    assert [(one.step.id, one.revision_id) for one in found] == [("one", 1)]


def test_retiring_a_renamed_step_stops_the_old_words_that_still_go() -> None:
    gone = replace(CAMPAIGN, steps=(ONE, renamed(TWO, "three", formerly=("two",), retired=True)))
    newer = replace(NEW, campaign=gone, words={("one", "en"): "b1"})
    found = live(by("midwife", "a1", "a2"), OLD, newer)
    assert [(one.step.id, one.revision_id) for one in found] == [("one", 1)]


def test_the_language_falls_back_to_english_or_to_none() -> None:
    assert LiveStep(ONE, 1, {"en": "a", "ur": "b"}).language_for("ur") == "ur"
    assert LiveStep(ONE, 1, {"en": "a"}).language_for("ur") == "en"
    assert LiveStep(ONE, 1, {"pl": "a"}).language_for("ur") is None
