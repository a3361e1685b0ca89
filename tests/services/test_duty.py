"""Who is on duty is told of an alert at least once, by one process at a time, for a day and no longer."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.domain.duty import Way
from bot.services import duty, inbox, pulse
from bot.services.duty import Claimed
from bot.store import alerts, rings
from bot.store.alerts import AlertRow
from tests.people import People

BOTH = (Way.WEBHOOK, Way.EMAIL)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def _raised(people: People, kind: str = "crisis:abuse", family_id: int | None = 7, about: int = 0) -> int:
    now = people.clock.now
    return people.desk.database.write(
        lambda conn: alerts.raise_alert(conn, kind, now, family_id=family_id, inbound_id=about or None)
    )


def _claim(people: People) -> list[Claimed]:
    return duty.claim(people.desk, people.clock.now)


def _told(people: People, claimed: Claimed, *told: Way, wanted: tuple[Way, ...] = BOTH) -> bool:
    return duty.record(people.desk, claimed, told, wanted, people.clock.now)


def _row(people: People, alert: int) -> AlertRow:
    found = people.desk.database.read(lambda conn: alerts.listed(conn, only_open=False))
    return next(one for one in found if one.id == alert)


def test_an_alert_that_needs_a_person_is_called_and_the_others_are_not(people: People) -> None:
    alert = _raised(people)
    _raised(people, "told_during_hold")
    [claimed] = _claim(people)
    assert (claimed.call.alert_ids, claimed.call.family_id) == ((alert,), 7)
    assert _claim(people) == []


def test_once_every_way_took_it_it_is_not_called_again(people: People) -> None:
    alert = _raised(people)
    assert _told(people, _claim(people)[0], *BOTH)
    people.clock.pass_(days=2)
    assert _claim(people) == []
    assert _row(people, alert).rung_at is not None


def test_a_way_that_took_it_is_not_asked_again_when_the_other_did_not(people: People) -> None:
    _raised(people)
    assert not _told(people, _claim(people)[0], Way.WEBHOOK)
    people.clock.pass_(seconds=11)
    [again] = _claim(people)
    assert (again.call.told, again.call.tries) == ({Way.WEBHOOK}, 2)
    assert _told(people, again, Way.EMAIL)


def test_it_is_tried_again_after_waits_that_grow(people: People) -> None:
    _raised(people)
    waits = []
    for _ in range(5):
        [claimed] = _claim(people)
        _told(people, claimed)
        began = people.clock.now
        while not people.desk.database.read(lambda conn: _due(conn, people)):
            people.clock.pass_(seconds=1)
        waits.append((people.clock.now - began).total_seconds())
    assert waits == [10, 20, 40, 80, 160]


def _due(conn: sa.Connection, people: People) -> bool:
    now = people.clock.now
    return bool(rings.due(conn, now, now, 1))


def test_after_a_day_it_is_given_up_and_said_until_somebody_closes_the_alert(people: People) -> None:
    alert = _raised(people)
    people.clock.pass_(hours=23)
    _told(people, _claim(people)[0])
    people.clock.pass_(hours=2)
    _told(people, _claim(people)[0])
    people.clock.pass_(days=3)
    assert _claim(people) == []
    assert _row(people, alert).given_up_at is not None
    assert pulse.pulse(people.desk, people.clock.now).given_up == 1
    inbox.close_alert(people.desk, alert, "duty", people.clock.now)
    assert pulse.pulse(people.desk, people.clock.now).given_up == 0


def test_the_pulse_says_since_when_the_duty_does_not_take_it(people: People) -> None:
    _raised(people)
    assert pulse.pulse(people.desk, people.clock.now).untold_since is None  # nobody has tried
    began = people.clock.now
    _told(people, _claim(people)[0])
    assert pulse.pulse(people.desk, people.clock.now).untold_since == began
    people.clock.pass_(seconds=11)
    _told(people, _claim(people)[0], *BOTH)
    assert pulse.pulse(people.desk, people.clock.now).untold_since is None


def test_an_alert_that_somebody_closed_is_not_called(people: People) -> None:
    inbox.close_alert(people.desk, _raised(people), "duty", people.clock.now)
    assert _claim(people) == []


def test_a_flood_of_alerts_about_one_family_is_one_call_every_five_minutes(people: People) -> None:
    first = tuple(sorted(_raised(people, about=about) for about in range(1, 31)))
    [claimed] = _claim(people)
    assert claimed.call.alert_ids == first
    _told(people, claimed, *BOTH)
    later = tuple(sorted(_raised(people, about=about) for about in range(31, 41)))
    assert _claim(people) == []
    people.clock.pass_(minutes=5, seconds=1)
    assert [one.call.alert_ids for one in _claim(people)] == [later]


def test_phones_of_no_family_may_be_of_different_people_and_wait_a_minute(people: People) -> None:
    _raised(people, family_id=None, about=1)
    _told(people, _claim(people)[0], *BOTH)
    _raised(people, family_id=None, about=2)
    assert _claim(people) == []
    people.clock.pass_(seconds=61)
    assert len(_claim(people)) == 1


def test_another_kind_another_family_and_what_comes_after_a_close_do_not_wait(people: People) -> None:
    alert = _raised(people)
    _told(people, _claim(people)[0], *BOTH)
    _raised(people, "crisis:self_harm")
    _raised(people, family_id=8)
    assert len(_claim(people)) == 2
    inbox.close_alert(people.desk, alert, "duty", people.clock.now)
    _raised(people)
    assert len(_claim(people)) == 1


def test_two_processes_call_once(people: People) -> None:
    _raised(people)
    assert (len(_claim(people)), len(_claim(people))) == (1, 0)


def test_who_claimed_it_and_died_is_followed_after_the_lease(people: People) -> None:
    _raised(people)
    [dead] = _claim(people)
    people.clock.pass_(minutes=2, seconds=1)
    [again] = _claim(people)
    _told(people, dead)  # it was only frozen, and says so late: the one who has it now goes on
    assert _claim(people) == []
    assert _told(people, again, *BOTH)
    _told(people, dead)
    people.clock.pass_(hours=1)
    assert _claim(people) == []


def test_what_was_open_long_before_anybody_could_be_rung_stays_for_the_list(people: People) -> None:
    _raised(people)
    people.clock.pass_(days=8)
    assert _claim(people) == []


@pytest.mark.parametrize("days", [2, 6])
def test_what_nobody_tried_for_days_is_called_all_the_same(people: People, days: int) -> None:
    _raised(people)
    people.clock.pass_(days=days)
    assert len(_claim(people)) == 1
