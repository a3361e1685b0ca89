"""Health: whether the clock ticks, the database answers and the line moves; `GET /healthz`."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from bot.domain import hours
from bot.errors import DatabaseTrouble
from bot.services.publish import reviews_near
from bot.services.pulse import Pulse, pulse

if TYPE_CHECKING:
    from bot.bootstrap import App

SKEW = timedelta(seconds=2)
LATE_TICKS = 3  # a job that missed so many of its turns has stopped
_SLACK = timedelta(seconds=30)
STUCK = timedelta(minutes=15)  # something has been due for so long, by day
_STUCK_INBOX = 500
UNTOLD = timedelta(minutes=5)  # an alert that the duty does not take


@dataclass(frozen=True, slots=True)
class Health:
    """`ok`, the mode, what is wrong in sentences, and the facts behind it; no personal data.

    `soon` is what staff must do before it goes wrong (a review date that comes near); it is no 503.
    """

    ok: bool
    mode: str
    wrong: tuple[str, ...]
    facts: Mapping[str, Any]
    soon: tuple[str, ...] = ()


def findings(app: App, now: datetime) -> Health:
    """Look at everything; never raises."""
    mode = app.desk.mode.value
    try:
        seen = pulse(app.desk, now)
        soon = tuple(reviews_near(app.desk, now))
    except DatabaseTrouble as trouble:
        return Health(False, mode, (trouble.sentence,), {"database": trouble.code})
    wrong = tuple(_wrong(seen, now))
    return Health(not wrong, mode, wrong, _facts(seen, now), soon)


def _wrong(seen: Pulse, now: datetime) -> list[str]:
    wrong = []
    if seen.restored_at is not None:
        wrong.append(f"The database was restored from a backup at {seen.restored_at:%Y-%m-%d %H:%M} UTC.")
    if abs(seen.at - now) > SKEW:
        wrong.append("The clocks of this machine and of the database differ by more than 2 seconds.")
    for job, tick in sorted(seen.ticks.items()):
        if now - tick.at > LATE_TICKS * tick.every + _SLACK:
            wrong.append(f"The job {job} has not run since {tick.at:%Y-%m-%d %H:%M} UTC.")
        elif tick.at - now > _SLACK:
            wrong.append(f"The job {job} last ran in the future: a clock was set back.")
    for channel, reason in sorted(seen.halted.items()):
        wrong.append(f"Sending by {channel} is halted: {reason}.")
    if seen.oldest_due is not None and now - seen.oldest_due > STUCK and hours.open_now(now):
        wrong.append(f"A message has been due since {seen.oldest_due:%Y-%m-%d %H:%M} UTC.")
    if seen.unanswered > _STUCK_INBOX:
        wrong.append("More than 500 stored messages wait for their answer.")
    wrong += _untold(seen, now)
    for work, number in seen.put_aside.items():
        of = "1 family" if number == 1 else f"{number} families"
        wrong.append(f"Put aside by a fault of the program: {work} of {of}; see the alerts.")
    return wrong


def _untold(seen: Pulse, now: datetime) -> Iterator[str]:
    since = seen.untold_since
    if since is not None and now - since > UNTOLD:
        yield f"The duty has not taken an alert of {since:%Y-%m-%d %H:%M} UTC; it is tried again."
    if seen.given_up:
        number = "1 alert" if seen.given_up == 1 else f"{seen.given_up} alerts"
        yield f"{number} could not be told to the duty for a day; see `thinkfamily alerts list`."


def _facts(seen: Pulse, now: datetime) -> dict[str, Any]:
    oldest = seen.oldest_due
    return {
        "database": "answers",
        "skew_seconds": round((seen.at - now).total_seconds(), 1),
        "ticks": {job: tick.at.isoformat() for job, tick in sorted(seen.ticks.items())},
        "halted": dict(seen.halted),
        "oldest_due_seconds": None if oldest is None else round((now - oldest).total_seconds()),
        "in_flight": {state.value: number for state, number in seen.in_flight.items()},
        "unanswered": seen.unanswered,
        "unread": seen.unread,
        "alerts": dict(seen.alerts),
        "put_aside": dict(seen.put_aside),
    }


def route(app: App) -> Route:
    """`GET /healthz`: 200 when all is well, 503 when not; JSON either way."""

    async def healthz(_request: Request) -> JSONResponse:
        health = await asyncio.to_thread(findings, app, app.clock())
        body = {"ok": health.ok, "mode": health.mode, "wrong": list(health.wrong), "soon": list(health.soon)}
        body |= health.facts
        return JSONResponse(body, status_code=200 if health.ok else 503)

    return Route("/healthz", healthz, methods=["GET"])
