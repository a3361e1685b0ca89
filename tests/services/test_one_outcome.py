"""Whatever comes in, from whomever and however often, has one outcome; and no text but START ends a STOP.

The texts are those of the corpus: what people really write, in six languages.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.address import Address
from bot.domain.family import HoldKind, Role
from bot.domain.inbound import Inbound, InboundKind
from bot.domain.meaning import Word
from bot.services import converse, receive
from bot.store import addresses
from bot.store.database import Database
from bot.store.sealed import Seal
from bot.store.tables import inbox, outbox
from tests.clock import Clock
from tests.home import Home, chat, desk, phone
from tests.words import corpus

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

TEXTS = sorted({said.text for said in corpus.everything()})
ODD = ["", " ", "1", "2", "0", "yes", "no", "START", "JOIN", "DELETE", "\U0001f600", "{{ 7*7 }}", "x" * 4096]
MENU = "1 support for you. 2 messages for a baby who is with you. 3 a new pregnancy. 4 nothing more."
WRITERS = (phone(1), phone(2), chat(3))  # a mother, somebody we do not know, a father
SETTINGS = settings(
    deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)  # fmt: skip


@pytest.fixture
def homes(database: Database, seal: Seal, clock: Clock) -> Iterator[Home]:
    """One home after another in the same database, each of them empty but for a mother and a father."""
    tables = [table for table in reversed(outbox.metadata.sorted_tables) if table.name != "meta"]

    def one() -> Home:
        database.write(lambda conn: [conn.execute(sa.delete(table)) for table in tables])
        clock.now = datetime(2027, 2, 2, 10, 0, tzinfo=UTC)
        home = Home(desk(database, seal), clock)
        family = home.joins(WRITERS[0], due_on=date(2027, 5, 25))
        home.joins(WRITERS[2], Role.FATHER, family=family)
        return home

    return iter(one, None)


COMES = st.tuples(
    st.sampled_from(WRITERS), st.sampled_from(InboundKind), st.sampled_from(TEXTS) | st.sampled_from(ODD),
    st.integers(1, 3),
)  # fmt: skip


@settings(SETTINGS, max_examples=25)
@given(st.lists(COMES, min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_every_inbound_gets_exactly_one_outcome(
    homes: Iterator[Home], comes: list[Any], order: random.Random
) -> None:
    """Brought up to three times, in between others, and looked at whenever the line gets to it."""
    home = next(homes)
    knocks = [
        Inbound(who.channel, f"K{number}", kind, who, text, home.now)
        for number, (who, kind, text, times) in enumerate(comes)
        for _ in range(times)
    ]
    order.shuffle(knocks)
    for knock in knocks:
        receive.receive(home.desk, knock, home.now)
        if order.random() < 0.5:
            converse.converse(home.desk, home.now, 1)
    while converse.converse(home.desk, home.now):
        pass
    before = _outcomes(home)
    assert len(before) == len(comes)
    assert {state for state, _ in before.values()} <= {"done", "unread"}
    for knock in knocks:
        assert receive.receive(home.desk, knock, home.now).duplicate
    assert converse.converse(home.desk, home.now) == 0
    assert _outcomes(home) == before


def _outcomes(home: Home) -> dict[int, tuple[str, tuple[str, ...]]]:
    """Of each thing that came in: its state, and what answers it."""

    def work(conn: sa.Connection) -> dict[int, tuple[str, tuple[str, ...]]]:
        rows = conn.execute(sa.select(outbox.c.inbound_id, outbox.c.n, outbox.c.step).order_by(outbox.c.n))
        answers: dict[int, list[str]] = {}
        for row in rows:
            answers.setdefault(row.inbound_id, []).append(f"{row.n} {row.step}")
        states = conn.execute(sa.select(inbox.c.inbound_id, inbox.c.state))
        return {one.inbound_id: (one.state, tuple(answers.get(one.inbound_id, ()))) for one in states}

    return home.read(work)  # type: ignore[no-any-return]


def _stopped(home: Home, who: Address) -> bool:
    number = home.address_id(who)
    return bool(home.read(lambda conn: addresses.by_id(conn, number).stopped))


@settings(SETTINGS, max_examples=25)
@given(st.lists(st.sampled_from(TEXTS) | st.sampled_from(ODD), min_size=5, max_size=12))
def test_p2_no_text_but_start_ends_a_stop_whatever_was_asked_before(
    homes: Iterator[Home], texts: list[str]
) -> None:
    home, her = next(homes), WRITERS[0]
    home.says(her, "STOP")
    for text in texts:
        word = receive.meant(home.desk, text, "en", home.now).word
        home.says(her, text)
        if word is Word.START:
            return
        assert _stopped(home, her), text
        assert Counter(kind for kind in _queued(home) if kind not in ("reply", "crisis")) == {}


def _queued(home: Home) -> list[str]:
    query = sa.select(outbox.c.kind).where(outbox.c.state.in_(["waiting", "queued"]))
    return list(home.read(lambda conn: conn.execute(query).scalars().all()))


@settings(SETTINGS, max_examples=25)
@given(st.lists(st.sampled_from(TEXTS) | st.sampled_from(ODD), min_size=5, max_size=12))
def test_p3_no_text_but_undo_or_what_she_plainly_chose_ends_the_quiet_after_her_word(
    homes: Iterator[Home], texts: list[str]
) -> None:
    """UNDO, and what SUPPORT offers: a living baby, the next pregnancy. START does not, nor anything else."""
    home, her = next(homes), WRITERS[0]
    home.says(her, "my baby died")
    chosen = False
    for text in texts:
        word = receive.meant(home.desk, text, "en", home.now).word
        if chosen or word in (Word.UNDO, Word.DELETE):
            return
        chosen = MENU in home.says(her, text)
        if not home.families(her):  # "wrong number": she is not reached here any more
            return
        assert HoldKind.LOSS in {hold.kind for hold in home.families(her)[0].holds}, text
        home.clock.pass_(minutes=1)
