"""Families that are much like one another, one change at a time, and what their outlines are."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.domain.address import ChannelName
from bot.domain.audience import lost
from bot.domain.campaign import Anchor, Audience, Moment, Step
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
)
from bot.domain.hours import PartOfDay
from bot.domain.revision import LiveStep
from bot.services.alike import Alike
from bot.services.planning import Rules, rules_of
from bot.store import outlines
from bot.store.columns import as_number
from tests import ours

NOW = datetime(2026, 11, 26, 8, 30, tzinfo=UTC)
TODAY = NOW.date()
DAY = timedelta(days=1)
CONTENT = ours.content()
CAP = CONTENT.config.cap
SENDERS = {channel.value: number for number, channel in enumerate(ChannelName)}
GESTATION = 280 * DAY


def _steps() -> list[Step]:
    """Those that ship, and one for each condition that none of them sets together."""
    real = [step for campaign in CONTENT.campaigns.values() for step in campaign.steps]
    some = next(step for step in real if step.when.anchor is Anchor.DUE and step.season is None)
    plain = replace(some, to=frozenset(Role), audience=Audience(), unless=frozenset({"done"}), until=None)
    moments = [
        Moment(Anchor.DUE, days=150), Moment(Anchor.BIRTH, days=9), Moment(Anchor.CORRECTED, days=60),
        Moment(Anchor.JOINED, days=3), Moment(Anchor.MOVED, days=4),
    ]  # fmt: skip
    audiences = [
        Audience(), Audience(under_20=True), Audience(previous_loss=False),
        Audience(areas=frozenset({"m14"})), Audience(joined_before_days=140),
        Audience(joined_after_days=100), Audience(dated=True), Audience(dated=False),
        Audience(bereaved=False), Audience(expecting=True), Audience(expecting=False),
    ]  # fmt: skip
    made = [
        replace(plain, campaign="made", id=f"made-{number}-{kind}", when=when, audience=audience,
                to=frozenset({Role.MOTHER}) if kind == 8 else plain.to, body=kind == 8,
                topic="vaccinations" if kind == 0 else plain.topic)
        for number, when in enumerate(moments)
        for kind, audience in enumerate(audiences)
    ]  # fmt: skip
    ends = [replace(made[0], id=f"ends-{end.anchor}", until=end) for end in moments[1:]]
    short = replace(made[0], id="short", until=Moment(Anchor.DUE, days=152))
    bare = [replace(one, topic="feeding") for one in made[:: len(audiences)]]  # one for each moment
    asked = [replace(one, id=f"asked-{number}", chosen=True, menu="MADE") for number, one in enumerate(bare)]
    waits = [
        replace(one, id=f"waits-{number}", in_hospital=True, food=True) for number, one in enumerate(bare)
    ]
    return [*real, *made, *ends, short, *asked, *waits]


LIVE = tuple(LiveStep(step, 7, {"en": "hash", "ur": "hash"}) for step in _steps())


RULES = rules_of(LIVE, CONTENT.config.calendar, CONTENT.config.cap, NOW)


def rules() -> Rules:
    """Those of the morning, with nothing decided yet."""
    return replace(RULES, alike=Alike(RULES.live))


def a_home(number: int, step: Step, late: int = 0) -> Family:
    """One for whom the step opens today, or opened so many days ago; of those it is for, mostly."""
    ago = step.when.days + 30 * step.when.months + late
    anchor = TODAY - ago * DAY
    of_a_bump = step.when.anchor in (Anchor.DUE, Anchor.JOINED)
    born = None if of_a_bump else anchor if step.when.anchor is not Anchor.MOVED else TODAY - 40 * DAY
    due = anchor + GESTATION if step.when.anchor is Anchor.DUE else (born or TODAY + 90 * DAY)
    status = BabyStatus.EXPECTED if born is None else BabyStatus.BORN
    clock = Pregnancy(number + 1, due, born, None, babies=(Baby(number + 2, status),))
    joined = anchor if step.when.anchor is Anchor.JOINED else TODAY - 30 * DAY
    member = Member(
        id=number + 10, family_id=number, role=min(step.to), language="en", joined_on=joined,
        address=AddressState(number + 14, ChannelName.SMS), under_20=step.audience.under_20 is True,
        consents=frozenset((purpose, channel) for purpose in Purpose for channel in ChannelName),
        link=Link.OWN if min(step.to) is Role.MOTHER else Link.CODE,
        topics={step.topic: True} if step.chosen else {}, area="m14",
    )  # fmt: skip
    return Family(number, 0, (member,), (clock,), moved_on=anchor)


def _member(**changes: Any) -> Any:
    return lambda home: replace(home, members=(replace(home.members[0], **changes),))


def _address(**changes: Any) -> Any:
    def change(home: Family) -> Family:
        state = home.members[0].address
        return _member(address=None if state is None else replace(state, **changes))(home)

    return change


def _clock(**changes: Any) -> Any:
    return lambda home: replace(
        home, pregnancies=tuple(replace(one, **changes) for one in home.pregnancies[:1])
    )


def _babies(*statuses: BabyStatus) -> Any:
    return lambda home: _clock(
        babies=tuple(Baby(home.id + 2 + place, status) for place, status in enumerate(statuses))
    )(home)


def nothing(home: Family) -> Family:
    """No change."""
    return home


def _again(home: Family) -> Family:
    later = Pregnancy(home.id + 3, TODAY + 200 * DAY, babies=(Baby(home.id + 5, BabyStatus.EXPECTED),))
    return replace(home, pregnancies=(*home.pregnancies, later))


def _holding(home: Family) -> Family:
    return replace(home, holds=(Hold(home.id + 9, HoldKind.SILENCE, None, NOW - 3 * DAY),))


BORN, APART, DIED = BabyStatus.BORN, BabyStatus.APART, BabyStatus.DIED
CHANGES = {
    **{f"joined {back}": _member(joined_on=TODAY - back * DAY) for back in (0, 1, 3, 100, 170)},
    **{f"role {role}": _member(role=role) for role in Role},
    **{f"link {link}": _member(link=link) for link in Link},
    "mother on her own": _member(role=Role.MOTHER, link=Link.OWN),
    **{f"language {name}": _member(language=name) for name in ("ur", "so")},
    **{f"area {name}": _member(area=name) for name in ("m9", "", None)},
    **{f"paused {ahead}": _member(paused_until=TODAY + ahead * DAY) for ahead in (-1, 0, 1, 30)},
    **{f"time {part}": _member(preferred_time=part) for part in PartOfDay},
    **{f"topic {name} {wish}": _member(topics={name: wish})
       for name in ("flu", "own_recovery", "sleep", "booking", "feeding") for wish in (True, False)},
    **{f"asked {back}": _member(topics={"feeding": True}, wished_on={"feeding": TODAY - back * DAY})
       for back in (0, 1, 40)},
    **{f"answered {name}": _member(answered=frozenset({(name, "done"), ("flu", "booked")}))
       for name in ("made", "flu", "booking")},
    **{f"born {back}": _clock(born_on=TODAY - back * DAY) for back in (-1, 0, 5, 9, 10, 15, 70)},
    **{f"due {ahead}": _clock(due_on=TODAY + ahead * DAY) for ahead in (-60, -9, 0, 30, 130)},
    **{f"corrected {back}": _clock(corrected_on=TODAY - back * DAY) for back in (0, 9, 60, 62)},
    "essential": _member(essential_only=True), "private": _member(private=True),
    "young": _member(under_20=True), "not young": _member(under_20=False),
    "earlier loss": _member(previous_loss=True), "no consent": _member(consents=frozenset()),
    "sees none": _member(sees_pregnancy=0), "sees all": _member(sees_pregnancy=10**9),
    "telegram": _address(channel=ChannelName.TELEGRAM), "stopped": _address(stopped=True),
    "suspended": _address(suspended=True), "no guest": _address(guest=False),
    "no address": _member(address=None), "neonatal": _clock(neonatal=True),
    "no due date": _clock(due_on=None),
    "lost": _clock(lost_on=TODAY - 30 * DAY), "no dates": _clock(due_on=None, born_on=None),
    "twins": _babies(BORN, BORN), "apart": _babies(APART), "one apart": _babies(APART, BORN),
    "died": _babies(DIED), "one died": _babies(DIED, BORN), "nobody told of": _babies(),
    "pregnant again": _again, "held": _holding, "nothing told": lambda home: replace(home, pregnancies=()),
    "moved": lambda home: replace(home, moved_on=TODAY - 4 * DAY),
    "not moved": lambda home: replace(home, moved_on=None),
    "apart, and asks for herself": lambda home: _babies(APART)(_member(topics={"own_recovery": True})(home)),
    "new epoch": lambda home: replace(home, epoch=3),
}  # fmt: skip


def plain(home: Family) -> bool:
    """Whether it is planned from outlines."""
    several = len(home.pregnancies) > 1
    return not (several or home.holds or any(lost(one) or one.resumed_for for one in home.pregnancies))


def moment(day: Any) -> datetime:
    """Some moment of a local day."""
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def outline(home: Family, member: Member) -> outlines.Outline:
    """The row that the database gives for a member of a plain family."""
    clock = home.pregnancies[0] if home.pregnancies else Pregnancy(0)
    told = bool(home.pregnancies)
    address = member.address or AddressState(0, ChannelName.SMS)
    reached = member.address is not None
    wishes = [
        [name, on, as_number(moment(member.wished_on.get(name, TODAY)))]
        for name, on in sorted(member.topics.items())
    ]
    agreed = sorted((purpose.value, channel.value) for purpose, channel in member.consents)
    young = clock.born_on is not None and timedelta(0) <= TODAY - clock.born_on < CAP.daily_until_age * DAY
    values = {
        "family_id": home.id, "member_id": member.id, "role": member.role.value, "language": member.language,
        "joined_on": member.joined_on, "link": member.link.value, "paused_until": member.paused_until,
        "essential_only": member.essential_only, "area": member.area, "under_20": member.under_20,
        "previous_loss": member.previous_loss, "private": member.private, "sees": member.sees_pregnancy,
        "preferred_time": member.preferred_time.value if member.preferred_time else None,
        "address_id": address.id if reached else None, "channel": address.channel.value if reached else None,
        "stopped": address.stopped, "suspended": address.suspended,
        "guest": address.guest if reached else None, "epoch": home.epoch, "moved_on": home.moved_on,
        "pregnancy_id": clock.id if told else None, "due_on": clock.due_on, "born_on": clock.born_on,
        "corrected_on": clock.corrected_on, "neonatal": clock.neonatal if told else None,
        "consents": _text(agreed), "topics": _text(wishes), "answers": _text(sorted(member.answered)),
        "babies": _text([[one.status.value] for one in clock.babies]),
        "by_itself": not plain(home) if told else None,
        "reached": address.guest if reached else None,
        "unseen": told and member.sees_pregnancy is not None and member.sees_pregnancy < clock.id,
        "dated": clock.due_on is not None,
        "uncorrected": clock.due_on if clock.corrected_on is None else None,
        "first_days": young if clock.born_on is not None else None,
    }  # fmt: skip
    return tuple([values[name] for name in outlines.NAMES])


def _text(rows: Any) -> str:
    return json.dumps([list(row) for row in rows], separators=(",", ":"))
