"""B9: the most memory a plan ever holds as contacts grow, and what a message costs that is weeks away."""

from __future__ import annotations

import multiprocessing
from multiprocessing.connection import Connection
from pathlib import Path

import sqlalchemy as sa

from benchmarks import town
from benchmarks.b1_plan import opened
from benchmarks.harness import Measure, Result, Run, at_most, counted, peak_memory
from benchmarks.population import NOW, TODAY
from bot.domain import timeline
from bot.domain.campaign import Anchor, Calendar, Step
from bot.services import plan
from bot.services.desk import Desk
from bot.store.tables import due, members, outbox, pregnancies

_ON = {
    Anchor.DUE: pregnancies.c.due_on,
    Anchor.BIRTH: pregnancies.c.born_on,
    Anchor.CORRECTED: pregnancies.c.corrected_on,
}
_Found = tuple[int, int, int]  # peak bytes, messages still to come, rows stored for them


def run(run: Run) -> list[Result]:
    """Each size in a process of its own."""
    small, large = (10_000, 1_000_000) if not run.quick else (3_000, 30_000)
    peaks = {size: _apart(run, size) for size in (small, large)}
    grown = (peaks[large][0] - peaks[small][0]) / 2**20
    _, future, rows = peaks[large]
    return [
        *(counted("B9", f"peak of a plan, {size:,} contacts", peak / 2**20, "MiB")
          for size, (peak, _, _) in peaks.items()),
        counted(
            "B9", f"more for {large:,} contacts than for {small:,}", grown, "MiB", at_most(40, " MiB"),
            at_most(20, " MiB"),
        ),
        counted("B9", f"rows stored for {future:,} messages to come", rows, "rows", at_most(0, " rows")),
    ]  # fmt: skip


def _apart(run: Run, contacts: int) -> _Found:
    file = town.made(contacts, run.progress)
    run.progress(f"{contacts:,} contacts are planned in a process of their own")
    copy = town.copied(file, run.folder / "ours.db")
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    child = spawn.Process(target=_child, args=(theirs, copy))
    child.start()
    theirs.close()
    found: _Found = ours.recv()
    child.join()
    return found


def _child(pipe: Connection, file: Path) -> None:
    desk = opened(file)
    plan.plan(desk, NOW)
    peak = peak_memory()
    live = desk.database.read(lambda conn: desk.shelf.at(conn, desk.mode, desk.config.authors, TODAY).live)
    future = desk.database.read(lambda conn: sum(_to_come(conn, entry.step) for entry in live))
    pipe.send((peak, future, _stored_ahead(desk)))
    desk.database.close()


def _to_come(conn: sa.Connection, step: Step) -> int:
    """How many members this step will open for, from tomorrow on."""
    on = _ON.get(step.when.anchor)
    if on is None:
        return 0
    span = timeline.open_range(step, TODAY, Calendar())
    assert span is not None
    query = sa.select(sa.func.count()).join_from(
        pregnancies, members, members.c.family_id == pregnancies.c.family_id
    )
    return int(conn.execute(query.where(on > span.last, members.c.role.in_(sorted(step.to)))).scalar_one())


def _stored_ahead(desk: Desk) -> int:
    ahead = sa.select(sa.func.count()).where(outbox.c.opens_on > TODAY)
    noted = sa.select(sa.func.count()).select_from(due)
    return desk.database.read(
        lambda conn: int(conn.execute(ahead).scalar_one()) + int(conn.execute(noted).scalar_one())
    )


MEASURE = Measure("B9", "memory", run)
