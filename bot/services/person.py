"""People as the conversation sees them: who is behind an address, for one who wrote or for many at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.domain import hours
from bot.domain.address import ChannelName, uk_mobile
from bot.domain.conversation.person import Person
from bot.domain.conversation.turn import Talk
from bot.domain.family import Family, Member, Role, joins_for
from bot.domain.revision import Mode
from bot.errors import BadInput
from bot.services import showing, stopping
from bot.services.desk import Desk
from bot.store import addresses, conversations, families, household
from bot.store.addresses import AddressRow
from bot.store.behind import Behind, behind, told_births

FIRST_LANGUAGE = "en"
Talks = Mapping[int, Talk]


def person(conn: sa.Connection, desk: Desk, address: AddressRow, now: datetime) -> Person:
    """The person behind an address, for the conversation."""
    return people(conn, desk, [address], now)[address.id]


def language(conn: sa.Connection, address: AddressRow) -> str:
    """The language of `person`, without the rest of them."""
    return families.language_at(conn, address.id) or FIRST_LANGUAGE


def people(
    conn: sa.Connection, desk: Desk, rows: Sequence[AddressRow], now: datetime, talks: Talks | None = None
) -> dict[int, Person]:
    """The person behind each of these addresses, by its id. `talks`: where all their conversations stand."""
    speakers = _speakers(conn, [row.id for row in rows])
    born = told_births(conn, [one.who for one in speakers.values()])
    strangers = [row for row in rows if row.id not in speakers]
    talks = talks_of(conn, desk, [row.id for row in strangers]) if talks is None else talks
    refused = _not_mobiles(conn, desk, strangers)
    topics = _topics(conn, desk, [one.last_campaign for one in speakers.values()], now)
    languages = offered(desk)
    found: dict[int, Person] = {}
    for row in rows:
        plain: dict[str, Any] = {
            "address_id": row.id, "channel": row.channel, "stopped": row.stopped, "offered": languages,
            "told_off": row.told_off_at is not None, "directory": desk.config.directory,
        }  # fmt: skip
        if row.id in speakers:
            one = speakers[row.id]
            last = None if one.last_campaign is None else topics.get(one.last_campaign)
            plain |= {"last_topic": last, "told_birth_at": born.get(one.who)}
            found[row.id] = Person(**plain, **_member(conn, one, row.channel, now))
        else:
            chose = talks.get(row.id, Talk.none()).data.get("language", FIRST_LANGUAGE)
            found[row.id] = Person(**plain, language=chose, not_a_mobile=refused.get(row.id))
    return found


def talks_of(conn: sa.Connection, desk: Desk, address_ids: Collection[int]) -> dict[int, Talk]:
    """Where the conversations at these addresses stand; those where nothing was asked are left out."""
    kept = conversations.load_all(conn, desk.seal, address_ids)
    return {address_id: Talk(one.name, one.data) for address_id, one in kept.items()}


@dataclass(frozen=True, slots=True)
class _Speaker:
    """Who speaks for a phone: the mother, else who joined first; and whether others are reached there too."""

    family: Family
    member: Member
    last_campaign: str | None
    shared: bool

    @property
    def who(self) -> tuple[int, int]:
        return self.family.id, self.member.id


def _speakers(conn: sa.Connection, address_ids: Sequence[int]) -> dict[int, _Speaker]:
    here = behind(conn, address_ids)
    ids = sorted({one.family_id for everyone in here.values() for one in everyone})
    found = {
        (family.id, member.id): (family, member)
        for family in household.load(conn, ids)
        for member in family.members
    }
    chosen = {address_id: _chosen(everyone, found) for address_id, everyone in here.items()}
    return {address_id: one for address_id, one in chosen.items() if one is not None}


def _chosen(
    here: Sequence[Behind], found: Mapping[tuple[int, int], tuple[Family, Member]]
) -> _Speaker | None:
    everyone = [
        _Speaker(*found[one.family_id, one.member_id], one.last_campaign, len(here) > 1)
        for one in here
        if (one.family_id, one.member_id) in found
    ]
    return min(everyone, key=lambda one: (one.member.role is not Role.MOTHER, one.member.id), default=None)


def _member(conn: sa.Connection, one: _Speaker, channel: ChannelName, now: datetime) -> dict[str, Any]:
    """What is known of somebody because they are in a family."""
    family, member = one.family, one.member
    joined_for = joins_for(member.role)
    agreed = (joined_for, channel) in member.consents
    return {
        "language": member.language, "member": member, "family": family, "shared": one.shared,
        "last_campaign": one.last_campaign,
        "withdrew": not agreed and not stopping.would_give_back(
            conn, family.id, member.id, channel, joined_for
        ),
        "unread": showing.unread(conn, family, member, now) if member.private else (),
    }  # fmt: skip


def offered(desk: Desk) -> tuple[tuple[str, str], ...]:
    """The languages one may join in: in live mode only those a person has reviewed (CARE 11)."""
    live = desk.mode is Mode.LIVE
    may = tuple((one.code, one.name) for one in desk.config.languages if one.reviewed or not live)
    return may or ((FIRST_LANGUAGE, "English"),)


def _topics(
    conn: sa.Connection, desk: Desk, campaigns: Collection[str | None], now: datetime
) -> dict[str, str | None]:
    """What these campaigns, as far as they were published, are about."""
    if not any(campaigns):
        return {}
    published = desk.shelf.at(conn, desk.mode, desk.config.authors, hours.local_day(now)).campaigns
    return {one: published[one].topic for one in campaigns if one is not None and one in published}


def _not_mobiles(conn: sa.Connection, desk: Desk, strangers: Sequence[AddressRow]) -> dict[int, str]:
    """Why those of these numbers that are no mobiles cannot join; whom we know need not."""
    phones = [row.id for row in strangers if row.channel is ChannelName.SMS]
    found = addresses.reveal(conn, desk.seal, phones) if phones else {}
    refused = {address_id: _refused(desk, address.value) for address_id, address in found.items()}
    return {address_id: code for address_id, code in refused.items() if code is not None}


def _refused(desk: Desk, number: str) -> str | None:
    try:
        uk_mobile(number, drama_numbers=desk.drama_numbers)
    except BadInput as refused:
        return refused.code
    return None
