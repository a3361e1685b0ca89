"""Somebody moves to another phone while another process changes either phone: whoever holds it is first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import pytest
import sqlalchemy as sa

from bot.domain.address import Address
from bot.domain.family import Role
from bot.errors import NotAllowed
from bot.services import elsewhere, enrol, stopping
from bot.services.desk import Desk
from bot.services.enrol import Joining
from bot.store import addresses
from bot.store.database import Database
from bot.store.sealed import Seal
from tests.clock import Clock
from tests.crossing import crossing
from tests.home import Home, desk, phone

HER, NEW = phone(0), phone(9)
LOOKED, MOVES = "INSERT INTO due", "UPDATE members SET address_id"
ON_POSTGRES = pytest.mark.parametrize("database_url", ["postgres"], indirect=True)  # SQLite writes one by one
Move = Callable[[Home], object]


@pytest.fixture
def home(database: Database, seal: Seal, clock: Clock) -> Home:
    """A mother who has joined; her new phone is known, and nobody is reached there."""
    made = Home(desk(database, seal), clock)
    made.joins(HER)
    made.says(NEW, "hello")
    return made


@pytest.fixture
def other(home: Home, database_url: str, clock: Clock) -> Iterator[Desk]:
    """The same house, in another process."""
    opened = Database(database_url, clock=clock)
    yield replace(home.desk, database=opened, holder="there")
    opened.close()


def _by_staff(home: Home) -> None:
    her = home.member(HER)
    elsewhere.move(home.desk, her.family_id, her.id, NEW, "form-7", home.now, "staff")


def _by_code(home: Home) -> list[str]:
    return home.says(NEW, "1")


def _asked(home: Home, move: Move) -> None:
    """She has a code and was asked on the new phone, where she moves by one."""
    if move is _by_code:
        home.says(NEW, f"NEWPHONE {home.code(HER, 'NEWPHONE')}")


def _stops(other: Desk, home: Home, which: Address) -> None:
    address_id = home.address_id(which)
    other.database.write(lambda conn: stopping.stop(conn, address_id, "stop", home.now))


def _joins_for_work(other: Desk, home: Home) -> None:
    nurse = Joining(Role.PROFESSIONAL, "en", "sms", "w1")

    def work(conn: sa.Connection) -> None:
        row = addresses.find(conn, other.seal, NEW)
        assert row is not None
        enrol.join(conn, row, nurse, home.now)

    other.database.write(work)


@pytest.mark.parametrize("move", [_by_staff, _by_code], ids=["staff", "code"])
def test_a_phone_that_she_moves_to_is_not_one_for_work_at_the_same_moment(
    home: Home, other: Desk, move: Move
) -> None:
    _asked(home, move)
    with (
        pytest.raises(NotAllowed, match="never both"),
        crossing(home.desk.database, MOVES, partial(_joins_for_work, other, home)),
    ):
        move(home)
    assert [one.role for one in home.families(NEW)[0].members] == [Role.MOTHER]


@ON_POSTGRES
@pytest.mark.parametrize("move", [_by_staff, _by_code], ids=["staff", "code"])
def test_she_does_not_move_to_a_phone_that_became_one_for_work_just_before(
    home: Home, other: Desk, move: Move
) -> None:
    _asked(home, move)
    with crossing(home.desk.database, LOOKED, partial(_joins_for_work, other, home)):
        _tried(home, move)
    assert home.member(HER).role is Role.MOTHER
    assert home.member(NEW).role is Role.PROFESSIONAL


@ON_POSTGRES
@pytest.mark.parametrize("which", [HER, NEW], ids=["old", "new"])
@pytest.mark.parametrize("move", [_by_staff, _by_code], ids=["staff", "code"])
def test_p2_a_stop_from_either_phone_that_came_just_before_moves_nobody(
    home: Home, other: Desk, move: Move, which: Address
) -> None:
    _asked(home, move)
    with crossing(home.desk.database, LOOKED, partial(_stops, other, home, which)):
        _tried(home, move)
    assert home.families(NEW) == []


def _tried(home: Home, move: Move) -> None:
    try:
        move(home)
    except NotAllowed:
        assert move is _by_staff  # who moves by a code is answered, and raises nothing
    else:
        assert move is _by_code


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_p2_a_stop_from_the_old_phone_between_the_question_and_the_yes_moves_nobody(home: Home) -> None:
    _asked(home, _by_code)
    home.says(HER, "STOP")
    assert "does not work" in _by_code(home)[0]
    assert home.families(NEW) == []
