"""One PostgreSQL database a worker, lent to one test after another and empty for each of them.

To copy a database for every test costs more than most tests do. So the rows of a test are deleted after it;
a test that changed more than rows, such as a table, or that left a big database, has its copy thrown away.
"""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

_BIG = 8 * 1024 * 1024
_CATALOGS = ("class", "attribute", "attrdef", "constraint", "index", "trigger", "proc", "type", "namespace")
_END_CONNECTIONS = (
    "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
_SHAPE = " UNION ALL ".join(
    f"SELECT '{name}', count(*), max(xmin::text::bigint) FROM pg_{name}" for name in _CATALOGS
)
_SIZE = "SELECT sum(pg_relation_size(oid)) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
_VERSION = "SELECT version_num FROM alembic_version"


def named(server: str, name: str) -> str:
    """The URL of the database of this name."""
    return sa.make_url(server).set(database=name).render_as_string(hide_password=False)


def administer(server: str, statement: str) -> None:
    """One statement outside any transaction, such as CREATE DATABASE."""
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()


@contextlib.contextmanager
def copy(server: str, template: str | None = None) -> Iterator[str]:
    """The name of a database that is there for as long as this lasts."""
    name = f"test_{uuid.uuid4().hex}"
    like = f" TEMPLATE {template}" if template else ""
    administer(server, f"CREATE DATABASE {name}{like} STRATEGY FILE_COPY")
    yield name
    administer(server, f"DROP DATABASE {name} WITH (FORCE)")


class Lender:
    """`with lender.empty() as url:`, once for each test."""

    def __init__(self, server: str, template: str) -> None:
        self.server, self.template = server, template
        self._kept = contextlib.ExitStack()
        self._url: str | None = None

    @contextlib.contextmanager
    def empty(self) -> Iterator[str]:
        """The URL of an empty database of today's schema."""
        if self._url is None:
            self._make()
        assert self._url is not None
        yield self._url
        if not self._emptied():
            self.close()

    def close(self) -> None:
        """Throw the database away; the next test has a new one."""
        self._kept.close()
        self._url = None

    def _make(self) -> None:
        self._url = named(self.server, self._kept.enter_context(copy(self.server, self.template)))
        # Without its constraints and triggers, for this connection only, rows go in any order.
        options = {"options": "-c session_replication_role=replica"}
        self._engine = sa.create_engine(
            self._url, isolation_level="AUTOCOMMIT", pool_pre_ping=True, connect_args=options
        )
        self._kept.callback(self._engine.dispose)
        with self._engine.connect() as connection:
            tables = list(connection.exec_driver_sql(_TABLES).scalars())
            version = connection.exec_driver_sql(_VERSION).scalar_one()
            self._shape = _shape(connection)
        self._empty = "; ".join(
            [f"DELETE FROM {table}" for table in tables]
            + [f"INSERT INTO alembic_version VALUES ('{version}')"]
        )

    def _emptied(self) -> bool:
        """Whether it is again as it was made; false when more than rows was changed, or it grew big."""
        with self._engine.connect() as connection:
            connection.exec_driver_sql(_END_CONNECTIONS)
            if _shape(connection) != self._shape or connection.exec_driver_sql(_SIZE).scalar_one() > _BIG:
                return False
            connection.exec_driver_sql(self._empty)
        return True


def _shape(connection: sa.Connection) -> list[Any]:
    """What tells that a table, a column, a rule or a trigger was changed: every change has a new xmin."""
    return [tuple(row) for row in connection.exec_driver_sql(_SHAPE)]
