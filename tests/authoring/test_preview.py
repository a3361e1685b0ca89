"""Preview: what one family would get, day by day, and why it would not."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest

from bot.authoring.preview import Entry, Facts, live_as_written, timeline
from bot.content.load import Content, load
from bot.domain.address import ChannelName
from bot.domain.family import Role
from bot.domain.outbox import Reason
from tests import ours
from tests.content import small

DAY = timedelta(days=1)
JOINED = date(2027, 1, 4)
DUE = date(2027, 7, 1)
BORN = date(2027, 7, 3)
END = date(2028, 3, 1)
CHOSEN = {"after_loss": True, "baby_loss_awareness_week": True}


@pytest.fixture(scope="module")
def content() -> Content:
    """The project's own content."""
    return ours.content()


@pytest.fixture(scope="module")
def family(content: Content) -> list[Entry]:
    """A mother and a father, from 14 weeks to eight months."""
    facts = Facts(JOINED, (Role.MOTHER, Role.FATHER), due_on=DUE, born_on=BORN)
    return timeline(content, facts, END)


def of(entries: list[Entry], role: Role) -> list[Entry]:
    return [entry for entry in entries if entry.role is role]


def test_entries_come_in_order_of_time(family: list[Entry]) -> None:
    days = [(entry.day, entry.at or time.min) for entry in family]
    assert days == sorted(days)


def test_what_is_sent_has_its_words_time_language_and_parts(family: list[Entry]) -> None:
    for entry in family:
        if entry.outcome == "sent":
            assert entry.body
            assert entry.body.startswith("Think Family")
            assert (entry.language, entry.reason) == ("en", None)
            assert 1 <= entry.parts <= 2
            assert entry.at is not None
            assert time(9) <= entry.at < time(19, 45)


def test_each_member_has_their_own_words(family: list[Entry]) -> None:
    said = {entry.role: entry.body for entry in family if entry.step == "birth_plan"}
    assert said[Role.MOTHER] != said[Role.FATHER]


def test_p4_no_step_comes_twice_to_one_member(family: list[Entry]) -> None:
    for role in (Role.MOTHER, Role.FATHER):
        keys = [(entry.campaign, entry.step) for entry in of(family, role) if entry.outcome == "sent"]
        assert len(keys) == len(set(keys))


def test_p8_never_two_a_day_nor_three_in_seven_days_after_the_first_ten(family: list[Entry]) -> None:
    for role in (Role.MOTHER, Role.FATHER):
        days = [entry.day for entry in of(family, role) if entry.outcome == "sent"]
        assert len(days) == len(set(days))
        calm = [day for day in days if not BORN <= day < BORN + 10 * DAY]
        assert all(later - first >= 7 * DAY for first, later in zip(calm, calm[2:], strict=False))


def test_pregnancy_messages_end_at_birth_and_baby_messages_begin_there(family: list[Entry]) -> None:
    sent = {(entry.campaign, entry.step): entry.day for entry in of(family, Role.MOTHER)}
    assert sent["safe_sleep", "first_night"] == BORN
    assert max(day for (campaign, _), day in sent.items() if campaign == "antenatal_booking") < BORN


def test_p3_without_a_birth_there_is_a_check_in_and_then_nothing(content: Content) -> None:
    entries = timeline(content, Facts(JOINED, due_on=DUE), END)
    assert (entries[-1].day, entries[-1].step) == (DUE + 10 * DAY, "check_in")
    assert all(entry.day <= DUE + 10 * DAY for entry in entries)


def test_p3_a_loss_is_answered_and_ends_everything_that_was_not_chosen(content: Content) -> None:
    lost = date(2027, 4, 1)
    facts = Facts(JOINED, (Role.MOTHER, Role.GRANDPARENT), due_on=DUE, loss_on=lost)
    after = [entry for entry in timeline(content, facts, END) if entry.day >= lost]
    assert [(entry.role, entry.step) for entry in after if entry.outcome == "sent"] == [(Role.MOTHER, "loss")]


def test_p3_what_waited_on_the_day_of_a_loss_is_cancelled_with_the_reason(content: Content) -> None:
    joined = date(2027, 3, 30)  # the backlog of a late joiner is still waiting
    entries = timeline(content, Facts(joined, due_on=DUE, loss_on=joined + 2 * DAY), END)
    held = [entry for entry in entries if entry.reason is Reason.HOLD]
    assert held
    assert {(entry.day, entry.outcome, entry.body) for entry in held} == {
        (joined + 2 * DAY, "cancelled", None)
    }


def test_care_19_after_a_loss_comes_what_was_asked_for_and_not_before_the_second_day(
    content: Content,
) -> None:
    lost = date(2027, 4, 1)
    facts = Facts(JOINED, due_on=DUE, loss_on=lost, topics=CHOSEN)
    after = [entry for entry in timeline(content, facts, END) if entry.day > lost]
    assert {entry.campaign for entry in after} == {"after_loss", "baby_loss_awareness_week"}
    assert after[0].day == lost + 2 * DAY


def test_a_topic_that_was_refused_is_left_out(content: Content) -> None:
    facts = Facts(JOINED, due_on=DUE, born_on=BORN, topics={"sleep": False})
    campaigns = {entry.campaign for entry in timeline(content, facts, END)}
    assert "icon" in campaigns
    assert "safe_sleep" not in campaigns


def test_p8_what_the_cap_kept_out_is_there_with_the_reason() -> None:
    """Three steps open for one week, of which two may go."""
    steps = "".join(
        f"  - {{id: week_{n}, to: [mother], when: {{pregnancy: 20w}}, until: {{pregnancy: {until}}}}}\n"
        for n, until in enumerate(("20w+5", "20w+6", "21w"))
    )
    files = {path: text for path, text in small.FILES.items() if "/flu/" not in path}
    files |= {f"templates/en/flu/week_{n}.j2": "Flu: ask.\n" for n in range(3)}
    files["campaigns/flu.yaml"] = small.CAMPAIGN.partition("steps:")[0] + f"steps:\n{steps}"
    entries = timeline(load(files), Facts(JOINED, due_on=DUE), DUE)
    weeks_20 = DUE - 140 * DAY
    assert [(entry.step, entry.day, entry.outcome, entry.reason) for entry in entries] == [
        ("week_0", weeks_20, "sent", None),
        ("week_1", weeks_20 + DAY, "sent", None),
        ("week_2", weeks_20 + 7 * DAY, "expired", Reason.CAP),
    ]


def test_what_still_waits_at_the_end_is_there(content: Content) -> None:
    entries = timeline(content, Facts(JOINED, due_on=DUE), JOINED + DAY)
    assert {entry.outcome for entry in entries} == {"sent", "waiting"}


def test_a_step_after_another_follows_the_day_that_one_left(content: Content) -> None:
    entries = timeline(content, Facts(JOINED, due_on=DUE), END)
    sent = {entry.step: entry.day for entry in entries if entry.campaign == "flu_vaccination"}
    assert sent["reminder"] - sent["offer"] == 21 * DAY


def test_a_premature_babys_first_messages_count_from_the_birth(content: Content) -> None:
    born = date(2027, 5, 20)
    sent = {
        entry.step: entry.day for entry in timeline(content, Facts(JOINED, due_on=DUE, born_on=born), END)
    }
    assert sent["first_night"] == born


def test_telegram_has_its_own_words_where_they_are_written(content: Content) -> None:
    facts = Facts(JOINED, due_on=DUE, born_on=BORN, channel=ChannelName.TELEGRAM)
    by_step = {entry.step: entry for entry in timeline(content, facts, END) if entry.outcome == "sent"}
    sms = {entry.step: entry for entry in timeline(content, Facts(JOINED, due_on=DUE, born_on=BORN), END)}
    assert by_step["sofa_and_bed"].body != sms["sofa_and_bed"].body
    assert by_step["sofa_and_bed"].parts == 1


def test_p9_a_language_without_words_falls_back_as_a_whole(content: Content) -> None:
    entries = timeline(content, Facts(JOINED, due_on=DUE, language="fr"), JOINED + 30 * DAY)
    assert {entry.language for entry in entries if entry.outcome == "sent"} == {"en"}


def test_p9_where_a_language_has_words_they_go() -> None:
    files = {**small.FILES, "templates/ur/flu/offer.j2": "فلو کا ٹیکہ {{ due_date }}\n"}
    entries = timeline(load(files), Facts(JOINED, due_on=DUE, language="ur"), date(2027, 2, 28))
    said = {entry.step: entry for entry in entries}
    assert (said["offer"].language, said["nudge"].language) == ("ur", "en")
    assert "1 جولائی" in (said["offer"].body or "")


def test_retired_steps_are_not_live() -> None:
    files = small.changed("campaigns/flu.yaml", "    unless: [done]\n", "    retired: true\n")
    assert [entry.step.id for entry in live_as_written(load(files))] == ["offer"]


def test_the_words_stay_out_of_repr(family: list[Entry]) -> None:
    body = family[0].body
    assert body is not None
    assert body not in repr(family[0])


@pytest.mark.parametrize("facts", [Facts(JOINED, ()), Facts(JOINED, language="xx_nobody")])
def test_facts_that_cannot_be_are_refused(facts: Facts) -> None:
    with pytest.raises(ValueError, match="at least one role"):
        timeline(load(small.FILES), facts, END)
