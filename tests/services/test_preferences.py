"""TIME, REMIND ME and PRIVATE through the plan and the line, on both databases (P1, P6, CARE 19, 22)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from bot.domain.family import Purpose, Role
from bot.domain.hours import LONDON
from bot.domain.outbox import Accepted, Kind
from bot.services import dispatch, plan, publish, reconcile
from bot.services.dispatch import Job
from bot.store import consents
from bot.store.database import Database
from bot.store.sealed import Seal
from bot.store.tables import outbox
from tests.clock import Clock
from tests.home import Home, chat, desk, phone

HER, DAD = phone(0), phone(1)
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
COVER = "Think Family: text 5 to read this week's message."


@pytest.fixture
def home(database: Database, seal: Seal, clock: Clock) -> Home:
    """A mother of 28 weeks who had her first message this morning."""
    made = Home(desk(database, seal), clock)
    made.clock.now = datetime(2027, 2, 2, 8, 30, tzinfo=UTC)
    publish.publish(made.desk, made.desk.content, "test", made.now)
    return made


def _mother(home: Home, weeks: int = 28) -> None:
    home.joins(HER, due_on=home.now.date() + timedelta(weeks=40 - weeks))


def _day(home: Home, day: date, *times: tuple[int, int]) -> list[tuple[str, str]]:
    """A London day from one minute past midnight: when what left, and to whom."""
    left = []
    for at in ((0, 1), *times):
        home.clock.now = datetime(day.year, day.month, day.day, *at, tzinfo=LONDON).astimezone(UTC)
        plan.plan(home.desk, home.now)
        reconcile.expire(home.desk, home.now)
        left += [(f"{at[0]:02}:{at[1]:02}", body) for _, body in home.send()]
    return left


def _rows(home: Home, kind: Kind) -> list[sa.Row[tuple[object, ...]]]:
    query = sa.select(outbox).where(outbox.c.kind == kind.value).order_by(outbox.c.outbox_id)
    return home.read(lambda conn: list(conn.execute(query)))  # type: ignore[no-any-return]


# --- TIME ---------------------------------------------------------------------------------------------


@ON_SQLITE
@pytest.mark.parametrize("before", [date(2027, 3, 27), date(2027, 10, 30)])
@pytest.mark.parametrize(("said", "at"), [("morning", (9, 30)), ("2", (12, 30)), ("EVENING", (18, 30))])
def test_p6_the_part_of_the_day_is_londons_on_both_clock_change_days(
    home: Home, before: date, said: str, at: tuple[int, int]
) -> None:
    home.clock.now = datetime(before.year, before.month, before.day, 7, tzinfo=UTC) - timedelta(days=9)
    _mother(home, 20)
    home.says(HER, "TIME", said)
    home.send()
    moments = [(9, 0), (9, 30), (10, 0), (12, 30), (16, 0), (18, 30), (19, 40)]
    left = [one for number in range(12) for one in _day(home, before + timedelta(days=number - 8), *moments)]
    assert left
    assert {when for when, _ in left} == {f"{at[0]:02}:{at[1]:02}"}


@ON_SQLITE
def test_a_message_of_today_that_waits_goes_at_the_new_time(home: Home) -> None:
    _mother(home)
    plan.plan(home.desk, home.now)
    home.says(HER, "TIME EVENING")
    home.send()
    assert [when for when, _ in _day(home, home.now.date(), (10, 0), (18, 29), (18, 30))] == ["18:30"]


# --- REMIND ME ------------------------------------------------------------------------------------------


def _reminded_of(home: Home) -> str:
    """She has had a message, and asks to be reminded in three days; gives its campaign."""
    _mother(home)
    assert len(_day(home, date(2027, 2, 2), (10, 0))) == 1
    home.says(HER, "REMIND ME", "2")
    home.send()
    [row] = _rows(home, Kind.REMINDER)
    return str(row.campaign)


def test_p1_a_reminder_has_its_own_consent_in_the_words_that_asked(home: Home) -> None:
    _reminded_of(home)
    family = home.member(HER).family_id
    entries = home.read(lambda conn: consents.ledger(conn, family))
    [own] = [entry for entry in entries if entry.purpose is Purpose.REMINDERS]
    assert own.given
    assert len(own.words_version) == 64


def test_one_later_message_leaves_on_its_day_in_the_sending_hours_and_once(home: Home) -> None:
    _reminded_of(home)
    early = _day(home, date(2027, 2, 4), (9, 0), (19, 40))
    assert not [body for _, body in early if "remind you" in body]
    on_it = _day(home, date(2027, 2, 5), (8, 59), (9, 59), (10, 0), (10, 1))
    assert [when for when, body in on_it if "remind you" in body] == ["10:00"]
    later = [one for n in range(6, 12) for one in _day(home, date(2027, 2, n), (10, 0))]
    assert not [body for _, body in later if "remind you" in body]


def test_a_reminder_that_was_held_up_goes_in_the_next_days_and_then_ends(home: Home) -> None:
    _reminded_of(home)
    home.clock.now = datetime(2027, 2, 8, 10, tzinfo=UTC)
    reconcile.expire(home.desk, home.now)
    assert [(row.state, row.reason) for row in _rows(home, Kind.REMINDER)] == [("expired", "outage")]


def test_a_second_reminder_takes_the_place_of_the_first(home: Home) -> None:
    _reminded_of(home)
    home.says(HER, "REMIND ME", "3")
    assert [row.state for row in _rows(home, Kind.REMINDER)] == ["cancelled", "queued"]


@pytest.mark.parametrize(
    ("text", "state"),
    [("STOP", "cancelled"), ("we lost the baby", "cancelled"), ("DONE", "skipped"), ("DELETE", None)],
)
def test_care_19_what_was_asked_for_before_does_not_come_after(home: Home, text: str, state: str) -> None:
    _reminded_of(home)
    home.says(HER, text, *(["1"] if text == "DELETE" else []))
    assert [row.state for row in _rows(home, Kind.REMINDER)] == ([] if state is None else [state])
    left = [one for n in (4, 5, 6) for one in _day(home, date(2027, 2, n), (10, 0))]
    assert not [body for _, body in left if "remind you" in body]


def test_p2_stop_and_start_bring_no_reminder_back(home: Home) -> None:
    _reminded_of(home)
    home.says(HER, "STOP", "START")
    assert [row.state for row in _rows(home, Kind.REMINDER)] == ["cancelled"]


def test_the_planner_leaves_a_reminder_alone(home: Home) -> None:
    _reminded_of(home)
    plan.plan(home.desk, home.now)
    assert [row.state for row in _rows(home, Kind.REMINDER)] == ["queued"]


# --- PRIVATE --------------------------------------------------------------------------------------------


def test_care_22_staged_texts_become_the_neutral_line_and_five_shows_this_weeks(home: Home) -> None:
    _mother(home)
    home.says(HER, "PRIVATE")
    home.send()
    assert [body for _, body in _day(home, date(2027, 2, 2), (10, 0))] == [COVER]
    [shown] = home.says(HER, "5")
    assert shown not in ("", COVER)
    [step] = [row for row in _rows(home, Kind.STAGED) if row.state == "sent"]
    assert step.shown_at is not None
    assert home.says(HER, "5") == [shown]
    home.clock.pass_(days=8)
    assert "nothing new to read" in home.says(HER, "5")[0]


def test_care_22_what_left_is_kept_as_the_neutral_line(home: Home) -> None:
    _mother(home)
    home.says(HER, "PRIVATE")
    home.send()
    _day(home, date(2027, 2, 2), (10, 0))
    [step] = [row for row in _rows(home, Kind.STAGED) if row.state == "sent"]
    assert home.desk.seal.open("outbox.body", step.sealed) == COVER
    assert step.words_hash != ""


def test_care_22_private_off_shows_words_again(home: Home) -> None:
    _mother(home)
    home.says(HER, "PRIVATE", "PRIVATE OFF")
    home.send()
    assert COVER not in [body for _, body in _day(home, date(2027, 2, 2), (10, 0))]


@pytest.mark.parametrize("text", ["we lost the baby", "PAUSE", "STOP"])
def test_care_19_while_messages_rest_five_shows_nothing_of_a_baby(home: Home, text: str) -> None:
    _mother(home)
    home.says(HER, "PRIVATE")
    _day(home, date(2027, 2, 2), (10, 0))
    home.says(HER, text)
    assert [body for body in home.says(HER, "5") if "nothing new to read" not in body] == []


def test_care_19_what_left_before_a_loss_is_not_shown_after_it_though_the_hold_has_ended(home: Home) -> None:
    _mother(home)
    home.says(HER, "PRIVATE")
    _day(home, date(2027, 2, 2), (10, 0))
    home.clock.pass_(days=1)
    home.says(HER, "one of our twins died", "SUPPORT", "2", "30 January")
    assert not home.families(HER)[0].held
    assert "nothing new to read" in home.says(HER, "5")[0]


def test_care_08_a_held_relative_who_reads_in_private_is_answered_as_a_paused_one(home: Home) -> None:
    _mother(home)
    other, gran = phone(2), phone(3)
    home.joins(other, due_on=home.now.date() + timedelta(weeks=12))
    for who, family in ((DAD, home.member(HER).family_id), (gran, home.member(other).family_id)):
        home.joins(who, Role.FATHER, family=family)
        home.says(who, "PRIVATE")
    left = [body for n in range(2, 9) for _, body in _day(home, date(2027, 2, n), (10, 0))]
    assert left.count(COVER) >= 2
    home.says(HER, "we lost the baby")
    home.says(gran, "PAUSE")
    assert home.says(DAD, "5") == home.says(gran, "5")


# --- the shown text is taken from the chat again ------------------------------------------------------------


def _claims(home: Home) -> list[Job]:
    """What may leave now, recorded as taken."""
    jobs = []
    for channel in home.desk.senders:
        while found := dispatch.claim(home.desk, channel, 50, home.now, dispatch.UNPACED):
            jobs += found
            done = [(job.outbox_id, Accepted(f"77{job.outbox_id % 100}"), home.now) for job in found]
            dispatch.record(home.desk, done, home.now)
    return jobs


def _shown_in_a_chat(home: Home) -> str:
    """A mother on Telegram has read this week's message; gives the provider's id of it."""
    mother = chat(1)
    home.joins(mother, due_on=home.now.date() + timedelta(weeks=12))
    home.says(mother, "PRIVATE")
    _claims(home)
    home.clock.now = datetime(2027, 2, 2, 10, tzinfo=UTC)
    plan.plan(home.desk, home.now)
    [covered] = _claims(home)
    assert (covered.message.body, covered.message.buttons) == (COVER, [[("Show", "5")]]) or (
        covered.message.body, [list(row) for row in covered.message.buttons]
    ) == (COVER, [[("Show", "5")]])  # fmt: skip
    home.says(mother, "5")
    [shown] = _claims(home)
    return f"77{shown.outbox_id % 100}"


def test_care_22_on_telegram_the_shown_text_is_removed_after_ten_minutes(home: Home) -> None:
    theirs = _shown_in_a_chat(home)
    home.clock.pass_(minutes=9)
    assert _claims(home) == []
    home.clock.pass_(minutes=2)
    [removal] = _claims(home)
    assert (removal.message.removes, removal.message.body) == (theirs, "")
    assert [row.state for row in _rows(home, Kind.REMOVAL)] == ["sent"]
    home.clock.pass_(minutes=20)
    assert _claims(home) == []


@pytest.mark.parametrize("text", ["STOP", "we lost the baby"])
def test_care_22_neither_a_stop_nor_a_loss_leaves_it_there(home: Home, text: str) -> None:
    theirs = _shown_in_a_chat(home)
    home.says(chat(1), text)
    home.clock.pass_(minutes=11)
    assert theirs in [job.message.removes for job in _claims(home)]


def test_care_22_what_never_arrived_is_not_removed(home: Home) -> None:
    mother = chat(1)
    home.joins(mother, due_on=home.now.date() + timedelta(weeks=12))
    home.says(mother, "PRIVATE")
    home.clock.now = datetime(2027, 2, 2, 10, tzinfo=UTC)
    plan.plan(home.desk, home.now)
    _claims(home)
    home.says(mother, "5")
    home.clock.pass_(minutes=31)
    reconcile.expire(home.desk, home.now)
    assert _claims(home) == []
    assert [row.state for row in _rows(home, Kind.REMOVAL)] == ["cancelled"]


@ON_SQLITE
def test_by_text_nothing_is_removed(home: Home) -> None:
    _mother(home)
    home.says(HER, "PRIVATE")
    _day(home, date(2027, 2, 2), (10, 0))
    home.says(HER, "5")
    assert _rows(home, Kind.REMOVAL) == []
