"""Who is decided alike: all that a decision looks at, as one value.

On one morning a step opens for hundreds of people, and most of them differ only in what the decision does
not look at: when they joined, where they live, which number names them. For those `facts` gives equal
values, and whoever has decided for one has decided for all (`services.alike`); `tests/services/test_alike.py`
holds that against the decision itself. A family with a loss, a death or a hold is never decided so: each of
them is looked at by itself.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from bot.domain.audience import BABY, OWN_RECOVERY, days_old, lost
from bot.domain.campaign import Anchor, CapRules
from bot.domain.family import Family, Link, Member, Pregnancy, Role
from bot.domain.revision import FALLBACK, LiveStep

Facts = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Looks:
    """What the decisions about some steps look at, beside what every decision does."""

    roles: frozenset[Role]  # whom any of them is for
    topics: frozenset[str]
    answers: frozenset[tuple[str, str]]  # (campaign, meaning)
    joined: bool  # the day somebody joined
    young: bool
    earlier_loss: bool
    due: bool  # the due date itself, not only that there is one
    birth: bool  # the day of birth itself
    corrected: bool
    spoken: tuple[frozenset[str], ...]  # the languages in which each may go, each set once
    whom: tuple[frozenset[Role], ...]  # whom each is for
    where: tuple[frozenset[str], ...]  # the areas that they are for, where they are for some

    def person(self, role: Role, language: str, area: str | None) -> Facts:
        """All that is looked at of these: for which steps it is a role, and whether the mother's; which have
        words for them, in their own language or in English; in which areas they live.

        In which language a row is written is each member's own, as an id is.
        """
        return (
            role == Role.MOTHER,
            tuple([role in one for one in self.whom]),
            tuple([language in one or FALLBACK in one for one in self.spoken]),
            tuple([area in one for one in self.where]),
        )


def looks(live: Collection[LiveStep]) -> Looks:
    """What deciding about these steps looks at."""
    steps = [entry.step for entry in live]
    anchors = {moment.anchor for step in steps for moment in (step.when, step.until) if moment is not None}
    wanted = [step.audience for step in steps]
    joining = any(one.joined_before_days is not None or one.joined_after_days is not None for one in wanted)
    return Looks(
        roles=frozenset(role for step in steps for role in step.to),
        topics=frozenset(step.topic for step in steps) | {OWN_RECOVERY},
        answers=frozenset((step.campaign, meaning) for step in steps for meaning in step.unless),
        joined=joining or Anchor.JOINED in anchors,
        young=any(one.under_20 is not None for one in wanted),
        earlier_loss=any(one.previous_loss is not None for one in wanted),
        due=joining or Anchor.DUE in anchors,
        birth=bool(anchors & {Anchor.DUE, *BABY}),
        corrected=Anchor.CORRECTED in anchors,
        spoken=tuple(dict.fromkeys(frozenset(entry.words) for entry in live)),
        whom=tuple(dict.fromkeys(step.to for step in steps)),
        where=tuple(dict.fromkeys(one.areas for one in wanted if one.areas)),
    )


def by_itself(family: Family) -> bool:
    """Whether each member of this family is to be decided by itself."""
    return bool(family.holds) or any(lost(one) or one.resumed_for for one in family.pregnancies)


def facts(
    member: Member, family: Family, look: Looks, since: date, today: date, rules: CapRules
) -> Facts | None:
    """All that deciding about steps that `look` sums up looks at: what opened from `since` on, for one of
    whom nothing is stored. None: this member has nothing to decide.

    The family is none that is decided `by_itself`. What rows were sent lately comes beside it.
    """
    address = member.address
    if address is None or member.role not in look.roles:
        return None
    return (
        look.person(member.role, member.language, member.area), member.link, member.consents,
        member.paused_until, member.essential_only, member.preferred_time,
        member.under_20 if look.young else None,
        member.previous_loss if look.earlier_loss else None,
        member.answered & look.answers,
        tuple([(name, one) for name, one in member.topics.items() if name in look.topics]),
        member.joined_on if look.joined or since < today else None, since,
        address.channel, address.stopped, address.suspended, address.guest,
        family.moved_on, _first_unseen(member, family),
        *[_clock(one, look, today, rules) for one in family.pregnancies],
    )  # fmt: skip


def _clock(one: Pregnancy, look: Looks, today: date, rules: CapRules) -> Facts:
    """One pregnancy; of dates that nobody counts from, whether they are known, and whether the baby is in
    the days that have a message each."""
    age = days_old(one, today)
    uncorrected = look.corrected and one.corrected_on is None  # then it is made from the due date
    return (
        one.due_on if look.due or uncorrected else one.due_on is not None,
        one.born_on if look.birth else one.born_on is not None,
        one.corrected_on if look.corrected else None,
        age is not None and age < rules.daily_until_age,
        one.neonatal,
        tuple([baby.status for baby in one.babies]),
    )


def _first_unseen(member: Member, family: Family) -> int | None:
    """The place, from the oldest, of the first pregnancy that one who came by a code hears nothing of."""
    if member.link is Link.OWN or not family.pregnancies:
        return None
    ids = [one.id for one in family.pregnancies]
    last = min(ids) if member.sees_pregnancy is None else member.sees_pregnancy
    return sum(one <= last for one in ids)
