"""The claim: every gate of every kind, and the index that it goes by."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot.domain.outbox import CLAIM_ORDER, GATES, Gate, Kind
from bot.store import accepted, claims, looks
from bot.store.claims import Said
from bot.store.database import Database
from bot.store.gates import Terms
from bot.store.sealed import Seal
from bot.store.tables import addresses, consent_states, families, members, outbox
from tests import rows
from tests.clock import Clock
from tests.store.claiming import take as _take

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
