"""Families by the million, made by executemany: every one of them as enrolling and planning would leave them.

Deterministic: the same number of contacts gives the same rows. The outbox is filled in the order of its days,
as it would have been, so that one family's rows lie far apart.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.history import Openings, Past, Person, past
from bot.domain.address import Address, ChannelName
from bot.domain.campaign import Anchor, Step
from bot.domain.family import corrected_day
from bot.store.sealed import Seal

NOW = datetime(2027, 2, 2, 10, 0, tzinfo=UTC)
TODAY = NOW.date()
_FIRST_ID = int(NOW.timestamp() * 1000) - 10**9 << 20
_AGREED = "pregnancy_and_baby"
_AREAS = ("m13", "m40", "m18", "m15", "m12", "m21", "m20", "m11", None, None)
_HOUSEHOLDS = (
    ("mother",), ("mother",), ("mother", "father"), ("mother", "partner"),
    ("mother", "father", "grandparent"), ("mother", "grandparent"), ("mother", "father"),
)  # fmt: skip
_LANGUAGES = ("en",) * 17 + ("ur", "ar", "pl")
Rows = dict[str, list[tuple[Any, ...]]]
_COLUMNS = {
    "families": "family_id, epoch, held, created_at",
    "pregnancies": "family_id, pregnancy_id, due_on, born_on, corrected_on, lost_on, neonatal, resumed_for",
    "babies": "family_id, baby_id, pregnancy_id, status",
    "holds": "family_id, hold_id, kind, member_id, at",
    "addresses": "address_id, channel, lookup, lookup_key, sealed, stopped_at, created_at",
    "members": "family_id, member_id, role, language, link, joined_on, address_id, paused_until, area, "
    "essential_only, under_20, previous_loss",
    "topics": "family_id, member_id, topic, wanted, at",
    "answers": "family_id, member_id, campaign, meaning, at",
    "consents": "family_id, consent_id, member_id, purpose, channel, given, at, how, words_version",
    "consent_states": "family_id, member_id, purpose, channel, live, consent_id",
    "family_events": "family_id, event_id, at, kind, member_id, detail",
    "history": "seq, kind, state, reason, family_id, member_id, address_id, channel, sender_id, campaign, "
    "step, occurrence, pregnancy_id, purpose, revision_id, timing_hash, language, opens_on, closes_on, "
    "look_on, day, in_first_days, sent_at, delivered_at, public_id, created_at, updated_at",
}
_OUTBOX = _COLUMNS["history"].removeprefix("seq, ")


@dataclass(frozen=True)
class Ground:
    """What everybody is made from."""

    seal: Seal
    steps: Sequence[Step]
    revisions: dict[str, int]
    senders: dict[str, int]
    openings: Openings


def plant(file: Path, ground: Ground, contacts: int, tell: Callable[[str], None] = lambda text: None) -> None:
    """Fill the tables of a database that has none of it yet; indexes are taken off meanwhile."""
    conn = sqlite3.connect(file, isolation_level=None)
    for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-1000000", "foreign_keys=OFF"):
        conn.execute(f"PRAGMA {pragma}")
    conn.execute(f"CREATE TABLE history ({_COLUMNS['history']})")
    indexes = _without_indexes(conn)
    made = 0
    for rows in _batches(ground, contacts):
        conn.execute("BEGIN")
        for table, values in rows.items():
            marks = ", ".join("?" * len(values[0])) if values else ""
            if values:
                conn.executemany(f"INSERT INTO {table} ({_COLUMNS[table]}) VALUES ({marks})", values)
        conn.execute("COMMIT")
        made += len(rows["members"])
        tell(f"{made:,} of {contacts:,} contacts made")
    tell("their history is put in the order of its days")
    _in_order(conn)
    for number, statement in enumerate(indexes):
        tell(f"index {number + 1} of {len(indexes)}")
        conn.execute(statement)
    conn.execute("PRAGMA journal_mode=WAL")
    conn.close()


def _without_indexes(conn: sqlite3.Connection) -> list[str]:
    found = conn.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    ).fetchall()
    for name, _ in found:
        conn.execute(f"DROP INDEX {name}")
    return [sql for _, sql in found]


def _in_order(conn: sqlite3.Connection) -> None:
    """The history becomes the outbox, its ids rising with the days on which its rows were made."""
    conn.execute(
        f"INSERT INTO outbox (outbox_id, {_OUTBOX}) "
        f"SELECT {_FIRST_ID} + row_number() OVER (ORDER BY created_at, seq) * 64, {_OUTBOX} "
        "FROM history ORDER BY created_at, seq"
    )
    conn.execute("DROP TABLE history")


def _batches(ground: Ground, contacts: int, size: int = 5000) -> Iterator[Rows]:
    """Families in pages, until there are so many contacts."""
    chance = Random(contacts)
    made = number = 0
    while made < contacts:
        rows: Rows = {table: [] for table in _COLUMNS}
        for _ in range(size):
            if made < contacts:
                made += _family(rows, ground, number, chance, contacts - made)
                number += 1
        yield rows


@cache
def _moment(day: date, hour: int = 10) -> int:
    return int(datetime(day.year, day.month, day.day, hour, tzinfo=UTC).timestamp()) * 1_000_000


def _ago(chance: Random, days: int) -> date:
    return TODAY - timedelta(days=chance.randrange(days))


def _family(rows: Rows, ground: Ground, number: int, chance: Random, most: int) -> int:
    """One family; gives how many members it has."""
    family = _FIRST_ID + (number << 12)
    due = TODAY + timedelta(days=chance.randrange(-640, 273))
    born = due + timedelta(days=chance.randrange(-30, 12))
    born_on = born if born < TODAY else None
    corrected = corrected_day(due, born_on) if born_on is not None else None
    lost = _ago(chance, 300) if chance.random() < 0.01 else None
    joined = max(due - timedelta(days=chance.randrange(20, 230)), date(2025, 1, 1))
    joined = min(joined, TODAY - timedelta(days=1 + chance.randrange(60)))
    neonatal = born_on is not None and chance.random() < 0.005
    apart = born_on is not None and chance.random() < 0.003
    pregnancy = family + 1
    rows["families"].append((family, 0, int(lost is not None), _moment(joined)))
    rows["pregnancies"].append(
        (family, pregnancy, due.isoformat(), _iso(born_on), _iso(corrected), _iso(lost), int(neonatal), "[]")
    )
    status = "apart" if apart else "expected" if born_on is None else "born"
    for baby in range(2 if chance.random() < 0.02 else 1):
        rows["babies"].append((family, family + 2 + baby, pregnancy, status))
    if lost is not None:
        rows["holds"].append((family, family + 8, "loss", family + 16, _moment(lost)))
    household = _HOUSEHOLDS[number % len(_HOUSEHOLDS)][:most]
    shared = len(household) > 1 and household[-1] == "grandparent" and chance.random() < 0.05
    dates = {Anchor.DUE: due, Anchor.BIRTH: born_on, Anchor.CORRECTED: corrected}
    for place, role in enumerate(household):
        member = family + 16 + place * 16
        _member(rows, ground, chance, family, member, role, joined)
        address = rows["addresses"][-1][0]
        if shared and role == "grandparent":  # she has no phone of her own
            rows["addresses"].pop()
            address = family + 16 + 4
            channel = next(row[1] for row in rows["addresses"] if row[0] == address)
            rows["members"][-1] = (*rows["members"][-1][:6], address, *rows["members"][-1][7:])
            for table, at in (("consents", 4), ("consent_states", 3)):
                rows[table][-1] = (*rows[table][-1][:at], channel, *rows[table][-1][at + 1 :])
            continue  # what she had would have to share her daughter's days
        if lost is None and not apart and not neonatal and rows["consent_states"][-1][4]:
            _had(rows, ground, rows["members"][-1], dates, pregnancy)
    return len(household)


def _member(
    rows: Rows, ground: Ground, chance: Random, family: int, member: int, role: str, joined: date
) -> None:
    """A member with an address of their own, and what they agreed to and wished."""
    channel = ChannelName.TELEGRAM if chance.random() < 0.6 else ChannelName.SMS
    serial = (member - _FIRST_ID) >> 4
    value = str(10_000_000 + serial) if channel is ChannelName.TELEGRAM else f"+4477009{serial % 100000:05d}"
    address = Address(channel, value)
    stopped, at = chance.random() < 0.02, _moment(joined)
    lookup = hashlib.sha256(f"{channel}:{serial}".encode()).digest()
    rows["addresses"].append(
        (member + 4, channel.value, lookup, "k1", ground.seal.seal("addresses.value", address.value),
         _moment(TODAY - timedelta(days=2)) if stopped else None, at)
    )  # fmt: skip
    paused = TODAY + timedelta(days=9) if chance.random() < 0.005 else None
    rows["members"].append(
        (family, member, role, chance.choice(_LANGUAGES), "own" if role == "mother" else "code",
         joined.isoformat(), member + 4, _iso(paused), chance.choice(_AREAS), int(chance.random() < 0.02),
         int(role == "mother" and chance.random() < 0.05), int(chance.random() < 0.05))
    )  # fmt: skip
    if chance.random() < 0.03:
        rows["topics"].append((family, member, chance.choice(("flu", "crying", "sleep")), 0, at))
    if chance.random() < 0.02:
        rows["answers"].append((family, member, f"campaign{chance.randrange(9):02d}", "done", at))
    rows["consents"].append(
        (family, member + 5, member, _AGREED, channel.value, 1, at, "staff", "seen-on-paper")
    )
    if stopped:
        rows["consents"].append((family, member + 6, member, _AGREED, channel.value, 0, at, "stop", ""))
    rows["consent_states"].append(
        (family, member, _AGREED, channel.value, int(not stopped), member + (6 if stopped else 5))
    )
    rows["family_events"].append((family, member + 7, at, "joined", member, "{}"))


def _had(
    rows: Rows, ground: Ground, member: tuple[Any, ...], dates: dict[Anchor, date | None], pregnancy: int
) -> None:
    """What this member's steps of the last weeks came to."""
    family, own, role, language, _, joined, address = member[:7]
    mine = (family, own)
    who = Person(
        own, f"p{pregnancy}", role, dates | {Anchor.JOINED: date.fromisoformat(joined)},
        date.fromisoformat(joined), member[8], bool(member[10]),
        frozenset(row[2] for row in rows["topics"][-1:] if row[:2] == mine), bool(member[9]),
        frozenset(row[2] for row in rows["answers"][-1:] if row[:2] == mine),
    )  # fmt: skip
    channel = rows["addresses"][-1][1]
    for one in past(ground.openings, who):
        rows["history"].append(_row(ground, one, family, own, address, channel, language, pregnancy, rows))


def _row(
    ground: Ground, one: Past, family: int, member: int, address: int, channel: str, language: str,
    pregnancy: int, rows: Rows,
) -> tuple[Any, ...]:  # fmt: skip
    seq = len(rows["history"])
    made, step = _moment(one.made_on), one.step
    left = None if one.day is None else _moment(one.day, 11)
    public_id = hashlib.md5(f"{member}{step.key}{one.occurrence}".encode(), usedforsecurity=False).hexdigest()
    counted = one.occurrence.startswith("p")
    return (
        seq, "staged", one.state, one.reason, family, member, address, channel, ground.senders[channel],
        step.campaign, step.id, one.occurrence, pregnancy if counted else None, _AGREED,
        ground.revisions[step.campaign], step.timing_hash, language if one.day is None else "en",
        _iso(one.opens), _iso(one.closes), _iso(one.look_on), _iso(one.day), int(one.first_days),
        left, left, public_id, made, left or made,
    )  # fmt: skip


@cache
def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
