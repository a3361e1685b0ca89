"""Told: a made-up family as it is known on one day, from what it tells us and when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from bot.content.config import CheckIn
from bot.domain import hours
from bot.domain.address import ChannelName
from bot.domain.family import (
    AddressState,
    Baby,
    BabyStatus,
    Family,
    Hold,
    HoldKind,
    Link,
    Member,
    Pregnancy,
    Purpose,
    Role,
    corrected_day,
    joins_for,
)
from bot.words.render import FALLBACK

_DAY = timedelta(days=1)
_CHOSEN_PURPOSES = frozenset({Purpose.SUPPORT_AFTER_LOSS, Purpose.REMINDERS, Purpose.NEXT_PREGNANCY})
AT = time(10)
"""The time of day at which they text us."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What one family tells us, and when: everyone in `roles` joins on `joined_on`, each by themselves.

    A birth and a loss are told on the day. Without `born_on` nothing is inferred: the check-in goes
    after the due date, nobody answers it. `topics` are what everyone asked for (True) or not (False);
    what may be chosen after a loss is asked for by its topic. The others are as in `Persona`;
    `mother_stop_on` is the day from which the mother's STOP keeps everyone else quiet.
    """

    joined_on: date
    roles: tuple[Role, ...] = (Role.MOTHER,)
    due_on: date | None = None
    born_on: date | None = None
    loss_on: date | None = None
    language: str = FALLBACK
    channel: ChannelName = ChannelName.SMS
    topics: Mapping[str, bool] = field(default_factory=dict)
    babies: int = 1
    home_on: date | None = None
    apart_on: date | None = None
    living_on: date | None = None
    stop_on: date | None = None
    mother_stop_on: date | None = None
    code: bool = True
    less: bool = False
    private: bool = False
    under_20: bool = False
    previous_loss: bool = False


def member(facts: Facts, number: int, role: Role, today: date) -> Member:
    """One of them, who agreed to everything that they asked for."""
    purposes = {joins_for(role)}
    if any(facts.topics.values()):
        purposes |= _CHOSEN_PURPOSES
    return Member(
        id=number,
        family_id=1,
        role=role,
        language=facts.language,
        joined_on=facts.joined_on,
        link=Link.OWN if role is Role.MOTHER or not facts.code else Link.CODE,
        address=AddressState(number, facts.channel, stopped=_since(facts.stop_on, today)),
        consents=frozenset((purpose, facts.channel) for purpose in purposes),
        topics=dict(facts.topics),
        wished_on=dict.fromkeys(facts.topics, facts.joined_on),
        essential_only=facts.less,
        private=facts.private,
        under_20=facts.under_20,
        previous_loss=facts.previous_loss,
    )


def family(facts: Facts, whose: Member, check_in: CheckIn, today: date) -> Family:
    """The family as it is known on `today`."""
    born = _by(facts.born_on, today)
    lost = _by(facts.loss_on, today)
    living = _since(facts.living_on, today)
    pregnancy = Pregnancy(
        1,
        due_on=facts.due_on,
        born_on=born,
        corrected_on=None if born is None else corrected_day(facts.due_on, born),
        lost_on=lost,
        neonatal=born is not None and facts.home_on is not None and today < facts.home_on,
        babies=tuple(Baby(number, status) for number, status in enumerate(_babies(facts, today), start=1)),
        resumed_for=frozenset({whose.id} if living and whose.role is Role.MOTHER else ()),
    )
    dated = facts.due_on is not None or facts.born_on is not None or lost is not None
    return Family(1, 1, (whose,), (pregnancy,) if dated else (), tuple(_holds(facts, whose, check_in, today)))


def checked_in_on(facts: Facts, check_in: CheckIn) -> date | None:
    """The day of the check-in (P3); None where something was told or she stopped before, or no due date."""
    if facts.due_on is None:
        return None
    day = facts.due_on + check_in.after_due_days * _DAY
    told = [facts.born_on, facts.loss_on, facts.stop_on]
    return None if any(one is not None and one <= day for one in told) or day < facts.joined_on else day


def _babies(facts: Facts, today: date) -> Iterator[BabyStatus]:
    """What was told of each. All of them died in a loss, but for the ones she asks messages for."""
    born = BabyStatus.BORN if _since(facts.born_on, today) else BabyStatus.EXPECTED
    apart = BabyStatus.APART if _since(facts.apart_on, today) else born
    lost = _since(facts.loss_on, today)
    for number in range(facts.babies):
        died = lost and (number == 0 or facts.living_on is None)
        yield BabyStatus.DIED if died else apart


def _holds(facts: Facts, whose: Member, check_in: CheckIn, today: date) -> Iterator[Hold]:
    lost = _by(facts.loss_on, today)
    if lost is not None and not _since(facts.living_on, today):
        yield Hold(1, HoldKind.LOSS, 1, datetime.combine(lost, AT, hours.LONDON))
    asked = checked_in_on(facts, check_in)
    silent_on = None if asked is None else asked + check_in.silence_days * _DAY
    told = _since(facts.born_on, today)  # late, but it ends the silence
    if silent_on is not None and silent_on <= today and not told:
        yield Hold(2, HoldKind.SILENCE, None, datetime.combine(silent_on, AT, hours.LONDON))
    away = _by(facts.mother_stop_on, today)
    if away is not None and whose.role is not Role.MOTHER:
        yield Hold(3, HoldKind.MOTHER_AWAY, 1, datetime.combine(away, AT, hours.LONDON))


def _by(day: date | None, today: date) -> date | None:
    """The day, once it has come."""
    return day if day is not None and day <= today else None


def _since(day: date | None, today: date) -> bool:
    return _by(day, today) is not None
