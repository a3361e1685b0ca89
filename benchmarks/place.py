"""A place to measure in: a real database, the real campaigns published, and families whose day it is.

Everything is the product's own but the clock, which runs from ten o'clock of a winter's morning, and the
filling, which writes families in batches as no door of ours does.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bot import process
from bot.bootstrap import App
from bot.channels.base import Channel
from bot.content.files import locate
from bot.content.load import load
from bot.domain.address import Address, ChannelName
from bot.domain.family import BabyStatus, Link, Purpose, Role
from bot.domain.revision import Mode
from bot.domain.timeline import GESTATION
from bot.services import plan, publish
from bot.services.desk import Desk
from bot.services.shelf import Shelf
from bot.store import schema, tables
from bot.store.addresses import COLUMN
from bot.store.database import Database
from bot.store.ids import new_id
from bot.store.sealed import Seal, new_key, parse_keys
from bot.words.lexicon import build

TEN = datetime(2027, 2, 2, 10, 0, tzinfo=UTC)
GESTATIONS = (126, 140, 144, 168, 193, 196, 214, 224, 231, 242, 252, 259)
"""Days of pregnancy on which a step of the real campaigns opens for a mother."""

FOR_ALL = 242
"""Days of pregnancy on which one opens for mother, father and partner alike."""

_BATCH = 1000


@dataclass(frozen=True)
class Morning:
    """A clock that runs; made by `morning()`, and the same in every process that it is handed to."""

    ahead: timedelta

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


def morning() -> Morning:
    """It is ten o'clock now."""
    return Morning(TEN - datetime.now(UTC))


def new_keys() -> str:
    """Keys to seal with, for a desk and for every other at the same database."""
    return new_key()


def desk(url: str, clock: Morning, keys: str, holder: str = "bench") -> Desk:
    """A desk at this database, as bootstrap makes one; published words count as approved (rehearsal)."""
    content = load(locate(None))
    return Desk(
        database=Database(url, clock=clock), seal=Seal(parse_keys(keys)), mode=Mode.REHEARSAL,
        config=content.config, content=content,
        lexicon=build(content.config.keywords, content.config.crisis), shelf=Shelf(content.words),
        senders=dict.fromkeys(ChannelName, "bench"), guests=frozenset(), holder=holder,
        drama_numbers=True,
    )  # fmt: skip


def founded(url: str, clock: Morning, keys: str) -> Desk:
    """A new database with the real campaigns published and planned until yesterday; nobody is in it."""
    made = desk(url, clock, keys)
    process.settle_memory()
    schema.upgrade(made.database)
    yesterday = clock() - timedelta(days=1)
    publish.publish(made, made.content, "bench", yesterday)
    plan.plan(made, yesterday)
    return made


def app(desk: Desk, clock: Morning, *channels: Channel, slots: int) -> App:
    """What the loops go by."""
    return App(desk, {one.name: one for one in channels}, {}, clock, slots=slots)


def settled(desk: Desk, now: datetime, channel: ChannelName, number: int) -> None:
    """So many mothers, each with a phone of her own, for each of whom one step opens today."""
    for first in range(0, number, _BATCH):
        some = range(first, min(first + _BATCH, number))
        rows = [_mother(desk, now, channel, one, due_on(now.date(), one)) for one in some]
        desk.database.write(lambda conn, rows=rows: _fill(conn, rows))


def households(desk: Desk, now: datetime, channel: ChannelName, numbers: range) -> list[int]:
    """Families of three, each with a phone of their own: one step opens today for all three.

    Family n has the phones 3n, 3n + 1 and 3n + 2. Gives the families' ids.
    """
    due = now.date() + GESTATION - timedelta(days=FOR_ALL)
    rows, families = [], []
    for one in numbers:
        mother = _mother(desk, now, channel, 3 * one, due)
        others = [
            _mother(desk, now, channel, 3 * one + 1, due, Role.FATHER),
            _mother(desk, now, channel, 3 * one + 2, due, Role.PARTNER),
        ]
        rows += [mother, *(_into(mother, other) for other in others)]
        families.append(mother["families"]["family_id"])
    desk.database.write(lambda conn: _fill(conn, rows))
    return families


def _into(mother: dict[str, dict[str, Any]], other: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Another member's rows, in the mother's family."""
    whose = {"family_id": mother["families"]["family_id"]}
    ours = ("members", "consents", "consent_states")
    return {"addresses": other["addresses"]} | {name: other[name] | whose for name in ours}


def _fill(conn: sa.Connection, people: Sequence[dict[str, dict[str, Any]]]) -> None:
    for name in people[0]:
        rows = [one[name] for one in people if name in one]
        conn.execute(sa.insert(tables.metadata.tables[name]), rows)


def _mother(
    desk: Desk, now: datetime, channel: ChannelName, number: int, due: date, role: Role = Role.MOTHER
) -> dict[str, dict[str, Any]]:
    """The rows of one family of one, by table, parents first."""
    address = Address(channel, value_of(channel, number))
    lookup_key, lookup = next(iter(desk.seal.lookups(address).items()))
    address_id, family_id, member_id, consent_id = (new_id() for _ in range(4))
    whose = {"family_id": family_id, "member_id": member_id}
    consent = whose | {
        "purpose": Purpose.PREGNANCY_AND_BABY.value, "channel": channel.value, "consent_id": consent_id,
    }  # fmt: skip
    return {
        "addresses": {
            "address_id": address_id, "channel": channel.value, "lookup": lookup, "lookup_key": lookup_key,
            "sealed": desk.seal.seal(COLUMN, address.value), "created_at": now,
        },
        "families": {"family_id": family_id, "created_at": now},
        "members": whose | {
            "role": role.value, "language": "en", "link": Link.OWN.value,
            "joined_on": now.date() - timedelta(days=60), "address_id": address_id,
        },
        "pregnancies": {
            "family_id": family_id, "pregnancy_id": family_id, "due_on": due,
            "resumed_for": [],
        },
        "babies": {
            "family_id": family_id, "baby_id": family_id, "pregnancy_id": family_id,
            "status": BabyStatus.EXPECTED.value,
        },
        "consents": consent | {"given": True, "at": now, "how": "import", "words_version": "bench"},
        "consent_states": consent | {"live": True},
    }  # fmt: skip


def due_on(today: date, number: int) -> date:
    """The due date of the mother of this number: one step opens for her today."""
    return today + GESTATION - timedelta(days=GESTATIONS[number % len(GESTATIONS)])


def value_of(channel: ChannelName, number: int) -> str:
    """Her chat, or a number of Ofcom's for drama, with more digits where a thousand are not enough."""
    return f"+4477009{number:05d}" if channel is ChannelName.SMS else str(1000 + number)


def put_on_disk(desk: Desk) -> None:
    """All of the file lies on the disk: else the first checkpoint would have to write what was just made."""
    desk.database.read(lambda conn: conn.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").all())
    with Path(desk.database.file or "").open("rb+") as here:
        os.fsync(here.fileno())


def once_more(desk: Desk) -> None:
    """Everything that was sent is due again, as this morning; not where somebody wrote STOP or LOSS."""
    row = tables.outbox.c
    fresh = {row.attempts: 0} | dict.fromkeys((row.provider_id, row.sent_at, row.sealed, row.attempted_at))
    stopped = sa.exists().where(
        tables.addresses.c.address_id == row.address_id, tables.addresses.c.stopped_at.is_not(None)
    )
    held = sa.exists().where(tables.families.c.family_id == row.family_id, tables.families.c.held)
    which = (row.state == "sent", row.kind == "staged", ~stopped, ~held)
    again = sa.update(tables.outbox).where(*which).values(fresh | {row.state: "queued"})
    desk.database.write(lambda conn: conn.execute(again))


def unsent(desk: Desk) -> int:
    """How many messages are planned and have not left."""
    query = sa.select(sa.func.count()).where(tables.outbox.c.state.not_in(("sent", "delivered")))
    return int(desk.database.read(lambda conn: conn.execute(query).scalar_one()))
