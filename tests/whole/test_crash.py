"""The process ends in the middle of its sends: nothing is lost, and nothing is sent twice."""

from __future__ import annotations

import time
from collections import Counter
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from bot.store.tables import addresses, cursors, outbox
from tests import line
from tests.clock import Clock
from tests.people import People
from tests.whole.house import ON_POSTGRES, ON_SQLITE, House
from tests.whole.started import PATIENCE, Started, run
from tests.wire.server import accepted_late, slow
from tests.wire.telegram_server import TelegramServer

MESSAGES = 60
DISPATCH = ("run", "--only", "dispatch")


def _each_at_most_once(telegram: TelegramServer) -> set[int]:
    """The chats that were reached; none of them twice."""
    reached = Counter(one.chat_id for one in telegram.sent)
    assert max(reached.values()) == 1
    return set(reached)


@ON_SQLITE
def test_sigterm_in_the_middle_of_sends_leaves_none_in_doubt(house: House, telegram: TelegramServer) -> None:
    house.queue_replies(MESSAGES)
    telegram.always(slow(0.3))
    with Started(house.folder, house.settings, *DISPATCH) as process:
        telegram.wait_for(lambda: len(telegram.sent) >= 10, PATIENCE)
        assert process.terminate() == 0
    states = house.states()
    assert set(states) == {"sent", "queued"}
    assert states["sent"] == len(_each_at_most_once(telegram)) >= 10


@ON_SQLITE
def test_sigterm_while_telegram_hangs_waits_for_it_and_leaves_none_in_sending(
    house: House, telegram: TelegramServer
) -> None:
    house.queue_replies(3)
    telegram.always(accepted_late(3))
    with Started(house.folder, house.settings, *DISPATCH) as process:
        telegram.wait_for(lambda: len(telegram.sent) == 3, PATIENCE)
        assert process.terminate() == 0
    assert house.states() == {"uncertain": 3}
    assert _each_at_most_once(telegram)


@ON_SQLITE
def test_a_killed_process_s_messages_end_sent_or_uncertain_and_never_twice(
    house: House, telegram: TelegramServer
) -> None:
    """kill -9; then another process goes on where it was, and knows what it cannot know."""
    chats = house.queue_replies(MESSAGES)
    telegram.always(slow(0.3))
    with Started(house.folder, house.settings, *DISPATCH) as first:
        telegram.wait_for(lambda: len(telegram.sent) >= 10, PATIENCE)
        first.kill()
    left = house.states()
    assert left["sending"] >= 1
    telegram.well()
    _as_if_a_minute_had_passed(house)
    with Started(house.folder, house.settings, *DISPATCH) as second:
        telegram.wait_for(lambda: set(house.states()) == {"sent", "uncertain"}, PATIENCE)
        assert second.terminate() == 0
    states = house.states()
    assert states["uncertain"] == left["sending"]
    assert states["sent"] + states["uncertain"] == len(chats)
    assert len(_each_at_most_once(telegram)) >= states["sent"]


def _as_if_a_minute_had_passed(house: House) -> None:
    """The leases of the dead process end."""
    ended = sa.update(outbox).where(outbox.c.state == "sending")
    past = datetime.now(UTC) - timedelta(seconds=1)
    house.database.write(lambda conn: conn.execute(ended.values(claimed_until=past)))


@ON_SQLITE
def test_three_processes_share_one_database(house: House, telegram: TelegramServer) -> None:
    """`--only plan`, `--only dispatch` and `--only inbound`: together they are the one."""
    folder, settings = house.folder, house.settings
    with (
        Started(folder, settings, "run", "--only", "plan") as plan,
        Started(folder, settings, *DISPATCH) as dispatch,
        Started(folder, settings, "run", "--only", "inbound") as inbound,
    ):
        for process in (plan, dispatch, inbound):
            process.ready()
        telegram.text(4242, "GUEST 314159")
        telegram.wait_for(lambda: telegram.sent_to(4242), PATIENCE)
        telegram.text(4242, "1")
        telegram.wait_for(lambda: len(telegram.sent_to(4242)) == 2, PATIENCE)
        for process in (plan, dispatch, inbound):
            assert (process.health()[0], process.terminate()) == (200, 0)
    assert house.states() == {"sent": 2}


@ON_POSTGRES
def test_two_planners_make_what_one_would_have_made(house: House) -> None:
    """Whoever plans after them finds nothing to do, and each member has each step once."""
    people = People(line.desk(house.database, house.seal), Clock(datetime.now(UTC)))
    today = datetime.now(UTC).date()
    for number in range(40):
        people.family(due_on=today + timedelta(weeks=2 + number % 25), numbers=(number,))
    house.database.write(lambda conn: conn.execute(sa.update(addresses).values(guest=True)))
    with Started(house.folder, house.settings, "run", "--only", "inbound") as publisher:
        publisher.ready()  # a trial publishes what is on disk when it starts
    with (
        Started(house.folder, house.settings, "plan") as one,
        Started(house.folder, house.settings, "plan") as other,
    ):
        assert (one.ended(), other.ended()) == (0, 0), one.logged + other.logged
    made = house.rows(sa.select(outbox.c.outbox_id))
    assert len(made) > 30
    again = run(house.folder, house.settings, "plan")
    assert "nothing changed" in again.said
    key = (outbox.c.member_id, outbox.c.campaign, outbox.c.step, outbox.c.occurrence)
    assert len(house.rows(sa.select(*key).distinct())) == len(made)


@ON_POSTGRES
def test_two_dispatchers_double_nothing(house: House, telegram: TelegramServer) -> None:
    telegram.always(slow(0.05))
    both = ("run", "--only", "plan", "--only", "dispatch")
    with (
        Started(house.folder, house.settings, *both) as one,
        Started(house.folder, house.settings, *both) as other,
    ):
        for process in (one, other):
            process.ready()
        chats = house.queue_replies(MESSAGES)
        telegram.wait_for(lambda: house.states() == {"sent": MESSAGES}, PATIENCE)
        attempts = house.rows(sa.select(outbox.c.attempts).distinct())
        assert (one.terminate(), other.terminate()) == (0, 0)
    assert _each_at_most_once(telegram) == set(chats)
    assert attempts == [(1,)]


@ON_POSTGRES
def test_when_the_process_that_plans_is_killed_another_goes_on(house: House) -> None:
    """Of two clocks one does each job; the lease of a dead one ends, and the other takes its turn."""

    def ticked() -> str:
        found = house.rows(sa.select(cursors.c.value).where(cursors.c.name == "tick:plan"))
        return str(found[0].value) if found else ""

    def wait_for_another(than: str) -> str:
        end = time.monotonic() + PATIENCE + 30
        while ticked() == than:
            assert time.monotonic() < end, "nobody planned any more"
            time.sleep(0.2)
        return ticked()

    only = ("run", "--only", "plan")
    with (
        Started(house.folder, house.settings, *only) as one,
        Started(house.folder, house.settings, *only) as other,
    ):
        for process in (one, other):
            process.ready()
        seen = wait_for_another("")
        one.kill()
        seen = wait_for_another(seen)
        wait_for_another(seen)
        assert other.terminate() == 0
