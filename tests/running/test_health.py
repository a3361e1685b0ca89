"""Health: whether the clock ticks, the database answers and the line moves; never personal data."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from starlette.applications import Starlette
from starlette.testclient import TestClient

from bot.domain.address import ChannelName
from bot.domain.inbound import Inbound, InboundKind
from bot.domain.outbox import Kind
from bot.errors import DatabaseGone
from bot.running import health
from bot.services import publish, pulse
from bot.services.desk import Desk
from bot.store import alerts, inbox, pace
from bot.store.database import Database
from bot.store.sealed import Seal
from tests import line, rows
from tests.clock import Clock
from tests.services import shelves

MINUTE = timedelta(minutes=1)


@pytest.fixture
def desk(database: Database, seal: Seal) -> Desk:
    return line.desk(database, seal)


def _findings(desk: Desk, clock: Clock) -> health.Health:
    return health.findings(line.app(desk, clock), clock.now)


def test_an_idle_line_is_well_and_names_its_mode(desk: Desk, clock: Clock) -> None:
    found = _findings(desk, clock)
    assert (found.ok, found.mode, found.wrong) == (True, "live", ())


@pytest.mark.parametrize(("minutes", "ok"), [(3, True), (4, False)])
def test_a_job_that_missed_three_of_its_turns_has_stopped(
    desk: Desk, clock: Clock, minutes: int, ok: bool
) -> None:
    pulse.ticked(desk, "plan", MINUTE, clock.now)
    clock.pass_(minutes=minutes)
    found = _findings(desk, clock)
    assert found.ok is ok
    assert any("plan" in sentence for sentence in found.wrong) is not ok


def test_a_job_that_ticks_again_is_well_again(desk: Desk, clock: Clock) -> None:
    pulse.ticked(desk, "plan", MINUTE, clock.now)
    pulse.ticked(desk, "plan", MINUTE, clock.pass_(hours=1))
    assert _findings(desk, clock).ok


def test_a_halted_sender_is_found_with_its_reason(desk: Desk, clock: Clock) -> None:
    def work(conn: sa.Connection) -> None:
        rows.someone(conn, desk.seal, clock.now)
        pace.halt(conn, "provider:20003", clock.now)

    desk.database.write(work)
    found = _findings(desk, clock)
    assert (found.ok, found.facts["halted"]) == (False, {"sms": "provider:20003"})


@pytest.mark.parametrize(("minutes", "ok"), [(14, True), (16, False)])
def test_a_message_that_is_due_and_does_not_leave_is_found(
    desk: Desk, clock: Clock, minutes: int, ok: bool
) -> None:
    line.queue(desk, clock.now, kind=Kind.REPLY)
    clock.pass_(minutes=minutes)
    assert _findings(desk, clock).ok is ok


def test_what_waits_for_the_morning_is_no_fault(desk: Desk, clock: Clock) -> None:
    line.queue(desk, clock.now, kind=Kind.STAFF, not_after=None)
    clock.now = clock.now.replace(hour=23)
    assert _findings(desk, clock).ok


def test_clocks_that_differ_are_found(desk: Desk, clock: Clock) -> None:
    ahead = clock.now + timedelta(seconds=3)
    assert not health.findings(line.app(desk, clock), ahead).ok


def test_open_alerts_are_counted_by_kind(desk: Desk, clock: Clock) -> None:
    desk.database.write(lambda conn: alerts.raise_alert(conn, "crisis", clock.now, inbound_id=1))
    found = _findings(desk, clock)
    assert (found.ok, found.facts["alerts"]) == (True, {"crisis": 1})


@pytest.mark.parametrize(("state", "number"), [("unread", 1), ("failed", 1), ("done", 0), ("closed", 0)])
def test_texts_that_a_person_should_read_are_counted(
    desk: Desk, clock: Clock, state: str, number: int
) -> None:
    text = Inbound(ChannelName.SMS, "SM1", InboundKind.TEXT, None, "what now", clock.now)
    desk.database.write(lambda conn: inbox.store(conn, desk.seal, text, None, state))
    found = _findings(desk, clock)
    assert (found.ok, found.facts["unread"]) == (True, number)


@pytest.mark.parametrize(("days_before", "said"), [(61, 0), (60, 1)])
def test_p9_a_review_that_comes_near_is_said_and_is_no_503(
    database: Database, seal: Seal, clock: Clock, days_before: int, said: int
) -> None:
    desk = shelves.desk(database, seal)
    publish.publish(desk, shelves.content(), "officer", clock.now)
    clock.now = datetime(2027, 7, 1, 12, tzinfo=UTC) - timedelta(days=days_before)
    answer = _get(desk, clock)
    assert len(answer.json()["soon"]) == said
    assert "review" not in " ".join(answer.json()["wrong"])


class _Gone:
    """A database that does not answer."""

    def read(self, work: Any) -> Any:
        raise DatabaseGone("The database does not answer.", "See docs/operating.md, Database.")


def _get(desk: Desk, clock: Clock) -> Any:
    app = Starlette(routes=[health.route(line.app(desk, clock))])
    with TestClient(app) as client:
        return client.get("/healthz")


def test_healthz_says_200_when_all_is_well(desk: Desk, clock: Clock) -> None:
    answer = _get(desk, clock)
    assert (answer.status_code, answer.json()["ok"], answer.json()["mode"]) == (200, True, "live")


def test_healthz_says_503_when_the_database_does_not_answer(desk: Desk, clock: Clock) -> None:
    gone = line.desk(_Gone(), desk.seal)  # type: ignore[arg-type]
    answer = _get(gone, clock)
    assert (answer.status_code, answer.json()["database"]) == (503, "database_gone")
    assert "does not answer" in answer.json()["wrong"][0]


def test_healthz_holds_no_number_and_no_words(desk: Desk, clock: Clock) -> None:
    """P11."""
    line.queue(desk, clock.now, kind=Kind.REPLY, sealed=desk.seal.seal("outbox.body", "private words"))
    text = _get(desk, clock).text
    assert "7700900" not in text
    assert "private" not in text
