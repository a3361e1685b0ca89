"""B8: from the commit of a STOP or a LOSS, in the middle of a drain at full speed, to the last send's start.

The judge is the wire: when a message came to the provider. A trial is one STOP (to one phone) or one LOSS
(to a family of three) written by somebody whose turn is near; silence is 0 where nothing came after it.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from benchmarks import place
from benchmarks.baselines.provider import Provider, Taken
from benchmarks.dispatchers import TELEGRAM, Dispatchers, Work
from benchmarks.harness import Measure, Result, Run, at_most, counted
from bot.domain.address import Address
from bot.domain.inbound import Inbound, InboundKind
from bot.services import plan, receive
from bot.services.desk import Desk
from bot.store import tables
from tests import postgres

AT_ONCE = 30
A_FAMILY = 3
_FOR_A_TRIAL = 6  # families, so that in each drain many are not tried yet


@dataclass(frozen=True)
class Trial:
    """Which phones must fall silent, and from when on (monotonic seconds, from just before the COMMIT)."""

    phones: tuple[int, ...]
    committed: float


def run(run: Run) -> list[Result]:
    """The rows of B8."""
    trials = run.sized(1000, 50)
    results = []
    with Provider() as provider, postgres.server(os.getpid()) as server:
        for url, processes in ((f"sqlite:///{run.folder}/silence.db", 1), (server, 2)):
            results += silence(run, provider, url, processes, trials)
    return results


def silence(run: Run, provider: Provider, url: str, processes: int, trials: int) -> list[Result]:
    kind = url.partition(":")[0].partition("+")[0]
    where = f"{'SQLite' if kind == 'sqlite' else 'PostgreSQL'}, {processes} dispatcher{'s'[: processes - 1]}"
    clock, keys = place.morning(), place.new_keys()
    desk = place.founded(url, clock, keys)
    works = [
        Work(url, clock, keys, f"dispatcher-{number}", provider.bot_url, AT_ONCE)
        for number in range(processes)
    ]
    families = trials * _FOR_A_TRIAL
    run.progress(f"{where}: {families:,} families of three")
    made = place.households(desk, clock(), TELEGRAM, range(families))
    plan.plan(desk, clock())
    with Dispatchers(works) as them:
        done: list[Trial] = []
        untried = {family: number for number, family in enumerate(made)}
        while len(done) < trials:
            run.progress(f"{where}: {len(done):,} of {trials:,} trials")
            them.go(processes)
            done += _trials(desk, clock, untried, trials - len(done))
            _drained(desk)
            them.stop(processes)
            place.once_more(desk)
    taken = provider.taken()
    desk.database.close()
    return _judged(where, done, taken)


def _trials(desk: Desk, clock: place.Morning, untried: dict[int, int], wanted: int) -> list[Trial]:
    """Write LOSS and STOP in turn, each for a family whose turn is near, until the drain is over."""
    commits: list[float] = []

    def committing(_conn: sa.Connection) -> None:
        commits.append(time.monotonic())

    sa.event.listen(desk.database.engine, "commit", committing)
    near, done = random.Random(8), list[Trial]()
    while len(done) < wanted:
        family = _near(desk, near.randrange(2 * AT_ONCE))
        if family is None:
            break
        number = untried.pop(family, None)
        if number is None:
            continue
        loss = len(done) % 2 == 0
        phone = number * A_FAMILY
        receive.receive(desk, _said(phone, "LOSS" if loss else "STOP", clock), clock())
        phones = tuple(range(phone, phone + A_FAMILY)) if loss else (phone,)
        done.append(Trial(phones, commits[-1]))
    sa.event.remove(desk.database.engine, "commit", committing)
    return done


def _near(desk: Desk, ahead: int) -> int | None:
    """The family whose message is so many places from the front of the queue; None at its end."""
    row = tables.outbox.c
    waiting = (
        sa.select(row.family_id)
        .where(row.state == sa.text("'queued'"), row.kind == "staged")
        .order_by(row.send_at, row.outbox_id)
        .limit(1)
        .offset(ahead)
    )
    return desk.database.read(lambda conn: conn.execute(waiting).scalar())


def _said(phone: int, text: str, clock: place.Morning) -> Inbound:
    address = Address(TELEGRAM, place.value_of(TELEGRAM, phone))
    return Inbound(TELEGRAM, f"{phone}", InboundKind.TEXT, address, text, clock())


def _drained(desk: Desk) -> None:
    left = sa.select(sa.func.count()).where(tables.outbox.c.state.in_(("queued", "sending")))
    while desk.database.read(lambda conn: conn.execute(left).scalar_one()):
        time.sleep(0.05)


def _judged(where: str, done: Sequence[Trial], taken: Mapping[str, Sequence[Taken]]) -> list[Result]:
    """The longest silence to come, and how many of the messages were really kept back."""
    staged = _staged(done, taken)
    silences, kept = [], 0
    for trial in done:
        after = 0.0
        for phone in trial.phones:
            come = [at for at, words in taken.get(place.value_of(TELEGRAM, phone), ()) if words in staged]
            kept += not come
            after = max([after, *(at - trial.committed for at in come)])
        silences.append(after)
    silences.sort()
    p99 = silences[int(len(silences) * 0.99) if len(silences) > 1 else 0]
    late = sum(one > 0 for one in silences)
    note = f"{late} of {len(done)} had a send begin after the commit; {kept} messages were kept back"
    return [
        counted("B8", f"commit of STOP or LOSS to the last send, {where}", silences[-1], "s",
                at_most(1, " s"), note=note),
        counted("B8", f"the same, p99, {where}", p99, "s", None, at_most(0.3, " s")),
    ]  # fmt: skip


def _staged(done: Sequence[Trial], taken: Mapping[str, Sequence[Taken]]) -> frozenset[str]:
    """The words of the day's step: all that came to phones that nobody silenced."""
    silenced = {place.value_of(TELEGRAM, phone) for trial in done for phone in trial.phones}
    return frozenset(words for to, come in taken.items() if to not in silenced for _, words in come)


MEASURE = Measure(key="B8", title="stop to silence", run=run)
