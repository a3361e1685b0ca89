"""Statements that skip SQLAlchemy's own results: the same values in, the same rows, the same errors."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from bot.errors import DatabaseGone
from bot.store.columns import Moment, as_moment
from bot.store.database import Database
from bot.store.prepared import Prepared, Query, kept_apart, run
from bot.store.tables import families, meta, outbox, pregnancies
from tests.clock import Clock


def test_values_go_in_as_their_columns_take_them(database: Database, clock: Clock) -> None:
    statement = Prepared(
        sa.select(
            sa.bindparam("moment", type_=Moment()),
            sa.cast(sa.bindparam("day", type_=sa.Date()), sa.String),
            sa.literal("written", sa.String()),
        )
    )
    values = {"moment": clock.now, "day": date(2027, 2, 3)}
    moment, day, written = database.read(lambda conn: statement.run(conn, values).fetchone())
    assert (as_moment(moment), day, written) == (clock.now, "2027-02-03", "written")


def test_a_value_that_is_missing_is_a_fault(database: Database) -> None:
    statement = Prepared(sa.select(meta).where(meta.c.name == sa.bindparam("which")))
    with pytest.raises(KeyError, match="which"):
        database.read(lambda conn: statement.run(conn, {}))


def test_what_it_changes_belongs_to_the_transaction(database: Database) -> None:
    made = Prepared(sa.insert(meta).values(name=sa.bindparam("called"), value="x"))

    def work(conn: sa.Connection) -> None:
        assert made.run(conn, {"called": "here"}).rowcount == 1
        raise LookupError

    with pytest.raises(LookupError):
        database.write(work)
    assert (
        database.read(lambda conn: conn.execute(sa.select(meta.c.name).where(meta.c.name == "here")).all())
        == []
    )


def test_the_driver_s_errors_come_as_any_other_s(database: Database) -> None:
    """Ours where the database is in trouble; a broken rule is a fault of the program."""
    twice = Prepared(sa.insert(meta).values(name="same", value=""))
    with pytest.raises(sa.exc.IntegrityError):
        database.write(lambda conn: [twice.run(conn, {}), twice.run(conn, {})])
    with pytest.raises(DatabaseGone):
        database.write(lambda conn: run(conn, "SELECT 1 FROM nowhere"))
    assert database.write(lambda conn: twice.run(conn, {}).rowcount) == 1


def test_a_connection_that_was_cut_off_is_not_used_again(database: Database) -> None:
    """PostgreSQL was restarted in the middle: that transaction is lost, the next has a new connection."""
    one = Prepared(sa.select(sa.func.count()).select_from(outbox))

    def work(conn: sa.Connection) -> None:
        if database.sqlite:
            conn.connection.dbapi_connection.close()  # type: ignore[union-attr]
        else:
            [(pid,)] = run(conn, "SELECT pg_backend_pid()").fetchall()
            cut = sa.text("SELECT pg_terminate_backend(:pid)")
            database.read(lambda other: other.execute(cut, {"pid": pid}))
        one.run(conn, {})

    with pytest.raises(DatabaseGone):
        database.write(work)
    assert database.write(lambda conn: one.run(conn, {}).fetchone()[0]) == 0


def test_rows_are_read_as_their_columns_read_them(database: Database, clock: Clock) -> None:
    family = (families.c.family_id, families.c.held, families.c.moved_on, families.c.created_at)
    told = [(1, False, None, clock.now), (2, True, date(2027, 2, 3), clock.now)]
    rows = Query(sa.select(*family).order_by(families.c.family_id))
    asked = Query(sa.select(pregnancies.c.resumed_for).order_by(pregnancies.c.family_id))
    made = Query(
        sa.delete(families).where(families.c.held).returning(families.c.moved_on, families.c.created_at)
    )

    def work(conn: sa.Connection) -> None:
        names = [column.name for column in family]
        conn.execute(sa.insert(families), [dict(zip(names, one, strict=True)) for one in told])
        clock_of = {"family_id": 1, "pregnancy_id": 1}
        conn.execute(sa.insert(pregnancies).values(clock_of | {"resumed_for": [5, 6]}))
        assert rows.rows(conn, {}) == told
        assert asked.rows(conn, {}) == [([5, 6],)]
        assert made.rows(conn, {}) == [(date(2027, 2, 3), clock.now)]
        assert made.rows(conn, {}) == []

    database.write(work)


def test_what_is_read_together_is_of_one_moment(database: Database) -> None:
    """A reading transaction begins with the first statement, whoever runs it."""
    number = Query(sa.select(sa.func.count()).select_from(meta))

    def work(conn: sa.Connection) -> tuple[int, int]:
        before = number.rows(conn, {})[0][0]
        assert conn.in_transaction()
        if conn.dialect.name == "sqlite":
            database.write(lambda other: other.execute(sa.insert(meta).values(name="late", value="")))
        return before, number.rows(conn, {})[0][0]

    before, after = database.read(work)
    assert before == after


def test_what_was_done_apart_is_undone_and_the_rest_goes_on(database: Database) -> None:
    one = Prepared(sa.insert(meta).values(name=sa.bindparam("called"), value=""))

    def work(conn: sa.Connection) -> None:
        one.run(conn, {"called": "a"})
        with kept_apart(conn):
            one.run(conn, {"called": "b"})
        with pytest.raises(sa.exc.IntegrityError), kept_apart(conn):
            [one.run(conn, {"called": name}) for name in ("c", "a")]
        one.run(conn, {"called": "d"})

    database.write(work)
    names = sa.select(meta.c.name).where(sa.func.length(meta.c.name) == 1).order_by(meta.c.name)
    assert database.read(lambda conn: list(conn.execute(names).scalars())) == ["a", "b", "d"]
