"""What one test leaves behind in PostgreSQL, the next does not find."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from bot.store import schema
from bot.store.database import Database
from bot.store.tables import meta
from tests import lent


@pytest.fixture
def lender(postgres_lender: lent.Lender) -> Iterator[lent.Lender]:
    """A lender of its own, so that nobody else has its database."""
    own = lent.Lender(postgres_lender.server, postgres_lender.template)
    yield own
    own.close()


def _done(lender: lent.Lender, statement: str) -> str:
    """The URL that a test had, which did this."""
    with lender.empty() as url:
        engine = sa.create_engine(url, poolclass=sa.NullPool)
        with engine.begin() as connection:
            connection.exec_driver_sql(statement)
    return url


def _as_new(url: str) -> bool:
    """Whether all tables are there and empty, and the schema is today's."""
    database = Database(url)
    state = schema.state(database)
    rows = database.read(lambda conn: conn.execute(sa.select(sa.func.count()).select_from(meta)).scalar_one())
    database.close()
    return (state, rows) == ("current", 0)


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO meta (name, value) VALUES ('left', 'behind')",
        "UPDATE alembic_version SET version_num = '9999'",
        "DELETE FROM alembic_version",
    ],
)
def test_rows_are_gone_and_the_database_is_lent_again(lender: lent.Lender, statement: str) -> None:
    before = _done(lender, statement)
    with lender.empty() as url:
        assert url == before
        assert _as_new(url)


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE alerts",
        "ALTER TABLE meta RENAME TO gone",
        "ALTER TABLE meta ADD COLUMN more INTEGER",
        "ALTER TABLE meta ALTER COLUMN value DROP NOT NULL",
        "ALTER TABLE meta ADD CONSTRAINT never CHECK (false) NOT VALID",
        "DROP INDEX ix_outbox_queued",
        "CREATE FUNCTION odd() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
        "INSERT INTO meta (name, value) SELECT n, repeat('big', 100) FROM generate_series(1, 30000) AS n",
    ],
)
def test_what_was_changed_or_grew_big_is_thrown_away(lender: lent.Lender, statement: str) -> None:
    before = _done(lender, statement)
    with lender.empty() as url:
        assert url != before
        assert _as_new(url)


def test_a_transaction_left_open_is_ended(lender: lent.Lender) -> None:
    with lender.empty() as url:
        left = sa.create_engine(url, poolclass=sa.NullPool).connect()
        left.exec_driver_sql("LOCK TABLE meta IN ACCESS EXCLUSIVE MODE")
    with lender.empty() as url:
        assert _as_new(url)
    left.invalidate()
    left.close()
