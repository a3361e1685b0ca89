"""Keys: everything is sealed anew with the newest one while the bot runs; and which keys are still needed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from bot.errors import NotAllowed, NotFound
from bot.services.desk import Desk
from bot.store import audit, keyring, rotation
from bot.store.rotation import COLUMNS, Batch, Column
from bot.store.writer import Priority

BATCH = 100  # values a transaction: an inbound STOP never waits for more than this
_ROUNDS = 3  # what somebody was changing just then is met in the next


@dataclass
class Rotated:
    """What a rotation did, by table; `left` are values that were being changed just then."""

    done: Counter[str] = field(default_factory=Counter)
    unreadable: Counter[str] = field(default_factory=Counter)
    left: int = 0


@dataclass(frozen=True, slots=True)
class KeyUse:
    """What needs one key: values by table, STOPs of forgotten numbers, references of imports, and codes that
    were given out.

    `references` and `codes` may count those of which nobody noted the key: they need every older one.
    """

    id: str
    held: bool  # in THINKFAMILY_KEYS
    current: bool
    values: Counter[str]
    stops: int
    references: int
    codes: int

    @property
    def needed(self) -> bool:
        """Whether anything in the database needs it."""
        return bool(self.values.total() or self.stops or self.references or self.codes)


def rotate(
    desk: Desk, by: str, now: datetime, tell: Callable[[str, int], None] = lambda name, done: None
) -> Rotated:
    """Seal with the newest key what is under an older one, in short transactions beside everything else.

    Broken off anywhere it is begun again, and does only what is left; done twice it changes nothing.
    `tell` hears of each batch. What was sealed before the newest key was first in every process's list
    is met; a process that still writes with an older one makes more, which the next run meets.
    """
    rotated = Rotated()
    desk.database.write(lambda conn: audit.record(conn, by, "keys rotate", now, desk.seal.current.id))
    for _ in range(_ROUNDS):
        rotated.unreadable.clear()
        for column in COLUMNS:
            _through(desk, column, rotated, tell)
        rotated.left = _stale(desk, now) - rotated.unreadable.total()
        if rotated.left <= 0:
            rotated.left = 0
            break
    return rotated


def _through(desk: Desk, column: Column, rotated: Rotated, tell: Callable[[str, int], None]) -> None:
    """Once through a table."""
    after: int | None = 0
    while after is not None:
        batch = _batch(desk, column, after)
        rotated.done[column.name] += batch.done
        rotated.unreadable[column.name] += batch.unreadable
        after = batch.after
        tell(column.name, batch.done)


def _batch(desk: Desk, column: Column, after: int) -> Batch:
    return desk.database.write(
        lambda conn: rotation.reseal(conn, desk.seal, column, after, BATCH), Priority.PLAN
    )


def _stale(desk: Desk, now: datetime) -> int:
    used = uses(desk, now)
    return sum(key.values.total() for key in used if not key.current)


def uses(desk: Desk, now: datetime) -> list[KeyUse]:
    """Every key that is held or needed, the newest first, with what needs it."""
    return desk.database.read(lambda conn: _uses(conn, desk, now))


def _uses(conn: sa.Connection, desk: Desk, now: datetime) -> list[KeyUse]:
    values: dict[str, Counter[str]] = {}
    for column in COLUMNS:
        for key, number in rotation.sealed_under(conn, column).items():
            values.setdefault(key, Counter())[column.name] += number
    stops = rotation.hashed_under(conn)
    references, codes = rotation.referenced_under(conn), rotation.coded_under(conn, now)
    noted = keyring.marks(conn)
    current, held = desk.seal.current.id, desk.seal.key_ids
    hashed = (key for key in (*references, *codes) if key is not None)
    known = {current, *held, *values, *stops, *noted, *hashed}
    return [
        KeyUse(
            key, key in held, key == current, values.get(key, Counter()), stops.get(key, 0),
            _by(key, references, current), _by(key, codes, current),
        )
        for key in sorted(known, key=lambda key: (key != current, key))
    ]  # fmt: skip


def _by(key: str, hashed: Mapping[str | None, int], current: str) -> int:
    """How many of these hashes a key made; those of which nobody noted it are any older one's."""
    return hashed.get(key, 0) + (0 if key == current else hashed.get(None, 0))


def retire(desk: Desk, key_id: str, by: str, now: datetime) -> None:
    """Let the database need this key no more, proved in the same transaction.

    Raises NotFound for a key that it does not know, NotAllowed for the newest, and for one that is needed.
    """

    def work(conn: sa.Connection) -> None:
        found = next((key for key in _uses(conn, desk, now) if key.id == key_id), None)
        if found is None or key_id in keyring.retired(conn):
            raise NotFound(f"This database needs no key {key_id!r}.", "`thinkfamily keys check` lists them.")
        if found.current:
            raise NotAllowed(f"{key_id!r} is the newest key.", "Put another one first, then rotate.")
        if found.needed:
            raise NotAllowed(
                f"{key_id!r} is still needed.", "`thinkfamily keys check` says by what.", code="key_needed"
            )
        keyring.retire(conn, key_id, now)
        audit.record(conn, by, "keys retire", now, key_id)

    desk.database.write(work)
