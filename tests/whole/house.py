"""Where a process lives: its folder, its settings, and its database seen from outside."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.domain.address import Address, ChannelName
from bot.domain.outbox import Kind
from bot.store import addresses, outbox, pace
from bot.store.database import Database
from bot.store.ids import new_id
from bot.store.sealed import Seal
from bot.store.tables import outbox as outbox_table

CODE = "314159"
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ON_POSTGRES = pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
CHAT = 4242
PHONE = "+447911123456"
_FIRST_CHAT = 10_000


@dataclass(frozen=True)
class House:
    """Where a process lives: its folder, its settings, and its database seen from outside."""

    folder: Path
    settings: dict[str, str]
    database: Database
    seal: Seal

    def rows(self, query: Any) -> list[Any]:
        """What the database holds."""
        return list(self.database.read(lambda conn: conn.execute(query).all()))

    def states(self) -> dict[str, int]:
        """How many rows are in each state."""
        query = sa.select(outbox_table.c.state, sa.func.count().label("n")).group_by(outbox_table.c.state)
        return {row.state: row.n for row in self.rows(query)}

    def queue_replies(self, count: int, later: timedelta = timedelta()) -> list[int]:
        """Answers to so many chats, ready to leave then: they go by night too; gives the chats."""
        chats = list(range(_FIRST_CHAT, _FIRST_CHAT + count))

        def work(conn: sa.Connection) -> None:
            now = datetime.now(UTC)
            sender = pace.sender_id(conn, ChannelName.TELEGRAM, "telegram", now)
            for chat in chats:
                to = Address(ChannelName.TELEGRAM, str(chat))
                address = addresses.find_or_add(conn, self.seal, to, now, guest=True)
                reply = outbox.NewReply(
                    address=address, sender_id=sender, inbound_id=new_id(), n=0, kind=Kind.REPLY,
                    body=f"for {chat}", language="en", key="help", family_id=0, member_id=0, not_after=None,
                    parts=1,
                )  # fmt: skip
                outbox.add_reply(conn, self.seal, reply, now + later)

        self.database.write(work)
        return chats
