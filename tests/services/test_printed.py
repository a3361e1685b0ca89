"""Words that are made once for everybody to whom they say the same, and never for anybody else."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.services.desk import Desk
from bot.store import families
from bot.store.database import Database
from bot.store.sealed import Seal
from tests import line, rows
from tests.clock import Clock
from tests.services.dispatching import claim


@pytest.fixture
def desk(database: Database, seal: Seal) -> Desk:
    return line.desk(database, seal)


def test_each_family_has_its_own_weeks_though_the_words_of_one_step_are_made_once(
    desk: Desk, clock: Clock
) -> None:
    def work(conn: sa.Connection) -> None:
        for number, (step, weeks) in enumerate((("nudge", 20), ("nudge", 31), ("offer", 20), ("offer", 31))):
            who = rows.someone(conn, desk.seal, clock.now, number)
            due = clock.now.date() + timedelta(days=280 - weeks * 7)
            pregnancy = families.add_pregnancy(conn, who.family_id, due_on=due)
            rows.row(conn, who, clock.now, pregnancy_id=pregnancy, step=step)

    desk.database.write(work)
    jobs = claim(desk, clock)
    assert sorted(job.message.body for job in jobs) == [
        *["Flu jab: ask your midwife."] * 2,
        "You are 20 weeks. Did you book?",
        "You are 31 weeks. Did you book?",
    ]
    sealed = [line.row(desk, job.outbox_id).sealed for job in jobs]
    opened = [desk.seal.open("outbox.body", one) for one in sealed]
    assert opened == [job.message.body for job in jobs]
    assert len(set(sealed)) == 3
