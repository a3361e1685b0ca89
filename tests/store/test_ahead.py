"""What a wrong clock wrote far ahead is brought back, and nothing else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot.domain.outbox import Kind
from bot.store import ahead, alerts, aside, leases, pace
from bot.store.database import Database
from bot.store.sealed import Seal
from bot.store.tables import addresses, put_aside, senders
from bot.store.tables import alerts as alert_table
from bot.store.tables import leases as lease_table
from tests import rows
from tests.clock import Clock

MONTH, MINUTE, DAY = timedelta(days=30), timedelta(minutes=1), timedelta(days=1)


def written(conn: sa.Connection, seal: Seal, clock: Clock, by: timedelta) -> dict[str, int]:
    """One of each, as a clock wrote it that was so far ahead."""
    later = clock.now + by
    who = rows.someone(conn, seal, clock.now)
    made = {
        "answer": rows.row(conn, who, clock.now, Kind.CRISIS, send_at=later),
        "leaving": rows.row(
            conn, who, clock.now, Kind.REPLY, state="sending", claimed_by="x", claimed_until=later
        ),
        "step": rows.row(conn, who, clock.now, send_at=later),
    }
    pace.reserve(conn, who.sender_id, later)
    pace.take_chats(conn, {who.address_id: later}, clock.now)
    leases.take(conn, "polling", "dead", clock.now, later)
    alerts.raise_alert(conn, "crisis:abuse", later)
    aside.put(conn, who.family_id, aside.Work.PLAN, "KeyError", clock.now, 1, later)
    return made


def moments(conn: sa.Connection, made: dict[str, int]) -> dict[str, Any]:
    return {
        "sender": conn.execute(sa.select(senders.c.free_at)).scalar_one(),
        "chat": conn.execute(sa.select(addresses.c.free_at)).scalar_one(),
        "lease": conn.execute(sa.select(lease_table.c.until)).scalar_one(),
        "ring": conn.execute(sa.select(alert_table.c.ring_at)).scalar_one(),
        "aside": conn.execute(sa.select(put_aside.c.next_at)).scalar_one(),
        "answer": rows.of(conn, made["answer"]).send_at,
        "leaving": rows.of(conn, made["leaving"]).claimed_until,
        "step": rows.of(conn, made["step"]).send_at,
    }


def test_what_is_a_month_ahead_is_brought_back_but_for_a_step_s_own_time(
    database: Database, seal: Seal, clock: Clock
) -> None:
    def work(conn: sa.Connection) -> tuple[int, dict[str, Any]]:
        made = written(conn, seal, clock, MONTH)
        return ahead.bring_back(conn, clock.now, DAY), moments(conn, made)

    assert database.write(work) == (
        7,
        {
            "ring": clock.now, "aside": clock.now, "sender": clock.now, "chat": None, "lease": clock.now,
            "answer": clock.now, "leaving": clock.now + MINUTE, "step": clock.now + MONTH,
        },
    )  # fmt: skip


@pytest.mark.parametrize("by", [MINUTE, timedelta(hours=23)])
def test_what_may_be_so_is_left_as_it_is(database: Database, seal: Seal, clock: Clock, by: timedelta) -> None:
    """A provider may ask us to wait for a day."""

    def work(conn: sa.Connection) -> tuple[int, set[Any]]:
        made = written(conn, seal, clock, by)
        return ahead.bring_back(conn, clock.now, DAY), set(moments(conn, made).values())

    assert database.write(work) == (0, {clock.now + by})
