"""Backups: of one moment though others write; and a restore after which nothing goes twice by itself."""

from __future__ import annotations

import os
import stat
import tarfile
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.domain import hours
from bot.domain.address import ChannelName
from bot.domain.campaign import Anchor, Moment
from bot.domain.inbound import Inbound, InboundKind, Listed
from bot.domain.outbox import Kind, State
from bot.errors import DatabaseGone, NotAllowed, SchemaUnknown, SettingsError
from bot.services import backups, plan, publish, receive, reconcile
from bot.services.desk import Desk
from bot.store import addresses, copies, keyring, leases, pace, parcel, schema
from bot.store.database import Database
from bot.store.sealed import Seal, new_key, parse_keys
from bot.store.tables import families, outbox
from bot.words.render import Words
from tests import line, ours, rows
from tests.clock import Clock
from tests.postgres import TOOLS
from tests.store.conftest import phone

HOUR = timedelta(hours=1)


@dataclass
class Place:
    """A database in use, and somewhere empty of its kind to restore to."""

    desk: Desk
    clock: Clock
    folder: Path
    empty: Callable[[], Database]

    def backup(self, name: str = "backup.tar") -> Path:
        target = self.folder / name
        backups.backup(self.desk, target, "operator", self.clock.now)
        return target

    def restored(self, source: Path) -> Desk:
        """The desk of a process that opens the restored database."""
        desk = replace(self.desk, database=self.empty(), holder="restored")
        backups.restore(desk, source, "operator", self.clock.now)
        schema.require_current(desk.database)
        return replace(desk, restored_at=self.clock.now)


@pytest.fixture
def another(database_url: str, tmp_path: Path) -> Iterator[Callable[[], str]]:
    """Gives the URL of one more, empty database of the same kind."""
    url, made = sa.make_url(database_url), []

    def administer(statement: str) -> None:
        engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        with engine.connect() as connection:
            connection.execute(sa.text(statement))
        engine.dispose()

    def one() -> str:
        name = f"empty_{uuid.uuid4().hex}"
        if url.drivername.startswith("sqlite"):
            (tmp_path / name).mkdir()
            return f"sqlite:///{tmp_path / name}/restored.db"
        administer(f"CREATE DATABASE {name}")
        made.append(name)
        return url.set(database=name).render_as_string(hide_password=False)

    yield one
    for name in made:
        administer(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def place(
    database: Database, another: Callable[[], str], seal: Seal, clock: Clock, tmp_path: Path, monkeypatch: Any
) -> Iterator[Place]:
    monkeypatch.setenv("PATH", f"{TOOLS}{os.pathsep}{os.environ['PATH']}")
    made: list[Database] = []

    def empty() -> Database:
        made.append(Database(another(), clock=clock))
        return made[-1]

    desk = line.desk(database, seal)
    database.write(lambda conn: schema.mark(conn, "real"))
    database.write(lambda conn: keyring.recognise(conn, seal))
    (tmp_path / "backups").mkdir()
    yield Place(desk, clock, tmp_path / "backups", empty)
    for one in made:
        one.close()


def states(desk: Desk) -> dict[str, int]:
    query = sa.select(outbox.c.state, sa.func.count().label("n")).group_by(outbox.c.state)
    return {row.state: row.n for row in desk.database.read(lambda conn: conn.execute(query).all())}


def test_what_is_restored_is_what_was_backed_up(place: Place) -> None:
    for number in range(30):
        line.queue(place.desk, place.clock.now, number)
    made = backups.verify(place.desk, place.backup())
    assert made.seen.rows["outbox"] == made.seen.rows["outbox/queued"] == 30
    there = place.restored(place.folder / "backup.tar")
    count = sa.select(sa.func.count()).select_from(families)
    assert there.database.read(lambda conn: conn.execute(count).scalar_one()) == 30
    found = there.database.read(lambda conn: addresses.find(conn, there.seal, phone(7)))
    assert found is not None


def test_it_is_readable_by_its_owner_only_and_in_place_of_nothing(place: Place) -> None:
    target = place.backup()
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert [one.name for one in place.folder.iterdir()] == ["backup.tar"]
    before = target.read_bytes()
    with pytest.raises(NotAllowed, match="left alone"):
        place.backup()
    assert target.read_bytes() == before


def test_no_key_and_no_number_is_in_it(place: Place) -> None:
    """P11: sealed values are as they are in the database."""
    line.queue(place.desk, place.clock.now, 5)
    content = place.backup().read_bytes()
    assert place.desk.seal.current.secret not in content
    assert phone(5).value.encode() not in content


def test_while_others_write_it_is_of_one_moment(place: Place) -> None:
    """Two tables that are always written together agree in every copy."""
    stop = threading.Event()

    def busy() -> None:
        number = 0
        while not stop.is_set():
            line.queue(place.desk, place.clock.now, number)
            number += 1

    writer = threading.Thread(target=busy)
    writer.start()
    try:
        counted = [backups.verify(place.desk, place.backup(f"{n}.tar")).seen.rows for n in range(4)]
    finally:
        stop.set()
        writer.join()
    assert all(one["families"] == one["members"] == one["outbox"] for one in counted)
    assert counted[0]["outbox"] < counted[-1]["outbox"]
    place.restored(place.folder / "3.tar")


@pytest.mark.parametrize("harm", ["cut short", "one byte", "no tar"])
def test_a_damaged_backup_is_refused(place: Place, harm: str) -> None:
    line.queue(place.desk, place.clock.now)
    target = place.backup()
    whole = target.read_bytes()
    middle = len(whole) // 2
    harmed = {
        "cut short": whole[:middle],
        "one byte": whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :],
        "no tar": b"something else",
    }[harm]
    target.write_bytes(harmed)
    with pytest.raises(DatabaseGone):
        backups.verify(place.desk, target)
    fresh = replace(place.desk, database=place.empty())
    with pytest.raises(DatabaseGone):
        backups.restore(fresh, target, "operator", place.clock.now)
    assert schema.state(fresh.database) == "missing"


def test_without_its_keys_it_is_refused(place: Place) -> None:
    target = place.backup()
    other = replace(place.desk, seal=Seal(parse_keys(new_key("t1"))), database=place.empty())
    for prove in (
        backups.verify,
        lambda desk, file: backups.restore(desk, file, "operator", place.clock.now),
    ):
        with pytest.raises(SettingsError, match="another one"):
            prove(other, target)
    assert schema.state(other.database) == "missing"


def test_a_database_that_is_there_is_left_alone(place: Place) -> None:
    target = place.backup()
    line.queue(place.desk, place.clock.now)
    with pytest.raises(NotAllowed, match="left alone"):
        backups.restore(place.desk, target, "operator", place.clock.now)
    assert states(place.desk) == {"queued": 1}


def test_a_copy_that_was_put_in_place_by_hand_is_refused_by_every_process(
    place: Place, tmp_path: Path
) -> None:
    with tarfile.open(place.backup()) as tar:
        tar.extract("database", tmp_path / "by_hand", filter="data")
    fresh = place.empty()
    if fresh.file is not None:
        (tmp_path / "by_hand" / "database").rename(fresh.file)
    else:
        copies.put_back(fresh, tmp_path / "by_hand" / "database")
    for refused in (schema.require_current, schema.upgrade):
        with pytest.raises(SchemaUnknown, match="not safe to send from"):
            refused(fresh)


def test_what_was_broken_off_between_loading_and_making_safe_is_gone_on_with(place: Place) -> None:
    """PostgreSQL loads in one transaction and is made safe in the next; SQLite's has no name till then."""
    line.queue(place.desk, place.clock.now)
    target = place.backup()
    if place.desk.database.sqlite:
        place.restored(target)
        return
    fresh = place.empty()
    with parcel.workplace(place.folder) as folder:
        parcel.unpack(target, folder / "copy")
        copies.put_back(fresh, folder / "copy")
    there = replace(place.desk, database=fresh)
    assert schema.state(fresh) == "unfinished"
    backups.restore(there, target, "operator", place.clock.now)
    schema.require_current(fresh)


# --- what may have left since the backup -------------------------------------------------------------


def of(desk: Desk, outbox_id: int) -> tuple[str, str | None]:
    row = line.row(desk, outbox_id)
    return row.state, row.reason


def resumed(place: Place, desk: Desk) -> backups.Resumed:
    """Staff did all the paper says, and let sending go on."""
    return backups.resume_restored(desk, "operator", place.clock.now, twilio=False)


def test_after_a_restore_sending_is_halted_until_staff_say_so(place: Place) -> None:
    desk = place.restored(place.backup())
    assert {one.halted_reason for one in desk.database.read(pace.all_senders)} == {pace.HALTED_BY_STAFF}
    with pytest.raises(NotAllowed, match="--after-restore"):
        publish.resume(desk, "operator", place.clock.now)
    assert resumed(place, desk).senders == 2
    publish.halt(desk, "operator", place.clock.now)
    assert (
        publish.resume(desk, "operator", place.clock.now) == 2
    )  # it is over: the next halt is an ordinary one


def test_what_was_being_sent_or_answered_is_in_doubt(place: Place) -> None:
    now = place.clock.now
    sending = line.queue(place.desk, now, 1, state="sending", claimed_by="gone", attempted_at=now, attempts=1)
    answer = line.queue(place.desk, now, 2, kind=Kind.REPLY, sealed=b"x")
    sent = line.queue(place.desk, now, 3, state="sent", sent_at=now)
    place.clock.pass_(minutes=5)
    desk = place.restored(place.backup())
    assert of(desk, sending) == of(desk, answer) == (State.UNCERTAIN, "restored")
    assert of(desk, sent)[0] == State.SENT
    assert line.row(desk, sending).attempted_at == now


def planned(place: Place, *days: int) -> Place:
    """The same place with one family, joined on 1 January, and a step that opens so many days later each."""
    steps = [line.step(f"s{n}", when=Moment(Anchor.JOINED, days=n)) for n in days]
    texts = {f"templates/en/flu/s{n}.j2": "Words." for n in days}
    desk = replace(place.desk, shelf=line.shelf(*steps, texts=texts))
    desk.database.write(lambda conn: rows.someone(conn, desk.seal, place.clock.now, 1))
    return replace(place, desk=desk)


def by_step(desk: Desk) -> dict[str, tuple[str, str | None]]:
    query = sa.select(outbox.c.step, outbox.c.state, outbox.c.reason)
    found = desk.database.read(lambda conn: conn.execute(query).all())
    return {row.step: (row.state, row.reason) for row in found}


@pytest.mark.parametrize("before", [True, False], ids=["planned before", "planned after"])
def test_p4_what_was_open_and_may_have_left_since_never_goes_by_itself(place: Place, before: bool) -> None:
    """What was queued, what waited, and what was only planned after the backup; not what opened later."""
    place = planned(place, 31, 32, 33)  # 1 and 2 February, and tomorrow
    if before:
        plan.plan(place.desk, place.clock.now)
        assert {state for state, _ in by_step(place.desk).values()} == {"queued", "waiting"}
    target = place.backup()
    place.clock.pass_(hours=3)  # it is 13:00: all that was open may have left
    desk = place.restored(target)
    assert resumed(place, desk).in_doubt == 2
    assert by_step(desk) == {"s31": (State.UNCERTAIN, "restored"), "s32": (State.UNCERTAIN, "restored")}
    place.clock.pass_(days=1)
    plan.plan(desk, place.clock.now)
    found = by_step(desk)
    assert found.pop("s33")[0] in (State.QUEUED, State.WAITING)
    assert set(found.values()) == {(State.UNCERTAIN, "restored")}


def test_what_could_not_have_left_by_night_goes_as_planned(place: Place) -> None:
    place.clock.now = place.clock.now.replace(hour=20)
    place = planned(place, 31)
    plan.plan(place.desk, place.clock.now)
    target = place.backup()
    place.clock.pass_(hours=12)  # eight in the morning
    desk = place.restored(target)
    assert resumed(place, desk).in_doubt == 0
    assert by_step(desk)["s31"][0] == State.QUEUED


def _doubted(place: Place) -> tuple[Desk, int]:
    place = planned(place, 31)
    target = place.backup()
    place.clock.pass_(hours=1)
    desk = place.restored(target)
    resumed(place, desk)
    [row] = desk.database.read(lambda conn: conn.execute(sa.select(outbox.c.outbox_id)).scalars().all())
    return desk, row


def test_what_the_provider_does_not_list_is_only_late(place: Place) -> None:
    desk, row = _doubted(place)
    [question] = reconcile.look_ups(desk, place.clock.now)
    assert question.outbox_id == row
    assert question.since < place.clock.now - HOUR  # from the backup on
    assert reconcile.healed(desk, row, [], place.clock.now)
    found = line.row(desk, row)
    assert (found.state, found.look_on) == (State.WAITING, hours.local_day(place.clock.now))
    plan.plan(desk, place.clock.now)
    assert of(desk, row)[0] == State.QUEUED


def test_where_something_left_to_that_number_it_stays_in_doubt_and_is_not_asked_again(place: Place) -> None:
    desk, row = _doubted(place)
    listed = Listed("SMx", phone(1).value, "some words", place.clock.now - HOUR / 2, State.SENT, None)
    assert not reconcile.healed(desk, row, [listed], place.clock.now)
    assert of(desk, row)[0] == State.UNCERTAIN
    assert reconcile.look_ups(desk, place.clock.now) == []


def test_resuming_waits_until_the_texts_of_the_gap_were_read_again(place: Place) -> None:
    target = place.backup()
    place.clock.pass_(hours=1)
    desk = place.restored(target)
    with pytest.raises(NotAllowed, match="STOPs and LOSSes"):
        backups.resume_restored(desk, "operator", place.clock.now, twilio=True)
    read = place.clock.pass_(minutes=5).astimezone(UTC).isoformat()
    desk.database.write(lambda conn: leases.move_cursor(conn, "twilio_listed_until", read))
    assert backups.resume_restored(desk, "operator", place.clock.now, twilio=True).senders == 2


def test_p2_a_stop_of_the_gap_holds_again_and_its_answer_is_in_doubt(place: Place) -> None:
    """It was answered, perhaps: whether it was, the provider's list says."""
    place = replace(place, desk=_answering(place))
    planned = line.queue(place.desk, place.clock.now, 1)
    target = place.backup()
    written = place.clock.pass_(minutes=30)
    place.clock.pass_(minutes=30)
    desk = place.restored(target)
    for sid, text, at in (("SM1", "STOP", written), ("SM2", "HELP", place.clock.pass_(minutes=1))):
        told = Inbound(ChannelName.SMS, sid, InboundKind.TEXT, phone(1 if text == "STOP" else 2), text, at)
        receive.receive(desk, told, place.clock.now)
    assert of(desk, planned) == (State.CANCELLED, "stop")
    answers = desk.database.read(
        lambda conn: conn.execute(
            sa.select(outbox.c.state, outbox.c.attempted_at).where(outbox.c.kind == "reply")
        ).all()
    )
    assert answers == [(State.UNCERTAIN, written)]


def _answering(place: Place) -> Desk:
    words = Words(line.replies("stopped", "help"), {})
    shelf = line.StandingShelf(replace(line.shelf().published, replies=words))
    return replace(place.desk, lexicon=ours.lexicon(), shelf=shelf)


@pytest.mark.parametrize(
    ("after", "before", "day"),
    [
        ("2027-02-02T10:00", "2027-02-02T11:00", "2027-02-02"),
        ("2027-02-02T20:00", "2027-02-03T08:00", None),
        ("2027-02-02T19:44", "2027-02-03T09:00", "2027-02-02"),
        ("2027-02-01T10:00", "2027-02-03T09:01", "2027-02-03"),
        ("2027-03-27T20:00", "2027-03-28T08:01", "2027-03-28"),  # clocks went forward: nine in London
    ],
)
def test_the_last_day_on_which_something_may_have_left(after: str, before: str, day: str | None) -> None:
    moments = [datetime.fromisoformat(one).replace(tzinfo=UTC) for one in (after, before)]
    found = hours.last_sending_day(*moments)
    assert found == (None if day is None else date.fromisoformat(day))
