"""Guests: the code lets people into a trial; guessing ends soon, and nothing is kept of strangers."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot.domain.address import Address, ChannelName
from bot.domain.inbound import Inbound, InboundKind
from bot.domain.meaning import Crisis
from bot.domain.outbox import Kind
from bot.domain.revision import Mode
from bot.services import converse, guests, receive
from bot.services.desk import Desk
from bot.services.guests import Door
from bot.store.database import Database
from bot.store.sealed import Seal
from bot.store.tables import addresses, conversations, inbox, members, outbox
from tests import line, ours
from tests.clock import Clock
from tests.people import People

CODE = "48271639"
REPLIES = ("consent", "join_first", "stopped", "help", "loss", "wrong_number")
CRISES = tuple(f"crisis/{kind.value}" for kind in Crisis)


@pytest.fixture
def desk(database: Database, seal: Seal) -> Desk:
    """A trial with nobody on its list, and this code; in English alone, so that no language is asked for."""
    texts = line.replies(*REPLIES, *CRISES)
    config = line.config()
    return line.desk(
        database, seal, Mode.TRIAL, lexicon=ours.lexicon(), shelf=line.shelf(texts=texts),
        guest_door=Door(CODE), drama_numbers=True, config=replace(config, languages=config.languages[:1]),
    )  # fmt: skip


def phone(number: int) -> Address:
    return Address(ChannelName.SMS, f"+447700900{number:03}")


class _Sids:
    made = 0


def says(
    desk: Desk, clock: Clock, text: str, number: int = 1, sid: str = "", **more: Any
) -> receive.Received:
    _Sids.made += 1
    fields = {"kind": InboundKind.TEXT, "address": phone(number), "text": text, "at": clock.now} | more
    given = Inbound(channel=ChannelName.SMS, provider_id=sid or f"SM{_Sids.made}", **fields)
    received = receive.receive(desk, given, clock.now)
    converse.converse(desk, clock.now)
    return received


def answers(desk: Desk) -> list[str]:
    query = sa.select(outbox.c.step).order_by(outbox.c.outbox_id)
    return list(desk.database.read(lambda conn: conn.execute(query).scalars()))


def count(desk: Desk, *tables: sa.Table) -> list[int]:
    def work(conn: sa.Connection) -> list[int]:
        return [conn.execute(sa.select(sa.func.count()).select_from(table)).scalar_one() for table in tables]

    return desk.database.read(work)


def texts(desk: Desk) -> list[str]:
    rows = desk.database.read(lambda conn: conn.execute(sa.select(inbox.c.sealed)).scalars().all())
    return [desk.seal.open("inbox.text", sealed) for sealed in rows]


SPELLINGS = ("GUEST 48271639", "guest 48271639", " Guest:4827 1639 ", "GUEST-48271639")


@pytest.mark.parametrize("text", SPELLINGS)
def test_whoever_sends_the_code_becomes_a_guest_and_is_asked_to_agree(
    desk: Desk, clock: Clock, text: str
) -> None:
    says(desk, clock, text)
    assert answers(desk) == ["consent"]
    assert desk.database.read(lambda conn: conn.execute(sa.select(addresses.c.guest)).scalars().all()) == [
        True
    ]


def test_the_code_is_not_kept(desk: Desk, clock: Clock) -> None:
    says(desk, clock, f"GUEST {CODE}")
    assert texts(desk) == ["JOIN"]


def test_a_guest_stays_one_without_the_code(desk: Desk, clock: Clock) -> None:
    says(desk, clock, f"GUEST {CODE}")
    says(desk, clock, "help")
    assert answers(desk) == ["consent", "help"]


def test_a_guest_who_sends_it_again_is_no_guesser(desk: Desk, clock: Clock) -> None:
    says(desk, clock, f"GUEST {CODE}")
    for _ in range(guests.TRIES_EACH + 1):
        says(desk, clock, "GUEST 00000000")
    assert "GUEST 00000000" not in texts(desk)
    assert says(desk, clock, f"GUEST {CODE}").new


@pytest.mark.parametrize("text", ["GUEST 48271638", "GUEST 4827163", "guest of honour", "GUEST 482716390"])
def test_of_a_wrong_code_nothing_is_kept_and_nothing_is_said(desk: Desk, clock: Clock, text: str) -> None:
    assert not says(desk, clock, text).new
    assert count(desk, addresses, inbox, outbox, conversations, members) == [0] * 5


def test_after_five_wrong_codes_the_right_one_does_not_help(desk: Desk, clock: Clock) -> None:
    for n in range(guests.TRIES_EACH):
        says(desk, clock, f"GUEST 0000000{n}")
    assert not says(desk, clock, f"GUEST {CODE}").new
    assert says(desk, clock, f"GUEST {CODE}", number=2).new


def test_a_wrong_code_counts_once_however_often_its_message_comes_in(desk: Desk, clock: Clock) -> None:
    """A transaction that gave way is run again, a webhook is repeated, Twilio's list has it as well."""
    for _ in range(guests.TRIES_EACH + 1):
        says(desk, clock, "GUEST 00000000", sid="SM-wrong")
    assert says(desk, clock, f"GUEST {CODE}").new


def test_a_wrong_code_counts_once_when_two_were_in_each_other_s_way(
    desk: Desk, clock: Clock, database: Database
) -> None:
    class GivesWay:
        """A database whose every transaction is rolled back once and run again, as after a deadlock."""

        def write(self, work: Any, priority: Any = None) -> Any:
            with contextlib.suppress(RuntimeError):
                database.write(lambda conn: _rolled_back(work(conn)))
            return database.write(work)

        def __getattr__(self, name: str) -> Any:
            return getattr(database, name)

    def _rolled_back(_done: object) -> None:
        raise RuntimeError

    crowded = replace(desk, database=GivesWay())  # type: ignore[arg-type]
    for n in range(guests.TRIES_EACH - 1):
        says(crowded, clock, f"GUEST 0000000{n}")
    assert says(desk, clock, f"GUEST {CODE}").new


def test_after_fifty_wrong_codes_in_all_the_door_is_closed(desk: Desk, clock: Clock) -> None:
    for n in range(guests.TRIES_ALL):
        says(desk, clock, f"GUEST {n:08}", number=n)
    assert not says(desk, clock, f"GUEST {CODE}", number=999).new


def test_fewer_wrong_codes_leave_it_open(desk: Desk, clock: Clock) -> None:
    for n in range(guests.TRIES_ALL - 1):
        says(desk, clock, f"GUEST {n:08}", number=n)
    assert says(desk, clock, f"GUEST {CODE}", number=999).new


@pytest.mark.parametrize("mode", [Mode.LIVE, Mode.REHEARSAL])
def test_outside_a_trial_the_word_means_nothing(
    database: Database, seal: Seal, mode: Mode, clock: Clock
) -> None:
    texts = line.replies(*REPLIES)
    desk = line.desk(
        database, seal, mode, lexicon=ours.lexicon(), shelf=line.shelf(texts=texts), drama_numbers=True
    )
    says(desk, clock, f"GUEST {CODE}")
    assert answers(desk) == ["join_first"]
    assert not desk.database.read(lambda conn: conn.execute(sa.select(addresses.c.guest)).scalar_one())


def test_a_code_that_was_made_is_eight_digits_and_differs_each_time() -> None:
    made = {Door().made for _ in range(20)}
    assert len(made) > 15
    assert all(code is not None and len(code) == 8 and code.isdecimal() for code in made)


def test_a_code_that_was_set_is_not_told_again() -> None:
    assert Door(CODE).made is None
    assert CODE not in repr(Door(CODE))


# --- strangers -------------------------------------------------------------------------------------

UNHEARD: Sequence[tuple[str, InboundKind]] = [
    ("hello", InboundKind.TEXT), ("JOIN", InboundKind.TEXT), ("LOSS", InboundKind.TEXT),
    ("help", InboundKind.TEXT), ("", InboundKind.MEDIA), ("", InboundKind.START), ("x", InboundKind.TAP),
    ("hello", InboundKind.EDIT), ("GUEST", InboundKind.TEXT),
]  # fmt: skip


@pytest.mark.parametrize(("text", "kind"), UNHEARD)
def test_a_trial_makes_no_row_for_a_stranger(desk: Desk, clock: Clock, text: str, kind: InboundKind) -> None:
    assert not says(desk, clock, text, kind=kind).new
    assert count(desk, addresses, inbox, outbox, conversations, members) == [0] * 5


def test_a_stranger_s_crisis_is_answered(desk: Desk, clock: Clock) -> None:
    says(desk, clock, "i want to die")
    assert answers(desk) == ["crisis/self_harm"]
    assert desk.database.read(lambda conn: conn.execute(sa.select(outbox.c.kind)).scalar_one()) == Kind.CRISIS


def test_a_stranger_s_crisis_beside_the_word_guest_is_answered(desk: Desk, clock: Clock) -> None:
    says(desk, clock, "GUEST i want to die")
    assert answers(desk) == ["crisis/self_harm"]


@pytest.mark.parametrize(
    ("text", "kind"), [("STOP", InboundKind.TEXT), ("", InboundKind.OPT_OUT), ("", InboundKind.BLOCK)]
)
def test_a_stranger_s_stop_is_kept_for_the_day_the_trial_becomes_live(
    desk: Desk, clock: Clock, text: str, kind: InboundKind
) -> None:
    says(desk, clock, text, kind=kind)
    stopped = desk.database.read(lambda conn: conn.execute(sa.select(addresses.c.stopped_at)).scalar_one())
    assert stopped == clock.now
    assert answers(desk) == []


def test_a_family_from_live_days_is_heard_though_no_guest(desk: Desk, clock: Clock) -> None:
    """A loss holds the family, whatever the mode; in a trial it is not answered."""
    people = People(desk, clock)
    [mother] = people.family(numbers=(7,))
    says(desk, clock, "LOSS", address=Address(ChannelName.SMS, "+447700900007"))
    assert people.load(mother).holds
    assert answers(desk) == []


def test_what_is_listed_again_of_a_stranger_counts_as_nothing_missed(desk: Desk, clock: Clock) -> None:
    clock.now += timedelta(minutes=1)
    received = says(desk, clock, "hello")
    assert (received.inbound_id, received.duplicate, received.new) == (0, False, False)
