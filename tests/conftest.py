"""Fixtures for everybody: a clock, a seal, and an empty database of today's schema, on both databases."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.store import schema
from bot.store.database import Database
from bot.store.sealed import Seal, new_key, parse_keys
from tests import clock as clocks
from tests import lent, nothing_personal, postgres

BOTH = ("sqlite", "postgres")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """P11: a test whose logs, or whatever else was printed meanwhile, tell of a person fails.

    Those of `tests/test_logs.py` tell on purpose, to see it taken out of the stream that we write.
    """
    report = yield
    if item.get_closest_marker("tells_on_purpose"):
        return report
    if report.when == "setup":
        told = report.capstdout + report.capstderr + report.caplog
    else:  # sections grow from phase to phase
        told = "".join(text for title, text in report.sections if report.when in title)
    found = nothing_personal.found_in(told)
    if found and report.outcome == "passed":
        report.outcome, report.longrepr = "failed", f"P11: what was logged or printed holds {found}"
    if report.when == "teardown":
        nothing_personal.forget()
    return report


@pytest.fixture
def clock() -> clocks.Clock:
    """2 February 2027, 10:00; `.now` can be set, `.pass_(days=3)` moves it. The database goes by it."""
    return clocks.start()


@pytest.fixture(scope="session")
def seal() -> Seal:
    """Keys made for this run."""
    return Seal(parse_keys(new_key("t1")))


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of this run's PostgreSQL; the workers of one run share it."""
    owner = os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()
    with postgres.server(owner) as url:
        for safety in ("fsync", "synchronous_commit", "full_page_writes"):  # nothing here is kept
            lent.administer(url, f"ALTER SYSTEM SET {safety} = off")
        lent.administer(url, "ALTER SYSTEM SET autovacuum = off")  # no plan depends on what ran before
        lent.administer(url, "SELECT pg_reload_conf()")
        yield url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with today's schema, to be copied."""
    path = tmp_path_factory.mktemp("template") / "template.db"
    database = Database(f"sqlite:///{path}")
    schema.upgrade(database)
    database.read(lambda conn: conn.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)"))
    database.close()
    return path


@pytest.fixture(scope="session")
def postgres_lender(postgres_server: str) -> Iterator[lent.Lender]:
    """This worker's PostgreSQL database of today's schema, and a template to copy it from."""
    with lent.copy(postgres_server) as template:
        database = Database(lent.named(postgres_server, template))
        schema.upgrade(database)
        database.close()
        lender = lent.Lender(postgres_server, template)
        yield lender
        lender.close()


@pytest.fixture(params=BOTH)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without tables."""
    with _fresh(request, tmp_path, template=False) as url:
        yield url


@pytest.fixture(params=BOTH)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database of today's schema."""
    with _fresh(request, tmp_path, template=True) as url:
        yield url


@pytest.fixture
def database(database_url: str, clock: clocks.Clock) -> Iterator[Database]:
    """An empty database of today's schema, whose clock is the fixture `clock`; on both databases.

    Nobody pulls the plug on a test: it does not wait for the disk.
    """
    opened = Database(database_url, clock=clock, kept=False)
    yield opened
    opened.close()


@contextlib.contextmanager
def _fresh(request: pytest.FixtureRequest, folder: Path, *, template: bool) -> Iterator[str]:
    if request.param == "sqlite":
        yield _sqlite(request, folder, template)
    elif template:
        with request.getfixturevalue("postgres_lender").empty() as url:
            yield url
    else:
        server: str = request.getfixturevalue("postgres_server")
        with lent.copy(server) as name:
            yield lent.named(server, name)


def _sqlite(request: pytest.FixtureRequest, folder: Path, template: bool) -> str:
    path = folder / "thinkfamily.db"
    if template:
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
    else:
        path.touch()
    return f"sqlite:///{path}"
