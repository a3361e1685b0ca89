"""The household: INVITE, JOIN by code, REMOVE, LEAVE and NEWPHONE (CARE 8, 9, 10, 23).

No answer tells whether somebody joined, or whether the family is quiet.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from bot.domain.conversation import choices, joining, work
from bot.domain.conversation import effects as e
from bot.domain.conversation.person import Person
from bot.domain.conversation.rights import Deed, Standing, may, standing
from bot.domain.conversation.telling import knows_of_loss
from bot.domain.conversation.turn import Reply, Talk, Turn, say
from bot.domain.family import Role
from bot.domain.hours import local_day
from bot.domain.meaning import Meaning, Word

WORDS = frozenset({Word.INVITE, Word.REMOVE, Word.LEAVE, Word.NEWPHONE})
GOOD_FOR = timedelta(days=7)
MOVE_WITHIN = timedelta(days=1)
HERE = "newphone:agree"


def asked(talk: Talk) -> bool:
    """Whether the question that stands is one of these."""
    return talk.name == HERE


def told(word: Word, meaning: Meaning, person: Person, now: datetime) -> Turn:
    """INVITE, REMOVE, LEAVE or NEWPHONE, from somebody we know."""
    match word:
        case Word.INVITE:
            return _invite(meaning, person, local_day(now) + GOOD_FOR)
        case Word.REMOVE:
            return _remove(meaning, person)
        case Word.LEAVE:
            return _leave(person)
        case _:
            return new_phone(person, local_day(now) + MOVE_WITHIN)


def _invite(meaning: Meaning, person: Person, until: date) -> Turn:
    """Two texts: what it means for her, and the one that she may pass on, to nobody known to us."""
    if not may(Deed.INVITE, person):
        return say("not_yours")
    if knows_of_loss(person):
        return say("start_after_loss")
    if person.codes.fresh is None:
        return say("invite_enough")
    code = person.codes.fresh
    return Turn(
        effects=(e.Invite(code, meaning.label, until),),
        replies=(Reply("invite_first"), Reply("invite_pass_on", {"code": code, "date": until})),
    )


def _remove(meaning: Meaning, person: Person) -> Turn:
    """The same answer whether anybody joined or not; the name must be one she used, or a role's."""
    if not may(Deed.REMOVE, person):
        return say("not_yours")
    role = None if meaning.role is Role.MOTHER else meaning.role
    if not meaning.label and person.codes.invited != 1:
        return say("remove_whom")
    if meaning.label and role is None and not person.codes.named:
        return say("remove_whom")
    return say("removed", e.Remove(meaning.label, role))


def _leave(person: Person) -> Turn:
    """Who has nobody to leave is asked whether all texts shall end."""
    if standing(person) in (Standing.MOTHER, Standing.ALONE, Standing.WORK):
        return Turn(Talk("stop?"), (), (Reply("stop_unclear"),))
    return say("left", e.Leave())


def joined(person: Person) -> Turn:
    """JOIN from one who is a member already, with a code or without."""
    code = person.codes
    if not code.tried or choices.ended(person):
        return choices.joined(person)
    if code.opens is None:
        return say("code_wrong")
    if code.work or person.works:
        return work.begin(person)
    if code.own and person.is_mother:  # her own text, sent to us: it is to be passed on
        return choices.joined(person)
    taken = e.TakeCode(code.opens)
    if standing(person) is Standing.ALONE and person.family is not None and len(person.family.members) == 1:
        return say("welcome_no_date", taken, e.JoinByCode(code.opens))
    return joining.begin_with_code(person, taken)  # another person on this phone, or another family of theirs


def new_phone(person: Person, until: date) -> Turn:
    """A code for the writer's own move; or, written on the new phone, the question whether to move here."""
    code = person.codes
    if code.tried:
        return say("code_wrong") if code.opens is None else _ask_to_move(code.opens, code.work)
    if not person.known:
        return say("join_first")
    if code.fresh is None:
        return say("invite_enough")
    return Turn(
        effects=(e.AskNewPhone(code.fresh, until),),
        replies=(Reply("newphone", {"code": code.fresh, "date": until}),),
    )


def _ask_to_move(code_id: int, at_work: bool) -> Turn:
    """Whoever has the code is asked to agree on this phone, in the words of each consent like theirs (P1)."""
    asks = Talk(HERE, {"code": str(code_id)})
    reply = Reply(work.ASKS, language=work.LANGUAGE) if at_work else Reply("consent")
    return Turn(asks, (e.TakeCode(code_id),), (reply,))


def answered(meaning: Meaning, person: Person) -> Turn | None:
    """The answer to that question: only a plain yes moves anybody, and only while the code is good."""
    if meaning.digit == 2 or meaning.word is Word.NO:
        return say("consent_declined")
    if meaning.digit != 1 and meaning.word not in (Word.YES, Word.OK):
        return None
    if person.codes.opens is None:
        return say("code_wrong")
    asked = work.ASKS if person.codes.work else "consent"
    return say("newphone_here", e.MoveHere(person.codes.opens, asked))
