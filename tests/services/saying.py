"""What people say, carried out as receive and converse do it: for the tests of what it changes."""

from __future__ import annotations

import sqlalchemy as sa

from bot.domain.address import Address, ChannelName
from bot.domain.conversation.effects import Effect
from bot.domain.conversation.person import Person
from bot.domain.family import Purpose
from bot.services import families
from bot.store import addresses
from bot.store.addresses import AddressRow
from tests.people import People
from tests.rows import Someone

BABY, SMS = Purpose.PREGNANCY_AND_BABY, ChannelName.SMS
STRANGER = Address(SMS, "+447700900500")


def who_is(people: People, address_id: int) -> Person:
    """The person behind an address."""
    return people.desk.database.read(
        lambda conn: families.person(conn, people.desk, addresses.by_id(conn, address_id), people.clock.now)
    )


def apply(people: People, address_id: int, *effects: Effect, inbound_id: int | None = None) -> None:
    """As receive and converse do it: the person and the effects in one transaction."""
    now, desk = people.clock.now, people.desk

    def work(conn: sa.Connection) -> None:
        person = families.person(conn, desk, addresses.by_id(conn, address_id), now)
        families.apply(conn, desk, person, effects, now, inbound_id)

    desk.database.write(work)


def says(people: People, who: Someone, *effects: Effect) -> None:
    """These effects of what a member said."""
    apply(people, who.address_id, *effects)


def stranger(people: People) -> AddressRow:
    """An address that nobody is reached at."""
    return people.desk.database.write(
        lambda conn: addresses.find_or_add(conn, people.desk.seal, STRANGER, people.clock.now)
    )
