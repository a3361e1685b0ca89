"""Made-up steps, members and families for the tests of the decision; nothing here decides."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from bot.domain.address import ChannelName
from bot.domain.campaign import Anchor, Calendar, Importance, Moment, MonthDay, Season, Step
from bot.domain.family import AddressState, Family, Member, Pregnancy, Purpose, Role
from bot.domain.revision import LiveStep

WORDS = {"en": "hash"}
NO_DAYS = Calendar()
EVERYONE = frozenset(Role)
WINTER = Season(MonthDay(9, 1), MonthDay(3, 31))
SUMMER = Season(MonthDay(5, 1), MonthDay(9, 30))


def step(when: Moment, until: Moment | None = None, **more: Any) -> Step:
    facts: dict[str, Any] = {
        "campaign": "sleep", "id": "one", "to": EVERYONE, "purpose": Purpose.PREGNANCY_AND_BABY,
        "topic": "sleep", "importance": Importance.HELPFUL,
    }  # fmt: skip
    return Step(when=when, until=until, **(facts | more))


def weeks(count: int) -> Moment:
    """A moment of pregnancy, in whole weeks."""
    return Moment(Anchor.DUE, days=7 * count)


def age(days: int = 0, months: int = 0) -> Moment:
    return Moment(Anchor.BIRTH, months=months, days=days)


def joined(days: int) -> Moment:
    return Moment(Anchor.JOINED, days=days)


def on(month: int, day: int) -> Moment:
    return Moment(Anchor.DATE, on=MonthDay(month, day))


def member(joined_on: date = date(2026, 1, 1), **more: Any) -> Member:
    facts: dict[str, Any] = {
        "id": 1, "family_id": 1, "role": Role.MOTHER, "language": "en", "joined_on": joined_on,
        "address": AddressState(1, ChannelName.SMS),
        "consents": frozenset({(purpose, ChannelName.SMS) for purpose in Purpose}),
    }  # fmt: skip
    return Member(**(facts | more))


def family(person: Member, *pregnancies: Pregnancy | None, **more: Any) -> Family:
    known = tuple(one for one in pregnancies if one is not None)
    return Family(id=1, epoch=1, members=(person,), pregnancies=known, **more)


def live(*steps: Step) -> list[LiveStep]:
    return [LiveStep(one, 1, WORDS) for one in steps]


def renamed(one: Step, name: str, **more: Any) -> Step:
    return replace(one, id=name, **more)
