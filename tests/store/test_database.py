"""The database under stress: who must give way is run again, and every error comes out as one of ours."""

from __future__ import annotations

import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, BrokenBarrierError

import pytest
import sqlalchemy as sa

from bot.errors import DatabaseGone
from bot.store.database import Database
from bot.store.tables import meta


def test_two_transactions_that_wait_for_each_other_are_both_done(database: Database) -> None:
    """A deadlock's loser is run again; on SQLite one writer at a time can never have one."""
    names = ("first", "second")
    database.write(lambda conn: [conn.execute(sa.insert(meta).values(name=name, value="")) for name in names])
    both_hold_one = Barrier(2)

    def set_both(order: tuple[str, ...]) -> None:
        def work(conn: sa.Connection) -> None:
            for name in order:
                longer = sa.update(meta).where(meta.c.name == name).values(value=meta.c.value + "x")
                conn.execute(longer)
                _meet(both_hold_one)

        database.write(work)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(set_both, (names, names[::-1])))
    values = database.read(lambda conn: conn.execute(sa.select(meta.c.value)).scalars().all())
    assert [value for value in values if value] == ["xx", "xx"]


def _meet(barrier: Barrier) -> None:
    """Wait for the other, if it comes."""
    try:
        barrier.wait(timeout=0.5)
    except BrokenBarrierError:
        return


def test_p11_no_error_shows_a_value(database_url: str) -> None:
    """A statement's values are dates of birth and sealed words; the statement itself is ours."""
    opened = Database(database_url)
    query, values = sa.text("SELECT 1 FROM nowhere WHERE born_on = :day"), {"day": "1 " + "March"}
    with pytest.raises(DatabaseGone) as raised:
        opened.read(lambda conn: conn.execute(query, values))
    opened.close()
    told = "".join(traceback.format_exception(raised.value))
    assert "nowhere" in told
    assert values["day"] not in told


@pytest.mark.parametrize(("given", "waits"), [({}, 2), ({"kept": True}, 2), ({"kept": False}, 0)])
def test_a_commit_waits_for_the_disk_unless_the_file_is_thrown_away(
    tmp_path: Path, given: dict[str, bool], waits: int
) -> None:
    """SQLite's words for it: synchronous is FULL, and OFF."""
    opened = Database(f"sqlite:///{tmp_path}/thinkfamily.db", **given)
    (tmp_path / "thinkfamily.db").touch()
    assert opened.read(lambda conn: conn.exec_driver_sql("PRAGMA synchronous").scalar_one()) == waits
    opened.close()
