"""B4: a due date corrected, a step re-timed and published: what is written, what the next plan pays."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import sqlalchemy as sa

from benchmarks import hundred, town
from benchmarks.b1_plan import opened
from benchmarks.counting import listening
from benchmarks.harness import Measure, Result, Run, Spent, at_most, compared, counted, median, spending
from benchmarks.population import NOW, TODAY
from bot.domain import timeline
from bot.domain.campaign import Calendar, Step
from bot.services import families, plan, publish
from bot.services.desk import Desk
from bot.store.tables import consent_states, members, pregnancies

RETIMED = "campaign03/step1"  # open for a week, counted from the due date
_CORRECTIONS = 40


def run(run: Run) -> list[Result]:
    """Rows written, counted; milliseconds on the wall of a publishing."""
    contacts = run.sized(1_000_000, 30_000)
    large, small = _planned(run, contacts), _planned(run, run.sized(10_000, 3_000))
    few = _planned(run, 3_000, campaigns=1)
    with_all, with_few = _corrected(large), _corrected(few)
    rows = [
        compared(
            "B4", "rows written when a due date is corrected, 100 steps against 5", with_all, with_few,
            "rows",
            at_most(1),
        )
    ]  # fmt: skip
    spent, written = zip(*(_published(large, number) for number in range(run.rounds)), strict=True)
    _, of_small = _published(small, 0)
    rows += [
        compared(
            "B4", f"rows written when a step is re-timed and published, {contacts:,} contacts against fewer",
            written[0], of_small, "rows", at_most(1),
        ),
        counted(
            "B4", f"publishing it, {contacts:,} contacts", median([one.wall for one in spent]) * 1e3, "ms",
            None, at_most(50, " ms"), f"{median([one.cpu for one in spent]) * 1e3:.0f} ms CPU",
        ),
        *_next_plan(large, run.rounds),
    ]  # fmt: skip
    for desk in (large, small, few):
        desk.database.close()
    return rows


def _planned(run: Run, contacts: int, campaigns: int = 20) -> Desk:
    """A town whose day is planned already."""
    run.progress(f"{contacts:,} contacts are planned")
    file = town.made(contacts, run.progress, campaigns)
    desk = opened(town.copied(file, run.folder / f"{contacts}-{campaigns}.db"))
    plan.plan(desk, NOW)
    return desk


def _corrected(desk: Desk) -> float:
    """The median of the rows written for one correction; for families with nothing queued today."""
    unborn = sa.select(pregnancies.c.family_id, pregnancies.c.due_on).where(
        pregnancies.c.born_on.is_(None), pregnancies.c.lost_on.is_(None),
        pregnancies.c.due_on > TODAY + timedelta(days=240),
    )  # fmt: skip
    some = desk.database.read(lambda conn: conn.execute(unborn.limit(_CORRECTIONS)).all())
    return median([_writes(desk, _correction(desk, one)) for one in some])


def _correction(desk: Desk, one: sa.Row[tuple[int, object]]) -> Callable[[], None]:
    due_on = one.due_on + timedelta(days=5)
    return lambda: families.correct_due(desk, one.family_id, due_on, NOW, "benchmark")


def _writes(desk: Desk, work: Callable[[], object]) -> int:
    with listening(desk.database) as said:
        work()
    return said.rows


def _published(desk: Desk, number: int) -> tuple[Spent, int]:
    """(what it took, rows written); every second time the step goes back to where it was."""
    content = hundred.content(RETIMED if number % 2 == 0 else "")
    with listening(desk.database) as said, spending() as spent:
        publish.publish(desk, content, "officer", NOW)
    for name in content.packs:
        if name == RETIMED.partition("/")[0]:
            publish.approve(desk, name, "en", "midwife", NOW)
    return spent(), said.rows


def _next_plan(desk: Desk, published: int) -> list[Result]:
    """The families that the plan after it looks at: those for whom the step is open, and no others."""
    plan.plan(desk, NOW)  # the corrections, and the last publishing
    _published(desk, published)
    live = desk.database.read(lambda conn: desk.shelf.at(conn, desk.mode, desk.config.authors, TODAY).live)
    step = next(entry.step for entry in live if f"{entry.step.campaign}/{entry.step.id}" == RETIMED)
    expected = desk.database.read(lambda conn: _open_for(conn, step))
    with spending() as spent:
        report = plan.plan(desk, NOW)
    note = f"{spent().cpu:.2f} s CPU; {report.made:,} rows made"
    return [
        compared(
            "B4", "families the next plan looks at, against those for whom the step is open", report.families,
            expected, "families", at_most(1), note=note,
        )
    ]  # fmt: skip


def _open_for(conn: sa.Connection, step: Step) -> int:
    span = timeline.open_range(step, TODAY, Calendar())
    assert span is not None
    agreed = sa.exists().where(
        consent_states.c.family_id == members.c.family_id, consent_states.c.member_id == members.c.member_id,
        consent_states.c.live,
    )  # fmt: skip
    query = (
        sa.select(sa.func.count(sa.distinct(members.c.family_id)))
        .join_from(members, pregnancies, pregnancies.c.family_id == members.c.family_id)
        .where(
            pregnancies.c.due_on.between(span.first, span.last), members.c.role.in_(sorted(step.to)), agreed
        )
    )
    return int(conn.execute(query).scalar_one())


MEASURE = Measure("B4", "changes", run)
