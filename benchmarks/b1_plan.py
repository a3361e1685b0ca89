"""B1: a day planned for a million contacts and a hundred steps, against the same rows by hand in SQL."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from benchmarks import town
from benchmarks.baselines import set_based
from benchmarks.harness import Measure, Result, Run, Spent, at_most, compared, counted, in_turn, spending
from benchmarks.population import NOW, TODAY
from bot.services import plan
from bot.services.desk import Desk

_COLUMNS = (
    "family_id, member_id, address_id, channel, sender_id, campaign, step, occurrence, pregnancy_id, kind, "
    "state, reason, purpose, revision_id, timing_hash, language, epoch, opens_on, closes_on, look_on, day, "
    "send_at, not_after, in_first_days"
)
_ALL = f"SELECT {_COLUMNS} FROM {{}}.outbox"
_WRITTEN = f"{_ALL} WHERE updated_at = {int(NOW.timestamp()) * 1_000_000}"


def run(run: Run) -> list[Result]:
    """CPU of one plan, and of the hand's, on copies of the same town; their rows are compared once."""
    contacts = run.sized(1_000_000, 30_000)
    file = town.made(contacts, run.progress)
    ours, hand, reports = run.folder / "ours.db", run.folder / "hand.db", list[plan.PlanReport]()
    spent = in_turn(run, lambda: planned(file, ours, reports), lambda: by_hand(file, hand))
    written = same_rows(ours, hand)
    made = reports[-1].made
    what = f"plan of one day, {contacts:,} contacts, 100 steps, {made:,} rows made, "
    what += f"{written - made:,} changed"
    walls = f"wall {spent[0].wall:.1f} s and {spent[1].wall:.1f} s"
    each = spent[0].cpu / reports[-1].families * 1e6
    return [
        compared(
            "B1", what, spent[0].cpu, spent[1].cpu, "s CPU", at_most(20), at_most(5),
            f"the same {written:,} rows to the last column; {walls}",
        ),
        counted("B1", "of that, for each family looked at", each, "us CPU"),
        counted("B1", "by hand, for each row", spent[1].cpu / written * 1e6, "us CPU"),
    ]  # fmt: skip


def planned(file: Path, copy: Path, reports: list[plan.PlanReport]) -> Spent:
    desk = opened(town.copied(file, copy))
    with spending() as spent:
        reports.append(plan.plan(desk, NOW))
    desk.database.close()
    return spent()


def by_hand(file: Path, copy: Path) -> Spent:
    desk = opened(town.copied(file, copy))
    live = desk.database.read(lambda conn: desk.shelf.at(conn, desk.mode, desk.config.authors, TODAY).live)
    desk.database.close()
    steps = [entry.step for entry in live]
    revisions = {entry.step.campaign: entry.revision_id for entry in live}
    with spending() as spent:
        set_based.plan(copy, steps, revisions, NOW)
    return spent()


def opened(file: Path) -> Desk:
    """A desk whose shelf has been read, as it is in a process that runs."""
    desk = town.desk(f"sqlite:///{file}")
    desk.database.read(lambda conn: desk.shelf.at(conn, desk.mode, desk.config.authors, TODAY))
    return desk


def same_rows(ours: Path, hand: Path) -> int:
    """How many rows this day wrote; whatever one of the two ways wrote must be in the other's outbox."""
    conn = sqlite3.connect(ours)
    conn.execute("ATTACH ? AS hand", (str(hand),))
    for left, right in (("main", "hand"), ("hand", "main")):
        differ = f"{_WRITTEN.format(left)} EXCEPT {_ALL.format(right)} LIMIT 1"
        strange = conn.execute(differ).fetchone()
        if strange is not None:
            raise RuntimeError(f"The planner and the hand-written SQL differ: {strange}")
    written = conn.execute(f"SELECT count(*) FROM ({_WRITTEN.format('main')})").fetchone()[0]
    conn.close()
    return int(written)


MEASURE = Measure("B1", "plan one day", run)
