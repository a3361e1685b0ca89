"""STOP, LOSS, export and erasure find their rows by an index on both databases: never by reading them all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from bot.domain.outbox import Kind, Reason, State
from bot.store import (
    addresses,
    aside,
    audit,
    consents,
    dossier,
    families,
    occurrences,
    outbox,
    work_codes,
)
from bot.store.aside import Work
from bot.store.behind import behind, last_campaign, told_births
from bot.store.recall import recall

if TYPE_CHECKING:
    from tests.store.conftest import Rows

TODAY = date(2027, 2, 2)
KINDS = (Kind.STAGED, Kind.CHECK_IN, Kind.STAFF)
CLOSED: dict[str, Any] = {"kinds": KINDS, "state": State.CANCELLED, "reason": Reason.STOP}

LOOKUPS: dict[str, Callable[[sa.Connection, Rows], object]] = {
    "who is behind an address": lambda conn, _: families.members_at(conn, 5),
    "who is behind addresses, and their last campaign": lambda conn, _: behind(conn, [5, 6]),
    "births that were told": lambda conn, _: told_births(conn, [(5, 6)]),
    "an address": lambda conn, rows: addresses.find(conn, rows.seal, _phone()),
    "open rows of an address": lambda conn, rows: outbox.close_open(
        conn, address_id=5, now=rows.now, **CLOSED
    ),
    "open rows of a family": lambda conn, rows: outbox.close_open(conn, family_id=5, now=rows.now, **CLOSED),
    "queued rows of a family": lambda conn, rows: recall(conn, 5, TODAY, rows.now),
    "the last campaign": lambda conn, _: last_campaign(conn, 5, 6),
    "consents": lambda conn, _: consents.ledger(conn, 5),
    "a whole family": lambda conn, _: families.load(conn, [5]),
    "texts of an address": lambda conn, _: dossier.unlink_texts(conn, 5),
    "whether an address is used": lambda conn, _: dossier.in_use(conn, 5),
    "days that may have had a message": lambda conn, _: occurrences.days_taken(conn, [5, 6], TODAY),
    "what is put aside of a family": lambda conn, rows: aside.waiting(conn, Work.PLAN, [5, 6], rows.now),
    "what became of an organisation's codes": lambda conn, rows: _batches(conn, rows),
    "whom it is tried for again": lambda conn, _: aside.mended(conn, Work.PLAN, [5, 6]),
}
_GIVEN = "json_each"  # the ids that were asked for
SMALL = {"alerts"}  # only a few are ever there


def _phone() -> Any:
    from tests.store.conftest import phone

    return phone(1)


def _batches(conn: sa.Connection, rows: Rows) -> None:
    audit.record(conn, "officer", work_codes.MADE, rows.now, "Ward Nine")
    [batch] = work_codes.batches(conn, rows.seal, rows.now)
    assert batch.made == 0
    work_codes.end(conn, rows.seal, "Ward Nine", rows.now)


def _scans(conn: sa.Connection, statement: str, parameters: Any) -> list[str]:
    if conn.dialect.name == "sqlite":
        plan = conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
        return [row[-1] for row in plan if row[-1].startswith("SCAN") and _GIVEN not in row[-1]]
    plan = conn.exec_driver_sql(f"EXPLAIN {statement}", parameters).all()
    return [row[0] for row in plan if "Seq Scan" in row[0]]


@pytest.mark.parametrize("name", LOOKUPS)
def test_it_is_found_by_an_index(rows: Rows, name: str) -> None:
    said: list[tuple[str, Any]] = []

    def work(conn: sa.Connection) -> list[str]:
        if conn.dialect.name == "postgresql":  # of a few rows it would read all, which says nothing
            conn.exec_driver_sql("SET LOCAL enable_seqscan = off")
        sa.event.listen(conn, "before_cursor_execute", lambda *given: said.append((given[2], given[3])))
        LOOKUPS[name](conn, rows)
        asked = [one for one in said if one[0].startswith(("SELECT", "UPDATE", "DELETE"))]
        assert asked
        return [scan for one in asked for scan in _scans(conn, *one) if not _small(scan)]

    assert rows.database.write(work) == []


def _small(scan: str) -> bool:
    return any(table in scan for table in SMALL)
