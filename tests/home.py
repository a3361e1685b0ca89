"""A home: several phones that text one desk with the real words, and what each is answered."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cache
from typing import Any

import sqlalchemy as sa

from bot.content.files import locate
from bot.content.load import Content, load
from bot.domain.address import Address, ChannelName, telegram_chat
from bot.domain.family import Family, Member, Role
from bot.domain.inbound import Inbound, InboundKind
from bot.domain.outbox import Accepted
from bot.services import converse, dispatch, enrol, receive
from bot.services.desk import Desk
from bot.services.shelf import Shelf
from bot.store import addresses, families, household
from bot.store.database import Database
from bot.store.outbox import unpack
from bot.store.sealed import Seal
from bot.store.tables import outbox
from tests import transcript
from tests.clock import Clock

NUMBER, BOT = "+447700900999", "ThinkFamilyTestBot"
_CODE = re.compile(r"(?:JOIN|NEWPHONE) ([0-9]{8})")


def phone(number: int) -> Address:
    """One of Ofcom's drama numbers."""
    return Address(ChannelName.SMS, f"+447700900{number:03}")


def chat(number: int) -> Address:
    """Somebody's chat with the bot."""
    return telegram_chat(1000 + number)


@cache
def content() -> Content:
    """The project's own content, with a number and a bot of our own."""
    files = dict(locate(None))
    path = "config/default.yaml"
    set_ = files[path].replace("sms_number: null", f'sms_number: "{NUMBER}"')
    files[path] = set_.replace("telegram_bot: null", f"telegram_bot: {BOT}")
    return load(files)


def desk(database: Database, seal: Seal) -> Desk:
    """A rehearsal's desk with everything real, but English alone: who joins is not asked for a language."""
    config = content().config
    english = config.languages[:1]
    return replace(
        transcript.desk(database, seal), config=replace(config, languages=english), content=content(),
        shelf=Shelf(content().words),
    )  # fmt: skip


@dataclass
class Home:
    """People at a desk. `heard` is every answer, with whose phone it went to."""

    desk: Desk
    clock: Clock
    heard: list[tuple[Address, str]] = field(default_factory=list)
    _texts: int = 0

    def joins(self, who: Address, role: Role = Role.MOTHER, due_on: date | None = None, **more: Any) -> int:
        """Somebody who is with us already; gives their family."""
        made = enrol.enrol(
            self.desk, address=who, role=role, language="en", how="staff", consented_words="seen",
            now=self.clock.now, due_on=due_on, **more,
        )  # fmt: skip
        return made.family_id

    def says(self, who: Address, *texts: str, kind: InboundKind = InboundKind.TEXT) -> list[str]:
        """What the last of these texts is answered, in words."""
        answers: list[str] = []
        for text in texts:
            self._texts += 1
            said = Inbound(who.channel, f"H{self._texts}", kind, who, text, self.clock.now)
            received = receive.receive(self.desk, said, self.clock.now)
            while converse.converse(self.desk, self.clock.now):
                pass
            answers = self.answers(received.inbound_id)
            self.heard += [(who, body) for body in answers]
            self.clock.pass_(seconds=10)
        return answers

    def answers(self, inbound_id: int) -> list[str]:
        """The answers to one text, in order."""
        query = sa.select(outbox.c.sealed).where(
            outbox.c.inbound_id == inbound_id, outbox.c.kind != "reminder"
        )
        rows = self.read(lambda conn: list(conn.execute(query.order_by(outbox.c.n)).scalars()))
        return [unpack(self.desk.seal.open("outbox.body", sealed))[0] for sealed in rows]

    def code(self, who: Address, ask: str = "INVITE DAD") -> str:
        """A code that this one is given."""
        found = _CODE.search("\n".join(self.says(who, ask)))
        assert found is not None, "no code was given"
        return found[1]

    def by_code(self, who: Address, code: str, role: int = 2) -> list[str]:
        """Somebody joins by a code, with the digit of their role."""
        return self.says(who, f"JOIN {code}", "1", str(role))

    def send(self) -> list[tuple[Address, str]]:
        """Everything that may leave now leaves; gives it."""
        gone = []
        for channel in self.desk.senders:
            while jobs := dispatch.claim(self.desk, channel, 50, self.clock.now, dispatch.UNPACED):
                gone += [(job.message.address, job.message.body) for job in jobs]
                done = [(job.outbox_id, Accepted(str(job.outbox_id)[-9:]), self.clock.now) for job in jobs]
                dispatch.record(self.desk, done, self.clock.now)
        return gone

    def read(self, work: Callable[[sa.Connection], Any]) -> Any:
        """Look into the database."""
        return self.desk.database.read(work)

    def address_id(self, who: Address) -> int:
        """The row of this phone."""
        row = self.read(lambda conn: addresses.find(conn, self.desk.seal, who))
        assert row is not None
        return int(row.id)

    def families(self, who: Address) -> list[Family]:
        """The families of everybody at this phone."""
        here = self.read(lambda conn: families.members_at(conn, self.address_id(who)))
        return list(self.read(lambda conn: household.load(conn, [family for family, _ in here])))

    def member(self, who: Address) -> Member:
        """The one member at this phone."""
        number = self.address_id(who)
        [member] = [
            one for family in self.families(who) for one in family.members
            if one.address is not None and one.address.id == number
        ]  # fmt: skip
        return member

    @property
    def now(self) -> datetime:
        """The clock's moment."""
        return self.clock.now
