"""The chat goes through the real line: it joins, links, waits, and keeps every promise on the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot import bootstrap, settings
from bot.domain.revision import Mode
from bot.errors import BadInput
from bot.rehearsal.chat import Arrived, Chat, moment
from bot.rehearsal.days import Clock
from bot.store import schema
from bot.store.database import Database
from tests import ours

START = datetime(2027, 3, 1, 10, tzinfo=UTC)


class Table:
    """A chat, and everything it told."""

    def __init__(self, folder: Path) -> None:
        url = f"sqlite:///{folder / 'chat.db'}"
        self.clock = Clock(START)
        self.database = Database(url, clock=self.clock)
        built = bootstrap.build(
            settings.read(None, thinkfamily_mode=Mode.REHEARSAL, thinkfamily_database_url=url), ours.content()
        )
        schema.upgrade(self.database)
        self.told: list[Arrived | str] = []
        app = replace(built, desk=replace(built.desk, database=self.database), clock=self.clock)
        self.chat = Chat(app, self.clock, self.told.append)

    def types(self, *lines: str) -> list[Arrived | str]:
        """Type lines; gives what was told since."""
        before = len(self.told)
        for line in lines:
            assert self.chat.line(line)
        return self.told[before:]

    def came(self, *lines: str) -> list[Arrived]:
        """Type lines; gives the messages that arrived since."""
        return [one for one in self.types(*lines) if isinstance(one, Arrived)]


@pytest.fixture
def table(tmp_path: Path) -> Iterator[Table]:
    made = Table(tmp_path)
    yield made
    made.database.close()


JOINING = ("JOIN", "1", "1", "1", "1/9/2027")


def test_a_mother_joins_and_her_messages_come_at_their_moment(table: Table) -> None:
    joined = table.came(*JOINING)
    assert "Saved: 1 September." in " ".join(one.body for one in joined)
    came = table.came("/at +3w")
    assert came
    assert all(9 <= one.at.hour < 20 for one in came)
    days = [one.at.date() for one in came]
    assert len(days) == len(set(days))
    assert table.clock.now == datetime(2027, 3, 22, 10, 1, 40, tzinfo=UTC)


def test_p3_a_loss_is_answered_once_and_then_nobody_hears_anything(table: Table) -> None:
    table.types(*JOINING, "/as grandmother", "/at +1d", "/as mother")
    [answer] = table.came("LOSS")
    assert answer.who == "mother"
    assert "We are so sorry." in answer.body
    assert table.types("/at +8w") == ["(nothing came)"]


def test_a_relative_is_linked_and_gets_messages_of_their_own(table: Table) -> None:
    table.types(*JOINING)
    told = table.types("/as grandmother")
    assert told[0] == "The grandmother has joined the mother's family."
    assert {one.who for one in told if isinstance(one, Arrived)} == {"grandmother"}  # what is open now
    assert table.types("/as grandmother") == []  # known by now


def test_a_relative_of_nobody_is_a_phone_we_do_not_know(table: Table) -> None:
    assert table.types("/as grandmother") == ["We know nothing of this phone yet; JOIN begins it."]


def test_p2_stop_is_answered_and_ends_everything_for_that_phone(table: Table) -> None:
    table.types(*JOINING)
    [answer] = table.came("STOP")
    assert "stopped" in answer.body
    assert table.types("/at +4w") == ["(nothing came)"]


def test_p3_the_check_in_comes_ten_days_after_the_due_date_and_is_the_last(table: Table) -> None:
    table.types(*JOINING, "/at 2027-09-02")
    came = table.came("/at 2027-10-20")
    assert [one.at.date().isoformat() for one in came] == ["2027-09-11"]


def test_going_by_is_what_the_running_bot_would_do_at_once(table: Table) -> None:
    """A long jump and many short ones bring the same messages at the same moments."""
    table.types(*JOINING)
    steps = table.came(*["/at +12h"] * 40)
    other = Table(Path(str(table.database.engine.url.database)).parent / "other")
    try:
        other.types(*JOINING)
        jump = other.came("/at +20d")
    finally:
        other.database.close()
    assert [(one.at, one.body) for one in steps] == [(one.at, one.body) for one in jump]


def test_quit_ends_it(table: Table) -> None:
    assert table.chat.line("/quit") is False


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("+3d", datetime(2027, 3, 30, 9, tzinfo=UTC)),
        ("+2w", datetime(2027, 4, 10, 9, tzinfo=UTC)),
        ("+5h", datetime(2027, 3, 27, 15, tzinfo=UTC)),
        ("2027-05-01", datetime(2027, 5, 1, 7, tzinfo=UTC)),
        ("2027-05-01T14:30", datetime(2027, 5, 1, 13, 30, tzinfo=UTC)),
        ("2027-05-01T14:30Z", datetime(2027, 5, 1, 14, 30, tzinfo=UTC)),
    ],
)
def test_a_moment_is_londons_and_a_day_keeps_its_hour_over_a_clock_change(
    text: str, expected: datetime
) -> None:
    """From Saturday 27 March, 10:00; the clocks go forward that night."""
    assert moment(text, datetime(2027, 3, 27, 10, tzinfo=UTC)) == expected


@pytest.mark.parametrize("text", ["", "soon", "+d", "+3y", "2027-02-30", "2027-05-01T25:00", "99"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        moment(text, START)


def test_the_twenty_first_text_in_an_hour_says_why_nothing_comes(table: Table) -> None:
    table.types(*["hello"] * 20)
    [said] = table.types("hello")
    assert isinstance(said, str)
    assert "20 texts in an hour" in said
    table.types("/at +1h")
    assert table.came("hello")
