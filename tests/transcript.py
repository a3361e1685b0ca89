"""Conversations by SMS through the real line, written down so that a midwife can read them."""

from __future__ import annotations

import os
import textwrap
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path

import sqlalchemy as sa

from bot.content.files import locate
from bot.content.load import load
from bot.domain.address import Address, ChannelName
from bot.domain.family import Role
from bot.domain.inbound import Inbound, InboundKind
from bot.domain.revision import Mode
from bot.services import converse, enrol, receive
from bot.services.desk import Desk
from bot.services.shelf import Shelf
from bot.store import addresses, families, household
from bot.store import outbox as store
from bot.store.database import Database
from bot.store.sealed import Seal
from bot.store.tables import outbox
from bot.words.lexicon import build
from tests import line
from tests.clock import Clock

GOLDEN = Path(__file__).parent / "journeys"
REWRITE = "WRITE_JOURNEYS"
NUMBERS = {"Mother": 0, "Grandmother": 1, "Mother-in-law": 2}


def desk(database: Database, seal: Seal) -> Desk:
    """A rehearsal's desk with everything real: content, words that are understood, and the shelf."""
    content = load(locate(None))
    lexicon = build(content.config.keywords, content.config.crisis)
    return line.desk(
        database, seal, Mode.REHEARSAL, config=content.config, content=content, lexicon=lexicon,
        shelf=Shelf(content.words), drama_numbers=True,
    )  # fmt: skip


@dataclass
class Transcript:
    """People who text, in turn; every text and every answer is written down as it went."""

    desk: Desk
    clock: Clock
    lines: list[str] = field(default_factory=list)
    _seen: int = 0
    _texts: int = 0

    def enrolled(self, who: str, role: Role, due_on: date | None = None, family: int | None = None) -> int:
        """Somebody who joined before this begins; gives the family."""
        made = enrol.enrol(
            self.desk, address=_address(who), role=role, language="en", how="staff", family=family,
            consented_words="seen", now=self.clock.now, due_on=due_on,
        )  # fmt: skip
        self._note(f"{who} is with us already.")
        return made.family_id

    def says(self, who: str, text: str) -> None:
        """A text arrives, is stored and answered; then five minutes pass."""
        self._write(who, text)
        self._texts += 1
        said = Inbound(
            ChannelName.SMS, f"SM{self._texts}", InboundKind.TEXT, _address(who), text, self.clock.now
        )
        receive.receive(self.desk, said, self.clock.now)
        converse.converse(self.desk, self.clock.now)
        answers = self._answers()
        for body in answers:
            self._write("Think Family", body)
        if not answers:
            self._note("No answer.")
        self.clock.pass_(minutes=5)

    def state(self, *everyone: str) -> None:
        """Note who would be sent messages of the programme now."""
        for who in everyone:
            self._note(f"{who}: {self.desk.database.read(partial(self._stands, who=who))}.")

    def matches(self, name: str) -> None:
        """What was written is the golden file, or the environment asks for it to be written anew."""
        path, written = GOLDEN / f"{name}.txt", "\n\n".join(self.lines) + "\n"
        if os.environ.get(REWRITE):
            path.write_text(written, encoding="utf-8")
        assert written == path.read_text(encoding="utf-8"), f"{REWRITE}=1 writes {path.name} anew"

    def _stands(self, conn: sa.Connection, who: str) -> str:
        row = addresses.find(conn, self.desk.seal, _address(who))
        if row is None:
            return "we know nothing of this phone"
        if row.stopped:
            return "stopped, nothing is sent"
        found = families.members_at(conn, row.id)
        if not found:
            return "has not joined, nothing is sent"
        family = household.load(conn, [found[0][0]])[0]
        current = family.current()
        quiet = family.held or (current is not None and current.lost_on is not None)
        return "quiet, nothing is sent" if quiet else "gets messages"

    def _answers(self) -> list[str]:
        query = sa.select(outbox).where(outbox.c.outbox_id > self._seen).order_by(outbox.c.outbox_id)
        found = self.desk.database.read(lambda conn: conn.execute(query).all())
        self._seen = max((row.outbox_id for row in found), default=self._seen)
        return [store.unpack(self.desk.seal.open("outbox.body", row.sealed))[0] for row in found]

    def _write(self, who: str, text: str) -> None:
        day = self.clock.now.strftime("%a %d %b, %H:%M")  # winter: London keeps UTC
        body = textwrap.fill(text, 100, initial_indent="    ", subsequent_indent="    ")
        self.lines.append(f"{day}  {who}\n{body}")

    def _note(self, text: str) -> None:
        self.lines.append(f"[{text}]")


def _address(who: str) -> Address:
    return Address(ChannelName.SMS, f"+4477009{NUMBERS[who]:05d}")
