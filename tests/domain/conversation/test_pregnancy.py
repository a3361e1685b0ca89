"""Born, due, in hospital, apart, and what somebody may ask for after a loss (CARE 6, 14 to 18)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from bot.domain.audience import OWN_RECOVERY
from bot.domain.conversation import effects as e
from bot.domain.conversation.turn import Talk
from bot.domain.family import Baby, BabyStatus, Hold, HoldKind, Link, Pregnancy, Purpose, Role
from bot.domain.meaning import LossKind, SaidDate, Word
from tests.speakers import MOTHER, NOW, RELATIVE, TODAY, hold, keys, kinds, known, says

YESTERDAY = SaidDate(day=TODAY - timedelta(days=1))
EARLY = Pregnancy(1, due_on=TODAY + timedelta(weeks=8))
OUTSIDERS = (Role.GRANDPARENT, Role.SIBLING, Role.CARER)
_TELL = (Word.BORN, Word.NEONATAL, Word.HOME, Word.APART, Word.DUE)


@pytest.mark.parametrize("role", OUTSIDERS)
@pytest.mark.parametrize("word", _TELL)
def test_care_6_a_linked_relative_changes_nothing_of_the_family(role: Role, word: Word) -> None:
    turn = says(known(role), word=word, said_date=YESTERDAY)
    assert (keys(turn), turn.effects) == (["not_yours"], ())


@pytest.mark.parametrize("role", [Role.MOTHER, Role.FATHER, Role.PARTNER])
def test_care_6_mother_and_linked_parents_may_say_born(role: Role) -> None:
    assert e.SetBorn in kinds(says(known(role), word=Word.BORN, said_date=YESTERDAY))


def test_care_6_due_is_hers_alone() -> None:
    due = SaidDate(day=TODAY + timedelta(weeks=3))
    assert e.SetDue in kinds(says(known(), word=Word.DUE, said_date=due))
    assert keys(says(known(Role.FATHER), word=Word.DUE, said_date=due)) == ["not_yours"]


@pytest.mark.parametrize(
    ("writer", "reporter", "undone"),
    [(Role.MOTHER, MOTHER, True), (Role.MOTHER, RELATIVE, True), (Role.FATHER, RELATIVE, True),
     (Role.FATHER, MOTHER, False)],
)  # fmt: skip
def test_care_6_undo_is_for_ones_own_word_and_the_mothers_for_all(
    writer: Role, reporter: int, undone: bool
) -> None:
    turn = says(known(writer, hold(by=reporter)), word=Word.UNDO)
    assert turn.effects == ((e.UndoLoss(),) if undone else ())


def test_an_undo_comes_too_late_after_a_week() -> None:
    assert keys(says(known(Role.MOTHER, hold(days_ago=8)), word=Word.UNDO)) == ["undo_nothing"]


def test_care_6_an_undo_is_in_time_for_seven_days() -> None:
    assert says(known(Role.MOTHER, hold(days_ago=7)), word=Word.UNDO).effects == (e.UndoLoss(),)


def test_p3_an_undo_is_for_a_loss_and_not_for_a_silence() -> None:
    assert keys(says(known(Role.MOTHER, hold(HoldKind.SILENCE, None)), word=Word.UNDO)) == ["undo_nothing"]


def test_care_6_a_relative_who_joined_alone_owns_no_dates_once_she_is_there() -> None:
    father = known(Role.FATHER)
    assert father.member is not None
    own = replace(father, member=replace(father.member, link=Link.OWN))
    due = SaidDate(day=TODAY + timedelta(weeks=3))
    assert keys(says(own, word=Word.DUE, said_date=due)) == ["not_yours"]


@pytest.mark.parametrize(("days", "answer"), [(21, "born_saved"), (22, "born_where")])
def test_care_14_thirty_seven_weeks_to_the_day_is_not_early(days: int, answer: str) -> None:
    said = SaidDate(day=TODAY)
    expecting = known(pregnancy=Pregnancy(1, due_on=TODAY + timedelta(days=days)))
    assert keys(says(expecting, word=Word.BORN, said_date=said)) == [answer]


def test_a_birth_that_is_still_to_come_is_asked_again() -> None:
    said = SaidDate(day=TODAY + timedelta(days=1))
    turn = says(known(), word=Word.BORN, said_date=said)
    assert (keys(turn), turn.effects) == (["ask_date_again"], ())


def test_care_15_neonatal_is_kept_while_the_day_is_asked() -> None:
    asked = says(known(pregnancy=EARLY), word=Word.NEONATAL)
    assert keys(asked) == ["born_ask_date"]
    assert e.SetNeonatal in kinds(says(known(pregnancy=EARLY), asked.talk, said_date=YESTERDAY))


@pytest.mark.parametrize("said", [None, YESTERDAY])
def test_care_14_an_early_birth_is_asked_about_first(said: SaidDate | None) -> None:
    turn = says(known(pregnancy=EARLY), word=Word.BORN, said_date=said)
    assert (keys(turn), turn.effects) == (["born_where"], ())


def test_care_14_two_is_in_hospital_and_three_the_support_menu() -> None:
    asked = says(known(pregnancy=EARLY), word=Word.BORN, said_date=YESTERDAY).talk
    hospital = says(known(pregnancy=EARLY), asked, digit=2)
    assert (keys(hospital), e.SetNeonatal in kinds(hospital)) == (["neonatal"], True)
    assert keys(says(known(pregnancy=EARLY), asked, digit=3)) == ["support_menu"]


def test_the_day_of_an_early_birth_is_read_back_too() -> None:
    """Whether it came with BORN, with NEONATAL, or was known."""
    born = YESTERDAY.day
    asked = says(known(pregnancy=EARLY), word=Word.BORN, said_date=YESTERDAY).talk
    turns = [
        says(known(pregnancy=EARLY), asked, digit=2),
        says(known(pregnancy=EARLY), word=Word.NEONATAL, said_date=YESTERDAY),
        says(known(pregnancy=replace(EARLY, born_on=born)), word=Word.NEONATAL),
    ]
    assert [turn.replies[0].values for turn in turns] == [{"date": born}] * 3


@pytest.mark.parametrize(("days", "told"), [(0, ["born_saved"]), (1, ["born_saved", "paused"])])
def test_who_paused_before_the_birth_is_reminded_that_texts_wait(days: int, told: list[str]) -> None:
    """The first nights are when they matter; START ends the pause, and BORN does not."""
    person = known()
    assert person.member is not None
    paused = replace(person, member=replace(person.member, paused_until=TODAY + timedelta(days=days)))
    turn = says(paused, word=Word.BORN, said_date=YESTERDAY)
    assert (keys(turn), e.Resume in kinds(turn)) == (told, False)


def test_care_15_apart_stops_baby_content_and_home_resumes() -> None:
    assert says(known(), word=Word.APART).effects == (e.SetApart(),)
    assert says(known(), word=Word.HOME).effects == (e.SetHome(),)


@pytest.mark.parametrize("word", _TELL)
def test_care_16_after_her_loss_no_word_brings_baby_messages_back(word: Word) -> None:
    turn = says(known(Role.MOTHER, hold()), word=word, said_date=YESTERDAY)
    assert (keys(turn), turn.effects) == (["support_menu"], ())


@pytest.mark.parametrize("word", [Word.BORN, Word.HOME, Word.NEONATAL])
def test_care_8_a_fathers_news_in_a_held_family_changes_nothing_and_staff_look(word: Word) -> None:
    turn = says(known(Role.FATHER, hold()), word=word, said_date=YESTERDAY)
    assert turn.effects == (e.Alert("told_during_hold"),)


@pytest.mark.parametrize(
    ("role", "answer"),
    [(Role.MOTHER, "support_mother"), (Role.FATHER, "support_partner"),
     (Role.GRANDPARENT, "support_grandparent"), (Role.SIBLING, "support_other")],
)  # fmt: skip
def test_care_17_support_is_for_the_one_who_asks(role: Role, answer: str) -> None:
    asked = says(known(role, hold()), Talk("held"), word=Word.SUPPORT)
    assert keys(asked) == ["support_menu"]
    assert keys(says(known(role, hold()), asked.talk, digit=1)) == [answer]


def test_care_17_messages_for_a_living_baby_are_hers_to_ask_for() -> None:
    assert says(known(Role.MOTHER, hold()), Talk("support"), digit=2).effects == (e.ResumeLivingBaby(),)
    assert says(known(Role.FATHER, hold()), Talk("support"), digit=2).effects == ()


def test_care_17_without_a_loss_there_is_no_living_baby_to_ask_for() -> None:
    turn = says(known(), Talk("support"), digit=2)
    assert (keys(turn), turn.effects) == (["resumed"], ())


@pytest.mark.parametrize(("digit", "topic"), [(1, "after_loss"), (2, "baby_loss_awareness_week")])
def test_care_17_what_is_chosen_is_agreed_to_and_is_that_topic(digit: int, topic: str) -> None:
    turn = says(known(Role.MOTHER, hold()), Talk("support:which"), digit=digit)
    assert turn.effects == (e.RecordConsent(Purpose.SUPPORT_AFTER_LOSS), e.WantTopic(topic))


def test_care_17_a_due_date_after_a_loss_begins_nothing_that_she_did_not_agree_to() -> None:
    person = known(Role.MOTHER, hold())
    assert person.family is not None
    assert person.member is not None
    agreed = frozenset(one for one in person.member.consents if one[0] is not Purpose.NEXT_PREGNANCY)
    alone = replace(
        person,
        member=replace(person.member, consents=agreed),
        family=replace(person.family, members=person.family.members[:1]),
    )
    turn = says(alone, word=Word.DUE, said_date=SaidDate(day=TODAY + timedelta(weeks=30)))
    assert (keys(turn), turn.effects) == (["support_menu"], ())


def test_care_17_a_new_pregnancy_is_agreed_to_by_itself() -> None:
    turn = says(known(Role.MOTHER, hold()), Talk("support"), digit=3)
    assert turn.effects == (e.RecordConsent(Purpose.NEXT_PREGNANCY),)


def test_care_17_four_is_nothing_more() -> None:
    """What was chosen before ends with it."""
    turn = says(known(Role.MOTHER, hold()), Talk("support"), digit=4)
    ended = (e.StopTopic("after_loss"), e.StopTopic("baby_loss_awareness_week"))
    assert (keys(turn), turn.effects) == (["support_nothing"], ended)


def test_care_17_four_in_a_family_that_nothing_holds_pauses_it_and_says_so() -> None:
    turn = says(known(), Talk("support"), digit=4)
    assert (keys(turn), e.ReportLoss(LossKind.UNCLEAR) in turn.effects) == (["loss_unclear"], True)


@pytest.mark.parametrize("holds", [(), (hold(),)])
def test_care_17_four_of_a_relative_is_for_themselves_held_or_not(
    holds: tuple[Hold, ...],
) -> None:
    turn = says(known(Role.GRANDPARENT, *holds), Talk("support"), digit=4)
    assert (keys(turn), kinds(turn)) == (["support_nothing"], [e.StopTopic, e.StopTopic, e.Pause])


@pytest.mark.parametrize("digit", [1, 2, 3])
def test_care_17_after_a_stop_the_menu_resumes_nothing(digit: int) -> None:
    person = known(Role.MOTHER, hold(), stopped=True)
    assert says(person, Talk("support"), digit=digit).effects == ()


def test_care_18_a_birth_ends_the_silence_after_the_due_date() -> None:
    person = known(Role.MOTHER, hold(HoldKind.SILENCE, None))
    turn = says(person, word=Word.BORN, said_date=YESTERDAY)
    born = e.SetBorn(date(2027, 2, 1))
    assert turn.effects == (born, e.LiftHolds(frozenset({HoldKind.SILENCE})), e.AnsweredCheckIn())


def test_care_18_support_after_the_check_in_is_quiet_at_once() -> None:
    """Not only after four days: the check-in said that our texts have stopped."""
    asked = known(last_campaign="check_in")
    assert says(asked, word=Word.SUPPORT).effects == (e.ReportLoss(LossKind.UNCLEAR),)
    assert says(known(), word=Word.SUPPORT).effects == ()


def test_care_14_something_else_is_quiet_at_once() -> None:
    turn = says(known(pregnancy=EARLY), Talk("born:where"), digit=3)
    assert (keys(turn), turn.effects[0]) == (["support_menu"], e.ReportLoss(LossKind.UNCLEAR))


def test_care_17_a_living_baby_after_silence_is_told_first_so_that_relatives_stay_quiet() -> None:
    turn = says(known(Role.MOTHER, hold(HoldKind.SILENCE, None)), Talk("support"), digit=2)
    assert turn.effects == (e.ReportLoss(LossKind.PLAIN), e.ResumeLivingBaby())
    assert (keys(turn), turn.talk) == (["support_living_baby", "born_ask_date"], Talk("born:date"))


def test_care_17_a_due_date_begins_the_next_pregnancy_she_agreed_to() -> None:
    alone = known(Role.MOTHER, hold())
    assert alone.family is not None
    alone = replace(alone, family=replace(alone.family, members=alone.family.members[:1]))
    due = SaidDate(day=TODAY + timedelta(weeks=30))
    turn = says(alone, word=Word.DUE, said_date=due)
    assert (keys(turn), kinds(turn)) == (["due_saved"], [e.SetDue, e.LiftHolds])


def test_care_8_a_next_pregnancy_is_told_to_no_relative_who_is_linked() -> None:
    due = SaidDate(day=TODAY + timedelta(weeks=30))
    turn = says(known(Role.MOTHER, hold()), word=Word.DUE, said_date=due)
    assert (keys(turn), turn.effects) == (["support_menu"], ())


def test_care_6_nothing_is_called_saved_to_her_while_a_relatives_word_holds_it_back() -> None:
    asked = Talk("born:where", {"born": (TODAY - timedelta(days=1)).isoformat()})
    turn = says(known(Role.MOTHER, hold(by=RELATIVE)), asked, digit=1)
    assert (keys(turn), turn.effects) == (["held_ok"], ())


_ELSEWHERE = replace(EARLY, born_on=date(2027, 1, 20), babies=(Baby(1, BabyStatus.APART),))


def test_care_15_own_recovery_after_apart_comes_only_when_she_asks_for_it() -> None:
    her = known(pregnancy=_ELSEWHERE)
    assert e.WantTopic not in kinds(says(known(), word=Word.APART))
    asked = says(her, says(her, word=Word.SUPPORT).talk, digit=1)
    assert (keys(asked), asked.effects) == (["support_apart"], ())
    assert says(her, asked.talk, digit=1).effects == (e.WantTopic(OWN_RECOVERY),)
    assert says(her, asked.talk, digit=0).effects == (e.StopTopic(OWN_RECOVERY),)


def test_care_15_nobody_is_offered_grief_for_a_baby_who_lives_elsewhere() -> None:
    assert keys(says(known(Role.FATHER, pregnancy=_ELSEWHERE), Talk("support"), digit=1)) == [
        "support_apart_other"
    ]


def test_care_15_a_baby_who_is_with_her_again_is_hers_to_tell() -> None:
    turn = says(known(pregnancy=_ELSEWHERE), Talk("support"), digit=2)
    assert (keys(turn), turn.effects) == (["home"], (e.SetHome(),))


def test_p2_own_recovery_is_not_to_be_had_after_a_stop_but_by_start() -> None:
    her = known(pregnancy=_ELSEWHERE, stopped=True)
    turn = says(her, Talk("support:own"), digit=1)
    assert (keys(turn), turn.effects) == (["stopped"], ())


_BORN = Pregnancy(1, due_on=TODAY + timedelta(weeks=5), born_on=TODAY - timedelta(days=2))
_TO_COME = SaidDate(day=TODAY + timedelta(weeks=6))
_BACK = (e.TakeBackBirth(), e.SetDue(TODAY + timedelta(weeks=6)))


def test_a_due_date_to_come_after_a_birth_is_asked_about_and_changes_nothing_yet() -> None:
    """P3: a birth is not inferred, and neither is that there was none."""
    turn = says(known(pregnancy=_BORN), word=Word.DUE, said_date=_TO_COME)
    assert (keys(turn), turn.effects) == (["birth_to_come"], ())


def test_weeks_of_pregnancy_after_a_birth_are_asked_about_too() -> None:
    turn = says(known(pregnancy=_BORN), word=Word.DUE, said_date=SaidDate(gestation_days=34 * 7))
    assert (keys(turn), turn.effects) == (["birth_to_come"], ())


def test_the_question_comes_too_when_the_date_was_asked_for() -> None:
    turn = says(known(pregnancy=_BORN), Talk("due:date"), said_date=_TO_COME)
    assert keys(turn) == ["birth_to_come"]


@pytest.mark.parametrize("found", [{"digit": 1}, {"word": Word.YES}])
def test_one_takes_the_birth_back_and_saves_the_due_date(found: dict[str, int | Word]) -> None:
    asked = says(known(pregnancy=_BORN), word=Word.DUE, said_date=_TO_COME).talk
    turn = says(known(pregnancy=_BORN), asked, **found)
    assert (keys(turn), turn.effects) == (["due_saved"], _BACK)
    assert turn.replies[0].values == {"date": _TO_COME.day}


@pytest.mark.parametrize("found", [{"digit": 2}, {"word": Word.NO}])
def test_two_changes_nothing_and_says_so(found: dict[str, int | Word]) -> None:
    asked = says(known(pregnancy=_BORN), word=Word.DUE, said_date=_TO_COME).talk
    turn = says(known(pregnancy=_BORN), asked, **found)
    assert (keys(turn), turn.effects) == (["birth_stands"], ())


def test_a_one_of_last_week_takes_no_birth_back() -> None:
    asked = Talk("due:to_come", {"asked": (TODAY - timedelta(days=2)).isoformat()})
    assert says(known(pregnancy=_BORN), asked, digit=1).effects == ()


def test_a_due_date_that_only_another_baby_can_have_is_the_next_pregnancys() -> None:
    """Nobody is asked to take back the birth of a child who is nine months old."""
    older = replace(_BORN, born_on=TODAY - timedelta(days=270))
    turn = says(known(pregnancy=older), word=Word.DUE, said_date=SaidDate(day=TODAY + timedelta(days=60)))
    assert (keys(turn), kinds(turn)) == (["due_saved"], [e.SetDue, e.LiftHolds])


@pytest.mark.parametrize("role", [Role.FATHER, Role.PARTNER])
def test_care_6_a_linked_parent_may_take_a_birth_back_and_her_due_date_stands(role: Role) -> None:
    """Who may say BORN may say that it was not so; DUE is hers."""
    asked = says(known(role, pregnancy=_BORN), word=Word.DUE, said_date=_TO_COME)
    assert keys(asked) == ["birth_to_come"]
    turn = says(known(role, pregnancy=_BORN), asked.talk, digit=1)
    assert (turn.effects, turn.replies[0].values) == ((e.TakeBackBirth(),), {"date": _BORN.due_on})


def test_care_6_a_linked_parents_due_date_counts_where_she_gave_none() -> None:
    undated = replace(_BORN, due_on=None)
    asked = says(known(Role.FATHER, pregnancy=undated), word=Word.DUE, said_date=_TO_COME).talk
    assert says(known(Role.FATHER, pregnancy=undated), asked, digit=1).effects == _BACK


def test_care_9_a_relative_alone_takes_back_the_birth_they_told_themselves() -> None:
    alone = known(Role.GRANDPARENT, pregnancy=_BORN)
    assert alone.family is not None
    assert alone.member is not None
    own = replace(alone.member, link=Link.OWN)
    alone = replace(alone, member=own, family=replace(alone.family, members=(own,)))
    asked = says(alone, word=Word.DUE, said_date=_TO_COME).talk
    assert says(alone, asked, digit=1).effects == _BACK


@pytest.mark.parametrize("holds", [(), (hold(),)])
def test_care_8_a_father_is_asked_alike_whether_the_family_is_held_or_not(holds: tuple[Hold, ...]) -> None:
    lost = replace(_BORN, lost_on=TODAY) if holds else _BORN
    father = known(Role.FATHER, *holds, pregnancy=lost)
    asked = says(father, word=Word.DUE, said_date=_TO_COME)
    answered = says(father, asked.talk, digit=1)
    assert (keys(asked), keys(answered)) == (["birth_to_come"], ["due_saved"])
    assert answered.effects == ((e.Alert("told_during_hold"),) if holds else (e.TakeBackBirth(),))


def test_care_16_after_her_loss_nobody_asks_her_whether_baby_is_to_come() -> None:
    bereaved = known(Role.MOTHER, hold(), pregnancy=replace(_BORN, lost_on=TODAY))
    assert keys(says(bereaved, word=Word.DUE, said_date=_TO_COME)) == ["support_menu"]
    asked = Talk("due:to_come", {"asked": TODAY.isoformat(), "due": "2027-03-16"})
    assert (keys(says(bereaved, asked, digit=1)), says(bereaved, asked, digit=1).effects) == (
        ["support_menu"], (),
    )  # fmt: skip


@pytest.mark.parametrize(("days", "answer"), [(6, "birth_to_come"), (8, "undo_nothing")])
def test_undo_of_ones_own_birth_is_asked_about_for_seven_days(days: int, answer: str) -> None:
    her = known(pregnancy=_BORN, told_birth_at=NOW - timedelta(days=days))
    turn = says(her, word=Word.UNDO)
    assert (keys(turn), turn.effects) == ([answer], ())


def test_undo_takes_back_no_birth_that_somebody_else_told() -> None:
    assert keys(says(known(pregnancy=_BORN), word=Word.UNDO)) == ["undo_nothing"]


def test_undo_of_a_birth_keeps_the_due_date_that_was_known() -> None:
    her = known(pregnancy=_BORN, told_birth_at=NOW)
    turn = says(her, says(her, word=Word.UNDO).talk, digit=1)
    assert (turn.effects, turn.replies[0].values) == ((e.TakeBackBirth(),), {"date": _BORN.due_on})


def test_undo_of_a_birth_asks_for_the_due_date_where_none_is_known() -> None:
    her = known(pregnancy=replace(_BORN, due_on=None), told_birth_at=NOW)
    turn = says(her, says(her, word=Word.UNDO).talk, digit=1)
    assert (keys(turn), turn.effects, turn.talk) == (["due_ask"], (e.TakeBackBirth(),), Talk("due:date"))


def test_p2_after_a_stop_undo_asks_nothing_that_could_not_be_answered() -> None:
    her = known(pregnancy=_BORN, told_birth_at=NOW, stopped=True)
    assert keys(says(her, word=Word.UNDO)) == ["undo_nothing"]


def test_born_with_another_date_corrects_the_day() -> None:
    turn = says(known(pregnancy=replace(_BORN, due_on=TODAY)), word=Word.BORN, said_date=YESTERDAY)
    assert e.SetBorn(TODAY - timedelta(days=1)) in turn.effects
