"""Rotation: everything sealed anew while the bot runs, broken off anywhere, and a key proved unneeded."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from bot.domain.address import Address, ChannelName, uk_mobile
from bot.domain.family import Role
from bot.domain.inbound import Inbound, InboundKind
from bot.domain.outbox import Kind
from bot.errors import DatabaseGone, NotAllowed, NotFound, SettingsError
from bot.services import enrol, keys
from bot.services.desk import Desk
from bot.store import addresses, conversations, dossier, inbox, keyring, outbox, pace, work_codes
from bot.store.database import Database
from bot.store.rotation import COLUMNS
from bot.store.sealed import Seal, new_key, parse_keys
from bot.store.tables import code_book, families, metadata
from tests import clock as clock_at
from tests import line
from tests.clock import Clock
from tests.store.conftest import phone

OLD, NEW = new_key("old"), new_key("new")
NOW = clock_at.start().now
WARD = "Ward Nine"


def seal_of(*written: str) -> Seal:
    return Seal(parse_keys(",".join(written)))


@dataclass
class Town:
    """A database with something of everything in it, sealed with the old key."""

    desk: Desk
    clock: Clock

    def with_keys(self, *written: str) -> Desk:
        """The desk of a process that holds these keys; refused as at its start."""
        desk = replace(self.desk, seal=seal_of(*written))
        desk.database.write(lambda conn: keyring.recognise(conn, desk.seal))
        return desk

    def fill(self, count: int = 250) -> None:
        """Numbers, texts, words sent, talks; one forgotten number with a STOP; an import's family."""

        def work(conn: sa.Connection) -> None:
            for number in range(count):
                self._one(conn, number)
            gone = addresses.find_or_add(conn, self.desk.seal, phone(999), self.clock.now)
            addresses.stop(conn, gone.id, self.clock.now)
            assert addresses.forget(conn, gone.id)

        self.desk.database.write(work)
        self.enrolled(self.desk, "07700900998", "ref-1")

    def _one(self, conn: sa.Connection, number: int) -> None:
        seal, now = self.desk.seal, self.clock.now
        address = addresses.find_or_add(conn, seal, phone(number), now)
        text = Inbound(ChannelName.SMS, f"SM{number}", InboundKind.TEXT, phone(number), f"text {number}", now)
        inbound_id, _ = inbox.store(conn, seal, text, address.id)
        reply = outbox.NewReply(
            address=address, inbound_id=inbound_id, n=0,
            sender_id=pace.sender_id(conn, ChannelName.SMS, "test", now),
            kind=Kind.REPLY, body=f"answer {number}", language="en", key="help", family_id=0, member_id=0,
            not_after=None,
        )  # fmt: skip
        outbox.add_reply(conn, seal, reply, now)
        conversations.save(conn, seal, address.id, "joining", {"who": str(number)}, now)

    def enrolled(self, desk: Desk, number: str, reference: str) -> int:
        return enrol.enrol(
            desk, address=uk_mobile(number, drama_numbers=True), role=Role.MOTHER, language="en",
            how="import", consented_words="w", now=self.clock.now, reference=reference,
        ).family_id  # fmt: skip

    def everything(self, desk: Desk) -> list[str]:
        """Every sealed value, opened, table by table."""

        def work(conn: sa.Connection) -> list[str]:
            return [
                f"{column.name} {row.id} {desk.seal.open(column.bound_to, row.sealed)}"
                for column in COLUMNS
                for row in conn.execute(
                    sa.select(column.row.label("id"), column.table.c.sealed)
                    .where(column.table.c.sealed.is_not(None))
                    .order_by(column.row)
                )
            ]

        return desk.database.read(work)


@pytest.fixture
def town(database: Database, clock: Clock) -> Town:
    made = Town(line.desk(database, seal_of(OLD), drama_numbers=True), clock)
    made.with_keys(OLD)
    return made


def used(desk: Desk, key_id: str, now: datetime = NOW) -> keys.KeyUse:
    return next(key for key in keys.uses(desk, now) if key.id == key_id)


def test_every_sealed_column_is_rotated() -> None:
    sealed = {name for name, table in metadata.tables.items() if "sealed" in table.c}
    assert {column.name for column in COLUMNS} == sealed


def test_everything_is_sealed_anew_and_reads_as_before(town: Town) -> None:
    town.fill()
    before = town.everything(town.desk)
    desk = town.with_keys(NEW, OLD)
    rotated = keys.rotate(desk, "operator", town.clock.now)
    assert rotated.done == {"addresses": 251, "inbox": 250, "outbox": 250, "conversations": 250}
    assert (rotated.left, rotated.unreadable.total()) == (0, 0)
    only_new = replace(desk, seal=seal_of(NEW))
    assert town.everything(only_new) == before
    assert desk.database.read(lambda conn: addresses.find(conn, only_new.seal, phone(7))) is not None


def test_doing_it_again_changes_nothing(town: Town) -> None:
    town.fill(20)
    desk = town.with_keys(NEW, OLD)
    keys.rotate(desk, "operator", town.clock.now)
    assert keys.rotate(desk, "operator", town.clock.now).done.total() == 0


class BrokenOff(BaseException):
    """The process ended here."""


def test_broken_off_after_any_batch_it_goes_on_where_it_was(town: Town) -> None:
    town.fill(250)
    before, desk = town.everything(town.desk), town.with_keys(NEW, OLD)
    seen = 0

    def dies(_name: str, done: int) -> None:
        nonlocal seen
        seen += done
        if done:
            raise BrokenOff

    for _ in range(30):
        try:
            keys.rotate(desk, "operator", town.clock.now, dies)
        except BrokenOff:
            assert town.everything(desk) == before
        else:
            break
    assert seen == 1001
    assert town.everything(replace(desk, seal=seal_of(NEW))) == before


def test_a_stop_whose_number_is_forgotten_keeps_its_old_hash_and_holds(town: Town) -> None:
    town.fill(5)
    desk = town.with_keys(NEW, OLD)
    keys.rotate(desk, "operator", town.clock.now)
    found = desk.database.read(lambda conn: addresses.find(conn, desk.seal, phone(999)))
    assert found is not None
    assert (found.stopped, found.forgotten) == (True, True)
    assert used(desk, "old").stops == 1
    with pytest.raises(NotAllowed, match="still needed"):
        keys.retire(desk, "old", "operator", town.clock.now)


def test_an_import_is_known_again_and_moves_to_the_newest_key(town: Town) -> None:
    town.fill(1)
    [family] = town.desk.database.read(
        lambda conn: conn.execute(sa.select(families.c.family_id)).scalars().all()
    )
    desk = town.with_keys(NEW, OLD)
    keys.rotate(desk, "operator", town.clock.now)
    assert used(desk, "old").references == 1
    assert town.enrolled(desk, "07700900998", "ref-1") == family
    assert used(desk, "old").references == 0
    assert used(desk, "new").references == 1


def test_a_family_of_which_nobody_noted_the_key_needs_every_older_one(town: Town) -> None:
    town.fill(1)
    desk = town.with_keys(NEW, OLD)
    desk.database.write(lambda conn: conn.execute(sa.update(families).values(reference_key=None)))
    keys.rotate(desk, "operator", town.clock.now)
    assert (used(desk, "old").references, used(desk, "new").references) == (1, 0)


def _given_out(town: Town) -> int:
    """One code of an organisation's, under the old key, good for a day; gives its id."""
    now = town.clock.now

    def work(conn: sa.Connection) -> int:
        work_codes.add(conn, town.desk.seal, WARD, 1, now, now + timedelta(days=1))
        return int(conn.execute(sa.select(code_book.c.code_id)).scalar_one())

    return town.desk.database.write(work)


def _changed(town: Town, **columns: object) -> None:
    town.desk.database.write(lambda conn: conn.execute(sa.update(code_book).values(**columns)))


def test_a_code_that_was_given_out_needs_its_key_until_its_day_is_over(town: Town) -> None:
    _given_out(town)
    desk = town.with_keys(NEW, OLD)
    keys.rotate(desk, "operator", town.clock.now)
    assert (used(desk, "old").codes, used(desk, "new").codes) == (1, 0)
    with pytest.raises(NotAllowed, match="still needed"):
        keys.retire(desk, "old", "operator", town.clock.now)
    keys.retire(desk, "old", "operator", town.clock.pass_(days=2))


def test_a_code_that_somebody_came_by_needs_its_key_until_it_is_ended(town: Town) -> None:
    """REMOVE and the list of an organisation's codes find it by its name, which is a hash."""
    code = _given_out(town)
    desk = town.with_keys(NEW, OLD)
    desk.database.write(lambda conn: work_codes.came(conn, code, 5, 6))
    later = town.clock.now + timedelta(days=2)
    assert used(desk, "old", later).codes == 1
    _changed(town, ended_at=later)
    assert used(desk, "old", later).codes == 0


def test_a_code_of_which_nobody_noted_the_key_needs_every_older_one(town: Town) -> None:
    _given_out(town)
    desk = town.with_keys(NEW, OLD)
    _changed(town, lookup_key=None)
    assert (used(desk, "old").codes, used(desk, "new").codes) == (1, 0)


def _unneeded(town: Town) -> Desk:
    """Everything under the new key, and nothing left that only the old one knows."""
    town.fill(3)
    desk = town.with_keys(NEW, OLD)
    keys.rotate(desk, "operator", town.clock.now)
    town.enrolled(desk, "07700900998", "ref-1")
    desk.database.write(lambda conn: addresses.find_or_add(conn, desk.seal, phone(999), town.clock.now))
    return desk


def test_a_key_that_nothing_needs_is_retired_and_may_be_taken_out(town: Town) -> None:
    desk = _unneeded(town)
    assert not used(desk, "old").needed
    with pytest.raises(SettingsError, match="is missing"):
        town.with_keys(NEW)  # not before it was proved
    keys.retire(desk, "old", "operator", town.clock.now)
    alone = town.with_keys(NEW)
    assert len(town.everything(alone)) == 3 * 4 + 2


def test_a_retired_key_never_comes_first_again(town: Town) -> None:
    keys.retire(_unneeded(town), "old", "operator", town.clock.now)
    with pytest.raises(SettingsError, match="was retired"):
        town.with_keys(OLD, NEW)
    town.with_keys(NEW, OLD)  # after the newest it does no harm


@pytest.mark.parametrize(("key", "refusal"), [("new", NotAllowed), ("other", NotFound)])
def test_neither_the_newest_nor_an_unknown_key_is_retired(
    town: Town, key: str, refusal: type[Exception]
) -> None:
    desk = _unneeded(town)
    with pytest.raises(refusal):
        keys.retire(desk, key, "operator", town.clock.now)


def test_what_no_key_opens_is_left_and_said(town: Town) -> None:
    town.fill(5)
    table = COLUMNS[1].table
    damage = sa.update(table).values(sealed=b"old     " + bytes(40)).where(table.c.provider_id == "SM3")
    town.desk.database.write(lambda conn: conn.execute(damage))
    desk = town.with_keys(NEW, OLD)
    rotated = keys.rotate(desk, "operator", town.clock.now)
    assert rotated.unreadable == {"inbox": 1, "addresses": 0, "outbox": 0, "conversations": 0}
    assert used(desk, "old").values.total() == 1
    with pytest.raises(DatabaseGone):
        town.everything(desk)


def test_an_address_that_was_made_twice_is_one_again_with_its_members_and_its_stop(
    town: Town, clock: Clock
) -> None:
    """A process that does not hold the newest key cannot find what is under it, and makes it again."""
    newest = replace(town.desk, seal=seal_of(NEW, OLD))
    first = newest.database.write(lambda conn: addresses.find_or_add(conn, newest.seal, phone(1), clock.now))
    family = town.enrolled(town.desk, "07700900001", "ref-9")
    second = town.desk.database.read(lambda conn: addresses.find(conn, town.desk.seal, phone(1)))
    assert second is not None
    assert second.id != first.id
    town.desk.database.write(lambda conn: addresses.stop(conn, second.id, clock.now))
    keys.rotate(newest, "operator", clock.now)

    def work(conn: sa.Connection) -> tuple[int, bool, bool]:
        found = addresses.find(conn, seal_of(NEW), phone(1))
        assert found is not None
        return found.id, found.stopped, bool(dossier.in_use(conn, first.id))

    assert newest.database.read(work) == (first.id, True, True)
    assert newest.database.read(lambda conn: dossier.exists(conn, family))


def test_while_it_goes_on_others_write_and_nothing_of_theirs_is_lost(town: Town) -> None:
    town.fill(300)
    desk = town.with_keys(NEW, OLD)
    stop, wrote = threading.Event(), [0]

    def busy() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            talk = {"who": f"changed {number}"}
            desk.database.write(
                lambda conn, talk=talk, at=number % 300: conversations.save(  # type: ignore[misc]
                    conn, desk.seal, _id_of(conn, desk, at), "joining", talk, town.clock.now
                )
            )
            wrote[0] = number

    writer = threading.Thread(target=busy)
    writer.start()
    try:
        rotated = keys.rotate(desk, "operator", town.clock.now)
    finally:
        stop.set()
        writer.join()
    assert wrote[0] > 3
    assert rotated.left == 0
    assert used(desk, "old").values.total() == 0
    talks = [line for line in town.everything(replace(desk, seal=seal_of(NEW))) if "changed" in line]
    assert len(talks) == min(wrote[0], 300)


def _id_of(conn: sa.Connection, desk: Desk, number: int) -> int:
    found = addresses.find(conn, desk.seal, Address(ChannelName.SMS, phone(number).value))
    assert found is not None
    return found.id
