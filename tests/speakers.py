"""Who writes, for the tests of the conversation: snapshots of a person, made without a database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from bot.domain.address import ChannelName
from bot.domain.conversation.converse import converse
from bot.domain.conversation.person import Person
from bot.domain.conversation.turn import Talk, Turn
from bot.domain.directory import Directory, Neighbourhood, Service
from bot.domain.family import Hold, HoldKind, Link, Pregnancy, Purpose, Role
from bot.domain.inbound import InboundKind
from bot.domain.meaning import Meaning
from tests.domain import someone

NOW = datetime(2027, 2, 2, 10, 0, tzinfo=UTC)
TODAY = date(2027, 2, 2)
DUE = date(2027, 2, 16)  # 38 weeks today
MOTHER, RELATIVE = 1, 2
BABY_TOPICS = ("crying", "feeding", "movements", "booking")


def service(name: str, topic: str = "sleep", **more: Any) -> Service:
    """A service of this topic that somebody verified."""
    return Service(name, name, frozenset({topic}), phone="0800 448 0737", verified=date(2026, 11, 22), **more)


DIRECTORY = Directory(
    (
        *(service(f"sleep{n}") for n in range(1, 6)),
        *(service(topic, topic) for topic in BABY_TOPICS),
        service("healthy_start", "money"),
        service("advice", "money", after_loss=True),
        service("hub", "hub", near=frozenset({"east"})),
        service("far", "hub"),
        service("helpline", "abuse", after_loss=True),
        service("refuge", "abuse", after_loss=True),
        service("mens", "abuse", audience=frozenset({Role.FATHER})),
    ),
    (Neighbourhood("east", "East", "north", frozenset({"m14"})),),
)
STRANGER = Person(1, ChannelName.SMS, directory=DIRECTORY)


def known(role: Role = Role.MOTHER, *holds: Hold, pregnancy: Pregnancy | None = None, **more: Any) -> Person:
    """The mother, or a relative linked to her, of a family with these holds."""
    hers = someone.member(id=MOTHER)
    theirs = someone.member(id=RELATIVE, role=role, link=Link.CODE)
    member = hers if role is Role.MOTHER else theirs
    family = someone.family(hers, pregnancy or Pregnancy(1, due_on=DUE), holds=tuple(holds))
    family = replace(family, members=(hers, theirs))
    return replace(STRANGER, member=member, family=family, **more)


def asked_for_nothing(person: Person) -> Person:
    """The same, who agreed to messages for pregnancy and baby and to no other."""
    assert person.member is not None
    only = frozenset(one for one in person.member.consents if one[0] is Purpose.PREGNANCY_AND_BABY)
    return replace(person, member=replace(person.member, consents=only))


def hold(kind: HoldKind = HoldKind.LOSS, by: int | None = MOTHER, days_ago: int = 0) -> Hold:
    return Hold(1, kind, by, NOW - timedelta(days=days_ago))


def says(
    person: Person, talk: Talk | None = None, kind: InboundKind = InboundKind.TEXT, **found: Any
) -> Turn:
    """What one text comes to, after what was urgent in it."""
    return converse(Meaning(**found), person, talk or Talk.none(), kind, "", NOW)


def keys(turn: Turn) -> list[str]:
    """The answers, by name."""
    return [reply.key for reply in turn.replies]


def kinds(turn: Turn) -> list[type]:
    """What is changed, by type."""
    return [type(effect) for effect in turn.effects]
