"""Metrics: counted from the ledger, with closed labels, and cheap however long the history is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette
from starlette.testclient import TestClient

from bot.domain.inbound import Inbound, InboundKind
from bot.domain.outbox import Kind
from bot.errors import DatabaseGone
from bot.running import metrics
from bot.services import pulse
from bot.services.desk import Desk
from bot.store import addresses, alerts, counting, inbox, pace
from bot.store.database import Database
from bot.store.sealed import Seal
from bot.store.tables import alerts as alerts_table
from tests import line, rows
from tests.store.conftest import phone

MINUTE = timedelta(minutes=1)


@pytest.fixture
def desk(database_url: str, seal: Seal) -> Iterator[Desk]:
    """Ids tell when a row was made, by the real clock: so does everything here."""
    database = Database(database_url)
    yield line.desk(database, seal)
    database.close()


def now() -> datetime:
    return datetime.now(UTC)


def scraped(desk: Desk) -> str:
    app = Starlette(routes=[metrics.route(line.app(desk, now))])
    with TestClient(app) as client:
        answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    return answer.text


def values(text: str) -> dict[tuple[str, ...], float]:
    """(name without thinkfamily_, the label values in order of their names) -> value."""
    return {
        (sample.name.removeprefix("thinkfamily_"), *(sample.labels[name] for name in sorted(sample.labels))):
            sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }  # fmt: skip


def test_what_waits_and_what_is_due_is_counted(desk: Desk) -> None:
    for number, minutes in enumerate((-10, -1, 60)):
        line.queue(desk, now(), number, send_at=now() + minutes * MINUTE)
    line.queue(desk, now(), 4, state="waiting")
    found = values(scraped(desk))
    assert (found["messages", "queued"], found["messages", "waiting"]) == (3, 1)
    assert found["messages_due", "sms"] == 2
    assert 590 < found[("oldest_due_seconds",)] < 700


def test_what_became_of_a_day_is_counted_by_channel_and_outcome_and_why(desk: Desk) -> None:
    for number, columns in enumerate(
        ({"state": "sent"}, {"state": "delivered"}, {"state": "delivered"}, {"state": "uncertain"},
         {"state": "expired", "reason": "cap"}, {"state": "skipped", "reason": "born"},
         {"state": "failed", "reason": "refused"})
    ):  # fmt: skip
        line.queue(desk, now(), number, **columns)
    found = values(scraped(desk))
    assert found["messages_last_day", "sms", "staged", "delivered"] == 2
    assert found["messages", "uncertain"] == 1
    assert {key[1:]: value for key, value in found.items() if key[0] == "unsent_last_day"} == {
        ("cap", "expired"): 1, ("born", "skipped"): 1, ("refused", "failed"): 1,
    }  # fmt: skip


def test_what_was_made_before_the_last_day_is_not(desk: Desk) -> None:
    line.queue(desk, now(), 1, state="sent")
    old = counting.first_id(now() - timedelta(hours=25))
    line.queue(desk, now(), 2, state="sent", outbox_id=old)
    assert values(scraped(desk))["messages_last_day", "sms", "staged", "sent"] == 1


def test_what_comes_in_is_counted_and_how_long_it_waits(desk: Desk) -> None:
    def work(conn: sa.Connection) -> None:
        address = addresses.find_or_add(conn, desk.seal, phone(1), now())
        for number, state in enumerate(("stored", "done")):
            text = Inbound(address.channel, f"SM{number}", InboundKind.TEXT, phone(1), "x", now() - MINUTE)
            inbox.store(conn, desk.seal, text, address.id, state)

    desk.database.write(work)
    found = values(scraped(desk))
    assert found["received_last_day", "sms", "text", "stored"] == 1
    assert found[("unanswered",)] == 1
    assert 55 < found[("oldest_unanswered_seconds",)] < 120


def test_a_send_that_began_after_a_stop_or_a_loss_is_seen(desk: Desk) -> None:
    stopped = now() - MINUTE

    def work(conn: sa.Connection) -> None:
        who = rows.someone(conn, desk.seal, now(), 1)
        addresses.stop(conn, who.address_id, stopped)
        for kind, seconds in ((Kind.STAGED, -5.0), (Kind.STAGED, 0.75), (Kind.REPLY, 30.0)):
            at = stopped + timedelta(seconds=seconds)
            day = now().date() + timedelta(days=seconds)
            rows.row(conn, who, now(), kind, state="sent", attempted_at=at, sent_at=at, day=day)

    desk.database.write(work)
    found = values(scraped(desk))
    assert found[("stop_to_silence_seconds",)] == pytest.approx(0.75)
    assert found[("loss_to_silence_seconds",)] == 0


def test_jobs_halts_and_the_clock_are_told(desk: Desk) -> None:
    line.queue(desk, now())
    pulse.ticked(desk, "plan", MINUTE, now(), timedelta(seconds=2.5))
    desk.database.write(lambda conn: pace.halt(conn, "staff", now()))
    found = values(scraped(desk))
    assert found["tick_duration_seconds", "plan"] == 2.5
    assert found["tick_age_seconds", "plan"] < 60
    assert found["sender_halted", "sms"] == 1
    assert abs(found[("clock_skew_seconds",)]) < 1


def test_no_label_says_of_whom_and_each_is_of_a_closed_list(desk: Desk) -> None:
    """P11: no id, number, campaign or word; whoever reads it learns of nobody."""
    ids = [line.queue(desk, now(), number) for number in range(5)]
    text = scraped(desk)
    names = {
        name
        for family in text_string_to_metric_families(text)
        for one in family.samples
        for name in one.labels
    }
    assert names <= {"channel", "kind", "state", "reason", "job", "mode"}
    assert not [one for one in (*map(str, ids), "7700900", "flu", "offer") if one in text]


class _Gone:
    """A database that does not answer."""

    def read(self, work: Any) -> Any:
        raise DatabaseGone("The database does not answer.")


def test_a_database_that_does_not_answer_is_said_and_nothing_else_of_it(desk: Desk) -> None:
    found = values(scraped(line.desk(_Gone(), desk.seal)))  # type: ignore[arg-type]
    assert found[("database_up",)] == 0
    assert ("families_due",) not in found


def test_asked_twice_at_once_it_is_counted_once(desk: Desk) -> None:
    app = Starlette(routes=[metrics.route(line.app(desk, now))])
    with TestClient(app) as client:
        first = client.get("/metrics").text
        line.queue(desk, now())
        assert client.get("/metrics").text == first


def _plans(desk: Desk) -> list[str]:
    """How the database goes about each statement of a scrape."""
    said: list[str] = []

    def explain(conn: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> None:
        if statement.startswith("SELECT") and "outbox" in statement + "inbox":
            head = "EXPLAIN QUERY PLAN " if desk.database.sqlite else "EXPLAIN "
            found = conn.connection.cursor()
            found.execute(head + statement, parameters)
            said.append("; ".join(str(row[-1]) for row in found.fetchall()))

    sa.event.listen(desk.database.engine, "before_cursor_execute", explain)
    scraped(desk)
    sa.event.remove(desk.database.engine, "before_cursor_execute", explain)
    return said


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_scrape_reads_no_table_of_messages_from_end_to_end(desk: Desk) -> None:
    line.queue(desk, now())
    plans = _plans(desk)
    assert len(plans) > 8
    whole = [
        plan
        for plan in plans
        if re.search(r"SCAN (outbox|inbox|addresses)(?! USING (COVERING )?INDEX)", plan)
    ]
    assert whole == []


def test_p10_alerts_that_ring_the_duty_are_counted_by_what_came_of_it(desk: Desk) -> None:
    ago = now() - 10 * MINUTE
    for number, done in enumerate(({}, {"rings": 3}, {"ring_at": None, "rung_at": ago},
                                   {"ring_at": None, "given_up_at": ago})):  # fmt: skip
        made = desk.database.write(
            partial(alerts.raise_alert, kind="crisis:abuse", now=ago, family_id=number)
        )
        which = sa.update(alerts_table).where(alerts_table.c.alert_id == made).values({"rings": 0} | done)
        desk.database.write(lambda conn, change=which: conn.execute(change))
    desk.database.write(partial(alerts.raise_alert, kind="no_words", now=ago))
    found = values(scraped(desk))
    states = {state: found["duty_alerts", state] for state in ("waiting", "failing", "told", "given_up")}
    assert states == {"waiting": 1, "failing": 1, "told": 1, "given_up": 1}
    assert 590 < found[("duty_untold_seconds",)] < 700
