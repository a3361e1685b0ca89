"""The doors of an app with a real database, which can be locked as a stuck process would lock it."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from types import SimpleNamespace

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from bot.channels.telegram.read import TelegramReader
from bot.channels.twilio.read import TwilioReader
from bot.domain.address import ChannelName
from bot.domain.meaning import Crisis
from bot.inbound.webhooks import routes
from bot.services.desk import Desk
from bot.store.database import Database
from bot.store.sealed import Seal
from bot.words import lexicon
from bot.words.render import Words
from tests import clock as clocks
from tests import line, ours
from tests.inbound import knocks

ROOT = Path(__file__).resolve().parents[2]
CRISIS_WORDS = {
    f"templates/en/replies/crisis/{kind.value}.j2": f"Call 999 now <{kind.value} & more>." for kind in Crisis
}


@pytest.fixture
def file(sqlite_template: Path, tmp_path: Path) -> Path:
    path = tmp_path / "thinkfamily.db"
    shutil.copy(sqlite_template, path)
    return path


@pytest.fixture
def database(file: Path, clock: clocks.Clock) -> Iterator[Database]:
    """SQLite that gives up after 0.2 s when it is locked."""
    opened = Database(f"sqlite:///{file}", clock=clock, busy_seconds=0.2, kept=False)
    yield opened
    opened.close()


@pytest.fixture
def locked(file: Path) -> Callable[[], AbstractContextManager[None]]:
    """`with locked():` nobody else can write."""

    @contextlib.contextmanager
    def lock() -> Iterator[None]:
        held = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        held.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            held.execute("ROLLBACK")
            held.close()

    return lock


@pytest.fixture(scope="session")
def real_lexicon() -> lexicon.Lexicon:
    """The keywords and crisis phrases as they are shipped."""
    return ours.lexicon()


@pytest.fixture
def desk(database: Database, seal: Seal, real_lexicon: lexicon.Lexicon) -> Desk:
    texts = line.TEXTS | CRISIS_WORDS
    content = SimpleNamespace(words=Words(texts, {}))
    return line.desk(database, seal, lexicon=real_lexicon, content=content, shelf=line.shelf(texts=texts))


@pytest.fixture
def app(desk: Desk, clock: clocks.Clock) -> SimpleNamespace:
    """What the doors need of an App."""
    readers = {
        ChannelName.TELEGRAM: TelegramReader(knocks.SECRET),
        ChannelName.SMS: TwilioReader(knocks.AUTH_TOKEN),
    }
    return SimpleNamespace(desk=desk, readers=readers, bot=None, clock=clock, public_url=knocks.PUBLIC)


@pytest.fixture
def client(app: SimpleNamespace) -> Iterator[TestClient]:
    """Knocks at the doors as a proxy inside would: under another address than the public one."""
    with TestClient(Starlette(routes=routes(app)), base_url="http://10.0.0.7:8080") as made:
        yield made
