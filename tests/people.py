"""Families for the tests of what changes them: who is in them, and what is ready to leave."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from bot.domain.family import Family, Link, Role
from bot.domain.outbox import Kind
from bot.services.desk import Desk
from bot.store import families, household
from tests import rows
from tests.clock import Clock
from tests.rows import Someone

DUE = date(2027, 6, 1)


@dataclass(frozen=True)
class People:
    """Makes families at a desk; drama numbers are counted up unless given."""

    desk: Desk
    clock: Clock

    def family(self, *roles: Role, due_on: date | None = DUE, numbers: tuple[int, ...] = ()) -> list[Someone]:
        """One family of these roles, a mother first; everyone but her came with her code."""

        def work(conn: sa.Connection) -> list[Someone]:
            family_id = families.add(conn, self.clock.now)
            families.add_pregnancy(conn, family_id, due_on=due_on)
            everyone = roles or (Role.MOTHER,)
            return [
                self._member(conn, family_id, role, number, own=role is Role.MOTHER or len(everyone) == 1)
                for role, number in zip(everyone, numbers or range(len(everyone)), strict=True)
            ]

        return self.desk.database.write(work)

    def _member(self, conn: sa.Connection, family_id: int, role: Role, number: int, *, own: bool) -> Someone:
        who = rows.someone(conn, self.desk.seal, self.clock.now, number, role=role, family_id=family_id)
        link = Link.OWN if own else Link.CODE
        families.update_member(conn, family_id, who.member_id, link=link.value)
        return who

    def row(self, who: Someone, kind: Kind = Kind.STAGED, **columns: Any) -> int:
        """Something of theirs that is ready to leave."""
        return self.desk.database.write(lambda conn: rows.row(conn, who, self.clock.now, kind, **columns))

    def state(self, outbox_id: int) -> tuple[str, str | None]:
        """State and reason of a row."""
        found = self.desk.database.read(lambda conn: rows.of(conn, outbox_id))
        return found.state, found.reason

    def load(self, who: Someone) -> Family:
        """The family as the decision sees it."""
        return self.desk.database.read(lambda conn: household.load(conn, [who.family_id]))[0]

    def events(self, who: Someone) -> list[str]:
        """The kinds of what happened to a family, in order."""
        found = self.desk.database.read(lambda conn: families.events(conn, who.family_id))
        return [event.kind for event in found]
