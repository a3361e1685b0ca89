"""B3: five thousand messages planned, claimed and recorded, against four other ways to have them leave."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from benchmarks import town
from benchmarks.b1_plan import by_hand, opened
from benchmarks.baselines import jobs, line_by_hand
from benchmarks.baselines.plain import Plain
from benchmarks.harness import (
    Measure,
    Result,
    Run,
    Spent,
    at_least,
    compared,
    counted,
    in_turn,
    spending,
    spent_by,
)
from benchmarks.population import NOW, TODAY
from bot.domain.outbox import Accepted
from bot.services import dispatch, plan
from bot.services.desk import Desk
from bot.services.dispatch import UNPACED
from bot.store.tables import outbox

_STEPS = tuple(range(0, 900, 9))  # a hundred days after a date
_AT_ONCE = 30  # claimed and recorded together: as many as may be on their way (B5's concurrency)


def run(run: Run) -> list[Result]:
    """CPU a message, each way; the product decides and renders, the others do not.

    Nobody of either side has a history: what one costs is B1's to say.
    """
    contacts = run.sized(90_000, 9_000)
    file, copy = town.made(contacts, run.progress, weeks=0), run.folder / "ours.db"
    sent, planned = list[int](), list[Spent]()
    messages = _due(file, copy)
    people: list[Plain] = []

    def plain() -> Plain:
        people[:] = [Plain(run.folder, contacts, _STEPS, TODAY)]
        return people[0]

    ours, hand, line, stored, queue, loop, events = in_turn(
        run,
        lambda: _ours(file, copy, sent, planned),
        lambda: by_hand(file, copy),
        lambda: spent_by(lambda: _all(line_by_hand.leave(copy, NOW, _AT_ONCE), messages)),
        lambda: spent_by(lambda: jobs.apscheduler(messages, run.folder)),
        lambda: spent_by(lambda: jobs.job_queue(messages)),
        lambda: _looped(plain(), messages),
        lambda: _foreseen(plain(), messages),
    )
    return _results(ours, planned, messages, (hand, line), (stored, queue, loop, events))


def _results(
    ours: Spent, planned: list[Spent], messages: int, hand: tuple[Spent, ...], others: tuple[Spent, ...]
) -> list[Result]:
    names = (
        "APScheduler, SQLAlchemyJobStore, a job a message", "PTB JobQueue.run_once, which a restart forgets",
        "an ORM loop", "a table of pre-computed events",
    )  # fmt: skip
    bounds = ((50, 100), (4, 8), (50, 200), (5, 20))
    each = ours.cpu / messages * 1e6
    rows = [counted("B3", f"plan, claim and record of {messages:,} messages", each, "us CPU a message")]
    plans = sorted(one.cpu for one in planned)[len(planned) // 2] / messages * 1e6
    rows.append(counted("B3", "of that, the plan", plans, "us CPU a message"))
    for what, one in zip(("the same plan", "claim and record, no gate asked,"), hand, strict=True):
        floor = one.cpu / messages * 1e6
        rows.append(counted("B3", f"{what} by hand in SQL", floor, "us CPU a message"))
    for name, other, (must, aim) in zip(names, others, bounds, strict=True):
        theirs = other.cpu / messages * 1e6
        rows.append(
            compared("B3", f"{name}: times ours", theirs, each, "us CPU", at_least(must), at_least(aim))
        )
    return rows


def _due(file: Path, copy: Path) -> int:
    """How many messages leave on the town's day."""
    desk = opened(town.copied(file, copy))
    plan.plan(desk, NOW)
    queued = sa.select(sa.func.count()).where(outbox.c.state == "queued")
    found = desk.database.read(lambda conn: conn.execute(queued).scalar_one())
    desk.database.close()
    return int(found)


def _ours(file: Path, copy: Path, sent: list[int], planned: list[Spent]) -> Spent:
    desk = opened(town.copied(file, copy))
    with spending() as spent:
        plan.plan(desk, NOW)
        planned.append(spent())
        sent.append(_leave(desk))
    desk.database.close()
    return spent()


def _leave(desk: Desk) -> int:
    """Claim as many as may be on their way, and record that each was taken, turn by turn as the line does."""
    left = 0
    for channel in desk.senders:
        claimed = dispatch.claim(desk, channel, _AT_ONCE, NOW, UNPACED)
        while claimed:
            left += len(claimed)
            answers = [(job.outbox_id, Accepted(f"id-{job.outbox_id}"), NOW) for job in claimed]
            claimed = dispatch.turn(desk, channel, answers, _AT_ONCE, NOW, UNPACED)
    return left


def _looped(plain: Plain, messages: int) -> Spent:
    return spent_by(lambda: _all(plain.loop(messages), messages))


def _foreseen(plain: Plain, messages: int) -> Spent:
    _all(plain.await_today(messages), messages)

    def work() -> None:
        plain.foresee(messages)
        _all(plain.fire(), messages)

    return spent_by(work)


def _all(found: int, messages: int) -> None:
    if found != messages:
        raise RuntimeError(f"{found} of {messages} messages were found")


MEASURE = Measure("B3", "plan, claim and record", run)
