"""A made-up family as it is known on a day: what a persona tells, and what follows from it."""

from __future__ import annotations

from datetime import date, timedelta

from bot.authoring.preview import Entry, facts_of, life
from bot.content.personas import Character, Persona
from bot.domain.family import Role
from bot.domain.outbox import Reason
from tests import ours

DAY = timedelta(days=1)
JOINED, DUE, BORN = date(2027, 1, 4), date(2027, 7, 1), date(2027, 7, 3)
MOTHER, FATHER = Character(Role.MOTHER, JOINED), Character(Role.FATHER, JOINED)


def lived(people: tuple[Character, ...], **told: object) -> list[Entry]:
    facts: dict[str, object] = {"due_on": DUE, "born_on": BORN, "until": date(2028, 1, 1), **told}
    return life(ours.content(), Persona("one", "One", "Read it.", people, **facts))  # type: ignore[arg-type]


def of(entries: list[Entry], member: int, since: date) -> list[Entry]:
    return [one for one in entries if one.member == member and one.day >= since and one.outcome == "sent"]


def test_p2_after_a_stop_that_person_hears_its_answer_and_nothing_more() -> None:
    stop = date(2027, 3, 1)
    entries = lived((Character(Role.MOTHER, JOINED, stop_on=stop), FATHER))
    assert [(one.day, one.step) for one in of(entries, 1, stop)] == [(stop, "stopped")]


def test_care_7_when_the_mother_stops_her_relatives_go_quiet_and_a_relatives_stop_is_their_own() -> None:
    stop = date(2027, 3, 1)
    assert not of(lived((Character(Role.MOTHER, JOINED, stop_on=stop), FATHER)), 2, stop)
    assert of(lived((MOTHER, Character(Role.FATHER, JOINED, stop_on=stop))), 1, stop + DAY)


def test_care_15_in_hospital_age_messages_wait_until_they_are_home() -> None:
    home = date(2027, 7, 20)
    entries = lived((MOTHER,), home_on=home)
    first = min(one.day for one in entries if one.campaign == "safe_sleep" and one.day >= BORN)
    assert first == home


def test_care_15_apart_ends_everything_of_the_baby() -> None:
    apart = date(2027, 7, 9)
    assert not of(lived((MOTHER, FATHER), apart_on=apart), 1, apart)


def test_care_17_only_she_who_asked_hears_of_the_baby_who_lives() -> None:
    lost, asked = date(2027, 7, 5), date(2027, 7, 26)
    entries = lived((MOTHER, FATHER), babies=2, loss_on=lost, living_on=asked)
    assert not [one for one in entries if lost < one.day < asked and one.outcome == "sent"]
    assert len(of(entries, 1, asked)) > 5
    assert not of(entries, 2, lost)


def test_care_9_without_a_code_nothing_counts_from_her_dates() -> None:
    grandmother = Character(Role.GRANDPARENT, JOINED, code=False)
    entries = [one for one in lived((MOTHER, grandmother)) if one.member == 2]
    content = ours.content()
    assert entries
    for one in entries:
        step = content.campaigns[one.campaign].step(one.step)
        assert step is not None
        assert step.when.anchor in {"joined", "date", "calendar"}


def test_less_leaves_only_what_is_essential() -> None:
    content = ours.content()
    for one in lived((Character(Role.MOTHER, JOINED, less=True),)):
        step = content.campaigns[one.campaign].step(one.step)
        assert step is not None
        assert step.importance == "essential"


def test_what_was_not_sent_of_two_of_one_role_is_each_ones_own() -> None:
    two = (Character(Role.GRANDPARENT, JOINED), Character(Role.GRANDPARENT, BORN + 30 * DAY))
    entries = lived(two)
    assert {one.member for one in entries} == {1, 2}
    assert all(one.reason is not Reason.HOLD for one in entries)
    assert facts_of(Persona("one", "One", "Read it.", two, BORN), two[1]).joined_on == BORN + 30 * DAY
