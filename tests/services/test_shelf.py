"""The shelf gives the published words, approved ones when live, and reads again only when it must."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.content.load import load
from bot.domain.revision import Approval, Mode
from bot.services import publish
from bot.services.desk import Desk
from bot.services.shelf import Published, Shelf, pack_approved
from bot.store import revisions
from bot.store.database import Database
from bot.store.sealed import Seal
from bot.words.render import Words
from tests.clock import Clock
from tests.services import shelves

HELP = "templates/en/replies/help.j2"
OFFER = "templates/en/flu/offer.j2"


@pytest.fixture
def desk(database: Database, seal: Seal, clock: Clock) -> Desk:
    """A live desk whose content is published and approved."""
    made = shelves.desk(database, seal)
    publish.publish(made, shelves.content(), "officer", clock.now)
    for name in ("flu", "replies", "crisis"):
        publish.approve(made, name, "en", "midwife", clock.now)
    return made


def at(desk: Desk, clock: Clock, mode: Mode = Mode.LIVE, shelf: Shelf | None = None) -> Published:
    chosen = shelf or desk.shelf
    day = clock.now.date()
    return desk.database.read(lambda conn: chosen.at(conn, mode, desk.config.authors, day))


def said(words: Words, path: str) -> str | None:
    template = words.at(path)
    return None if template is None else template.render({"line_phone": "0800 448 0737"})


def test_nothing_is_read_again_while_nothing_changed(desk: Desk, clock: Clock) -> None:
    assert at(desk, clock) is at(desk, clock)


def test_another_process_s_withdrawal_is_seen_at_once(desk: Desk, clock: Clock) -> None:
    before = at(desk, clock)
    publish.withdraw(desk, "flu", "offer", "midwife", clock.now)
    after = at(desk, clock)
    assert {entry.step.id for entry in before.live} - {entry.step.id for entry in after.live} == {"offer"}


def test_a_fresh_shelf_reads_the_same_from_the_database(desk: Desk, clock: Clock) -> None:
    fresh = at(desk, clock, shelf=Shelf())
    assert fresh.live == at(desk, clock).live
    assert set(fresh.words.paths) == set(at(desk, clock).words.paths)


def test_every_live_step_has_its_words_on_the_shelf(desk: Desk, clock: Clock) -> None:
    published = at(desk, clock)
    assert published.live
    for entry in published.live:
        assert f"templates/en/{entry.step.campaign}/{entry.step.id}.j2" in published.words.paths


def test_the_old_words_go_until_the_new_ones_are_approved(desk: Desk, clock: Clock) -> None:
    publish.publish(desk, shelves.content(OFFER, "ring", "call"), "officer", clock.now)
    assert "ring" in (said(at(desk, clock).words, OFFER) or "")
    assert "call" in (said(at(desk, clock, Mode.TRIAL).words, OFFER) or "")


def test_live_replies_are_the_approved_ones(desk: Desk, clock: Clock) -> None:
    publish.publish(desk, shelves.content(HELP, "help.", "new help."), "officer", clock.now)
    assert said(at(desk, clock).replies, HELP) == "Answer: help."
    assert said(at(desk, clock, Mode.TRIAL).replies, HELP) == "Answer: new help."


def test_p9_a_draft_in_another_language_is_answered_in_english_until_somebody_approved_it(
    desk: Desk, clock: Clock
) -> None:
    """A trial shows the draft."""
    urdu = HELP.replace("/en/", "/ur/")
    publish.publish(desk, load({**shelves.FILES, urdu: "HELP"}), "officer", clock.now)
    assert said(at(desk, clock).replies, urdu) is None
    assert said(at(desk, clock).replies, HELP) == "Answer: help."
    assert said(at(desk, clock, Mode.TRIAL).replies, urdu) == "HELP"
    publish.approve(desk, "replies", "ur", "linguist", clock.now)
    assert said(at(desk, clock).replies, urdu) == "HELP"


def test_p9_a_new_day_is_a_new_look_so_that_a_campaign_past_its_review_ends_by_itself(
    desk: Desk, clock: Clock
) -> None:
    assert at(desk, clock).live
    clock.pass_(days=200)
    assert at(desk, clock).live == ()


def test_p9_who_published_the_replies_approves_none_of_them(
    database: Database, seal: Seal, clock: Clock
) -> None:
    made = shelves.desk(database, seal)
    publish.publish(made, shelves.content(), "midwife", clock.now)
    packs = database.read(revisions.every)
    entry = Approval("", "en", "midwife", "midwife", "NMC", clock.now)
    for pack in packs:
        own = [replace(entry, words_hash=words) for words in pack.words.values()]
        assert not pack_approved(pack, own, frozenset())
        assert pack_approved(pack, [replace(one, approver="other") for one in own], frozenset())


def test_unpublished_replies_serve_a_rehearsal_and_never_live(
    database: Database, seal: Seal, clock: Clock
) -> None:
    empty = shelves.desk(database, seal)
    shelf = Shelf(Words({HELP: "[help]"}, {}))
    assert HELP in at(empty, clock, Mode.REHEARSAL, shelf).replies.paths
    assert HELP not in at(empty, clock, Mode.LIVE, shelf).replies.paths
