"""Alerts: ids and kinds, once while open."""

from __future__ import annotations

import sqlalchemy as sa

from bot.store import alerts
from bot.store.database import Database
from tests.clock import Clock


def test_the_same_alert_is_not_opened_twice_while_it_is_open(database: Database, clock: Clock) -> None:
    def work(conn: sa.Connection) -> list[int]:
        first = alerts.raise_alert(conn, "crisis", clock.now, family_id=1, inbound_id=2)
        again = alerts.raise_alert(conn, "crisis", clock.now, family_id=1, inbound_id=2)
        other = alerts.raise_alert(conn, "crisis", clock.now, family_id=1, inbound_id=3)
        assert alerts.close_alert(conn, first, clock.now)
        reopened = alerts.raise_alert(conn, "crisis", clock.now, family_id=1, inbound_id=2)
        return [first, again, other, reopened]

    first, again, other, reopened = database.write(work)
    assert first == again
    assert len({first, other, reopened}) == 3


def test_a_closed_alert_is_listed_only_when_asked_for(database: Database, clock: Clock) -> None:
    def work(conn: sa.Connection) -> tuple[int, int]:
        alerts.close_alert(conn, alerts.raise_alert(conn, "uncertain", clock.now), clock.now)
        return len(alerts.listed(conn)), len(alerts.listed(conn, only_open=False))

    assert database.write(work) == (0, 1)


def test_an_alert_is_closed_once(database: Database, clock: Clock) -> None:
    def work(conn: sa.Connection) -> list[bool]:
        alert = alerts.raise_alert(conn, "uncertain", clock.now)
        return [alerts.close_alert(conn, one, clock.now) for one in (alert, alert, 404)]

    assert database.write(work) == [True, False, False]


def test_open_alerts_are_counted_by_kind(database: Database, clock: Clock) -> None:
    def work(conn: sa.Connection) -> dict[str, int]:
        for inbound_id in (1, 2):
            alerts.raise_alert(conn, "crisis", clock.now, inbound_id=inbound_id)
        alerts.raise_alert(conn, "uncertain", clock.now)
        return alerts.open_counts(conn)

    assert database.write(work) == {"crisis": 2, "uncertain": 1}
