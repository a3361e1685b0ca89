"""The plan of one day as a hand writes it in SQL for one database and one day: INSERT ... SELECT a step.

It makes the rows that the product makes, for these hundred steps and these people: consent, STOP, hold,
pause, topics, audience, answers, hospital, one message a day and two in seven days, each outcome with its reason.
It knows nothing of outages, renamed steps, new revisions, other processes or tomorrow's rules.
"""

# ruff: noqa: E501 - SQL is read line by line
from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from bot.domain import hours, timeline
from bot.domain.campaign import Anchor, Calendar, Step

_CANDIDATES = """
CREATE TEMP TABLE candidate (
    outbox_id INTEGER, family_id INTEGER, member_id INTEGER, address_id INTEGER, channel TEXT, campaign TEXT,
    step TEXT, occurrence TEXT, pregnancy_id INTEGER, language TEXT, opens_on TEXT, closes_on TEXT,
    rank INTEGER, born_on TEXT, settled TEXT, reason TEXT, look_on TEXT
)
"""
_SETTLED = """
    CASE WHEN :unless AND EXISTS (SELECT 1 FROM answers s WHERE s.family_id = m.family_id
                  AND s.member_id = m.member_id AND s.campaign = :campaign AND s.meaning = 'done') THEN 'skipped'
         WHEN (:baby AND p.neonatal) OR m.paused_until > :today THEN 'waiting' END,
    CASE WHEN :unless AND EXISTS (SELECT 1 FROM answers s WHERE s.family_id = m.family_id
                  AND s.member_id = m.member_id AND s.campaign = :campaign AND s.meaning = 'done') THEN 'answered'
         WHEN :baby AND p.neonatal THEN 'neonatal'
         WHEN m.paused_until > :today THEN 'paused' END,
    CASE WHEN :baby AND p.neonatal THEN :closes
         WHEN m.paused_until > :today THEN min(m.paused_until, :closes) END
"""
_ALLOWED = """
    m.left_at IS NULL AND a.stopped_at IS NULL AND a.suspended_at IS NULL AND NOT f.held
    AND (:essential OR NOT m.essential_only) AND +p.lost_on IS NULL
    AND EXISTS (SELECT 1 FROM consent_states c WHERE c.family_id = m.family_id AND c.member_id = m.member_id
                AND c.purpose = 'pregnancy_and_baby' AND c.channel = a.channel AND c.live)
    AND NOT EXISTS (SELECT 1 FROM topics t WHERE t.family_id = m.family_id AND t.member_id = m.member_id
                    AND t.topic = :topic AND NOT t.wanted)
    AND EXISTS (SELECT 1 FROM babies b WHERE b.family_id = p.family_id AND b.pregnancy_id = p.pregnancy_id
                AND b.status <> 'apart')
"""
_COLUMNS = """
    SELECT NULL, m.family_id, m.member_id, m.address_id, a.channel, :campaign, :step, {occurrence},
           {pregnancy}, m.language, :today, :closes, :rank, p.born_on, {settled}
"""
_JOINS = """
    JOIN families f ON f.family_id = m.family_id JOIN addresses a ON a.address_id = m.address_id
"""
_TAKEN = """
CREATE TEMP TABLE taken AS
SELECT address_id, count(*) FILTER (WHERE NOT in_first_days) AS counted, max(day = :today) AS today,
       max(day) FILTER (WHERE NOT in_first_days) AS latest, min(day) FILTER (WHERE NOT in_first_days) AS earliest
FROM outbox
WHERE address_id IN (SELECT address_id FROM candidate) AND day > :week_ago AND kind = 'staged'
  AND state IN ('queued', 'sending', 'sent', 'delivered', 'uncertain')
GROUP BY address_id
"""
_WAITING = """
INSERT INTO candidate
SELECT o.outbox_id, o.family_id, o.member_id, o.address_id, o.channel, o.campaign, o.step, o.occurrence,
       o.pregnancy_id, m.language, o.opens_on, o.closes_on, k.rank, p.born_on,
       CASE WHEN o.closes_on <= :today THEN 'expired'
            WHEN (k.baby AND p.neonatal) OR m.paused_until > :today THEN 'waiting' END,
       CASE WHEN o.closes_on <= :today THEN o.reason
            WHEN k.baby AND p.neonatal THEN 'neonatal'
            WHEN m.paused_until > :today THEN 'paused' END,
       CASE WHEN o.closes_on <= :today THEN NULL
            WHEN k.baby AND p.neonatal THEN o.closes_on
            WHEN m.paused_until > :today THEN min(m.paused_until, o.closes_on) END
FROM looked_at l JOIN outbox o ON o.family_id = l.family_id
JOIN known k USING (campaign, step)
JOIN members m ON m.family_id = o.family_id AND m.member_id = o.member_id
JOIN pregnancies p ON p.family_id = o.family_id
WHERE o.state = 'waiting' AND o.kind = 'staged'
"""
_CHOSEN = """
CREATE TEMP TABLE chosen AS
SELECT *, row_number() OVER (PARTITION BY address_id, ready AND room AND best = 1 ORDER BY family_id, member_id)
          AS on_phone
FROM (
    SELECT c.*, settled IS NULL AS ready, t.latest, t.earliest, t.counted,
           coalesce(t.today, 0) = 0 AND (first_days OR coalesce(t.counted, 0) < 2) AS room,
           row_number() OVER (PARTITION BY family_id, member_id, settled IS NULL
                              ORDER BY rank, closes_on, campaign, step, occurrence) AS best
    FROM (SELECT *, coalesce(born_on > :ten_days_ago AND born_on <= :today, 0) AS first_days FROM candidate) c
    LEFT JOIN taken t USING (address_id)
)
"""
_DECIDED = """
CREATE TEMP TABLE decided AS
SELECT outbox_id, family_id, member_id, address_id, channel, campaign, step, occurrence, pregnancy_id, language,
       opens_on, closes_on, first_days,
       CASE WHEN NOT ready THEN settled WHEN goes AND on_phone = 1 THEN 'queued' ELSE 'waiting' END AS state,
       CASE WHEN NOT ready THEN reason WHEN goes AND on_phone = 1 THEN NULL WHEN goes THEN 'address_busy'
            ELSE 'cap' END AS reason,
       CASE WHEN NOT ready THEN look_on WHEN goes AND on_phone = 1 THEN NULL WHEN goes THEN :tomorrow
            ELSE min(closes_on, max(:tomorrow, coalesce(date(
                CASE WHEN first_days THEN NULL WHEN room THEN latest ELSE earliest END, '+7 days'), :tomorrow)))
            END AS look_on
FROM (SELECT *, room AND best = 1 AS goes FROM chosen)
"""
_MADE = """
INSERT INTO outbox (public_id, kind, state, reason, family_id, member_id, address_id, channel, sender_id,
    campaign, step, occurrence, pregnancy_id, purpose, revision_id, timing_hash, language, epoch, opens_on,
    closes_on, look_on, day, send_at, not_after, in_first_days, created_at, updated_at)
SELECT lower(hex(randomblob(16))), 'staged', d.state, d.reason, d.family_id, d.member_id, d.address_id, d.channel,
    s.sender_id, d.campaign, d.step, d.occurrence, d.pregnancy_id, 'pregnancy_and_baby', k.revision_id,
    k.timing_hash, CASE WHEN d.state = 'queued' OR d.reason = 'address_busy' THEN 'en' ELSE d.language END, 0, d.opens_on, d.closes_on, d.look_on,
    CASE d.state WHEN 'queued' THEN :today END, CASE d.state WHEN 'queued' THEN k.send_at END,
    CASE d.state WHEN 'queued' THEN :not_after END, d.state = 'queued' AND d.first_days, :now, :now
FROM decided d JOIN senders s ON s.channel = d.channel JOIN known k USING (campaign, step)
WHERE d.outbox_id IS NULL
"""
_MOVED = """
UPDATE outbox SET state = d.state, reason = d.reason, look_on = d.look_on, updated_at = :now,
    timing_hash = k.timing_hash, revision_id = k.revision_id,
    language = CASE WHEN d.state = 'queued' OR d.reason = 'address_busy' THEN 'en' ELSE outbox.language END,
    day = CASE d.state WHEN 'queued' THEN :today END, send_at = CASE d.state WHEN 'queued' THEN k.send_at END,
    not_after = CASE d.state WHEN 'queued' THEN :not_after END,
    in_first_days = CASE d.state WHEN 'queued' THEN d.first_days ELSE outbox.in_first_days END
FROM decided d JOIN known k USING (campaign, step)
WHERE outbox.outbox_id = d.outbox_id
"""
_KNOWN = """
CREATE TEMP TABLE known (campaign, step, revision_id, timing_hash, send_at, rank, baby, PRIMARY KEY (campaign, step))
"""
_DATES = {Anchor.DUE: "p.due_on", Anchor.BIRTH: "p.born_on", Anchor.CORRECTED: "p.corrected_on"}


def plan(file: Path, steps: Sequence[Step], revisions: dict[str, int], now: datetime) -> int:
    """Plan `now`'s day in one transaction; gives how many rows were made."""
    conn = sqlite3.connect(file, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-16384"):
        conn.execute(f"PRAGMA {pragma}")
    today = hours.local_day(now)
    bound = _bound(now, today)
    conn.execute(_CANDIDATES)
    conn.execute(_KNOWN)
    conn.execute("BEGIN IMMEDIATE")
    for step in steps:
        mine = bound | _of_step(step)
        at = max(hours.sending_moment(today, step.at), now)
        known = (revisions[step.campaign], step.timing_hash, _micros(at), mine["rank"], mine["baby"])
        conn.execute("INSERT INTO known VALUES (?, ?, ?, ?, ?, ?, ?)", (*step.key, *known))
        _openings(conn, step, mine, today)
    conn.execute(
        "CREATE TEMP TABLE looked_at AS SELECT family_id FROM candidate UNION SELECT family_id FROM outbox "
        "WHERE state = 'waiting' AND look_on <= :today",
        bound,
    )
    for statement in (_WAITING, _TAKEN, _CHOSEN, _DECIDED):
        conn.execute(statement, bound)
    made = conn.execute(_MADE, bound).rowcount
    conn.execute(_MOVED, bound)
    marks = [(today.isoformat(), *step.key) for step in steps]
    conn.executemany("UPDATE planned SET through = ? WHERE campaign = ? AND step = ?", marks)
    conn.execute("COMMIT")
    conn.close()
    return made


def _openings(conn: sqlite3.Connection, step: Step, bound: dict[str, Any], today: date) -> None:
    """Everybody for whom `step` opens today."""
    span = timeline.anchor_range(step, today, Calendar())
    if span is None or step.when.anchor in timeline.YEARLY:
        return
    bound = bound | {"first": span.first.isoformat(), "last": span.last.isoformat()}
    bound["closes"] = _closes(step, span.first).isoformat()
    roles = ", ".join(f"'{role.value}'" for role in sorted(step.to))
    where = f"m.role IN ({roles}) AND {_audience(step)} AND {_ALLOWED}"
    columns = _COLUMNS.format(
        occurrence="'m' || m.member_id" if step.when.anchor is Anchor.JOINED else "'p' || p.pregnancy_id",
        pregnancy="NULL" if step.when.anchor is Anchor.JOINED else "p.pregnancy_id", settled=_SETTLED,
    )  # fmt: skip
    if step.when.anchor is Anchor.JOINED:
        source = f"FROM members m JOIN pregnancies p ON p.family_id = m.family_id {_JOINS} WHERE m.joined_on"
    elif step.when.anchor is Anchor.AFTER:
        bound |= {"parent": step.when.step}
        source = (
            "FROM outbox o JOIN members m ON m.family_id = o.family_id AND m.member_id = o.member_id "
            f"JOIN pregnancies p ON p.family_id = o.family_id AND +p.born_on IS NULL {_JOINS} "
            "WHERE o.campaign = :campaign AND o.step = :parent AND o.state IN ('sent', 'delivered', 'uncertain') "
            "AND o.day"
        )
    else:
        unborn = "AND +p.born_on IS NULL" if step.when.anchor is Anchor.DUE else ""
        source = (
            f"FROM pregnancies p JOIN members m ON m.family_id = p.family_id {unborn} {_JOINS} "
            f"WHERE {_DATES[step.when.anchor]}"
        )
    conn.execute(f"INSERT INTO candidate {columns} {source} BETWEEN :first AND :last AND {where}", bound)


def _audience(step: Step) -> str:
    wanted, parts = step.audience, ["1"]
    if wanted.areas:
        parts.append("m.area IN ({})".format(", ".join(f"'{area}'" for area in sorted(wanted.areas))))
    if wanted.under_20 is not None:
        parts.append("m.under_20" if wanted.under_20 else "NOT m.under_20")
    if wanted.joined_before_days is not None:
        parts.append(f"julianday(m.joined_on) - julianday(p.due_on) + 280 < {wanted.joined_before_days}")
    return " AND ".join(parts)


def _closes(step: Step, anchor: date) -> date:
    name = {Anchor.AFTER: "sent"}.get(step.when.anchor, step.when.anchor.value)
    window = timeline.window(step, timeline.Dates(**{name: anchor}), Calendar())
    assert window is not None
    return window.closes


def _bound(now: datetime, today: date) -> dict[str, Any]:
    return {
        "today": today.isoformat(), "tomorrow": (today + timedelta(days=1)).isoformat(),
        "week_ago": (today - timedelta(days=7)).isoformat(), "now": _micros(now),
        "ten_days_ago": (today - timedelta(days=10)).isoformat(), "not_after": _micros(hours.last_moment(today)),
    }  # fmt: skip


def _of_step(step: Step) -> dict[str, Any]:
    return {
        "campaign": step.campaign, "step": step.id, "topic": step.topic, "rank": step.importance.rank,
        "essential": step.importance.rank == 0, "unless": "done" in step.unless,
        "baby": step.when.anchor in (Anchor.BIRTH, Anchor.CORRECTED),
    }  # fmt: skip


def _micros(moment: datetime) -> int:
    return int(moment.timestamp()) * 1_000_000
