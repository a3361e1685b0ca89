"""An outline holds all of a member that a plan looks at, and says of whom one is enough."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from bot.domain.address import ChannelName
from bot.domain.family import Baby, Family, Member
from bot.store import household, outlines
from bot.store.database import Database
from bot.store.tables import (
    addresses,
    answers,
    babies,
    consent_states,
    families,
    holds,
    members,
    pregnancies,
    topics,
)
from tests.alike import CAP, CHANGES, LIVE, NOW, TODAY, a_home, moment, outline, plain

STEP = next(one.step for one in LIVE if one.step.id == "made-0-0")


def plant(conn: sa.Connection, home: Family) -> None:
    """The rows of which this family is read."""
    of = {"family_id": home.id}
    conn.execute(
        sa.insert(families).values(of | {"epoch": home.epoch, "moved_on": home.moved_on, "created_at": NOW})
    )
    for clock in home.pregnancies:
        conn.execute(
            sa.insert(pregnancies).values(
                of | {
                    "pregnancy_id": clock.id, "due_on": clock.due_on, "born_on": clock.born_on,
                    "corrected_on": clock.corrected_on, "lost_on": clock.lost_on,
                    "neonatal": clock.neonatal, "resumed_for": sorted(clock.resumed_for),
                }
            )
        )  # fmt: skip
        for baby in clock.babies:
            row = of | {"baby_id": baby.id, "pregnancy_id": clock.id, "status": baby.status.value}
            conn.execute(sa.insert(babies).values(row))
    for hold in home.holds:
        row = of | {"hold_id": hold.id, "kind": hold.kind.value, "at": hold.at}
        conn.execute(sa.insert(holds).values(row))
    for member in home.members:
        _plant_member(conn, member)


def _plant_member(conn: sa.Connection, member: Member) -> None:
    of = {"family_id": member.family_id, "member_id": member.id}
    if member.address is not None:
        state = {"channel": member.address.channel.value, "guest": member.address.guest, "created_at": NOW}
        state |= {"stopped_at": NOW if member.address.stopped else None}
        state |= {"suspended_at": NOW if member.address.suspended else None}
        named = {"address_id": member.address.id, "lookup": str(member.id).encode(), "lookup_key": "k"}
        conn.execute(sa.insert(addresses).values(state | named))
    row: dict[str, Any] = {
        "role": member.role.value, "language": member.language, "link": member.link.value,
        "joined_on": member.joined_on, "paused_until": member.paused_until, "area": member.area,
        "address_id": member.address.id if member.address else None, "essential_only": member.essential_only,
        "preferred_time": member.preferred_time.value if member.preferred_time else None,
        "sees_pregnancy_id": member.sees_pregnancy, "private": member.private, "under_20": member.under_20,
        "previous_loss": member.previous_loss,
    }  # fmt: skip
    conn.execute(sa.insert(members).values(of | row))
    for name, wanted in member.topics.items():
        wish = {"topic": name, "wanted": wanted, "at": moment(member.wished_on.get(name, TODAY))}
        conn.execute(sa.insert(topics).values(of | wish))
    for campaign, meaning in member.answered:
        conn.execute(sa.insert(answers).values(of | {"campaign": campaign, "meaning": meaning, "at": NOW}))
    for number, (purpose, channel) in enumerate(sorted(member.consents)):
        state = {"purpose": purpose.value, "channel": channel.value, "consent_id": number}
        conn.execute(sa.insert(consent_states).values(of | state | {"live": True}))


def homes() -> dict[str, Family]:
    """One of each change, with a second member; and a family of whom nobody is told anything."""
    found = {}
    for number, (name, change) in enumerate({"nothing": lambda home: home, **CHANGES}.items(), 1):
        home = change(a_home(1000 * number, STEP))
        state = home.members[0].address
        other = replace(
            home.members[0], id=home.id + 11, language="so", area=None, topics={}, wished_on={},
            answered=frozenset(), consents=frozenset(),
            address=None if state is None else replace(state, id=home.id + 15, channel=ChannelName.TELEGRAM),
        )  # fmt: skip
        found[name] = replace(home, members=(*home.members, other))
    return found


def read(database: Database, ids: list[int], *, trial: bool) -> dict[int, list[outlines.Outline]]:
    first_days = CAP.daily_until_age
    return database.read(lambda conn: outlines.of_families(conn, ids, TODAY, first_days, trial=trial))


@pytest.fixture
def town(database: Database) -> dict[str, Family]:
    here = homes()
    database.write(lambda conn: [plant(conn, home) for home in here.values()])
    return here


def numbered(home: Family) -> Family:
    """The same; its babies are numbered from 1."""
    clocks = [
        replace(one, babies=tuple([Baby(place, each.status) for place, each in enumerate(one.babies, 1)]))
        for one in home.pregnancies
    ]
    return replace(home, pregnancies=tuple(clocks))


@pytest.mark.parametrize("trial", [True, False])
def test_the_family_of_outlines_is_the_family(
    database: Database, town: dict[str, Family], trial: bool
) -> None:
    ids = [home.id for home in town.values()]
    found = read(database, ids, trial=trial)
    whole = database.read(lambda conn: household.load(conn, ids, trial=trial))
    strange = [
        home.id for home in whole if home.id in found and outlines.family_of(found[home.id]) != numbered(home)
    ]
    assert strange == []
    assert len(found) > 60


def test_only_plain_families_have_outlines(database: Database, town: dict[str, Family]) -> None:
    found = read(database, [home.id for home in town.values()], trial=True)
    without = {name for name, home in town.items() if home.id not in found}
    assert without == {name for name, home in town.items() if not plain(home)}
    assert without == {"lost", "died", "one died", "pregnant again", "held"}


def test_who_asked_for_messages_after_a_loss_has_none(database: Database) -> None:
    home = a_home(1000, STEP)
    clock = replace(home.pregnancies[0], resumed_for=frozenset({1010}))
    database.write(lambda conn: plant(conn, replace(home, pregnancies=(clock,))))
    assert read(database, [1000], trial=False) == {}


def test_the_tests_of_who_is_alike_look_at_the_same_outlines(
    database: Database, town: dict[str, Family]
) -> None:
    """`tests/services/test_alike.py` makes them itself: as the database gives them, to the last column."""
    found = read(database, [home.id for home in town.values()], trial=True)
    strange = []
    for name, home in town.items():
        for member, row in zip(home.members, found.get(home.id, ()), strict=False):
            pairs = zip(outlines.NAMES, row, outline(home, member), strict=True)
            strange += [
                (name, column, *both) for column, *both in pairs if _plain(both[0]) != _plain(both[1])
            ]
    assert strange == []


def _plain(value: Any) -> Any:
    """As the two databases write the same list, and nothing."""
    if value in (None, "[]"):
        return None
    text = str(value).replace(" ", "").replace("true", "1").replace("false", "0").replace("null", "")
    return text if isinstance(value, str) else value


def test_who_left_has_none_and_a_family_without_anybody_is_empty(database: Database) -> None:
    database.write(lambda conn: plant(conn, a_home(1000, STEP)))
    database.write(lambda conn: conn.execute(sa.update(members).values(left_at=NOW)))
    assert read(database, [1000, 5], trial=False) == {1000: [], 5: []}
