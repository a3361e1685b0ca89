"""The rehearsal lives through the real line: all is accounted for, and nobody is written to twice."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot import bootstrap, settings
from bot.bootstrap import App
from bot.domain.revision import Mode
from bot.rehearsal import days as living
from bot.rehearsal.people import Household, households
from bot.services import reports
from bot.store import schema
from bot.store.database import Database
from bot.store.tables import outbox
from tests import ours

START = datetime(2027, 1, 4, tzinfo=UTC).date()
DAYS = 120


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> tuple[App, living.Rehearsal, list[Household]]:
    """Twelve families and four months, with two days of outage."""
    folder: Path = tmp_path_factory.mktemp("rehearsal")
    url = f"sqlite:///{folder / 'rehearsal.db'}"
    clock = living.Clock(datetime(2027, 1, 4, tzinfo=UTC))
    built = bootstrap.build(
        settings.read(None, thinkfamily_mode=Mode.REHEARSAL, thinkfamily_database_url=url), ours.content()
    )
    database = Database(url, clock=clock)
    schema.upgrade(database)
    app = replace(built, desk=replace(built.desk, database=database), clock=clock)
    people = [_sooner(one, START + timedelta(days=n)) for n, one in enumerate(households(START, 12, 7))]
    numbers = frozenset(one.mother for one in people)
    span = [START + timedelta(days=n) for n in range(DAYS)]
    outages = frozenset({START + timedelta(days=60), START + timedelta(days=61)})
    return app, living.rehearse(app, clock, people, span, outages, numbers, lambda: None), people


def _sooner(household: Household, joins: date) -> Household:
    """The same family, some months earlier: all its days move together."""
    by = household.joins - joins
    return replace(
        household,
        joins=joins,
        due=household.due - by,
        relatives=tuple(replace(one, joins=one.joins - by) for one in household.relatives),
        says=tuple(replace(one, day=one.day - by) for one in household.says),
    )


Lived = tuple[App, living.Rehearsal, list[Household]]


def test_every_mother_joined_by_text(lived: Lived) -> None:
    _, kept, people = lived
    welcomed = {one.who for one in kept.heard if one.ours and "Saved: " in one.body}
    assert welcomed == {one.mother for one in people}


def test_planned_is_the_sum_of_outcomes(lived: Lived) -> None:
    app, _, _ = lived
    found = reports.summary(app.desk)
    assert found
    assert all(line.planned == sum(line.outcomes.values()) for line in found)


def test_no_row_is_left_in_sending_or_queued_for_a_day_that_has_gone(lived: Lived) -> None:
    app, _, _ = lived
    query = sa.select(sa.func.count()).where(outbox.c.state.in_(("sending", "queued")))
    assert app.desk.database.read(lambda conn: conn.execute(query).scalar_one()) == 0


def test_nobody_gets_the_same_staged_words_twice(lived: Lived) -> None:
    """P4, as a family would notice it: replies aside, no text comes twice."""
    _, kept, _ = lived
    staged = Counter(
        (one.who, one.body) for one in kept.heard if one.ours and one.body.startswith("Think Family: ")
    )
    replies = ("signed up", "paused", "go on", "have stopped")
    doubled = [
        body for (_, body), count in staged.items() if count > 1 and not any(word in body for word in replies)
    ]
    assert not doubled


def test_what_is_written_during_an_outage_is_answered_after_it(lived: Lived) -> None:
    _, kept, _ = lived
    out = {START + timedelta(days=60), START + timedelta(days=61)}
    assert not [one for one in kept.heard if one.ours and one.at.date() in out]


def test_the_same_seed_gives_the_same_families() -> None:
    assert list(households(START, 20, 5)) == list(households(START, 20, 5))
