"""The made town: a database of so many contacts, built once and kept; every measure works on a copy."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import sqlalchemy as sa

import bot
from benchmarks import hundred
from benchmarks.history import WEEKS_OF_HISTORY, Openings
from benchmarks.population import NOW, TODAY, Ground, plant
from bot.content.load import Content
from bot.domain.address import ChannelName
from bot.domain.revision import Mode
from bot.services import publish
from bot.services.desk import Desk
from bot.services.shelf import Shelf
from bot.store import pace, revisions, schema
from bot.store.database import Database
from bot.store.sealed import Seal, parse_keys
from bot.words.lexicon import build

KEPT = Path(__file__).resolve().parents[1] / "var" / "bench"
_KEY = "k1:" + "A" * 43 + "="
_SENDERS = {ChannelName.TELEGRAM: "bot", ChannelName.SMS: "number"}


def desk(url: str, content: Content | None = None) -> Desk:
    """A live desk over a database, at the town's own hour."""
    content = content or hundred.content()
    return Desk(
        Database(url, clock=lambda: NOW), Seal(parse_keys(_KEY)), Mode.LIVE, content.config, content,
        build(content.config.keywords, content.config.crisis), Shelf(content.words), _SENDERS, frozenset(),
        "benchmark",
    )  # fmt: skip


def made(
    contacts: int,
    tell: Callable[[str], None] = lambda text: None,
    campaigns: int = 20,
    weeks: int = WEEKS_OF_HISTORY,
    kept: Path = KEPT,
) -> Path:
    """The town's file, under var/bench; built when it is not there yet, which for a million takes minutes.

    `weeks`: for how long its people have had messages already.
    """
    kept.mkdir(parents=True, exist_ok=True)
    named = f"{contacts}-{campaigns}-{weeks}"
    file = kept / f"town-{named}-{_version()}.db"
    if not file.exists():
        fresh = kept / f"building-{named}.db"
        for left in (*kept.glob(f"{fresh.name}*"), *kept.glob(f"town-{named}-*")):
            left.unlink()
        _build(fresh, contacts, campaigns, weeks, tell)
        fresh.rename(file)
    return file


def copied(file: Path, copy: Path) -> Path:
    """A copy to work on, all of it on the disk: else the first commit would write gigabytes of it."""
    for left in copy.parent.glob(f"{copy.name}*"):
        left.unlink()
    shutil.copyfile(file, copy)
    with copy.open("rb+") as here:
        os.fsync(here.fileno())
    return copy


def _version() -> str:
    """Changes with everything a town is made by: these files and the migrations."""
    here = Path(__file__).parent
    files = [here / f"{name}.py" for name in ("hundred", "history", "population", "town")]
    files += sorted((Path(bot.__file__).parent / "store" / "migrations" / "versions").glob("*.py"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:10]


def _build(file: Path, contacts: int, campaigns: int, weeks: int, tell: Callable[[str], None]) -> None:
    here = desk(f"sqlite:///{file}", hundred.content(campaigns=campaigns))
    schema.upgrade(here.database)
    here.database.write(lambda conn: schema.mark(conn, "real"))
    ground = _published(here, weeks)
    here.database.close()
    plant(file, ground, contacts, tell)
    problems = _checked(file)
    if problems:
        raise RuntimeError(f"The made town breaks the product's own rules: {problems[:3]}")


def _published(here: Desk, weeks: int) -> Ground:
    """Everything published, approved and planned through yesterday."""
    publish.publish(here, here.content, "officer", NOW)
    for name in here.content.packs:
        publish.approve(here, name, "en", "midwife", NOW)

    def work(conn: sa.Connection) -> Ground:
        live = here.shelf.at(conn, here.mode, here.config.authors, TODAY).live
        steps = [entry.step for entry in live]
        yesterday = date.fromordinal(TODAY.toordinal() - 1)
        revisions.set_planned(conn, [(*step.key, step.timing_hash, yesterday) for step in steps])
        senders = {
            channel.value: pace.sender_id(conn, channel, name, NOW) for channel, name in _SENDERS.items()
        }
        numbers = {entry.step.campaign: entry.revision_id for entry in live}
        return Ground(here.seal, steps, numbers, senders, Openings(steps, TODAY, weeks))

    return here.database.write(work)


def _checked(file: Path) -> list[object]:
    """What the product's own constraints have against it; the UNIQUE indexes were built on it already."""
    database = Database(f"sqlite:///{file}")
    rules = ("PRAGMA foreign_key_check", "SELECT * FROM pragma_quick_check WHERE quick_check <> 'ok'")
    try:
        return [
            tuple(row)
            for rule in rules
            for row in database.read(lambda conn, rule=rule: conn.exec_driver_sql(rule).fetchmany(5))
        ]
    finally:
        database.close()
