"""A household in any order: join, leave, loss, undo, birth, stop, start, move; P1 to P5 hold after each step.

The clock moves by days, everything that is due leaves, and what left is looked at against what was said.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from bot.domain import consent
from bot.domain.family import HoldKind, Purpose, Role
from bot.domain.outbox import CLOSED_UNSENT, SPENT, State
from bot.services import plan, publish, reconcile
from bot.store import addresses as phones
from bot.store import consents, families, household
from bot.store.database import Database
from bot.store.sealed import Seal
from bot.store.tables import addresses, holds, inbox, members, outbox
from tests.clock import Clock
from tests.home import Home, desk, phone

HER = phone(0)
RELATIVES = {phone(1): 2, phone(2): 4, phone(3): 3}  # a father, a grandparent, a partner
EVERYONE = [HER, *RELATIVES]
STAGED = ("staged", "chosen", "check_in", "reminder")
QUIETENS = ("we lost the baby", "she had a miscarriage", "my baby died")
WISHES = ("LEAVE", "PAUSE", "BORN TODAY", "LESS", "PRIVATE", "TIME EVENING")
SMALL_TALK = ("thanks", "ok", "1", "yes", "hello", "JOIN", "flu", "RESUME", "2", "UNDO", "MY DATA")


class Household(RuleBasedStateMachine):
    """What a family may do to us; `made` gives an empty database for each run."""

    made: Any = None

    @initialize()
    def begin(self) -> None:
        self.home = self.made()
        self.home.clock.now = datetime(2027, 2, 2, 8, 30, tzinfo=UTC)
        publish.publish(self.home.desk, self.home.desk.content, "test", self.home.now)
        self.home.joins(HER, due_on=self.home.now.date() + timedelta(weeks=9))
        self.codes: list[str] = []
        self.left: list[tuple[int, datetime]] = []

    @rule(word=st.sampled_from(["INVITE DAD", "INVITE GRAN", "INVITE ALI"]))
    def invites(self, word: str) -> None:
        for text in self.home.says(HER, word):
            if "JOIN " in text and "Free family" in text:
                self.codes.append(text.split("JOIN ")[1][:8])

    @rule(who=st.sampled_from(sorted(RELATIVES, key=str)), place=st.integers(0, 9))
    def joins(self, who: Any, place: int) -> None:
        if self.codes:
            self.home.by_code(who, self.codes[place % len(self.codes)], RELATIVES[who])

    @rule(
        who=st.sampled_from(EVERYONE),
        text=st.sampled_from(WISHES),
    )
    def wishes(self, who: Any, text: str) -> None:
        self.home.says(who, text)

    @rule(word=st.sampled_from(["REMOVE DAD", "REMOVE GRAN", "REMOVE"]))
    def removes(self, word: str) -> None:
        self.home.says(HER, word)

    @rule(who=st.sampled_from(EVERYONE), text=st.sampled_from(QUIETENS))
    def loses(self, who: Any, text: str) -> None:
        known = bool(self._families(who))
        self.home.says(who, text)
        assert not known or all(family.held for family in self._families(who))

    @rule(who=st.sampled_from(EVERYONE))
    def stops(self, who: Any) -> None:
        self.home.says(who, "STOP")
        assert self._row(who).stopped_at is not None

    @rule(who=st.sampled_from(EVERYONE), text=st.sampled_from(SMALL_TALK))
    def chats(self, who: Any, text: str) -> None:
        """P2: a stopped phone stays so, whatever is written but START."""
        row = self._row(who)
        self.home.says(who, text)
        assert row is None or row.stopped_at is None or self._row(who).stopped_at is not None

    @rule(who=st.sampled_from(EVERYONE))
    def starts(self, who: Any) -> None:
        """P3: START resumes nothing after a loss."""
        held = {family.id: self._losses(family) for family in self._families(who)}
        self.home.says(who, "START")
        for family in self._families(who):
            assert self._losses(family) == held.get(family.id, set())

    @rule(who=st.sampled_from([phone(7), phone(8)]))
    def moves(self, who: Any) -> None:
        for text in self.home.says(HER, "NEWPHONE"):
            if "NEWPHONE " in text:
                self.home.says(who, f"NEWPHONE {text.split('NEWPHONE ')[1][:8]}", "1")

    @rule(days=st.integers(1, 9))
    def days_go_by(self, days: int) -> None:
        home = self.home
        for _ in range(days):
            home.clock.now = (home.now + timedelta(days=1)).replace(hour=8, minute=30)
            plan.plan(home.desk, home.now)
            home.clock.pass_(hours=2)
            before = self._quiet()
            home.send()
            self._what_left(before)
            reconcile.expire(home.desk, home.now)

    # --- what always holds -----------------------------------------------------------------------

    @invariant()
    def p1_the_state_of_consent_equals_the_ledger(self) -> None:
        if not hasattr(self, "home"):
            return
        ids = self.home.read(
            lambda conn: list(conn.execute(sa.select(members.c.family_id).distinct()).scalars())
        )
        for family_id in ids:
            entries, states = self.home.read(
                lambda conn, one=family_id: (consents.ledger(conn, one), consents.states(conn, one))
            )
            assert consent.state(entries) == states

    @invariant()
    def p4_and_p5_a_step_leaves_once_and_each_end_has_its_reason(self) -> None:
        if not hasattr(self, "home"):
            return
        rows = self._rows()
        spent = Counter(
            (row.member_id, row.campaign, row.step, row.occurrence)
            for row in rows if State(row.state) in SPENT and row.kind in STAGED
        )  # fmt: skip
        assert not [name for name, times in spent.items() if times > 1]
        assert not [row for row in rows if State(row.state) in CLOSED_UNSENT and row.reason is None]

    @invariant()
    def every_text_has_exactly_one_outcome(self) -> None:
        if not hasattr(self, "home"):
            return
        states = self.home.read(lambda conn: Counter(conn.execute(sa.select(inbox.c.state)).scalars()))
        assert set(states) <= {"done", "unread", "closed"}

    @invariant()
    def nobody_is_in_two_families_by_one_code(self) -> None:
        if not hasattr(self, "home"):
            return
        here = self.home.read(
            lambda conn: conn.execute(
                sa.select(members.c.member_id).where(members.c.left_at.is_(None))
            ).scalars().all()
        )  # fmt: skip
        assert len(here) == len(set(here))

    # --- looking ---------------------------------------------------------------------------------

    def _row(self, who: Any) -> Any:
        found = self.home.read(lambda conn: phones.find(conn, self.home.desk.seal, who))
        if found is None:
            return None
        query = sa.select(addresses).where(addresses.c.address_id == found.id)
        return self.home.read(lambda conn: conn.execute(query).one())

    def _families(self, who: Any) -> list[Any]:
        row = self._row(who)
        if row is None:
            return []
        here = self.home.read(lambda conn: families.members_at(conn, row.address_id))
        found = self.home.read(lambda conn: household.load(conn, [family for family, _ in here]))
        return list(found)

    def _losses(self, family: Any) -> set[int]:
        return {hold.id for hold in family.holds if hold.kind in (HoldKind.LOSS, HoldKind.UNCLEAR_LOSS)}

    def _rows(self) -> list[Any]:
        return list(self.home.read(lambda conn: list(conn.execute(sa.select(outbox)))))

    def _quiet(self) -> tuple[set[int], set[int], set[int]]:
        """Families that are held, phones that are stopped, and what had left, before a morning's messages."""

        def look(conn: sa.Connection) -> tuple[set[int], set[int], set[int]]:
            held = conn.execute(sa.select(holds.c.family_id).where(holds.c.lifted_at.is_(None))).scalars()
            stopped = sa.select(addresses.c.address_id).where(addresses.c.stopped_at.is_not(None))
            gone = sa.select(outbox.c.outbox_id).where(outbox.c.sent_at.is_not(None))
            return (
                set(held.all()), set(conn.execute(stopped).scalars()), set(conn.execute(gone).scalars()),
            )  # fmt: skip

        return self.home.read(look)  # type: ignore[no-any-return]

    def _what_left(self, before: tuple[set[int], set[int], set[int]]) -> None:
        """P1 to P3: to nobody who did not agree, who stopped, or whose family was quiet."""
        held, stopped, gone = before
        fresh = [row for row in self._rows() if row.sent_at is not None and row.outbox_id not in gone]
        for row in (one for one in fresh if one.kind in STAGED):
            assert row.address_id not in stopped
            assert row.kind in ("chosen", "check_in") or row.family_id not in held
            [family] = self.home.read(lambda conn, one=row.family_id: household.load(conn, [one]))
            [member] = [one for one in family.members if one.id == row.member_id]
            assert member.address is not None
            assert member.address.id == row.address_id
            assert member.consented(Purpose(row.purpose)) or row.kind == "check_in"
            assert member.role is Role.MOTHER or row.pregnancy_id is None or member.link.value == "code"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_p1_to_p5_hold_whatever_a_household_does_in_any_order(
    database: Database, seal: Seal, clock: Clock
) -> None:
    tables = [table for table in reversed(outbox.metadata.sorted_tables) if table.name != "meta"]

    class Here(Household):
        @staticmethod
        def made() -> Home:
            database.write(lambda conn: [conn.execute(sa.delete(table)) for table in tables])
            return Home(desk(database, seal), clock)

    database.engine.dispose()
    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=8, stateful_step_count=14, deadline=None,
            suppress_health_check=list(HealthCheck), derandomize=True,
        ),
    )  # fmt: skip
