"""A due date, new or corrected; and a birth told by mistake: baby is still to come (P3, CARE 6, 14)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from bot.domain.audience import lost
from bot.domain.conversation import effects as e
from bot.domain.conversation.joining import said_day
from bot.domain.conversation.person import Person
from bot.domain.conversation.support import menu
from bot.domain.conversation.telling import LOSSES, knows_of_loss, may_tell, owns, quietly, tried
from bot.domain.conversation.turn import Reply, Talk, Turn, say
from bot.domain.family import HoldKind, Pregnancy
from bot.domain.meaning import Meaning, Word

LATE_DUE = timedelta(weeks=2)
NEXT_AT_SOONEST = timedelta(weeks=40)  # a due date no later than this after a birth is no other baby's
_STILL_AN_ANSWER = timedelta(days=1)  # a "1" of last week takes no birth back


def answered(talk: Talk, meaning: Meaning, person: Person, today: date) -> Turn | None:
    """The date that was asked for, or whether baby is still to come; None when it was neither."""
    if talk.name == "due:to_come":
        return _to_come(talk, meaning, person, today)
    if talk.name != "due:date" or not tried(meaning):
        return None
    return told(meaning, person, today, again=True) if _may_date(person, today) else say("not_yours")


def told(meaning: Meaning, person: Person, today: date, *, again: bool = False) -> Turn:
    """DUE, or `again` the date that was asked for."""
    if asked_first := of_a_birth(meaning, person, today):
        return asked_first
    day = said_day(meaning.said_date, today)
    if day is None or day < today - LATE_DUE:
        unclear = again or meaning.said_date is not None
        return Turn(Talk("due:date"), (), (Reply("ask_date_again" if unclear else "due_ask"),))
    reply = (Reply("due_saved", {"date": day}),)
    if knows_of_loss(person):  # the next pregnancy; the day of the loss stays with the one before
        return Turn(effects=(e.SetDue(day), e.LiftHolds(LOSSES | {HoldKind.SILENCE})), replies=reply)
    saved = (e.SetDue(day), e.LiftHolds(frozenset({HoldKind.SILENCE})))
    return quietly(person, Turn(effects=saved, replies=reply))


def of_a_birth(meaning: Meaning, person: Person, today: date) -> Turn | None:
    """A due date to come where a birth is known: one of the two is wrong, and nothing is inferred (P3)."""
    day = said_day(meaning.said_date, today)
    pregnancy = told_birth(person)
    if day is None or day <= today or pregnancy is None or pregnancy.born_on is None:
        return None
    return None if day > pregnancy.born_on + NEXT_AT_SOONEST else ask_to_come(day, today)


def ask_to_come(due: date | None, today: date) -> Turn:
    """Is baby still to come? `due`: the date that goes with a yes."""
    data = {"asked": today.isoformat()} | ({} if due is None else {"due": due.isoformat()})
    return Turn(Talk("due:to_come", data), (), (Reply("birth_to_come"),))


def _to_come(talk: Talk, meaning: Meaning, person: Person, today: date) -> Turn | None:
    asked_on = talk.day("asked")
    if asked_on is None or today - asked_on > _STILL_AN_ANSWER:
        return None
    if meaning.digit == 2 or meaning.word is Word.NO:
        return say("birth_stands")
    if meaning.digit == 1 or meaning.word in (Word.YES, Word.OK):
        return _taken_back(talk.day("due"), person, today)
    return None if meaning.word or meaning.topic else Turn(talk, (), (Reply("birth_to_come"),))


def _taken_back(due: date | None, person: Person, today: date) -> Turn:
    """Baby is still to come. The due date is the mother's to say (CARE 6): another's counts where none is."""
    pregnancy = person.family.current() if person.family is not None else None
    over = pregnancy is not None and lost(pregnancy)
    if knows_of_loss(person) or (over and owns(person)):
        return menu()
    day = due if due is not None and _may_date(person, today) else _due_known(person, today)
    back: tuple[e.Effect, ...] = (e.TakeBackBirth(),)
    if day is None:
        turn = Turn(Talk("due:date"), back, (Reply("due_ask"),))
    else:
        back += () if day == _due_known(person, today) else (e.SetDue(day),)
        turn = Turn(effects=back, replies=(Reply("due_saved", {"date": day}),))
    if over:  # told by one who cannot know of the loss
        return replace(turn, effects=(e.Alert("told_during_hold"),))
    return quietly(person, turn)


def told_birth(person: Person) -> Pregnancy | None:
    """The pregnancy whose birth is known, if this one may take that back: those who may say BORN.

    After a loss it is no question for anybody who knows of one. A linked parent is asked all the same, for
    they cannot tell (CARE 8), and then nothing changes.
    """
    pregnancy = person.family.current() if person.family is not None else None
    if pregnancy is None or pregnancy.born_on is None or pregnancy.apart:
        return None
    if not may_tell(Word.BORN, person) or knows_of_loss(person) or (owns(person) and lost(pregnancy)):
        return None
    return pregnancy


def _due_known(person: Person, today: date) -> date | None:
    """The due date that is kept, if a baby may still be expected by it."""
    pregnancy = person.family.current() if person.family is not None else None
    known = None if pregnancy is None else pregnancy.due_on
    return None if known is None or known < today - LATE_DUE else known


def _may_date(person: Person, today: date) -> bool:
    return owns(person) or (may_tell(Word.BORN, person) and _due_known(person, today) is None)
