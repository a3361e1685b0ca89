"""What is kept about a family: rows in every table, how long each may stay, and what is left of them."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa

from bot.domain.address import Address, ChannelName
from bot.domain.code import CodeFor
from bot.domain.family import HoldKind, Role
from bot.domain.inbound import Inbound, InboundKind
from bot.domain.outbox import Kind
from bot.services import holding
from bot.store import addresses, alerts, aside, codes, conversations, dossier, families, inbox
from bot.store.outbox import NewReply, add_reply
from tests.people import People
from tests.rows import Someone

WORDS = "my baby is called Ayesha"
KEEP = SimpleNamespace(texts_days=90, dates_after_end_days=30, signup_days=7, stopped_numbers_days=30)


def keeping(people: People) -> People:
    """These people at a desk with the days of retention that config/default.yaml has."""
    config: Any = SimpleNamespace(authors=frozenset(), retention=KEEP)
    return People(replace(people.desk, config=config), people.clock)


def texted(people: People, address_id: int, provider_id: str, words: str = WORDS, state: str = "done") -> int:
    """A text that came from an address, and our answer to it."""
    now, seal = people.clock.now, people.desk.seal

    def work(conn: sa.Connection) -> int:
        where = Address(ChannelName.SMS, "+447700900000")
        inbound = Inbound(ChannelName.SMS, provider_id, InboundKind.TEXT, where, words, now)
        inbound_id, _ = inbox.store(conn, seal, inbound, address_id, state)
        return inbound_id

    return people.desk.database.write(work)


def replied(people: People, who: Someone, inbound_id: int, body: str = "Thank you.") -> None:
    """Our answer to a text of somebody."""

    def work(conn: sa.Connection) -> None:
        reply = NewReply(
            address=addresses.by_id(conn, who.address_id), sender_id=who.sender_id, inbound_id=inbound_id,
            n=0, kind=Kind.REPLY, body=body, language="en", key="thanks",
            family_id=who.family_id, member_id=who.member_id, not_after=None,
        )  # fmt: skip
        add_reply(conn, people.desk.seal, reply, people.clock.now)

    people.desk.database.write(work)


def talking(people: People, address_id: int, name: str = "joining.date") -> None:
    """A conversation that goes on with an address."""
    now = people.clock.now
    people.desk.database.write(
        lambda conn: conversations.save(conn, people.desk.seal, address_id, name, {"role": "mother"}, now)
    )


def whole_family(people: People) -> tuple[Someone, Someone]:
    """A family about which every table has a row."""
    mother, father = people.family(Role.MOTHER, Role.FATHER, numbers=(1, 2))
    now = people.clock.now

    def more(conn: sa.Connection) -> None:
        for who in (mother, father):
            families.set_topic(conn, who.family_id, who.member_id, "flu", True, now)
            families.set_answer(conn, who.family_id, who.member_id, "flu", "done", now)
        alerts.raise_alert(conn, "loss", now, family_id=mother.family_id)
        holding.loss(conn, mother.family_id, father.member_id, now)
        holding.resume_living(conn, mother.family_id, [mother.member_id, father.member_id], now)
        families.open_hold(conn, mother.family_id, HoldKind.LOSS, father.member_id, now)
        for who, digits in ((father, "00000001"), (mother, "00000002")):
            codes.wrong(conn, who.address_id, now)
            code_id = codes.add(
                conn, people.desk.seal, digits, CodeFor.JOIN, mother.family_id, now, now, label="dad"
            )
            codes.take(conn, code_id, who.address_id, now)
            codes.came(conn, code_id, who.member_id)
        aside.put(conn, mother.family_id, aside.Work.PLAN, "KeyError", now, 1, now)

    people.desk.database.write(more)
    for number, who in enumerate((mother, father)):
        people.row(who, step=f"s{number}")
        inbound_id = texted(people, who.address_id, f"SM{who.address_id}")
        replied(people, who, inbound_id)
        talking(people, who.address_id)
        people.desk.database.write(
            lambda conn, about=inbound_id: alerts.raise_alert(conn, "crisis", now, inbound_id=about)
        )
    return mother, father


def leftovers(people: People, *everyone: Someone) -> dict[str, dict[str, int]]:
    """Rows of any table that still name these people, their family or their phones."""
    asked = {
        "family_id": {who.family_id for who in everyone},
        "member_id": {who.member_id for who in everyone},
        "address_id": {who.address_id for who in everyone},
    }
    return people.desk.database.read(
        lambda conn: {
            column: found for column, ids in asked.items() if (found := dossier.leftovers(conn, column, ids))
        }
    )
