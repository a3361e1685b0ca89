"""Many texts at a time: stored and answered together, and each of them as if it had come alone."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from bot.domain.address import Address, ChannelName
from bot.domain.inbound import Inbound, InboundKind
from bot.domain.revision import Mode
from bot.services import converse, receive
from bot.services.desk import Desk
from bot.store import addresses, alerts, inbox
from bot.store.database import Database
from bot.store.outbox import unpack
from bot.store.sealed import Seal
from bot.store.tables import conversations, members, outbox
from bot.store.tables import inbox as table
from tests import line, ours, rows, transcript
from tests.clock import Clock

SMS = ChannelName.SMS
CRISIS = "i want to kill myself"
TEXTS = (
    "help",
    "sleep",
    "abracadabra",
    "more",
    "pause",
    "start",
    "flu",
    "hlep",
    "topics",
    "1",
    "due",
    "undo",
)


@pytest.fixture
def desk(database: Database, seal: Seal) -> Desk:
    """Everything real."""
    return transcript.desk(database, seal)


def phone(number: int) -> Address:
    return Address(SMS, f"+4477009{number:05}")


def said(clock: Clock, number: int, text: str, sid: str = "", **changes: Any) -> Inbound:
    fresh = Inbound(SMS, sid or f"SM{number}{text[:9]}", InboundKind.TEXT, phone(number), text, clock.now)
    return replace(fresh, **changes)


def _all(desk: Desk, clock: Clock, *inbounds: Inbound) -> list[receive.Received | Exception]:
    return receive.receive_all(desk, inbounds, clock.now)


@contextlib.contextmanager
def _commits(desk: Desk) -> Iterator[list[int]]:
    """How many transactions are committed meanwhile."""
    seen: list[int] = []

    def count(_conn: sa.Connection) -> None:
        seen.append(1)

    sa.event.listen(desk.database.engine, "commit", count)
    yield seen
    sa.event.remove(desk.database.engine, "commit", count)


def _kept(desk: Desk) -> list[tuple[str, str, str]]:
    """Words, state and codes of all that is in the inbox, in order."""
    found = desk.database.read(lambda conn: conn.execute(sa.select(table).order_by(table.c.inbound_id)).all())
    return [(desk.seal.open("inbox.text", row.sealed), row.state, row.taken_as) for row in found]


# --- stored ------------------------------------------------------------------------------------------


def test_what_comes_together_is_stored_in_one_transaction_and_in_its_order(desk: Desk, clock: Clock) -> None:
    texts = [said(clock, number, f"hello {number}") for number in range(8)]
    with _commits(desk) as commits:
        came = _all(desk, clock, *texts)
    assert len(commits) == 1
    assert all(isinstance(one, receive.Received) and one.new for one in came)
    assert _kept(desk) == [(one.text, "stored", "urgent") for one in texts]


def test_p12_a_repeat_is_recognised_among_what_comes_together(desk: Desk, clock: Clock) -> None:
    first = said(clock, 1, "hello", "SM1")
    _all(desk, clock, first)
    came = _all(desk, clock, said(clock, 2, "hi", "SM2"), first, said(clock, 2, "hi", "SM2"))
    assert [one.duplicate for one in came if isinstance(one, receive.Received)] == [False, True, True]
    assert [text for text, *_ in _kept(desk)] == ["hello", "hi"]


def test_p10_what_cannot_wait_goes_first_but_after_what_the_same_person_wrote_before(
    desk: Desk, clock: Clock
) -> None:
    came = _all(desk, clock, said(clock, 1, "hello"), said(clock, 2, "hi"), said(clock, 2, CRISIS))
    assert [text for text, *_ in _kept(desk)] == ["hi", CRISIS, "hello"]
    assert [one.answers for one in came if isinstance(one, receive.Received)] == [0, 0, 1]


def test_p2_a_stop_among_many_is_in_force_when_all_are_stored(desk: Desk, clock: Clock) -> None:
    _all(desk, clock, said(clock, 1, "hello"), said(clock, 2, "STOP"), said(clock, 3, "hi"))
    row = desk.database.read(lambda conn: addresses.find(conn, desk.seal, phone(2)))
    assert row is not None
    assert row.stopped


def test_p13_one_that_cannot_be_stored_refuses_none_of_the_others(desk: Desk, clock: Clock) -> None:
    broken = said(clock, 2, "hi")
    object.__setattr__(broken, "at", clock.now.replace(tzinfo=None))
    came = _all(desk, clock, said(clock, 1, "hello"), broken, said(clock, 3, "hey"))
    assert [isinstance(one, receive.Received) for one in came] == [True, False, True]
    assert [text for text, *_ in _kept(desk)] == ["hello", "hey"]


def test_whoever_writes_among_many_can_be_reached_again(desk: Desk, clock: Clock) -> None:
    def suspend(conn: sa.Connection) -> None:
        row = addresses.find_or_add(conn, desk.seal, phone(2), clock.now)
        addresses.suspend(conn, row.id, "unknown", clock.now)

    desk.database.write(suspend)
    _all(desk, clock, said(clock, 1, "hello"), said(clock, 2, "hi"))
    row = desk.database.read(lambda conn: addresses.find(conn, desk.seal, phone(2)))
    assert row is not None
    assert not row.suspended


def test_a_trial_keeps_its_guests_and_nobody_else_s_texts(
    database: Database, seal: Seal, clock: Clock
) -> None:
    desk = line.desk(database, seal, Mode.TRIAL, guests=frozenset({phone(1)}), lexicon=ours.lexicon())
    came = _all(desk, clock, said(clock, 1, "hello"), said(clock, 2, "hi"))
    assert [one.new for one in came if isinstance(one, receive.Received)] == [True, False]
    assert [text for text, *_ in _kept(desk)] == ["hello"]


# --- answered ----------------------------------------------------------------------------------------


def _mothers(desk: Desk, clock: Clock, numbers: range, language: str = "en") -> list[rows.Someone]:
    def work(conn: sa.Connection) -> list[rows.Someone]:
        made = [rows.someone(conn, desk.seal, clock.now, number) for number in numbers]
        ids = [one.address_id for one in made]
        conn.execute(sa.update(members).where(members.c.address_id.in_(ids)).values(language=language))
        return made

    return desk.database.write(work)


def _outcome(desk: Desk, address_id: int) -> tuple[Any, ...]:
    """What an address was answered, how its texts ended, and where its conversation stands."""

    def work(conn: sa.Connection) -> tuple[Any, ...]:
        out = sa.select(outbox).where(outbox.c.address_id == address_id).order_by(outbox.c.outbox_id)
        replies = [
            (row.kind, row.state, row.step, row.language, row.n, row.parts, row.not_after, row.send_at,
             unpack(desk.seal.open("outbox.body", row.sealed)))
            for row in conn.execute(out)
        ]  # fmt: skip
        texts = sa.select(table.c.state, table.c.taken_as).where(table.c.address_id == address_id)
        texts = texts.order_by(table.c.inbound_id)
        talk = sa.select(conversations).where(conversations.c.address_id == address_id)
        talks = [
            (desk.seal.open("conversations.talk", row.sealed), row.since, row.updated_at)
            for row in conn.execute(talk)
        ]
        return replies, [tuple(row) for row in conn.execute(texts)], talks

    return desk.database.read(work)


def _answered(desk: Desk, clock: Clock, who: list[rows.Someone], texts: tuple[str, ...]) -> list[Any]:
    for place, one in enumerate(who):
        for number, text in enumerate((texts[place % len(texts)], texts[(place + 1) % len(texts)])):
            inbound = Inbound(SMS, f"SM{one.address_id}{number}", InboundKind.TEXT, None, text, clock.now)
            desk.database.write(lambda conn, one=one, said=inbound: _put(conn, desk, one, said))
    while converse.converse(desk, clock.now):
        pass
    return [_outcome(desk, one.address_id) for one in who]


def _put(conn: sa.Connection, desk: Desk, one: rows.Someone, inbound: Inbound) -> None:
    inbox.store_all(conn, desk.seal, [inbox.Fresh(inbound, one.address_id, "stored", "urgent")])


def _poison(desk: Desk, clock: Clock, who: rows.Someone) -> None:
    """A text that nobody can open, ahead of all others: it stands for any fault of ours in one of them."""

    def work(conn: sa.Connection) -> None:
        _put(conn, desk, who, Inbound(SMS, "SMpoison", InboundKind.TEXT, None, "x", clock.now))
        which = table.c.provider_id == "SMpoison"
        conn.execute(sa.update(table).where(which).values(sealed=b"k1      damaged"))

    desk.database.write(work)


@pytest.mark.parametrize("language", ["en", "ur"])
def test_p10_together_or_each_alone_the_outcome_is_the_same(desk: Desk, clock: Clock, language: str) -> None:
    """Two texts a person: what the second comes to depends on the first."""
    count = len(TEXTS)
    (stumbling,) = _mothers(desk, clock, range(900, 901))
    together = _answered(desk, clock, _mothers(desk, clock, range(count), language), TEXTS)
    _poison(desk, clock, stumbling)
    alone = _answered(desk, clock, _mothers(desk, clock, range(count, 2 * count), language), TEXTS)
    assert together == alone
    assert {state for _, texts, _ in together for state, _ in texts} == {"done", "unread"}


def test_those_that_want_only_an_answer_share_one_transaction(desk: Desk, clock: Clock) -> None:
    for one in _mothers(desk, clock, range(6)):
        text = Inbound(SMS, f"SM{one.address_id}", InboundKind.TEXT, None, "help", clock.now)
        desk.database.write(lambda conn, one=one, text=text: _put(conn, desk, one, text))
    with _commits(desk) as commits:
        assert converse.converse(desk, clock.now) == 6
    assert len(commits) == 1


def test_one_that_trips_over_a_fault_of_ours_holds_up_none_of_the_others(desk: Desk, clock: Clock) -> None:
    stumbling, *others = _mothers(desk, clock, range(4))
    _poison(desk, clock, stumbling)
    outcomes = _answered(desk, clock, others, ("help",))
    for _ in range(2):
        converse.converse(desk, clock.now)
    assert [[state for state, _ in texts] for _, texts, _ in outcomes] == [["done", "done"]] * 3
    assert _outcome(desk, stumbling.address_id)[1] == [("failed", "")]
    assert "message_failed" in [alert.kind for alert in desk.database.read(alerts.listed)]
