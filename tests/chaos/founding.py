"""How a world of chaos comes to be: who joined, what was published, and what its processes are set to."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from datetime import time as o_clock
from pathlib import Path
from typing import Any

from bot import bootstrap, settings
from bot.domain import hours
from bot.domain.address import Address, ChannelName
from bot.domain.family import Role
from bot.services import enrol, publish
from bot.store.database import Database
from bot.store.sealed import new_key
from tests import postgres
from tests.chaos import written
from tests.chaos.dial import Dial
from tests.chaos.life import PUBLIC
from tests.chaos.nursery import Nursery
from tests.chaos.providers import Texts
from tests.chaos.world import Person, World
from tests.wire.telegram_server import TOKEN, TelegramServer
from tests.wire.twilio_server import ACCOUNT, AUTH_TOKEN, NUMBER


@contextmanager
def world(
    folder: Path,
    url: str,
    nursery: Nursery,
    *,
    families: int = 12,
    first_day: date | None = None,
    server: postgres.Own | None = None,
) -> Iterator[World]:
    """Families of two, a mother by SMS and a father by Telegram, who joined today; nothing runs yet."""
    folder.mkdir(parents=True, exist_ok=True)
    dial = Dial(folder / "dial")
    joined = first_day or datetime.now(UTC).date() + timedelta(days=2)
    dial.set(datetime.combine(joined, o_clock(10), hours.LONDON).astimezone(UTC))
    with Texts(dial, PUBLIC) as texts, TelegramServer(public_url=PUBLIC) as chats:
        given = _settings(url, texts, chats)
        app = bootstrap.build(settings.read(None, **given), written.content())
        database = Database(url, clock=dial)
        desk = replace(app.desk, database=database, holder="outside", drama_numbers=True)
        made = World(folder, url, dial, texts, chats, nursery, desk, given, joined, server or postgres.Own())
        _stand_by(made)
        _join(made, families)
        try:
            yield made
        finally:
            for alive in made.lives.values():
                if nursery.ended(alive.pid) is None:
                    os.kill(alive.pid, signal.SIGKILL)
                    nursery.wait(alive.pid)
            database.close()
            dial.close()


def _settings(url: str, texts: Texts, chats: TelegramServer) -> dict[str, Any]:
    return json.loads(
        json.dumps(
            {
                "thinkfamily_mode": "live", "thinkfamily_database_url": url,
                "thinkfamily_keys": new_key("t1"),
                "thinkfamily_public_url": PUBLIC,
                "telegram_bot_token": TOKEN, "telegram_api_base_url": chats.base_url,
                "twilio_account_sid": ACCOUNT, "twilio_auth_token": AUTH_TOKEN, "twilio_from": NUMBER,
                "twilio_api_base_url": texts.url,
            }
        )
    )  # fmt: skip


def _stand_by(made: World) -> None:
    """Everything is published by its author and approved by somebody else."""
    publish.publish(made.desk, made.desk.content, "officer", made.dial())
    for name in made.desk.content.packs:
        publish.approve(made.desk, name, "en", "midwife", made.dial())


def _join(made: World, families: int) -> None:
    for number in range(families):
        mother = Address(ChannelName.SMS, f"+4477009{number:05d}")
        father = Address(ChannelName.TELEGRAM, str(1000 + number))
        family = None
        for address, role in ((mother, Role.MOTHER), (father, Role.FATHER)):
            done = enrol.enrol(
                made.desk, address=address, role=role, language="en", how="staff", consented_words="seen",
                now=made.dial(), family=family,
                due_on=made.first_day + timedelta(days=120) if family is None else None,
            )  # fmt: skip
            family = done.family_id
            made.people.append(Person(address, role, done.family_id, done.member_id))
