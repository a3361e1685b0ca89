"""Families as rows, and read back whole."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from bot.domain.family import (
    Baby,
    BabyStatus,
    Family,
    Hold,
    HoldKind,
    Link,
    Member,
    Role,
)  # fmt: skip
from bot.store import addresses, families
from bot.store.tables import due, holds

if TYPE_CHECKING:
    from tests.store.conftest import Rows

DUE = date(2027, 6, 1)


def _load(rows: Rows, family_id: int) -> Family:
    return rows.database.read(lambda conn: families.load(conn, [family_id]))[0]


def test_a_family_comes_back_whole(rows: Rows) -> None:
    family = _load(rows, rows.family(DUE, 1, 2))
    assert [member.role for member in family.members] == [Role.MOTHER, Role.FATHER]
    assert [member.link for member in family.members] == [Link.OWN, Link.CODE]
    assert family.pregnancies[0].due_on == DUE
    assert [baby.status for baby in family.pregnancies[0].babies] == [BabyStatus.EXPECTED]


def test_loading_takes_one_query_a_table_however_many_families(rows: Rows) -> None:
    ids = [rows.family(DUE, number) for number in range(3)]
    counted: list[str] = []

    def work(conn: sa.Connection, wanted: list[int]) -> int:
        counted.clear()
        sa.event.listen(conn, "before_cursor_execute", lambda *said: counted.append(said[2]))
        families.load(conn, wanted)
        return sum(statement.startswith("SELECT") for statement in counted)

    one = rows.database.read(lambda conn: work(conn, ids[:1]))
    three = rows.database.read(lambda conn: work(conn, ids))
    assert one == three == 8


def test_families_come_in_order_each_once_and_unknown_ones_are_left_out(rows: Rows) -> None:
    first, second = rows.family(DUE, 1), rows.family(DUE, 2)
    loaded = rows.database.read(lambda conn: families.load(conn, [second, 5, first, second]))
    assert [family.id for family in loaded] == [first, second]


def test_nothing_asked_is_nothing_loaded(rows: Rows) -> None:
    assert rows.database.read(lambda conn: families.load(conn, [])) == []


def test_a_member_who_left_is_not_loaded(rows: Rows) -> None:
    family_id = rows.family(DUE, 1, 2)
    mother, father = _load(rows, family_id).members
    rows.database.write(lambda conn: families.update_member(conn, family_id, father.id, left_at=rows.now))
    assert [member.id for member in _load(rows, family_id).members] == [mother.id]


def test_what_a_member_said_and_wants_is_loaded(rows: Rows) -> None:
    family_id = rows.family(DUE, 1)
    member_id = _load(rows, family_id).members[0].id

    def work(conn: sa.Connection) -> Member:
        families.set_topic(conn, family_id, member_id, "flu", True, rows.now)
        families.set_topic(conn, family_id, member_id, "flu", False, rows.now)
        for _ in range(2):
            families.set_answer(conn, family_id, member_id, "flu", "done", rows.now)
        families.update_member(conn, family_id, member_id, essential_only=True, area="Ardwick")
        return families.load(conn, [family_id])[0].members[0]

    member = rows.database.write(work)
    assert (member.topics, member.answered) == ({"flu": False}, frozenset({("flu", "done")}))
    assert (member.essential_only, member.area) == (True, "Ardwick")


def test_guests_matter_in_trial_mode_only(rows: Rows) -> None:
    family_id = rows.family(DUE, 1)

    def work(conn: sa.Connection, *, trial: bool) -> bool:
        address = families.load(conn, [family_id], trial=trial)[0].members[0].address
        return address is not None and address.guest

    assert rows.database.read(lambda conn: work(conn, trial=False)) is True
    assert rows.database.read(lambda conn: work(conn, trial=True)) is False


def test_everyone_on_a_shared_phone_is_found(rows: Rows) -> None:
    first, second = rows.family(DUE, 1), rows.family(DUE, 1)
    found = rows.database.read(lambda conn: families.members_at(conn, rows.address(1)))
    assert [family_id for family_id, _ in found] == [first, second]


def test_babies_keep_their_ids_when_their_status_changes(rows: Rows) -> None:
    family_id = rows.family(DUE, 1)
    pregnancy = _load(rows, family_id).pregnancies[0]

    def set_to(*statuses: BabyStatus) -> tuple[Baby, ...]:
        rows.database.write(lambda conn: families.set_babies(conn, family_id, pregnancy.id, statuses))
        return _load(rows, family_id).pregnancies[0].babies

    twins = set_to(BabyStatus.BORN, BabyStatus.EXPECTED)
    changed = set_to(BabyStatus.BORN, BabyStatus.DIED)
    assert [baby.id for baby in changed] == [baby.id for baby in twins]
    assert [baby.status for baby in changed] == [BabyStatus.BORN, BabyStatus.DIED]
    assert set_to(BabyStatus.BORN) == changed[:1]


def test_p3_a_hold_is_opened_once_a_member_and_kind(rows: Rows) -> None:
    family_id = rows.family(DUE, 1, 2)
    mother, father = _load(rows, family_id).members

    def work(conn: sa.Connection) -> list[bool]:
        return [
            families.open_hold(conn, family_id, kind, member_id, rows.now)
            for kind, member_id in (
                (HoldKind.LOSS, mother.id), (HoldKind.LOSS, mother.id), (HoldKind.LOSS, father.id),
                (HoldKind.SILENCE, None), (HoldKind.SILENCE, None),
            )
        ]  # fmt: skip

    assert rows.database.write(work) == [True, False, True, True, False]
    family = _load(rows, family_id)
    assert family.held
    assert [(hold.kind, hold.member_id) for hold in family.holds] == [
        (HoldKind.LOSS, mother.id), (HoldKind.LOSS, father.id), (HoldKind.SILENCE, None),
    ]  # fmt: skip


def test_p3_a_family_is_held_until_its_last_hold_ends_and_the_epoch_rises(rows: Rows) -> None:
    family_id = rows.family(DUE, 1, 2)
    mother, father = _load(rows, family_id).members

    def work(conn: sa.Connection) -> tuple[int, Family, int, Family]:
        families.open_hold(conn, family_id, HoldKind.LOSS, mother.id, rows.now)
        families.open_hold(conn, family_id, HoldKind.LOSS, father.id, rows.now)
        one = families.lift_holds(conn, family_id, rows.now, father.id, member_id=father.id)
        between = families.load(conn, [family_id])[0]
        rest = families.lift_holds(conn, family_id, rows.now, mother.id, kinds=[HoldKind.LOSS])
        return one, between, rest, families.load(conn, [family_id])[0]

    one, between, rest, after = rows.database.write(work)
    assert (one, between.held, rest, after.held) == (1, True, 1, False)
    assert after.epoch == between.epoch + 1 == 2


def test_nothing_lifted_raises_no_epoch(rows: Rows) -> None:
    family_id = rows.family(DUE, 1)
    assert rows.database.write(lambda conn: families.lift_holds(conn, family_id, rows.now, None)) == 0
    assert _load(rows, family_id).epoch == 0


def test_a_hold_can_be_opened_again_after_it_was_lifted(rows: Rows) -> None:
    family_id = rows.family(DUE, 1)

    def work(conn: sa.Connection) -> tuple[bool, tuple[Hold, ...]]:
        families.open_hold(conn, family_id, HoldKind.LOSS, None, rows.now)
        families.lift_holds(conn, family_id, rows.now, None)
        again = families.open_hold(conn, family_id, HoldKind.LOSS, None, rows.now)
        return again, families.load(conn, [family_id])[0].holds

    again, found = rows.database.write(work)
    assert again
    assert len(found) == 1
    assert rows.database.read(lambda conn: len(conn.execute(sa.select(holds)).all())) == 2


def test_p5_events_are_kept_in_order_with_their_days(rows: Rows) -> None:
    family_id = rows.family(DUE, 1)

    def work(conn: sa.Connection) -> list[families.Event]:
        families.event(conn, family_id, "due", rows.now, 7, due_on=DUE)
        families.event(conn, family_id, "stop", rows.now, how="stop")
        return families.events(conn, family_id)

    first, second = rows.database.write(work)
    assert (first.kind, first.member_id, first.detail) == ("due", 7, {"due_on": "2027-06-01"})
    assert (second.kind, second.at, second.detail) == ("stop", rows.now, {"how": "stop"})
    assert first.id < second.id


def test_a_family_waits_for_the_planner_since_its_earliest_change(rows: Rows) -> None:
    family_id = rows.family(DUE, 1)

    def work(conn: sa.Connection) -> list[tuple[int, str, str, date]]:
        for day in (date(2027, 2, 3), date(2027, 2, 1), date(2027, 2, 2)):
            families.mark_due(conn, family_id, day)
        return [tuple(row) for row in conn.execute(sa.select(due))]

    assert rows.database.write(work) == [(family_id, "", "", date(2027, 2, 1))]


def test_a_member_of_another_family_cannot_be_named(rows: Rows) -> None:
    first, second = rows.family(DUE, 1), rows.family(DUE, 2)
    stranger = _load(rows, second).members[0].id
    with pytest.raises(sa.exc.IntegrityError):
        rows.database.write(lambda conn: families.set_topic(conn, first, stranger, "flu", True, rows.now))


def test_an_imports_own_reference_is_one_familys(rows: Rows) -> None:
    family_id = rows.database.write(lambda conn: families.add(conn, rows.now, reference="a" * 64))
    found = rows.database.read(lambda conn: families.by_reference(conn, ["b" * 64, "a" * 64]))
    assert found == family_id
    with pytest.raises(sa.exc.IntegrityError):
        rows.database.write(lambda conn: families.add(conn, rows.now, reference="a" * 64))


def test_an_address_that_changed_state_is_seen_by_its_member(rows: Rows) -> None:
    family_id = rows.family(DUE, 1)

    def work(conn: sa.Connection) -> tuple[bool, bool]:
        addresses.stop(conn, rows_address, rows.now)
        addresses.suspend(conn, rows_address, "blocked", rows.now)
        state = families.load(conn, [family_id])[0].members[0].address
        assert state is not None
        return state.stopped, state.suspended

    rows_address = rows.address(1)
    assert rows.database.write(work) == (True, True)
