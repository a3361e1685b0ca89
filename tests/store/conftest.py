"""Short ways to make rows, for the tests of the store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import pytest
import sqlalchemy as sa

from bot.domain.address import Address, ChannelName
from bot.domain.consent import Consent
from bot.domain.family import Link, Purpose, Role
from bot.store import addresses, consents, families
from bot.store.database import Database
from bot.store.sealed import Seal
from tests.clock import Clock


def phone(number: int) -> Address:
    """One of Ofcom's drama numbers, 0 to 999."""
    return Address(ChannelName.SMS, f"+447700900{number:03}")


@dataclass(frozen=True)
class Rows:
    """Makes families and addresses in one transaction each."""

    database: Database
    seal: Seal
    clock: Clock

    @property
    def now(self) -> datetime:
        return self.clock.now

    def address(self, number: int = 0) -> int:
        return self.database.write(
            lambda conn: addresses.find_or_add(conn, self.seal, phone(number), self.now).id
        )

    def family(self, due_on: date | None = None, *numbers: int) -> int:
        """A mother on the first number, a father on the second; each has agreed."""

        def work(conn: sa.Connection) -> int:
            family_id = families.add(conn, self.now)
            families.add_pregnancy(conn, family_id, due_on=due_on)
            for role, number in zip((Role.MOTHER, Role.FATHER), numbers or (0,), strict=False):
                self._member(conn, family_id, role, number)
            return family_id

        return self.database.write(work)

    def _member(self, conn: sa.Connection, family_id: int, role: Role, number: int) -> None:
        address = addresses.find_or_add(conn, self.seal, phone(number), self.now)
        link = Link.OWN if role is Role.MOTHER else Link.CODE
        member_id = families.add_member(
            conn, family_id, role, "en", self.now.date(), link, address_id=address.id
        )
        purpose = Purpose.PREGNANCY_AND_BABY
        agreed = Consent(family_id, member_id, purpose, address.channel, True, self.now, "reply", "w")
        consents.record(conn, agreed)


@pytest.fixture
def rows(database: Database, seal: Seal, clock: Clock) -> Rows:
    """Makes rows in the fixture `database`."""
    return Rows(database, seal, clock)
