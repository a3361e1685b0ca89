"""B10: 1, 2 and 4 dispatchers at one PostgreSQL, each a process: nothing twice, and more a second."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import replace

from benchmarks import place
from benchmarks.baselines.provider import Provider
from benchmarks.dispatchers import TELEGRAM, Dispatchers, Work, until
from benchmarks.harness import Measure, Result, Run, at_least, at_most, compared, counted, median
from bot.services import plan
from bot.services.desk import Desk
from bot.services.dispatch import UNPACED, Pace
from tests import postgres

PROCESSES = (1, 2, 4)
AT_ONCE = 30
SHARED = Pace(200.0)


def run(run: Run) -> list[Result]:
    """The rows of B10."""
    messages = run.sized(3000, 400)
    with postgres.server(os.getpid()) as server, Provider() as provider:
        clock, keys = place.morning(), place.new_keys()
        desk = place.founded(server, clock, keys)
        run.progress(f"{messages:,} messages for today")
        place.settled(desk, clock(), TELEGRAM, messages)
        plan.plan(desk, clock())
        works = [
            Work(server, clock, keys, f"dispatcher-{number}", None, AT_ONCE)
            for number in range(max(PROCESSES))
        ]
        with Dispatchers(works) as them:
            more = _more(run, desk, them, messages)
        calling = [replace(work, bot_url=provider.bot_url) for work in works]
        with Dispatchers(calling) as them:
            line = _Line(run, desk, them, provider, messages)
            found = [*(line.nothing_twice(number) for number in PROCESSES), line.one_pace(), *more]
        desk.database.close()
    return found


class _Line:
    """The whole line, by several processes, to one provider."""

    def __init__(self, run: Run, desk: Desk, them: Dispatchers, provider: Provider, messages: int) -> None:
        self._run, self._desk, self._them = run, desk, them
        self._provider, self._messages = provider, messages

    def nothing_twice(self, processes: int) -> Result:
        """How many messages came to somebody who had theirs."""
        self._run.progress(f"{self._messages:,} messages by {processes}")
        times = self._drained(processes, UNPACED)
        twice = len(times) - self._messages
        return counted("B10", f"sent twice by {processes}", twice, "messages", at_most(0, ""),
                       note=f"{self._messages:,} people reached")  # fmt: skip

    def one_pace(self) -> Result:
        """The busiest second at the provider while all share one pace."""
        processes, pace = max(PROCESSES), int(SHARED.per_second)
        self._run.progress(f"{processes} at one pace of {pace} a second")
        times = self._drained(processes, SHARED)
        busiest = max(sum(start <= one < start + 1 for one in times) for start in times)
        note = f"the pace is {pace} a second; what a busy machine held up comes together"
        return counted("B10", f"busiest second of {processes} at one pace", busiest, "messages", note=note)

    def _drained(self, processes: int, rate: Pace) -> Sequence[float]:
        """When each message came; everybody must have been reached."""
        place.once_more(self._desk)
        self._them.go(processes, rate)
        until(lambda: place.unsent(self._desk) == 0, 60 + self._messages / 20)
        self._them.stop(processes)
        taken = self._provider.taken()
        if len(taken) != self._messages:
            raise AssertionError(f"{len(taken)} of {self._messages} people were reached")
        return sorted(at for come in taken.values() for at, _ in come)


def _more(run: Run, desk: Desk, them: Dispatchers, messages: int) -> list[Result]:
    """Claim and record alone, by one and by more: messages a second on the wall."""
    rates: dict[int, list[float]] = {processes: [] for processes in PROCESSES}
    for number in range(run.rounds):
        run.progress(f"claim and record alone, round {number + 1} of {run.rounds}")
        for processes, taken in rates.items():
            taken.append(messages / _alone(desk, them, processes, messages))
    one, two, four = (median(taken) for taken in rates.values())
    return [
        compared("B10", "claim and record alone, 2 against 1", two, one, "messages/s", at_least(1.5),
                 note="on the wall; the database's server shares the cores"),
        compared("B10", "claim and record alone, 4 against 1", four, one, "messages/s"),
    ]  # fmt: skip


def _alone(desk: Desk, them: Dispatchers, processes: int, messages: int) -> float:
    """Seconds on the wall."""
    place.once_more(desk)
    began = time.perf_counter()
    them.go(processes)
    done = sum(sent for sent, _ in them.ended(processes))
    taken = time.perf_counter() - began
    if done != messages or place.unsent(desk):
        raise AssertionError(f"{done} of {messages} were claimed")
    return taken


MEASURE = Measure(key="B10", title="dispatch processes", run=run)
