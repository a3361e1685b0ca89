"""What becomes of a pregnancy, as told: which of the conversations about it answers; and UNDO."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.domain.conversation import born, expected, support
from bot.domain.conversation import effects as e
from bot.domain.conversation.person import Person
from bot.domain.conversation.rights import Deed, may
from bot.domain.conversation.telling import LOSSES, knows_of_loss, may_tell, quietly
from bot.domain.conversation.turn import Talk, Turn, say
from bot.domain.family import Link, Purpose
from bot.domain.hours import local_day
from bot.domain.meaning import Meaning, Word

UNDO_WITHIN = timedelta(days=7)
_ANSWERS = {"due": expected.answered, "born": born.answered, "support": support.answered}


def asked(talk: Talk) -> bool:
    """Whether the question that stands is one of these."""
    return talk.name.split(":")[0] in _ANSWERS


def told(word: Word, meaning: Meaning, person: Person, now: datetime) -> Turn:
    """BORN, DUE, NEONATAL, HOME, APART, UNDO or SUPPORT, from somebody we know."""
    match word:
        case Word.UNDO:
            return _undo(person, now)
        case Word.SUPPORT:
            return support.asked_for(person)
    today = local_day(now)
    if word is Word.DUE and (asked_first := expected.of_a_birth(meaning, person, today)):
        return asked_first
    if not may_tell(word, person):
        return say("not_yours")
    if knows_of_loss(person) and not (word is Word.DUE and _next_one(person)):
        return support.menu()
    match word:
        case Word.DUE:
            return expected.told(meaning, person, today)
        case Word.BORN:
            return born.told(meaning, person, today)
        case Word.NEONATAL:
            return born.in_hospital(meaning, person, today)
        case Word.HOME:
            return quietly(person, say("home", e.SetHome()))
        case _:
            return quietly(person, say("apart", e.SetApart()))


def answered(talk: Talk, meaning: Meaning, person: Person, now: datetime) -> Turn | None:
    """The answer to a question that stands; None when it was none (the text is then taken afresh)."""
    return _ANSWERS[talk.name.split(":")[0]](talk, meaning, person, local_day(now))


def _next_one(person: Person) -> bool:
    """Whether a due date begins the next pregnancy: she asked for that, and nobody else would learn of it.

    Who came by a code stays quiet after the loss, and hears of a later pregnancy only when invited anew.
    """
    if person.member is None or person.family is None:
        return False
    others = [one for one in person.family.members if one.id != person.member.id]
    if any(one.link is Link.OWN for one in others):
        return False
    return (Purpose.NEXT_PREGNANCY, person.channel) in person.member.consents


def may_undo(person: Person, now: datetime) -> bool:
    """One's own report for 7 days; the mother may undo others'; nobody undoes hers (CARE 6)."""
    if person.member is None:
        return False
    return any(
        hold.kind in LOSSES
        and hold.at >= now - UNDO_WITHIN
        and may(Deed.UNDO_OWN if hold.member_id == person.member.id else Deed.UNDO_OTHERS, person)
        for hold in person.holds
    )


def _undo(person: Person, now: datetime) -> Turn:
    """A loss first; else one's own BORN, which is asked about, since only a question can tell a slip."""
    if may_undo(person, now):
        return say("undone", e.UndoLoss())
    told = person.told_birth_at
    if told is None or told < now - UNDO_WITHIN or person.stopped or expected.told_birth(person) is None:
        return say("undo_nothing")
    return expected.ask_to_come(None, local_day(now))
