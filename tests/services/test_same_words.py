"""Reconcile: of the same words to one number, each text on the provider's list is one row's."""

from __future__ import annotations

from datetime import datetime

import pytest

from bot.domain.address import ChannelName
from bot.domain.inbound import Listed
from bot.domain.outbox import Accepted, Kind, State, Uncertain
from bot.services import dispatch, reconcile
from bot.services.desk import Desk
from bot.services.dispatch import UNPACED
from bot.store.database import Database
from bot.store.sealed import Seal
from tests import line
from tests.clock import Clock

SMS = ChannelName.SMS
BODY = "Flu jab: ask your midwife."


@pytest.fixture
def desk(database: Database, seal: Seal) -> Desk:
    return line.desk(database, seal)


def _sending(desk: Desk, clock: Clock) -> int:
    """An answer to somebody who asked, on its way: always the same words."""
    row = line.queue(desk, clock.now, kind=Kind.REPLY, sealed=desk.seal.seal("outbox.body", BODY))
    dispatch.claim(desk, SMS, 8, clock.now, UNPACED)
    return row


def _in_doubt(desk: Desk, clock: Clock) -> int:
    row = _sending(desk, clock)
    dispatch.record(desk, [(row, Uncertain("unanswered"), clock.now)], clock.now)
    return row


def _listed(moment: datetime, provider_id: str = "SM7") -> Listed:
    return Listed(provider_id, "+447700900000", BODY, moment, State.SENT)


def test_the_same_words_already_known_as_another_rows_are_not_ours(desk: Desk, clock: Clock) -> None:
    row = _in_doubt(desk, clock)
    other = line.queue(desk, clock.now, kind=Kind.REPLY, state="sent", provider_id="SM7")
    reconcile.healed(desk, row, [_listed(clock.now)], clock.now)
    assert (line.state(desk, row), line.state(desk, other)) == ("queued", "sent")


@pytest.mark.parametrize("first", [0, 1])
def test_p4_of_the_same_words_in_doubt_twice_each_finds_its_own(desk: Desk, clock: Clock, first: int) -> None:
    """Somebody asked twice, and both answers left: Twilio lists the newest first, and neither goes again."""
    doubts, listed = [], []
    for provider_id in ("SM7", "SM8"):
        doubts.append(_in_doubt(desk, clock))
        listed.insert(0, _listed(clock.now, provider_id))
        clock.pass_(minutes=7)
    for place in (first, 1 - first):
        assert reconcile.healed(desk, doubts[place], listed, clock.now)
    assert [line.row(desk, row).provider_id for row in doubts] == ["SM7", "SM8"]


def test_p5_a_text_that_another_row_of_the_same_words_is_sending_settles_no_doubt(
    desk: Desk, clock: Clock
) -> None:
    """Its answer comes yet, and it would have been the text of both: one of them would be lost."""
    doubt = _in_doubt(desk, clock)
    clock.pass_(minutes=6)
    other = _sending(desk, clock)
    listed = [_listed(clock.now)]
    assert not reconcile.healed(desk, doubt, listed, clock.now)
    dispatch.record(desk, [(other, Accepted("SM7"), clock.now)], clock.now)
    assert reconcile.healed(desk, doubt, listed, clock.now)
    assert (line.state(desk, doubt), line.state(desk, other)) == ("queued", "sent")
