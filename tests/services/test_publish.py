"""Nothing leaves that was not published and, live, approved by somebody who did not write it (P9)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.content.load import Content, load
from bot.domain.campaign import Anchor
from bot.domain.revision import Mode
from bot.errors import ContentError, NotAllowed, NotFound
from bot.services import families, outbox, plan, publish
from bot.services.desk import Desk
from bot.store import audit, pace, revisions
from bot.store.database import Database
from bot.store.ledger import Narrowed
from bot.store.sealed import Seal
from tests import rows
from tests.clock import Clock
from tests.people import People
from tests.services import shelves

PACKS = ("flu", "crisis", "replies")
OFFER = "templates/en/flu/offer.j2"
YAML = "campaigns/flu.yaml"


@pytest.fixture
def desk(database: Database, seal: Seal) -> Desk:
    """A live desk on whose shelf nothing is published."""
    return shelves.desk(database, seal)


def live(desk: Desk, clock: Clock, mode: Mode = Mode.LIVE) -> list[str]:
    """The steps that may be sent now."""
    day = clock.now.date()
    shelf = desk.database.read(lambda conn: desk.shelf.at(conn, mode, desk.config.authors, day))
    return sorted(entry.step.id for entry in shelf.live)


def test_everything_is_published_the_first_time(desk: Desk, clock: Clock) -> None:
    report = publish.publish(desk, shelves.content(), "officer", clock.now)
    assert {change.name for change in report.changes} == set(PACKS)
    [flu] = [change for change in report.changes if change.name == "flu"]
    assert (flu.added, flu.retimed, flu.reworded, flu.removed) == (("nudge", "offer"), (), (), ())


def test_publishing_twice_changes_nothing(desk: Desk, clock: Clock) -> None:
    publish.publish(desk, shelves.content(), "officer", clock.now)
    again = publish.publish(desk, shelves.content(), "officer", clock.pass_(hours=1))
    assert (again.changes, set(again.unchanged)) == ((), set(PACKS))
    assert len(desk.database.read(revisions.every)) == len(PACKS)


def test_a_changed_word_and_a_changed_time_are_named(desk: Desk, clock: Clock) -> None:
    publish.publish(desk, shelves.content(), "officer", clock.now)
    reworded = publish.publish(desk, shelves.content(OFFER, "ring", "call"), "officer", clock.now)
    assert [(change.name, change.reworded, change.retimed) for change in reworded.changes] == [
        ("flu", ("offer",), ())
    ]
    both = shelves.content(YAML, "pregnancy: 32w", "pregnancy: 33w")
    retimed = publish.publish(desk, both, "officer", clock.now)
    assert retimed.changes[0].retimed == ("offer",)


def test_publishing_says_how_many_people_it_may_reach(desk: Desk, clock: Clock) -> None:
    People(desk, clock).family()
    report = publish.publish(desk, shelves.content(), "officer", clock.now)
    touched = {change.name: publish.touched(desk, change) for change in report.changes}
    assert touched == {"flu": 1, "crisis": 0, "replies": 0}


def test_an_id_once_published_is_known_for_ever(desk: Desk, clock: Clock) -> None:
    publish.publish(desk, shelves.content(), "officer", clock.now)
    assert publish.published_ids(desk) == {"flu": {"offer": Anchor.DUE, "nudge": Anchor.DUE}}


def test_p4_a_published_step_that_is_counted_from_something_else_is_refused_whatever_it_was_called(
    desk: Desk, clock: Clock
) -> None:
    """Its deliveries would have other names, and whoever had it would get it again."""
    publish.publish(desk, shelves.content(), "officer", clock.now)
    publish.publish(desk, _renamed(), "officer", clock.now)
    moved = shelves.FILES[YAML].replace(
        "when: {pregnancy: 16w}\n    until: {pregnancy: 32w}", "when: {joined: 2d}"
    )
    with pytest.raises(ContentError) as refused:
        load(
            {**shelves.FILES, YAML: moved.replace("id: offer", "id: offer\n    formerly: [invite]")},
            publish.published_ids(desk),
        )
    [fault] = refused.value.faults
    assert "The published step offer was counted from pregnancy. Counted from joined" in str(fault)


def test_live_sends_nothing_that_is_only_published(desk: Desk, clock: Clock) -> None:
    publish.publish(desk, shelves.content(), "officer", clock.now)
    assert live(desk, clock) == []
    assert live(desk, clock, Mode.REHEARSAL) == ["nudge", "offer"]


def test_live_sends_what_somebody_else_approved(desk: Desk, clock: Clock) -> None:
    publish.publish(desk, shelves.content(), "officer", clock.now)
    assert publish.approve(desk, "flu", "en", "midwife", clock.now) >= 2
    assert live(desk, clock) == ["nudge", "offer"]


def test_changed_words_wait_while_the_approved_ones_still_go(desk: Desk, clock: Clock) -> None:
    publish.publish(desk, shelves.content(), "officer", clock.now)
    publish.approve(desk, "flu", "en", "midwife", clock.now)
    day = clock.now.date()

    def said() -> set[int]:
        shelf = desk.database.read(lambda conn: desk.shelf.at(conn, Mode.LIVE, desk.config.authors, day))
        return {entry.revision_id for entry in shelf.live}

    before = said()
    publish.publish(desk, shelves.content(OFFER, "ring", "call"), "officer", clock.now)
    assert said() == before
    publish.approve(desk, "flu", "en", "midwife", clock.now)
    assert said() != before


def test_an_author_may_not_approve(desk: Desk, clock: Clock) -> None:
    publish.publish(desk, shelves.content(), "someone", clock.now)
    with pytest.raises(NotAllowed) as refused:
        publish.approve(desk, "flu", "en", "officer", clock.now)
    assert refused.value.code == "author"
    assert live(desk, clock) == []


def test_who_published_it_may_not_approve_it(desk: Desk, clock: Clock) -> None:
    publish.publish(desk, shelves.content(), "midwife", clock.now)
    with pytest.raises(NotAllowed):
        publish.approve(desk, "flu", "en", "midwife", clock.now)


def test_nobody_approves_a_language_they_do_not_read(desk: Desk, clock: Clock) -> None:
    publish.publish(desk, shelves.content(), "officer", clock.now)
    with pytest.raises(NotAllowed):
        publish.approve(desk, "flu", "ur", "midwife", clock.now)


@pytest.mark.parametrize(("name", "by"), [("flu", "stranger"), ("unknown", "midwife")])
def test_an_unknown_approver_or_campaign_is_said(desk: Desk, clock: Clock, name: str, by: str) -> None:
    publish.publish(desk, shelves.content(), "officer", clock.now)
    with pytest.raises(NotFound):
        publish.approve(desk, name, "en", by, clock.now)


def test_withdrawing_cancels_what_is_ready_and_sends_no_more(desk: Desk, clock: Clock) -> None:
    publish.publish(desk, shelves.content(), "officer", clock.now)
    publish.approve(desk, "flu", "en", "midwife", clock.now)
    people = People(desk, clock)
    [mother] = people.family()
    ready, other = people.row(mother, campaign="flu"), people.row(mother, campaign="icon", state="waiting")
    assert publish.withdraw(desk, "flu", None, "midwife", clock.now) == 1
    assert people.state(ready) == ("cancelled", "withdrawn")
    assert people.state(other)[0] == "waiting"
    assert live(desk, clock) == []


def test_withdrawing_one_step_leaves_the_others(desk: Desk, clock: Clock) -> None:
    publish.publish(desk, shelves.content(), "officer", clock.now)
    publish.approve(desk, "flu", "en", "midwife", clock.now)
    publish.withdraw(desk, "flu", "nudge", "midwife", clock.now)
    assert live(desk, clock) == ["offer"]
    with pytest.raises(NotFound):
        publish.withdraw(desk, "flu", "unknown", "midwife", clock.now)


def test_halting_stops_every_sender_and_resuming_starts_them(desk: Desk, clock: Clock) -> None:
    desk.database.write(lambda conn: rows.someone(conn, desk.seal, clock.now))
    assert publish.halt(desk, "duty", clock.now) == 2  # the one that has sent nothing yet, too
    senders = desk.database.read(pace.all_senders)
    assert {sender.halted_reason for sender in senders} == {pace.HALTED_BY_STAFF}
    assert publish.resume(desk, "duty", clock.now) == 2
    assert publish.resume(desk, "duty", clock.now) == 0


def test_every_act_is_in_the_audit(desk: Desk, clock: Clock) -> None:
    publish.publish(desk, shelves.content(), "officer", clock.now)
    publish.approve(desk, "flu", "en", "midwife", clock.now)
    publish.withdraw(desk, "flu", None, "midwife", clock.now)
    acts = desk.database.read(audit.listed)
    assert {(act.who, act.what) for act in acts} == {
        ("officer", "publish"), ("midwife", "approve"), ("midwife", "withdraw"),
    }  # fmt: skip


def test_what_live_still_lacks_is_said_and_shrinks(desk: Desk, clock: Clock) -> None:
    before = publish.missing_for_live(desk, clock.now)
    publish.publish(desk, shelves.content(), "officer", clock.now)
    for name in ("replies", "crisis"):
        publish.approve(desk, name, "en", "midwife", clock.now)
    after = publish.missing_for_live(desk, clock.now)
    gone = sorted(set(before) - set(after))
    assert [one.partition(" are not published and approved")[0] for one in gone] == [
        "The crisis answers", "The replies",
    ]  # fmt: skip
    assert any("duty" in sentence for sentence in after)
    assert any("Twilio's own keyword answers" in sentence for sentence in after)


def test_a_campaign_past_its_review_is_lacking_and_not_sent(desk: Desk, clock: Clock) -> None:
    publish.publish(desk, shelves.content(), "officer", clock.now)
    publish.approve(desk, "flu", "en", "midwife", clock.now)
    clock.pass_(days=200)
    assert live(desk, clock) == []
    assert any("flu passed its review date" in one for one in publish.missing_for_live(desk, clock.now))


@pytest.mark.parametrize(("days_before", "said"), [(61, 0), (60, 1), (0, 1), (-1, 1)])
def test_p9_staff_are_told_of_a_review_sixty_days_before(
    desk: Desk, clock: Clock, days_before: int, said: int
) -> None:
    publish.publish(desk, shelves.content(), "officer", clock.now)
    clock.now = datetime(2027, 7, 1, 12, tzinfo=UTC) - timedelta(days=days_before)
    near = publish.reviews_near(desk, clock.now)
    assert len(near) == said
    assert all(one.startswith("flu ") and "2027-07-01" in one for one in near)


def test_a_revision_is_never_changed(desk: Desk, clock: Clock) -> None:
    publish.publish(desk, shelves.content(), "officer", clock.now)
    before = desk.database.read(revisions.every)
    publish.publish(desk, shelves.content(OFFER, "ring", "call"), "officer", clock.now)
    assert desk.database.read(revisions.every)[: len(before)] == before


def test_what_was_withdrawn_may_be_sent_again_and_only_what_was(desk: Desk, clock: Clock) -> None:
    publish.publish(desk, shelves.content(), "officer", clock.now)
    publish.approve(desk, "flu", "en", "midwife", clock.now)
    publish.withdraw(desk, "flu", "nudge", "midwife", clock.now)
    with pytest.raises(NotFound) as refused:
        publish.restore(desk, "flu", None, "midwife", clock.now)
    assert "flu/nudge" in refused.value.remedy
    publish.restore(desk, "flu", "nudge", "midwife", clock.now)
    assert live(desk, clock) == ["nudge", "offer"]
    with pytest.raises(NotFound):
        publish.restore(desk, "flu", "nudge", "midwife", clock.now)


def test_restoring_brings_back_what_is_still_open_and_nothing_else(desk: Desk, clock: Clock) -> None:
    publish.publish(desk, shelves.content(), "officer", clock.now)
    people = People(desk, clock)
    [mother] = people.family()
    opened = people.row(mother, campaign="flu")
    closed = people.row(mother, campaign="flu", day=None, closes_on=clock.now.date() + timedelta(days=1))
    stopped = people.row(mother, campaign="flu", day=None, state="cancelled", reason="stop")
    sent = people.row(mother, campaign="flu", state="sent", day=None)
    publish.withdraw(desk, "flu", None, "midwife", clock.now)
    clock.pass_(days=1)
    assert publish.restore(desk, "flu", None, "midwife", clock.now) == 1
    assert people.state(opened)[0] == "waiting"
    assert people.state(closed) == ("cancelled", "withdrawn")
    assert people.state(stopped) == ("cancelled", "stop")
    assert people.state(sent)[0] == "sent"


def _renamed(more: str = "") -> Content:
    """`offer` is called `invite` from now on."""
    files = {path.replace("/offer", "/invite"): text for path, text in shelves.FILES.items()}
    files[YAML] = files[YAML].replace("- id: offer\n", f"- id: invite\n    formerly: [offer]\n{more}")
    return load({path: text.replace("step: offer", "step: invite") for path, text in files.items()})


def test_p4_a_withdrawal_and_its_end_reach_the_rows_of_a_step_s_former_name(desk: Desk, clock: Clock) -> None:
    """It was planned as `offer`."""
    publish.publish(desk, shelves.content(), "officer", clock.now)
    people = People(desk, clock)
    [mother] = people.family()
    row = people.row(mother, campaign="flu", step="offer")
    publish.publish(desk, _renamed(), "officer", clock.now)
    assert publish.withdraw(desk, "flu", "invite", "midwife", clock.now) == 1
    assert people.state(row) == ("cancelled", "withdrawn")
    assert publish.restore(desk, "flu", "invite", "midwife", clock.now) == 1
    assert people.state(row) == ("waiting", None)


def test_a_step_that_retires_takes_the_rows_of_its_former_name_along(desk: Desk, clock: Clock) -> None:
    publish.publish(desk, shelves.content(), "officer", clock.now)
    people = People(desk, clock)
    [mother] = people.family()
    row = people.row(mother, campaign="flu", step="offer")
    publish.publish(desk, _renamed("    retired: true\n"), "officer", clock.now)
    assert people.state(row) == ("cancelled", "retired")


def test_p3_restoring_writes_to_nobody_who_lost_a_baby_meanwhile(desk: Desk, clock: Clock) -> None:
    """What comes back is decided afresh: the family's hold is seen."""
    publish.publish(desk, shelves.content(), "officer", clock.now)
    publish.approve(desk, "flu", "en", "midwife", clock.now)
    people = People(desk, clock)
    [mother] = people.family(due_on=clock.now.date() + timedelta(days=100))
    plan.plan(desk, clock.now)
    publish.withdraw(desk, "flu", None, "midwife", clock.now)
    [before] = outbox.listed(desk, Narrowed(), 9)
    assert (before.state, before.reason) == ("cancelled", "withdrawn")
    families.loss(desk, mother.family_id, mother.member_id, clock.now, "duty")
    publish.restore(desk, "flu", None, "midwife", clock.now)
    plan.plan(desk, clock.now)
    [after] = outbox.listed(desk, Narrowed(), 9)
    assert (after.outbox_id, after.state, after.reason) == (before.outbox_id, "cancelled", "hold")


def test_a_withdrawal_taken_back_at_once_loses_nobody_their_message(desk: Desk, clock: Clock) -> None:
    publish.publish(desk, shelves.content(), "officer", clock.now)
    publish.approve(desk, "flu", "en", "midwife", clock.now)
    people = People(desk, clock)
    people.family(due_on=clock.now.date() + timedelta(days=100))
    plan.plan(desk, clock.now)
    [before] = outbox.listed(desk, Narrowed(), 9)
    publish.withdraw(desk, "flu", "offer", "midwife", clock.now)
    plan.plan(desk, clock.now)
    publish.restore(desk, "flu", "offer", "midwife", clock.now)
    plan.plan(desk, clock.now)
    assert [(one.outbox_id, one.state) for one in outbox.listed(desk, Narrowed(), 9)] == [
        (before.outbox_id, "queued")
    ]
