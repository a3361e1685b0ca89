"""The year for staff: every day that begins something, as a table and as a valid calendar file."""

from __future__ import annotations

from datetime import UTC, date, datetime

from icalendar import Calendar

from bot.authoring.year import Entry, icalendar, unset, year
from bot.content.load import load
from tests import ours
from tests.content import small

MADE = datetime(2026, 11, 26, 15, tzinfo=UTC)


def entries() -> dict[str, Entry]:
    return {entry.key: entry for entry in year(ours.content(), 2027)}


def test_a_campaign_on_a_date_is_there_from_its_first_day_until_it_closes() -> None:
    entry = entries()["step-baby_loss_awareness_week-opening-2027"]
    assert (entry.first, entry.ends) == (date(2027, 10, 9), date(2027, 10, 15))
    assert entry.about.endswith("Only for those who asked.")


def test_a_season_that_several_steps_share_is_one_entry_over_new_year() -> None:
    entry = entries()["season-flu_vaccination-offer-2027"]
    assert (entry.first, entry.ends) == (date(2027, 9, 1), date(2028, 4, 1))
    assert "offer, reminder, offer_later, reminder_later" in entry.about


def test_soft_days_and_reviews_are_there() -> None:
    assert {"soft-2027-12-25", "soft-2027-03-07", "review-icon-2027-07-01"} <= entries().keys()


def test_the_file_is_a_calendar_of_whole_days_with_one_key_for_each() -> None:
    said = icalendar(year(ours.content(), 2027), MADE)
    assert all(len(line.encode()) <= 75 for line in said.split("\r\n"))
    calendar = Calendar.from_ical(said)
    events = calendar.walk("VEVENT")
    assert calendar["VERSION"] == "2.0"
    assert len({str(event["UID"]) for event in events}) == len(events) == len(entries())
    loss = next(event for event in events if "baby_loss_awareness_week-opening" in event["UID"])
    assert (loss.decoded("DTSTART"), loss.decoded("DTEND")) == (date(2027, 10, 9), date(2027, 10, 15))
    assert {str(event["TRANSP"]) for event in events} == {"TRANSPARENT"}


def test_a_named_day_that_nobody_has_set_for_the_year_is_told() -> None:
    files = small.changed("campaigns/flu.yaml", "when: {pregnancy: 16w}", "when: {calendar: kept}")
    files["campaigns/flu.yaml"] = files["campaigns/flu.yaml"].replace("    until: {pregnancy: 32w}\n", "")
    content = load(files)
    assert (unset(content, 2027), unset(content, 2028)) == ([], ["kept"])
    assert [entry.first for entry in year(content, 2027) if entry.key.startswith("step-")] == [
        date(2027, 3, 10)
    ]
