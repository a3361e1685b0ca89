"""The keyring: a database is opened only with every key that it was written with."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from bot.errors import SettingsError
from bot.store import addresses, keyring
from bot.store.database import Database
from bot.store.sealed import Seal, new_key, parse_keys
from bot.store.tables import meta
from tests.clock import Clock
from tests.store.conftest import phone

OLD, NEW = new_key("old"), new_key("new")


def opened_with(database: Database, *keys: str) -> None:
    """As a process that holds these keys, newest first, opens the database."""
    seal = Seal(parse_keys(",".join(keys)))
    database.write(lambda conn: keyring.recognise(conn, seal))


def test_the_same_key_opens_it_again(database: Database) -> None:
    opened_with(database, OLD)
    opened_with(database, OLD)


def test_another_key_of_the_same_name_is_refused(database: Database) -> None:
    opened_with(database, OLD)
    with pytest.raises(SettingsError, match="another one"):
        opened_with(database, new_key("old"))


def test_a_key_of_another_name_alone_is_refused(database: Database) -> None:
    opened_with(database, OLD)
    with pytest.raises(SettingsError, match="is missing"):
        opened_with(database, NEW)


def test_a_new_key_goes_before_the_old_one_and_both_are_needed_from_then_on(database: Database) -> None:
    opened_with(database, OLD)
    opened_with(database, NEW, OLD)
    for keys in ((OLD,), (NEW,)):
        with pytest.raises(SettingsError, match="is missing"):
            opened_with(database, *keys)


def test_a_refused_key_leaves_no_mark(database: Database) -> None:
    opened_with(database, OLD)
    with pytest.raises(SettingsError):
        opened_with(database, NEW)
    opened_with(database, OLD)


def test_a_database_from_before_keys_were_noted_is_known_by_its_addresses(
    database: Database, clock: Clock
) -> None:
    written = Seal(parse_keys(OLD))
    database.write(lambda conn: addresses.find_or_add(conn, written, phone(1), clock.now))
    with pytest.raises(SettingsError, match="another one"):
        opened_with(database, new_key("old"))
    with pytest.raises(SettingsError, match="is missing"):
        opened_with(database, NEW)
    opened_with(database, OLD)


def test_no_key_is_in_what_is_noted_or_said(database: Database) -> None:
    opened_with(database, OLD)
    with pytest.raises(SettingsError) as refused:
        opened_with(database, NEW)
    noted = database.read(lambda conn: conn.execute(sa.select(meta.c.value)).scalars().all())
    secret = OLD.partition(":")[2]
    assert secret not in f"{refused.value} {noted}"
