"""Claim and record as a hand writes them in SQL for one database: what the rows and their indexes cost.

No gate is asked, no word is made, no pace is kept: thirty rows are taken and the thirty before them are
recorded, in one transaction, until nothing is queued.
"""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta
from pathlib import Path

from bot.store.columns import as_number

_CLAIM = """
UPDATE outbox SET state = 'sending', claimed_by = 'hand', claimed_until = :until, attempted_at = :now,
    attempts = attempts + 1, sealed = :words, words_hash = :hash, parts = 1, updated_at = :now
WHERE outbox_id IN (
    SELECT outbox_id FROM outbox WHERE state = 'queued' AND sender_id = :sender AND kind = 'staged'
    AND send_at <= :now ORDER BY send_at, outbox_id LIMIT :most
) RETURNING outbox_id
"""
_RECORD = """
UPDATE outbox SET state = 'sent', provider_id = 'id-' || outbox_id, sent_at = ?, claimed_by = NULL,
    claimed_until = NULL, updated_at = ?
WHERE outbox_id = ?
"""


def leave(file: Path, now: datetime, at_once: int) -> int:
    """Claim and record everything that is queued for `now`; gives how many."""
    conn = sqlite3.connect(file, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-16384"):
        conn.execute(f"PRAGMA {pragma}")
    at = as_number(now)
    given = {
        "now": at, "until": as_number(now + timedelta(minutes=1)), "words": bytes(160), "hash": "h" * 64,
        "most": at_once,
    }  # fmt: skip
    left = 0
    for (sender,) in conn.execute("SELECT sender_id FROM senders").fetchall():
        claimed: list[tuple[int]] = []
        while True:
            conn.execute("BEGIN IMMEDIATE")
            conn.executemany(_RECORD, [(at, at, row) for (row,) in claimed])
            claimed = conn.execute(_CLAIM, given | {"sender": sender}).fetchall()
            conn.execute("COMMIT")
            if not claimed:
                break
            left += len(claimed)
    conn.close()
    return left
