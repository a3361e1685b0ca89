"""`GET /metrics` for Prometheus: counted from the ledger when it is asked, at most every few seconds.

No label says of whom: channels, kinds, states, reasons, jobs and kinds of alert are closed lists of ours.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from prometheus_client import CollectorRegistry, Metric, ProcessCollector
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.domain.outbox import CLOSED_UNSENT
from bot.errors import DatabaseTrouble
from bot.services.measures import Measures, measure

if TYPE_CHECKING:
    from bot.bootstrap import App

FRESH = 5.0  # seconds that an answer is given again: many may ask, and the ledger is counted once
_UNSENT = frozenset(state.value for state in CLOSED_UNSENT) | {"failed"}


def route(app: App) -> Route:
    """`GET /metrics`; of a database that does not answer it says `thinkfamily_database_up 0`."""
    scrape = _Scrape(app)

    async def metrics(_request: Request) -> Response:
        return Response(await scrape.text(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    return Route("/metrics", metrics, methods=["GET"])


class _Scrape:
    """The last answer, and one counting at a time."""

    def __init__(self, app: App) -> None:
        self._app, self._counting = app, asyncio.Lock()
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._registry.register(_Ledger(app))
        self._text, self._until = b"", 0.0

    async def text(self) -> bytes:
        async with self._counting:
            if time.monotonic() >= self._until:
                self._text = await asyncio.to_thread(generate_latest, self._registry)
                self._until = time.monotonic() + FRESH
            return self._text


class _Ledger(Collector):
    """What the ledger says, each time anew."""

    def __init__(self, app: App) -> None:
        self._app = app

    def describe(self) -> Iterable[Metric]:
        """Nothing is counted to learn the names."""
        return ()

    def collect(self) -> Iterator[Metric]:
        now = self._app.clock()
        mode = {"mode": self._app.desk.mode.value}
        yield InfoMetricFamily("thinkfamily", "What runs here.", value=mode)
        began = time.monotonic()
        try:
            found = measure(self._app.desk, now)
        except DatabaseTrouble:
            yield _one("database_up", "Whether the database answers.", 0)
            return
        yield _one("database_up", "Whether the database answers.", 1)
        yield from _messages(found, now)
        yield from _inbound(found, now)
        yield from _line(found, now)
        yield _one("scrape_seconds", "How long this counting took.", time.monotonic() - began)


def _messages(found: Measures, now: datetime) -> Iterator[Metric]:
    yield _many("messages", "Messages that are at no end, by state.", ("state",), found.open)
    yield _many("messages_due", "Queued messages that may go now.", ("channel",), found.due)
    oldest = found.pulse.oldest_due
    yield _one("oldest_due_seconds", "How long the oldest of them is due.", _since(oldest, now))
    yield _one("families_due", "Families the planner has still to look at.", found.families_due)
    outcomes, unsent = _sums(found)
    yield _many(
        "messages_last_day", "Messages made in the last 24 hours, and what became of them.",
        ("channel", "kind", "state"), outcomes,
    )  # fmt: skip
    yield _many(
        "unsent_last_day", "Messages made in the last 24 hours that ended without arriving, and why.",
        ("state", "reason"), unsent,
    )  # fmt: skip
    yield _one("stop_to_silence_seconds", "Last day: from a STOP to the last send begun.", found.after_stop)
    yield _one("loss_to_silence_seconds", "Last day: from a LOSS to the last send begun.", found.after_loss)


def _sums(found: Measures) -> tuple[Counter[tuple[str, ...]], Counter[tuple[str, ...]]]:
    outcomes: Counter[tuple[str, ...]] = Counter()
    unsent: Counter[tuple[str, ...]] = Counter()
    for (channel, kind, state, reason), number in found.made.items():
        outcomes[channel, kind, state] += number
        if state in _UNSENT:
            unsent[state, reason] += number
    return outcomes, unsent


def _inbound(found: Measures, now: datetime) -> Iterator[Metric]:
    yield _many(
        "received_last_day", "What came in in the last 24 hours.", ("channel", "kind", "state"),
        found.received,
    )  # fmt: skip
    yield _one("unanswered", "Stored messages that are not processed yet.", found.pulse.unanswered)
    waits = _since(found.oldest_stored, now)
    yield _one("oldest_unanswered_seconds", "How long the oldest of them waits.", waits)
    alerts = {(kind,): number for kind, number in found.pulse.alerts.items()}
    yield _many("alerts_open", "Open alerts, which staff must see to.", ("kind",), alerts)
    told = {(state,): float(number) for state, number in found.duty.items()}
    yield _many("duty_alerts", "Open alerts that ring the duty, by what came of it.", ("state",), told)
    untold = _since(found.untold_since, now)
    yield _one("duty_untold_seconds", "How long the oldest alert is old that could not be told.", untold)


def _line(found: Measures, now: datetime) -> Iterator[Metric]:
    ticks = {(job,): (now - tick.at).total_seconds() for job, tick in found.pulse.ticks.items()}
    yield _many("tick_age_seconds", "Since each job of the clock last ended well.", ("job",), ticks)
    took = {(job,): seconds for job, seconds in found.durations.items()}
    yield _many("tick_duration_seconds", "How long it then took.", ("job",), took)
    halted = {(channel,): 1.0 for channel in found.pulse.halted}
    yield _many("sender_halted", "1 for each channel whose sending is halted.", ("channel",), halted)
    skew = (found.pulse.at - now).total_seconds()
    yield _one("clock_skew_seconds", "How far the database's clock is ahead of ours.", skew)
    restored = float(found.pulse.restored_at is not None)
    yield _one("restored", "1 while a restore waits for staff to let sending go on.", restored)
    if found.backup is not None:
        yield _one("backup_age_seconds", "Since the last backup by this program.", _since(found.backup, now))


def _since(moment: datetime | None, now: datetime) -> float:
    return 0.0 if moment is None else (now - moment).total_seconds()


def _one(name: str, says: str, value: float) -> Metric:
    return GaugeMetricFamily(f"thinkfamily_{name}", says, value=value)


def _many(name: str, says: str, labels: tuple[str, ...], values: Mapping[Any, float]) -> Metric:
    family = GaugeMetricFamily(f"thinkfamily_{name}", says, labels=labels)
    for parts, value in sorted(values.items()):
        family.add_metric(parts, value)
    return family
