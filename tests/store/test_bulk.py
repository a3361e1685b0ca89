"""Many rows in one statement, bound by place: the same rows as SQLAlchemy's own way writes, and as many."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from bot.store.bulk import Bulk, among_ids
from bot.store.conflicts import insert_new_on
from bot.store.ids import new_id, public_ids
from bot.store.tables import families, put_aside

if TYPE_CHECKING:
    from bot.store.database import Database

NOW = datetime(2026, 6, 1, 9, 30, 0, 123456, tzinfo=UTC)
SUMMER = NOW.astimezone(timezone(timedelta(hours=1)))
TODAY = NOW.date()
_NAMES = ("family_id", "epoch", "held", "moved_on", "created_at")


def _inserting(conn: sa.Connection, *names: str) -> Bulk:
    new = {name: sa.bindparam(f"new_{name}", type_=families.c[name].type) for name in names}
    return Bulk(sa.insert(families).values(new), [f"new_{name}" for name in names], conn.dialect.name)


def _here(database: Database) -> list[Any]:
    query = sa.select(*(families.c[name] for name in _NAMES)).order_by(families.c.family_id)
    return database.read(lambda conn: conn.execute(query).all())


def test_what_is_bound_by_place_reads_as_what_was_given(database: Database) -> None:
    given = [
        (1, 3, True, date(2026, 2, 28), NOW), (2, 0, False, None, SUMMER),
        (3, 0, False, date(2026, 2, 28), NOW + timedelta(days=1)),
    ]  # fmt: skip
    assert database.write(lambda conn: _inserting(conn, *_NAMES).run(conn, given)) == 3
    assert _here(database) == given


def test_the_order_of_the_values_is_the_order_of_the_names(database: Database) -> None:
    turned = tuple(reversed(_NAMES))
    database.write(lambda conn: _inserting(conn, *turned).run(conn, [(NOW, None, True, 2, 9)]))
    assert _here(database) == [(9, 2, True, None, NOW)]


def test_it_counts_the_rows_that_were_changed(database: Database) -> None:
    def work(conn: sa.Connection) -> int:
        _inserting(conn, *_NAMES).run(conn, [(one, 0, False, None, NOW) for one in (1, 2, 3)])
        here = (families.c.family_id == sa.bindparam("row"), families.c.epoch == sa.bindparam("before"))
        change = sa.update(families).where(*here).values(epoch=sa.bindparam("after"))
        rows = [(1, 0, 5), (2, 9, 5), (3, 0, 5), (4, 0, 5)]
        return Bulk(change, ("row", "before", "after"), conn.dialect.name).run(conn, rows)

    assert database.write(work) == 2
    assert [row.epoch for row in _here(database)] == [5, 0, 5]


def test_many_rows_are_made_and_counted_as_few_are(database: Database) -> None:
    """One that is there already among those that go together, and among those that are left over."""

    def work(conn: sa.Connection) -> tuple[int, int]:
        new = {name: sa.bindparam(f"new_{name}", type_=families.c[name].type) for name in _NAMES}
        statement = insert_new_on(conn.dialect.name, families).values(new)
        making = Bulk(statement, [f"new_{name}" for name in _NAMES], conn.dialect.name)
        there = making.run(conn, [(one, 7, False, None, NOW) for one in (3, 57)])
        return there, making.run(conn, [(one, one, False, TODAY, NOW) for one in range(60)])

    assert database.write(work) == (2, 58)
    expected = [(one, one, False, TODAY, NOW) for one in range(60)]
    expected[3], expected[57] = (3, 7, False, None, NOW), (57, 7, False, None, NOW)
    assert _here(database) == expected


def test_nothing_is_asked_of_the_database_for_no_rows(database: Database) -> None:
    assert database.write(lambda conn: _inserting(conn, *_NAMES).run(conn, [])) == 0


def test_a_naive_moment_is_refused(database: Database) -> None:
    row = (1, 0, False, None, datetime(2026, 6, 1))  # noqa: DTZ001 - that is the point
    with pytest.raises(ValueError, match="naive"):
        database.write(lambda conn: _inserting(conn, *_NAMES).run(conn, [row]))


def test_a_value_that_nobody_gives_is_refused_at_once() -> None:
    change = sa.update(families).where(families.c.family_id == sa.bindparam("row")).values(epoch=4)
    with pytest.raises(ValueError, match="epoch"):
        Bulk(change, ("row",), "sqlite")


@pytest.mark.parametrize("wanted", [[], [2], [2, 3, 99, 2], list(range(5000))])
def test_among_finds_those_that_are_among_the_ids(database: Database, wanted: list[int]) -> None:
    rows = [(one, 0, False, None, NOW) for one in (1, 2, 3)]
    database.write(lambda conn: _inserting(conn, *_NAMES).run(conn, rows))
    query = sa.select(families.c.family_id).where(among_ids(families.c.family_id))
    found = database.read(lambda conn: conn.execute(query, {"ids": wanted}).scalars().all())
    assert sorted(found) == [one for one in (1, 2, 3) if one in wanted]


def test_among_works_in_a_statement_that_changes_rows(database: Database) -> None:
    def work(conn: sa.Connection) -> list[int]:
        row = {"work": "plan", "tries": 1, "error": "E", "since": NOW, "next_at": NOW}
        conn.execute(sa.insert(put_aside), [row | {"family_id": one} for one in (4, 5, 6)])
        gone = sa.delete(put_aside).where(among_ids(put_aside.c.family_id)).returning(put_aside.c.family_id)
        return sorted(conn.execute(gone, {"ids": (4, 6, 7)}).scalars())

    assert database.write(work) == [4, 6]


def test_public_ids_are_of_128_bits_and_none_comes_twice() -> None:
    made = [one for _ in range(20) for one in public_ids(500)]
    assert len(set(made)) == len(made)
    assert {len(bytes.fromhex(one)) for one in made} == {16}


def test_ids_rise_within_a_process() -> None:
    made = [new_id() for _ in range(5000)]
    assert made == sorted(set(made))
