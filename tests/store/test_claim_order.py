"""What a claim takes first, what it leaves, and that two never take the same row."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.domain.address import ChannelName
from bot.domain.outbox import Kind, Reason, State
from bot.store import claims, pace
from bot.store.database import Database
from bot.store.sealed import Seal
from bot.store.writer import Priority
from tests import rows
from tests.clock import Clock
from tests.store.claiming import take


@pytest.mark.parametrize("state", [state for state in State if state is not State.QUEUED])
def test_only_queued_rows_are_claimed(database: Database, seal: Seal, clock: Clock, state: State) -> None:
    def work(conn: sa.Connection) -> list[int]:
        who = rows.someone(conn, seal, clock.now)
        rows.row(conn, who, clock.now, state=state.value)
        return take(conn, Kind.STAGED, who.sender_id, rows.terms(clock.now))

    assert database.write(work) == []


def test_nothing_is_claimed_before_its_moment(database: Database, seal: Seal, clock: Clock) -> None:
    def work(conn: sa.Connection) -> list[int]:
        who = rows.someone(conn, seal, clock.now)
        rows.row(conn, who, clock.now, send_at=clock.now + timedelta(microseconds=1))
        return take(conn, Kind.STAGED, who.sender_id, rows.terms(clock.now))

    assert database.write(work) == []


def test_another_senders_rows_are_left_alone(database: Database, seal: Seal, clock: Clock) -> None:
    def work(conn: sa.Connection) -> list[int]:
        who = rows.someone(conn, seal, clock.now)
        rows.row(conn, who, clock.now)
        other = pace.sender_id(conn, ChannelName.SMS, "other", clock.now)
        return take(conn, Kind.STAGED, other, rows.terms(clock.now))

    assert database.write(work) == []


def test_a_busy_chat_waits_for_its_own_pace(database: Database, seal: Seal, clock: Clock) -> None:
    def work(conn: sa.Connection) -> tuple[list[int], list[int]]:
        who = rows.someone(conn, seal, clock.now)
        rows.row(conn, who, clock.now, Kind.REPLY)
        pace.take_chats(conn, {who.address_id: clock.now + timedelta(seconds=1)}, clock.now)
        before = take(conn, Kind.REPLY, who.sender_id, rows.terms(clock.now))
        later = rows.terms(clock.now + timedelta(seconds=1))
        return before, take(conn, Kind.REPLY, who.sender_id, later)

    before, after = database.write(work)
    assert (before, len(after)) == ([], 1)


def test_the_earliest_go_first_and_no_more_than_the_slots(
    database: Database, seal: Seal, clock: Clock
) -> None:
    def work(conn: sa.Connection) -> tuple[list[int], list[int]]:
        who = rows.someone(conn, seal, clock.now)
        ids = [
            rows.row(conn, who, clock.now, Kind.REPLY, send_at=clock.now - timedelta(seconds=age))
            for age in (1, 5, 3)
        ]
        taken = take(conn, Kind.REPLY, who.sender_id, rows.terms(clock.now), slots=2)
        return sorted(taken), sorted([ids[1], ids[2]])

    taken, earliest = database.write(work)
    assert taken == earliest


def test_a_claim_says_who_until_when_and_how_often(database: Database, seal: Seal, clock: Clock) -> None:
    def work(conn: sa.Connection) -> sa.Row[tuple[object, ...]]:
        who = rows.someone(conn, seal, clock.now)
        row = rows.row(conn, who, clock.now)
        take(conn, Kind.STAGED, who.sender_id, rows.terms(clock.now))
        return rows.of(conn, row)

    row = database.write(work)
    assert (row.state, row.claimed_by, row.attempts) == ("sending", "me", 1)
    assert row.claimed_until == clock.now + timedelta(seconds=60)


def test_put_back_undoes_the_claim_and_does_not_count_as_an_attempt(
    database: Database, seal: Seal, clock: Clock
) -> None:
    def work(conn: sa.Connection) -> sa.Row[tuple[object, ...]]:
        who = rows.someone(conn, seal, clock.now)
        row = rows.row(conn, who, clock.now)
        take(conn, Kind.STAGED, who.sender_id, rows.terms(clock.now))
        assert claims.put_back(conn, [row], "me", clock.now, Reason.TOO_LATE) == 1
        return rows.of(conn, row)

    row = database.write(work)
    assert (row.state, row.claimed_by, row.attempts) == ("queued", None, 0)


def test_put_back_leaves_alone_what_another_process_claimed(
    database: Database, seal: Seal, clock: Clock
) -> None:
    def work(conn: sa.Connection) -> tuple[int, str]:
        who = rows.someone(conn, seal, clock.now)
        row = rows.row(conn, who, clock.now)
        take(conn, Kind.STAGED, who.sender_id, rows.terms(clock.now))
        return claims.put_back(conn, [row], "somebody else", clock.now, None), rows.of(conn, row).state

    assert database.write(work) == (0, "sending")


def test_a_row_is_loaded_with_what_its_words_need(database: Database, seal: Seal, clock: Clock) -> None:
    def work(conn: sa.Connection) -> claims.Claimed:
        who = rows.someone(conn, seal, clock.now)
        return claims.load(conn, [rows.row(conn, who, clock.now)])[0]

    row = database.write(work)
    assert (row.role, row.language, row.campaign, row.step) == ("mother", "en", "flu", "offer")
    assert row.address is not None
    assert seal.open("addresses.value", row.address) == "+447700900000"


def test_an_answer_to_an_address_without_a_family_is_loaded_too(
    database: Database, seal: Seal, clock: Clock
) -> None:
    def work(conn: sa.Connection) -> claims.Claimed:
        who = rows.someone(conn, seal, clock.now)
        row = rows.row(conn, who, clock.now, Kind.CRISIS, family_id=0, member_id=0, language="ur")
        return claims.load(conn, [row])[0]

    assert database.write(work).language == "ur"


def test_two_dispatchers_never_claim_the_same_row(database: Database, seal: Seal, clock: Clock) -> None:
    """P4: 200 rows, two threads, five at a time."""

    def fill(conn: sa.Connection) -> rows.Someone:
        who = rows.someone(conn, seal, clock.now)
        for _ in range(200):
            rows.row(conn, who, clock.now, Kind.REPLY)
        return who

    who = database.write(fill)
    taken: dict[str, list[int]] = {"a": [], "b": []}

    def dispatch(holder: str) -> None:
        while True:
            got = database.write(
                lambda conn: take(conn, Kind.REPLY, who.sender_id, rows.terms(clock.now), 5, holder),
                Priority.CLAIM,
            )
            if not got:
                return
            taken[holder] += got

    threads = [threading.Thread(target=dispatch, args=(holder,)) for holder in taken]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # A claim that finds only rows locked by the other ends early: the last look takes what is left.
    dispatch("a")
    together = taken["a"] + taken["b"]
    assert len(together) == len(set(together)) == 200
