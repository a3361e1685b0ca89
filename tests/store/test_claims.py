"""The claim: every gate of every kind, order, pace of a chat, and no row twice."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot.domain.address import ChannelName
from bot.domain.outbox import CLAIM_ORDER, GATES, Gate, Kind, Reason, State
from bot.store import accepted, claims, looks, pace
from bot.store.claims import Said
from bot.store.database import Database
from bot.store.gates import Terms
from bot.store.sealed import Seal
from bot.store.tables import addresses, consent_states, families, members, outbox
from bot.store.writer import Priority
from tests import rows
from tests.clock import Clock

Breaker = Callable[[sa.Connection, rows.Someone, int, Terms], Terms]


def _no_consent(conn: sa.Connection, who: rows.Someone, row: int, terms: Terms) -> Terms:
    conn.execute(sa.update(consent_states).values(live=False))
    return terms


def _other_channel(conn: sa.Connection, who: rows.Someone, row: int, terms: Terms) -> Terms:
    conn.execute(sa.update(consent_states).values(channel="telegram"))
    return terms


def _other_purpose(conn: sa.Connection, who: rows.Someone, row: int, terms: Terms) -> Terms:
    conn.execute(sa.update(consent_states).values(purpose="reminders"))
    return terms


def _stopped(conn: sa.Connection, who: rows.Someone, row: int, terms: Terms) -> Terms:
    conn.execute(sa.update(addresses).values(stopped_at=terms.now))
    return terms


def _stopped_since(conn: sa.Connection, who: rows.Someone, row: int, terms: Terms) -> Terms:
    conn.execute(sa.update(addresses).values(stopped_at=terms.now + timedelta(microseconds=1)))
    return terms


def _suspended(conn: sa.Connection, who: rows.Someone, row: int, terms: Terms) -> Terms:
    conn.execute(sa.update(addresses).values(suspended_at=terms.now))
    return terms


def _held(conn: sa.Connection, who: rows.Someone, row: int, terms: Terms) -> Terms:
    conn.execute(sa.update(families).values(held=True))
    return terms


def _night(conn: sa.Connection, who: rows.Someone, row: int, terms: Terms) -> Terms:
    return replace(terms, open_now=False)


def _too_late(conn: sa.Connection, who: rows.Someone, row: int, terms: Terms) -> Terms:
    conn.execute(sa.update(outbox).values(not_after=terms.now))
    return terms


def _closed(conn: sa.Connection, who: rows.Someone, row: int, terms: Terms) -> Terms:
    conn.execute(sa.update(outbox).values(closes_on=terms.today))
    return terms


def _not_open(conn: sa.Connection, who: rows.Someone, row: int, terms: Terms) -> Terms:
    conn.execute(sa.update(outbox).values(opens_on=terms.today + timedelta(days=1)))
    return terms


def _other_day(conn: sa.Connection, who: rows.Someone, row: int, terms: Terms) -> Terms:
    conn.execute(sa.update(outbox).values(day=terms.today - timedelta(days=1)))
    return terms


def _paused(conn: sa.Connection, who: rows.Someone, row: int, terms: Terms) -> Terms:
    conn.execute(sa.update(members).values(paused_until=terms.today + timedelta(days=1)))
    return terms


def _not_live(conn: sa.Connection, who: rows.Someone, row: int, terms: Terms) -> Terms:
    return replace(terms, live=frozenset({"flu/nudge"}))


def _nothing_live(conn: sa.Connection, who: rows.Someone, row: int, terms: Terms) -> Terms:
    return replace(terms, live=frozenset())


def _no_guest(conn: sa.Connection, who: rows.Someone, row: int, terms: Terms) -> Terms:
    return replace(terms, anyone=False)


BREAKERS: list[tuple[Gate, Breaker]] = [
    (Gate.CONSENT, _no_consent), (Gate.CONSENT, _other_channel), (Gate.CONSENT, _other_purpose),
    (Gate.STOP, _stopped), (Gate.STOP, _suspended), (Gate.OVERTAKEN, _stopped_since), (Gate.HOLD, _held),
    (Gate.QUIET, _night), (Gate.WINDOW, _too_late), (Gate.WINDOW, _closed), (Gate.WINDOW, _not_open),
    (Gate.WINDOW, _other_day), (Gate.PAUSE, _paused), (Gate.APPROVED, _not_live),
    (Gate.APPROVED, _nothing_live), (Gate.GUEST, _no_guest),
]  # fmt: skip


def _take(
    conn: sa.Connection, kind: Kind, sender_id: int, terms: Terms, slots: int = 8, holder: str = "me"
) -> list[int]:
    """Pick and take, as a claim does."""
    picked = dict.fromkeys(row.id for row in claims.pick(conn, kind, sender_id, slots, terms))
    return sorted(claims.take(conn, kind, picked, terms, holder, terms.at + timedelta(seconds=60)))


SAID = Said(b"sealed", "en", "hash", 1)


def test_every_gate_is_broken_by_some_test() -> None:
    assert {gate for gate, _ in BREAKERS} == set(Gate)


@pytest.mark.parametrize("kind", list(Kind))
def test_a_row_that_meets_every_gate_is_claimed(
    database: Database, seal: Seal, clock: Clock, kind: Kind
) -> None:
    def work(conn: sa.Connection) -> tuple[list[int], int]:
        who = rows.someone(conn, seal, clock.now)
        row = rows.row(conn, who, clock.now, kind)
        return _take(conn, kind, who.sender_id, rows.terms(clock.now)), row

    taken, row = database.write(work)
    assert taken == [row]


@pytest.mark.parametrize("kind", list(Kind))
def test_a_gate_blocks_exactly_the_kinds_that_the_table_names(
    database: Database, seal: Seal, clock: Clock, kind: Kind
) -> None:
    """P1, P2, P3, P6, P9: each condition is broken alone, and looked at again in the claim."""

    class Undo(Exception):
        pass

    for gate, breaker in BREAKERS:
        seen: list[list[int]] = []

        def work(conn: sa.Connection, breaker: Breaker = breaker, seen: list[list[int]] = seen) -> None:
            who = rows.someone(conn, seal, clock.now)
            row = rows.row(conn, who, clock.now, kind)
            changed = breaker(conn, who, row, rows.terms(clock.now))
            seen.append(_take(conn, kind, who.sender_id, changed))
            raise Undo

        with pytest.raises(Undo):
            database.write(work)
        assert (seen[0] == []) is (gate in GATES[kind]), f"{gate} {breaker.__name__}"


@pytest.mark.parametrize(("gate", "breaker"), BREAKERS)
def test_every_gate_is_in_the_update_that_claims(
    database: Database, seal: Seal, clock: Clock, gate: Gate, breaker: Breaker
) -> None:
    """P1, P2, P3, P6, P9: what changes while the words are made is seen; the pick alone claims nothing."""

    def work(conn: sa.Connection) -> tuple[int, list[int]]:
        who = rows.someone(conn, seal, clock.now)
        row = rows.row(conn, who, clock.now)
        fine = rows.terms(clock.now)
        picked = claims.pick(conn, Kind.STAGED, who.sender_id, 8, fine)
        changed = breaker(conn, who, row, fine)
        until = clock.now + timedelta(seconds=60)
        taken = claims.take(conn, Kind.STAGED, {one.id: SAID for one in picked}, changed, "me", until)
        return len(picked), sorted(taken)

    assert gate in GATES[Kind.STAGED]
    assert database.write(work) == (1, [])


def test_of_several_picked_those_are_taken_that_still_may_go(
    database: Database, seal: Seal, clock: Clock
) -> None:
    """Each with its own words; what holds its words already keeps them."""

    def work(conn: sa.Connection) -> list[tuple[str, bytes | None, str, str]]:
        ids = []
        for number in range(3):
            who = rows.someone(conn, seal, clock.now, number)
            ids.append(rows.row(conn, who, clock.now, sealed=b"old", language="pl"))
        picked = claims.pick(conn, Kind.STAGED, who.sender_id, 8, rows.terms(clock.now))
        conn.execute(sa.update(outbox).where(outbox.c.outbox_id == ids[0]).values(state="cancelled"))
        said = {ids[0]: SAID, ids[1]: Said(b"\x00new\xff", "ur", "h2", 3), ids[2]: None}
        assert [one.id for one in picked] == ids
        until = clock.now + timedelta(seconds=60)
        taken = claims.take(conn, Kind.STAGED, said, rows.terms(clock.now), "me", until)
        assert taken == {ids[1], ids[2]}
        after = [rows.of(conn, row) for row in ids]
        return [(row.state, row.sealed, row.language, row.words_hash) for row in after]

    assert database.write(work) == [
        ("cancelled", b"old", "pl", ""),
        ("sending", b"\x00new\xff", "ur", "h2"),
        ("sending", b"old", "pl", ""),
    ]


def test_p1_the_consent_of_somebody_else_in_the_family_is_no_consent(
    database: Database, seal: Seal, clock: Clock
) -> None:
    def work(conn: sa.Connection) -> list[int]:
        who = rows.someone(conn, seal, clock.now)
        rows.row(conn, who, clock.now)
        conn.execute(sa.update(consent_states).values(live=False))
        rows.someone(conn, seal, clock.now, 1, family_id=who.family_id)
        return _take(conn, Kind.STAGED, who.sender_id, rows.terms(clock.now))

    assert database.write(work) == []


def test_p1_the_pause_of_one_is_not_ended_by_somebody_else_in_the_family(
    database: Database, seal: Seal, clock: Clock
) -> None:
    def work(conn: sa.Connection) -> list[int]:
        who = rows.someone(conn, seal, clock.now)
        rows.row(conn, who, clock.now)
        conn.execute(sa.update(members).values(paused_until=clock.now.date() + timedelta(days=1)))
        rows.someone(conn, seal, clock.now, 1, family_id=who.family_id)
        return _take(conn, Kind.STAGED, who.sender_id, rows.terms(clock.now))

    assert database.write(work) == []


def test_a_message_may_go_on_the_day_it_opens_and_on_the_day_a_pause_ends(
    database: Database, seal: Seal, clock: Clock
) -> None:
    def work(conn: sa.Connection) -> list[int]:
        who = rows.someone(conn, seal, clock.now)
        rows.row(conn, who, clock.now, opens_on=clock.now.date())
        conn.execute(sa.update(members).values(paused_until=clock.now.date()))
        return _take(conn, Kind.STAGED, who.sender_id, rows.terms(clock.now))

    assert len(database.write(work)) == 1


def test_a_guest_passes_in_trial_mode(database: Database, seal: Seal, clock: Clock) -> None:
    def work(conn: sa.Connection) -> list[int]:
        who = rows.someone(conn, seal, clock.now)
        rows.row(conn, who, clock.now)
        conn.execute(sa.update(addresses).values(guest=True))
        return _take(conn, Kind.STAGED, who.sender_id, rows.terms(clock.now, anyone=False))

    assert len(database.write(work)) == 1


@pytest.mark.parametrize("state", [state for state in State if state is not State.QUEUED])
def test_only_queued_rows_are_claimed(database: Database, seal: Seal, clock: Clock, state: State) -> None:
    def work(conn: sa.Connection) -> list[int]:
        who = rows.someone(conn, seal, clock.now)
        rows.row(conn, who, clock.now, state=state.value)
        return _take(conn, Kind.STAGED, who.sender_id, rows.terms(clock.now))

    assert database.write(work) == []


def test_nothing_is_claimed_before_its_moment(database: Database, seal: Seal, clock: Clock) -> None:
    def work(conn: sa.Connection) -> list[int]:
        who = rows.someone(conn, seal, clock.now)
        rows.row(conn, who, clock.now, send_at=clock.now + timedelta(microseconds=1))
        return _take(conn, Kind.STAGED, who.sender_id, rows.terms(clock.now))

    assert database.write(work) == []


def test_another_senders_rows_are_left_alone(database: Database, seal: Seal, clock: Clock) -> None:
    def work(conn: sa.Connection) -> list[int]:
        who = rows.someone(conn, seal, clock.now)
        rows.row(conn, who, clock.now)
        other = pace.sender_id(conn, ChannelName.SMS, "other", clock.now)
        return _take(conn, Kind.STAGED, other, rows.terms(clock.now))

    assert database.write(work) == []


def test_a_busy_chat_waits_for_its_own_pace(database: Database, seal: Seal, clock: Clock) -> None:
    def work(conn: sa.Connection) -> tuple[list[int], list[int]]:
        who = rows.someone(conn, seal, clock.now)
        rows.row(conn, who, clock.now, Kind.REPLY)
        pace.take_chats(conn, {who.address_id: clock.now + timedelta(seconds=1)}, clock.now)
        before = _take(conn, Kind.REPLY, who.sender_id, rows.terms(clock.now))
        later = rows.terms(clock.now + timedelta(seconds=1))
        return before, _take(conn, Kind.REPLY, who.sender_id, later)

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
        taken = _take(conn, Kind.REPLY, who.sender_id, rows.terms(clock.now), slots=2)
        return sorted(taken), sorted([ids[1], ids[2]])

    taken, earliest = database.write(work)
    assert taken == earliest


def test_a_claim_says_who_until_when_and_how_often(database: Database, seal: Seal, clock: Clock) -> None:
    def work(conn: sa.Connection) -> sa.Row[tuple[object, ...]]:
        who = rows.someone(conn, seal, clock.now)
        row = rows.row(conn, who, clock.now)
        _take(conn, Kind.STAGED, who.sender_id, rows.terms(clock.now))
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
        _take(conn, Kind.STAGED, who.sender_id, rows.terms(clock.now))
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
        _take(conn, Kind.STAGED, who.sender_id, rows.terms(clock.now))
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
                lambda conn: _take(conn, Kind.REPLY, who.sender_id, rows.terms(clock.now), 5, holder),
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


def _plan(database: Database, statement: Any, values: Mapping[str, Any]) -> str:
    """How the database goes about it, when nothing tells it how many rows there are."""

    def work(conn: sa.Connection) -> str:
        explain = "EXPLAIN QUERY PLAN " if database.sqlite else "EXPLAIN "
        if not database.sqlite:  # an empty table would simply be scanned
            conn.exec_driver_sql("SET LOCAL enable_seqscan = off")

        @sa.event.listens_for(conn, "before_cursor_execute", retval=True)
        def explained(_c: Any, _cursor: Any, statement: str, given: Any, _ctx: Any, _many: Any) -> Any:
            return explain + statement, given

        return str(conn.execute(statement, values).cursor.fetchall())

    return database.read(work)


@pytest.mark.parametrize("kind", list(Kind))
def test_the_pick_goes_by_the_partial_index_and_sorts_nothing(
    database: Database, clock: Clock, kind: Kind
) -> None:
    """A morning's rows of another kind are not looked at to find one reply, nor all to find the first."""
    values = rows.terms(clock.now).values() | {"sender": 1, "slots": 8}
    for but in (Gate.APPROVED, None):
        plan = _plan(database, claims._to_pick(kind, but), values)
        assert "ix_outbox_queued" in plan
        assert not re.search("Sort|TEMP B-TREE", plan)


def test_what_was_picked_is_taken_by_its_key(database: Database, clock: Clock) -> None:
    """Not by reading everything that is queued."""
    values = rows.terms(clock.now).values() | {
        "rows": "[]", "words": b"", "holder": "me", "until": clock.now,
    }  # fmt: skip
    plan = _plan(database, claims._to_take(Kind.STAGED, True), values)
    assert re.search("outbox USING INTEGER PRIMARY KEY|pk_outbox", plan)
    assert "ix_outbox" not in plan


def test_what_was_accepted_is_recorded_by_its_key(database: Database, clock: Clock) -> None:
    values = {"rows": "[]", "local": clock.now.date(), "at": clock.now}
    for statement in (accepted._ON_ITS_DAY, accepted._ON_ANY_DAY):
        plan = _plan(database, statement._statement, values)
        assert re.search("outbox USING INTEGER PRIMARY KEY|pk_outbox", plan)
        assert "ix_outbox" not in plan


def test_only_kinds_with_something_due_are_looked_for(database: Database, seal: Seal, clock: Clock) -> None:
    def work(conn: sa.Connection) -> looks.Look | None:
        who = rows.someone(conn, seal, clock.now)
        rows.row(conn, who, clock.now, Kind.REPLY)
        rows.row(conn, who, clock.now, Kind.CRISIS, state="sending")
        rows.row(conn, who, clock.now, Kind.STAGED, send_at=clock.now + timedelta(hours=1))
        return looks.look(conn, who.channel, "test", clock.now)

    seen = database.write(work)
    assert seen is not None
    assert (seen.due, seen.sender.free_at) == ({Kind.REPLY}, clock.now)


def test_claims_go_in_the_order_of_kinds() -> None:
    assert set(CLAIM_ORDER) == set(Kind)
    assert CLAIM_ORDER[0] is Kind.CRISIS
